/**
 * The thing model (物模型) of a product: what its properties, events and services may hold. Read by
 * `parseThingModel` (thing-model-reader.ts); values are checked against it in thing-value.ts.
 *
 * @see device-mqtt.md §8; cloud-api.md §1.3
 */
import type { ErrorKey, ErrorParams } from "../errors";
import { clip } from "./json";

export type NumberType = "int32" | "int64" | "float" | "double";

/** A type of number with its bounds; a bound is a bigint only of an int64 and beyond 2^53. */
export interface NumberDataType {
  readonly type: NumberType;
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  /** Above 0. Absent: every number between the bounds. */
  readonly step?: number;
  /** As the console shows it: `摄氏度 / °C`. */
  readonly unit?: string;
}

/** Names of numbers: an enum's values, the bits of a bitMap. */
export type Labels = ReadonlyMap<number, string>;

export type DataType =
  | NumberDataType
  /** Without labels: any whole number. */
  | { readonly type: "enum"; readonly labels: Labels }
  /** "" where the model names it not. */
  | { readonly type: "bool"; readonly trueLabel: string; readonly falseLabel: string }
  | { readonly type: "string"; readonly maxLength?: number }
  | { readonly type: "bitMap"; readonly labels: Labels }
  | { readonly type: "date" }
  | { readonly type: "struct"; readonly members: ReadonlyMap<string, Parameter> }
  | { readonly type: "array"; readonly maxLength?: number; readonly element: DataType };

/** A member of a struct, an output of an event, an input or output of a service. */
export interface Parameter {
  readonly identifier: string;
  /** What the console calls it; the identifier where it has no name. */
  readonly name: string;
  readonly dataType: DataType;
}

interface FunctionPoint {
  readonly identifier: string;
  readonly name: string;
  readonly description: string;
  /** Defined by the platform: `functionType` `s`, or an identifier that starts with `$`. */
  readonly isSystem: boolean;
}

export interface PropertyDef extends FunctionPoint, Parameter {
  /** `r`: the device reports it, nobody can set it. */
  readonly accessMode: "r" | "rw";
  readonly required: boolean;
}

export interface EventDef extends FunctionPoint {
  readonly eventType: "info" | "alert" | "error";
  readonly outputs: ReadonlyMap<string, Parameter>;
}

export interface ServiceDef extends FunctionPoint {
  readonly callType: "sync" | "async";
  readonly inputs: ReadonlyMap<string, Parameter>;
  readonly outputs: ReadonlyMap<string, Parameter>;
}

/** All maps are by identifier, in the order of the file. */
export interface ThingModel {
  /** Missing in older exports. */
  readonly productId?: string;
  readonly version?: string;
  readonly properties: ReadonlyMap<string, PropertyDef>;
  readonly events: ReadonlyMap<string, EventDef>;
  readonly services: ReadonlyMap<string, ServiceDef>;
  /** Properties, events and services together, those of the system apart: the platform allows 100. */
  readonly functionPoints: number;
}

/** What is odd in a model but was understood. */
export interface ModelNote {
  /** Its text stands in the catalogues beside those of the errors. */
  readonly key: Extract<ErrorKey, `ONENET_MODEL_NOTE.${string}`>;
  /** Where: `properties[3].dataType.specs.min`. */
  readonly path: string;
  /** Fills the text; holds the path, too. */
  readonly params: ErrorParams;
}

const MAX_TYPE_TEXT = 200;

/** How a step is told. */
type StepText = (step: number) => string;

/**
 * A type in one line: `float -40…125, step 0.1, °C`, `enum 0 auto, 1 manual`.
 *
 * @param stepText its only words, in another language than English
 */
export function describeType(type: DataType, stepText: StepText = (step) => `step ${step}`): string {
  const parts = [type.type, describeSpecs(type, stepText)].filter((part) => part !== "");
  return clip(parts.join(" "), MAX_TYPE_TEXT);
}

function describeSpecs(type: DataType, stepText: StepText): string {
  switch (type.type) {
    case "enum":
    case "bitMap":
      return [...type.labels].map(([value, label]) => `${value} ${label}`.trim()).join(", ");
    case "bool":
      return type.trueLabel === "" ? "" : `true ${type.trueLabel}, false ${type.falseLabel}`;
    case "string":
      return atMost(type.maxLength);
    case "date":
      return "";
    case "struct":
      return `{${[...type.members.values()].map((member) => `${member.identifier}: ${describeType(member.dataType, stepText)}`).join("; ")}}`;
    case "array":
      return `${atMost(type.maxLength)} [${describeType(type.element, stepText)}]`.trim();
    default:
      return describeBounds(type, stepText);
  }
}

function describeBounds({ min, max, step, unit }: NumberDataType, stepText: StepText): string {
  const bounds = [];
  if (min !== undefined || max !== undefined) bounds.push(`${min ?? ""}…${max ?? ""}`);
  if (step !== undefined) bounds.push(stepText(step));
  if (unit !== undefined) bounds.push(unit);
  return bounds.join(", ");
}

function atMost(length: number | undefined): string {
  return length === undefined ? "" : `≤ ${length}`;
}
