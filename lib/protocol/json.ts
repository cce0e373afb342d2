/**
 * JSON at the border: what a payload's bytes say, and how many bytes a text has. No Node-RED, no platform words.
 */
import { OneNetError } from "../errors";
import { parseJson, stringifyJson } from "./json-bigint";
import { MAX_PAYLOAD_BYTES } from "./limits";

export { exactInteger, has64Bits, parseJson, stringifyJson, withoutBigInts } from "./json-bigint";

/** Any value with a JSON form. A bigint is a whole number beyond 2^53 (an int64), and never one that fits a number. */
export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [key: string]: JsonValue };

/** A value as JSON; numbers, which most values are, without the cost of JSON.stringify. */
export function encodeValue(value: JsonValue): string {
  return typeof value === "number" ? String(value) : stringifyJson(value);
}

/** Whether a parsed JSON value is an object (no array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const encoder = new TextEncoder();
/** Counts without encoding; a browser has none. */
const nodeBuffer: typeof Buffer | undefined = globalThis.Buffer;

/** The length of `text` in UTF-8, in bytes. Without Buffer, so a form in the browser counts the same. */
export function utf8Bytes(text: string): number {
  return nodeBuffer === undefined ? encoder.encode(text).length : nodeBuffer.byteLength(text);
}

/**
 * A payload as text, or undefined if the bytes are not UTF-8. A leading byte order mark is dropped.
 */
export function readText(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}

/** A payload as JSON, or undefined if it is none. Whole numbers beyond 2^53 come as bigint: see {@link parseJson}. */
export function readJson(payload: Uint8Array): JsonValue | undefined {
  const text = readText(payload);
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/**
 * A value as JSON, or undefined where it has no form: a circle, a BigInt, a number that is not finite, an invalid
 * Date, and every object that JSON would empty without a word (a Map, a RegExp, …).
 */
export function writeJson(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return undefined;
  try {
    return typeof value === "object" && value !== null && !hasForm(value) ? undefined : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function hasForm(value: object): boolean {
  if (isDate(value)) return !Number.isNaN(value.getTime());
  return ["Object", "Array"].includes(objectTag(value)) || typeof Reflect.get(value, "toJSON") === "function";
}

/**
 * A whole number, also written as decimal digits, as firmware and platform pages do both; else undefined.
 */
export function readInteger(value: JsonValue | undefined): number | undefined {
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** A list of texts, or undefined if it is none. */
export function readNames(value: JsonValue | undefined): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value.filter((item) => typeof item === "string");
  return names.length === value.length ? names : undefined;
}

/**
 * The encoded payload itself, once it is known to fit.
 *
 * @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE above {@link MAX_PAYLOAD_BYTES}: the platform would cut the link
 */
export function checkPayloadSize(text: string): string {
  if (text.length * 3 <= MAX_PAYLOAD_BYTES) return text;
  const bytes = utf8Bytes(text);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new OneNetError("ONENET_PAYLOAD_TOO_LARGE", { bytes, maxBytes: MAX_PAYLOAD_BYTES });
  }
  return text;
}

/** The built-in type of an object (`Date`, `Map`, …), true also for objects of another realm (function nodes). */
export function objectTag(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether it is an object like those of JSON, also one of another realm (a function node's). */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  // Asking for the tag costs ten times as much.
  if (isOrdinaryObject(value)) return true;
  return typeof value === "object" && value !== null && objectTag(value) === "Object";
}

/**
 * Whether it is one of an object literal, of JSON, of a function node: without a class of its own, so that all that is
 * seen of it is its own. Only the root of a realm's prototypes has none itself.
 */
export function isOrdinaryObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype === "object" && prototype !== null && Object.getPrototypeOf(prototype) === null;
}

/** A Date, also one of another realm. */
export function isDate(value: unknown): value is Date {
  return typeof value === "object" && value !== null && objectTag(value) === "Date";
}

/** A text for an error, cut where it is longer than `length` characters: names from messages have no bound. */
export function clip(text: string, length = 120): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** A short name of any value for an error text: `NaN`, `Buffer`, `BigInt 10`, `"Monday"`, `2026-01-31T00:00:00.000Z`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(clip(value, 40));
    case "bigint":
      return clip(`BigInt ${value}`, 40);
    case "function":
    case "symbol":
      return typeof value;
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  const tag = objectTag(value);
  if (isDate(value)) return Number.isNaN(value.getTime()) ? "invalid Date" : value.toISOString();
  if (tag === "Uint8Array") return "Buffer";
  return tag === "Object" || tag === "Array" ? tag.toLowerCase() : tag;
}
