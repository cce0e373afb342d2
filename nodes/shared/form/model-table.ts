/** A thing model as the rows of a table. */
import type { DataType, Parameter, ThingModel } from "../../../lib/protocol/thing-model";

export type RowKind = "property" | "event" | "service" | "member" | "output" | "input";

export interface ModelRow {
  readonly kind: RowKind;
  readonly identifier: string;
  readonly name: string;
  /** `float`, `int32[10]`; "" of an event or a service. */
  readonly type: string;
  /** `-40…125`, `0 auto, 1 manual`, `≤ 20`. */
  readonly range: string;
  readonly step: string;
  readonly unit: string;
  /** `r`, `rw`; `info`, `alert`, `error`; `sync`, `async`; "" inside of these. */
  readonly access: string;
}

/** The rows of one part of the model; what is inside a row follows it. */
export interface ModelSection {
  readonly kind: "property" | "event" | "service";
  readonly count: number;
  readonly rows: readonly ModelRow[];
}

/** Properties, events and services; a part that is empty is left out. */
export function modelSections(model: ThingModel): ModelSection[] {
  const properties = [...model.properties.values()].flatMap((property) => [
    parameterRow("property", property, property.accessMode),
    ...memberRows(property.dataType),
  ]);
  const events = [...model.events.values()].flatMap((event) => [
    headRow("event", event, event.eventType),
    ...parameterRows("output", event.outputs),
  ]);
  const services = [...model.services.values()].flatMap((service) => [
    headRow("service", service, service.callType),
    ...parameterRows("input", service.inputs),
    ...parameterRows("output", service.outputs),
  ]);
  const sections: readonly ModelSection[] = [
    { kind: "property", count: model.properties.size, rows: properties },
    { kind: "event", count: model.events.size, rows: events },
    { kind: "service", count: model.services.size, rows: services },
  ];
  return sections.filter(({ count }) => count > 0);
}

type Named = { readonly identifier: string; readonly name: string };

function headRow(kind: RowKind, { identifier, name }: Named, access: string): ModelRow {
  return { kind, identifier, name, type: "", range: "", step: "", unit: "", access };
}

function parameterRow(kind: RowKind, { identifier, name, dataType }: Parameter, access = ""): ModelRow {
  return {
    kind,
    identifier,
    name,
    type: typeWord(dataType),
    range: rangeOf(dataType),
    step: stepOf(dataType),
    unit: unitOf(dataType),
    access,
  };
}

function parameterRows(kind: RowKind, parameters: ReadonlyMap<string, Parameter>): ModelRow[] {
  return [...parameters.values()].flatMap((parameter) => [
    parameterRow(kind, parameter),
    ...memberRows(parameter.dataType),
  ]);
}

/** The members of a struct, or of the structs of an array. */
function memberRows(type: DataType): ModelRow[] {
  if (type.type === "array") return memberRows(type.element);
  return type.type === "struct" ? parameterRows("member", type.members) : [];
}

function typeWord(type: DataType): string {
  return type.type === "array" ? `${typeWord(type.element)}[${type.maxLength ?? ""}]` : type.type;
}

/** What values there may be, the same in every language. */
export function rangeOf(type: DataType): string {
  switch (type.type) {
    case "enum":
    case "bitMap":
      return [...type.labels].map(([value, label]) => `${value} ${label}`.trim()).join(", ");
    case "bool":
      return type.trueLabel === "" && type.falseLabel === ""
        ? ""
        : `true ${type.trueLabel}, false ${type.falseLabel}`;
    case "string":
      return type.maxLength === undefined ? "" : `≤ ${type.maxLength}`;
    case "array":
      return rangeOf(type.element);
    case "date":
    case "struct":
      return "";
    default:
      return type.min === undefined && type.max === undefined ? "" : `${type.min ?? ""}…${type.max ?? ""}`;
  }
}

export function stepOf(type: DataType): string {
  if (type.type === "array") return stepOf(type.element);
  return "step" in type ? String(type.step ?? "") : "";
}

export function unitOf(type: DataType): string {
  if (type.type === "array") return unitOf(type.element);
  return "unit" in type ? (type.unit ?? "") : "";
}
