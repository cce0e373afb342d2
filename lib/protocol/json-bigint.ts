/**
 * JSON with whole numbers beyond 2^53, as an int64 of a thing model has them: JSON.parse rounds these, and
 * JSON.stringify throws. Both are used first; only where such a number is there does the work here begin.
 */
import type { JsonValue } from "./json";

/** Stands before each literal that could be too long for a number; in a text hardly ever. */
const MAYBE_LONG = /(?:^|[[:,\s-])\d{16}/;
/** A text, or a number as a whole. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,20}$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * JSON.parse, but a whole number beyond 2^53 comes as a bigint, if it has 64 bits; a larger one is rounded.
 *
 * @throws {SyntaxError} as JSON.parse does
 */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  if (!MAYBE_LONG.test(text)) return value;
  // Texts get a mark, so that the texts that stand for numbers are known from them.
  const marked = text.replace(TOKENS, (token) => {
    if (token.startsWith('"')) return `"=${token.slice(1)}`;
    return LONG_INTEGER.test(token) && isLong(BigInt(token)) ? `"${token}"` : token;
  });
  return unmark(JSON.parse(marked));
}

function isLong(value: bigint): boolean {
  return has64Bits(value) && typeof exactInteger(value) === "bigint";
}

/** Whether it is an int64 or an uint64. */
export function has64Bits(value: bigint): boolean {
  return value >= INT64_MIN && value <= UINT64_MAX;
}

function unmark(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.startsWith("=") ? value.slice(1) : BigInt(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unmark);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.slice(1), unmark(item)]));
}

/**
 * JSON.stringify, but a bigint is written as a number. What has no form (undefined, a function) is left out of an object
 * and is null in a list, as there.
 *
 * @param value has a form itself, and no circles
 */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return String(stringifyEach(value));
  }
}

/** @returns undefined of what has no form */
function stringifyEach(given: unknown): string | undefined {
  const value = hasToJson(given) ? given.toJSON() : given;
  if (typeof value === "bigint") return String(value);
  // Not map, which passes over holes.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => stringifyEach(item) ?? "null").join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, item]) => {
    const text = stringifyEach(item);
    return text === undefined ? [] : `${JSON.stringify(key)}:${text}`;
  });
  return `{${members.join()}}`;
}

function hasToJson(value: unknown): value is { readonly toJSON: () => unknown } {
  return (
    typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
  );
}

/** A whole number as {@link JsonValue} holds it: a bigint only where a number is not exact. */
export function exactInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A value for a flow, whose nodes know no bigint: such a number becomes its digits as text. */
export function withoutBigInts(value: JsonValue): JsonValue {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutBigInts);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigInts(item)]));
}
