/** What a value that is not of its type could have meant: `"on"` for true, `"23.6"` for a number, a Date for its time. */
import { describeValue, exactInteger, isPlainObject, type JsonValue, withoutBigInts } from "./json";
import { findFault, type LengthUnit } from "./thing-fault";
import type { DataType, Labels, NumberDataType } from "./thing-model";
import { snapToGrid } from "./thing-step";
import { readTimeMs } from "./value";

/** What coercion did to a value. */
export interface ValueChange {
  /** `temp`, `pos.lat`, `list[3]` */
  readonly path: string;
  /** What came, in short: `"on"`, `23.64`. */
  readonly from: string;
  /** What goes instead; a whole number beyond 2^53 as its digits. */
  readonly to: JsonValue;
  /** `type`: brought to its type; `step`: put on the step, rounded to a whole number, or freed of a float's noise. */
  readonly rule: "type" | "step";
}

export interface CoercionRules {
  /** Numbers off the step go to the nearest value on it, those of int32 and int64 become whole. */
  readonly snapToStep: boolean;
  readonly lengthUnit?: LengthUnit;
}

/**
 * A value brought to its type where it is clear what it means; else as it came. A value that is right is never
 * touched, so what comes out comes out again.
 *
 * @param changes gets what was done
 */
export function coerce(
  type: DataType,
  value: unknown,
  path: string,
  rules: CoercionRules,
  changes: ValueChange[],
): unknown {
  if (findFault(type, value, rules.lengthUnit) === undefined) return value;
  if (type.type === "struct" && isPlainObject(value)) {
    const members = Object.entries(value).map(([name, item]): [string, unknown] => {
      const member = type.members.get(name);
      return [
        name,
        member === undefined ? item : coerce(member.dataType, item, `${path}.${name}`, rules, changes),
      ];
    });
    return Object.fromEntries(members);
  }
  if (type.type === "array" && Array.isArray(value)) {
    return Array.from(value, (item, index) =>
      coerce(type.element, item, `${path}[${index}]`, rules, changes),
    );
  }
  const typed = convert(type, value);
  const result = snap(type, typed, rules);
  if (result !== value) {
    const rule = result === typed ? "type" : "step";
    changes.push({ path, from: describeValue(value), to: withoutBigInts(result as JsonValue), rule });
  }
  return result;
}

function convert(type: DataType, value: unknown): unknown {
  switch (type.type) {
    case "int32":
    case "int64":
    case "float":
    case "double":
      return typeof value === "string" ? readNumber(value) : value;
    case "bool":
      return readBool(value, type) ?? value;
    case "enum":
      return typeof value === "string" ? (findLabel(type.labels, value) ?? readNumber(value)) : value;
    case "bitMap":
      return typeof value === "string" ? readNumber(value) : value;
    case "string":
      return ["number", "boolean", "bigint"].includes(typeof value) ? String(value) : value;
    case "date":
      return readTimeMs(typeof value === "string" ? readNumber(value) : value) ?? value;
    default:
      return value;
  }
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const DIGITS = /^-?\d{1,20}$/;

/** Text as the number it is; else as it came. */
function readNumber(text: string): string | number | bigint {
  const bare = text.trim();
  if (DIGITS.test(bare)) return exactInteger(BigInt(bare));
  return DECIMAL.test(bare) ? Number(bare) : text;
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  1: true,
  false: false,
  off: false,
  0: false,
};

/** true, 1, "1", "true", "on" and the model's own word for it; undefined where it is none of them. */
function readBool(
  value: unknown,
  { trueLabel, falseLabel }: Extract<DataType, { readonly type: "bool" }>,
): boolean | undefined {
  if (value === 1 || value === 0) return value === 1;
  if (typeof value !== "string") return undefined;
  const word = value.trim().toLowerCase();
  if (word !== "" && trueLabel !== falseLabel) {
    if (word === trueLabel.toLowerCase()) return true;
    if (word === falseLabel.toLowerCase()) return false;
  }
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

function findLabel(labels: Labels, text: string): number | undefined {
  const bare = text.trim();
  return [...labels].find(([, label]) => label !== "" && label === bare)?.[0];
}

/** A number on its step, if that is wanted, or if it was there and lost only what a 32-bit float cannot hold. */
function snap(type: DataType, value: unknown, { snapToStep }: CoercionRules): unknown {
  if (!isNumberType(type) || (typeof value !== "number" && typeof value !== "bigint")) return value;
  const step = type.step ?? (type.type.startsWith("int") ? 1 : undefined);
  const rule = findFault(type, value)?.rule;
  if (step === undefined || (rule !== "step" && rule !== "whole")) return value;
  const snapped = snapToGrid(value, step, type.min, type.max);
  const isNoise = type.type === "float" && Math.fround(Number(snapped)) === Math.fround(Number(value));
  return snapToStep || isNoise ? snapped : value;
}

function isNumberType(type: DataType): type is NumberDataType {
  return ["int32", "int64", "float", "double"].includes(type.type);
}
