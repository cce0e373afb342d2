/**
 * What is wrong with a value by its type. One judgement for all: a device checks with it before it sends, the
 * simulator with it what it gets, so both agree about every value.
 */
import { isPlainObject, utf8Bytes } from "./json";
import { MAX_TIME_MS, MIN_TIME_MS } from "./limits";
import type { DataType, NumberDataType, Parameter } from "./thing-model";
import { isOnGrid } from "./thing-step";

/** Which rule a value breaks; the reason of ONENET_VALUE_INVALID. */
export type ValueRule =
  | "required"
  | "type"
  | "bool"
  | "whole"
  | "precision"
  | "min"
  | "max"
  | "step"
  | "label"
  | "length"
  | "items"
  | "date"
  | "member-missing"
  | "member-unknown";

export interface Fault {
  readonly rule: ValueRule;
  /** What broke the rule. */
  readonly value: unknown;
  readonly limit: string;
  /** The type whose rule it is. */
  readonly type: DataType;
  /** From the value down: `.lat`, `[3]`; "" for the value itself. */
  readonly path: string;
}

/** Whether a text's length means characters or bytes of UTF-8: no document says. */
export type LengthUnit = "characters" | "bytes";

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const FLOAT_MAX = 3.4028234663852886e38;

/**
 * The first fault of a value, or undefined where it is exactly what the type wants:
 *
 * - int32, int64: a whole number (int64 also a bigint; a number beyond 2^53 has lost digits and is refused), between
 *   the bounds, on the step; float, double: a finite number, the same
 * - enum: one of the labelled numbers; bitMap: a whole number from 0 (no document says that each bit needs a label)
 * - bool: true or false; string: text, at most `maxLength` characters (UTF-16 units, as Java counts) or bytes
 * - date: whole milliseconds since 1970, as plausible as a time stamp (seconds are refused)
 * - struct: an object with all of its members and no other; array: at most `maxLength` elements, each of its type
 *
 * @see device-mqtt.md §7
 */
export function findFault(
  type: DataType,
  value: unknown,
  unit: LengthUnit = "characters",
): Fault | undefined {
  if (value === undefined || value === null) return fault("required", type, value, type.type);
  switch (type.type) {
    case "int32":
    case "int64":
      return findWholeFault(type, value) ?? findNumberFault(type, value as number | bigint);
    case "float":
    case "double":
      return findFractionFault(type, value);
    case "bool":
      return typeof value === "boolean" ? undefined : fault("bool", type, value, "true, false");
    case "enum":
    case "bitMap":
      return findLabelFault(type, value);
    case "string":
      return findTextFault(type, value, unit);
    case "date":
      return findDateFault(type, value);
    case "struct":
      return findStructFault(type, value, unit);
    case "array":
      return findArrayFault(type, value, unit);
  }
}

function fault(rule: ValueRule, type: DataType, value: unknown, limit: unknown, path = ""): Fault {
  return { rule, type, value, limit: String(limit), path };
}

function findWholeFault(type: NumberDataType, value: unknown): Fault | undefined {
  if (typeof value === "bigint") return undefined;
  if (!Number.isFinite(value)) return fault("type", type, value, type.type);
  if (!Number.isInteger(value)) return fault("whole", type, value, type.type);
  return Number.isSafeInteger(value) || type.type === "int32"
    ? undefined
    : fault("precision", type, value, "2^53");
}

function findFractionFault(type: NumberDataType, value: unknown): Fault | undefined {
  // From the wire a large one comes as a bigint, from a flow as a number.
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return fault("type", type, value, type.type);
  return findNumberFault(type, number);
}

function findNumberFault(type: NumberDataType, value: number | bigint): Fault | undefined {
  const { min, max, step } = type;
  if (min !== undefined && value < min) return fault("min", type, value, min);
  if (max !== undefined && value > max) return fault("max", type, value, max);
  if (step !== undefined && !isOnGrid(value, step, min)) return fault("step", type, value, step);
  switch (type.type) {
    case "int32":
      return findOutside(type, value, INT32_MIN, INT32_MAX);
    case "int64":
      return typeof value === "bigint" ? findOutside(type, value, INT64_MIN, INT64_MAX) : undefined;
    case "float":
      return findOutside(type, value, -FLOAT_MAX, FLOAT_MAX);
    default:
      return undefined;
  }
}

function findOutside(
  type: NumberDataType,
  value: number | bigint,
  min: number | bigint,
  max: number | bigint,
): Fault | undefined {
  if (value < min) return fault("min", type, value, min);
  return value > max ? fault("max", type, value, max) : undefined;
}

type Labelled = Extract<DataType, { readonly type: "enum" | "bitMap" }>;

function findLabelFault(type: Labelled, value: unknown): Fault | undefined {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return fault("type", type, value, "integer");
  if (type.type === "bitMap") return value < 0 ? fault("min", type, value, 0) : undefined;
  if (type.labels.size === 0 || type.labels.has(value)) return undefined;
  return fault("label", type, value, [...type.labels.keys()].join(", "));
}

function findTextFault(
  type: Extract<DataType, { readonly type: "string" }>,
  value: unknown,
  unit: LengthUnit,
): Fault | undefined {
  if (typeof value !== "string") return fault("type", type, value, "string");
  if (type.maxLength === undefined) return undefined;
  const length = unit === "bytes" ? utf8Bytes(value) : value.length;
  return length > type.maxLength ? fault("length", type, length, type.maxLength) : undefined;
}

function findDateFault(type: DataType, value: unknown): Fault | undefined {
  const isTime =
    typeof value === "number" && Number.isInteger(value) && value >= MIN_TIME_MS && value <= MAX_TIME_MS;
  return isTime ? undefined : fault("date", type, value, `${MIN_TIME_MS}…${MAX_TIME_MS}`);
}

type Struct = Extract<DataType, { readonly type: "struct" }>;

function findStructFault(type: Struct, value: unknown, unit: LengthUnit): Fault | undefined {
  if (!isPlainObject(value)) return fault("type", type, value, "object");
  return findMemberCountFault(type, value) ?? findMemberFault(type.members, value, unit);
}

/** A member that is missing, or one that the struct does not have. */
export function findMemberCountFault(type: Struct, value: Record<string, unknown>): Fault | undefined {
  const known = [...type.members.keys()].join(", ");
  for (const name of type.members.keys()) {
    if (!Object.hasOwn(value, name) || value[name] === undefined)
      return fault("member-missing", type, undefined, known, `.${name}`);
  }
  for (const name of Object.keys(value)) {
    if (!type.members.has(name)) return fault("member-unknown", type, value[name], known, `.${name}`);
  }
  return undefined;
}

export function findMemberFault(
  members: ReadonlyMap<string, Parameter>,
  value: Record<string, unknown>,
  unit: LengthUnit,
): Fault | undefined {
  for (const [name, { dataType }] of members) {
    const inside = findFault(dataType, value[name], unit);
    if (inside !== undefined) return { ...inside, path: `.${name}${inside.path}` };
  }
  return undefined;
}

function findArrayFault(
  type: Extract<DataType, { readonly type: "array" }>,
  value: unknown,
  unit: LengthUnit,
): Fault | undefined {
  if (!Array.isArray(value)) return fault("type", type, value, "array");
  const { maxLength, element } = type;
  if (maxLength !== undefined && value.length > maxLength)
    return fault("items", type, value.length, maxLength);
  for (let index = 0; index < value.length; index += 1) {
    const inside = findFault(element, value[index], unit);
    if (inside !== undefined) return { ...inside, path: `[${index}]${inside.path}` };
  }
  return undefined;
}
