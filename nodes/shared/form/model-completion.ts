/** Identifiers of a thing model that go on with, or hold, what is being typed. */
import type { DataType, Parameter, ThingModel } from "../../../lib/protocol/thing-model";
import { rangeOf, unitOf } from "./model-table";

export interface Completion {
  readonly value: string;
  readonly name: string;
  /** Type, range and unit of a property, the type of an event. */
  readonly details: readonly string[];
}

export type CompletedKind = "property" | "event";

/** Those whose identifier begins with the text come first, then those that hold it, in the identifier or the name. */
export function completeIdentifier(model: ThingModel, kind: CompletedKind, typed: string): Completion[] {
  const wanted = typed.trim().toLowerCase();
  const ranked = listCompletions(model, kind).map((completion) => {
    const at = completion.value.toLowerCase().indexOf(wanted);
    const isNamed = completion.name.toLowerCase().includes(wanted);
    return { completion, rank: at === 0 ? 0 : at > 0 ? 1 : isNamed ? 2 : 3 };
  });
  return ranked
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ completion }) => completion);
}

/** A property in one line: name, type, range and unit. */
export function describeProperty({ name, dataType }: Parameter): string {
  return [name, ...detailsOf(dataType)].join(" · ");
}

function detailsOf(type: DataType): string[] {
  return [type.type, rangeOf(type), unitOf(type)].filter((detail) => detail !== "");
}

function listCompletions(model: ThingModel, kind: CompletedKind): Completion[] {
  if (kind === "event") {
    return [...model.events.values()].map(({ identifier, name, eventType }) => ({
      value: identifier,
      name,
      details: [eventType],
    }));
  }
  return [...model.properties.values()].map(({ identifier, name, dataType }) => ({
    value: identifier,
    name,
    details: detailsOf(dataType),
  }));
}
