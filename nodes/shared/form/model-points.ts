import { type DataType, describeType, type ThingModel } from "../../../lib/protocol/thing-model";
import { splitIdentifiers } from "./node-rules";

/** What a form shows of a property or a service of the connection's model. */
export interface ModelPoint {
  readonly identifier: string;
  readonly name: string;
  readonly kind: "property" | "service";
  /** Whether the cloud may set it: a property of access mode `rw`. */
  readonly settable: boolean;
  /** `float -40…125, step 0.1, °C`; of a service its inputs. */
  readonly type: string;
}

/**
 * The properties and services of a model, in the order of its file.
 *
 * @param describe a type in the editor's language
 */
export function modelPoints(
  model: ThingModel,
  describe: (type: DataType) => string = (type) => describeType(type),
): readonly ModelPoint[] {
  const properties = [...model.properties.values()].map(
    ({ identifier, name, accessMode, dataType }): ModelPoint => ({
      identifier,
      name,
      kind: "property",
      settable: accessMode === "rw",
      type: describe(dataType),
    }),
  );
  const services = [...model.services.values()].map(
    ({ identifier, name, inputs }): ModelPoint => ({
      identifier,
      name,
      kind: "service",
      settable: false,
      type: inputs.size === 0 ? "" : `(${[...inputs.keys()].join(", ")})`,
    }),
  );
  return [...properties, ...services];
}

/** `on — 开关 · bool`: a point in one line. */
export function pointText({ identifier, name, type }: ModelPoint): string {
  const title = name === identifier ? identifier : `${identifier} — ${name}`;
  return type === "" ? title : `${title} · ${type}`;
}

/** A proposal for a field that lists identifiers. */
export interface Proposal {
  /** The whole text, with its last word completed. */
  readonly value: string;
  readonly point: ModelPoint;
}

/** What the last word of a list of identifiers may become, by identifier or name, without those the list names. */
export function completeIdentifiers(typed: string, points: readonly ModelPoint[]): readonly Proposal[] {
  const [, before = "", word = ""] = /^(.*[\s,，、;；])?([^\s,，、;；]*)$/s.exec(typed) ?? [];
  const named = new Set(splitIdentifiers(before));
  const wanted = word.toLowerCase();
  const isWanted = ({ identifier, name }: ModelPoint) =>
    !named.has(identifier) && `${identifier} ${name}`.toLowerCase().includes(wanted);
  return points.filter(isWanted).map((point) => ({ value: `${before}${point.identifier}`, point }));
}
