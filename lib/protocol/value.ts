/**
 * What one datapoint may be: its name, its value, its time. Each is checked alone, so a bad one harms no other.
 */
import { type ErrorKey, type ErrorParams, OneNetError } from "../errors";
import {
  clip,
  describeValue,
  exactInteger,
  has64Bits,
  isDate,
  type JsonValue,
  objectTag,
  utf8Bytes,
} from "./json";
import {
  MAX_IDENTIFIER_LENGTH,
  MAX_STREAM_ID_BYTES,
  MAX_TIME_MS,
  MAX_VALUE_DEPTH,
  MAX_VALUE_KEY_BYTES,
  MIN_TIME_MS,
} from "./limits";
import type { DeviceIdentity, ProductKind } from "./topic-table";

export interface Datapoint {
  /** The data stream's id, or the identifier of the property or event. */
  readonly stream: string;
  /** Of an event: the object of its outputs. */
  readonly value: JsonValue;
  /** When it was measured, in whole milliseconds since 1970. Absent: when the platform receives it. */
  readonly atMs?: number;
  /** An event (事件) that happened, not a property's sample. */
  readonly event?: true;
  /** The sub-device (子设备) it belongs to; absent: the connection's own device. */
  readonly device?: DeviceIdentity;
}

export interface DatapointRules {
  readonly kind: ProductKind;
  /** A boolean value goes as 1 or 0: data streams know numbers, text and objects. Ignored on a thing-model product. */
  readonly booleansAsNumbers: boolean;
}

interface KindRules {
  readonly name: RegExp;
  readonly maxNameBytes: number;
  readonly nameExpected: string;
  readonly maxKeyBytes: number;
  /** A Date inside a value. */
  readonly date: (date: Date) => JsonValue;
}

const KINDS: Readonly<Record<ProductKind, KindRules>> = {
  // @see docs 2022, data points. No page says how a stream holds a date: the text that JSON makes of it.
  "data-stream": {
    name: /^\$?[A-Za-z0-9_.]+$/,
    maxNameBytes: MAX_STREAM_ID_BYTES,
    nameExpected: `A-Z a-z 0-9 _ . ($ first), 1–${MAX_STREAM_ID_BYTES}`,
    maxKeyBytes: MAX_VALUE_KEY_BYTES,
    date: (date) => date.toISOString(),
  },
  // @see docs 901; type `date` is an int64 of UTC milliseconds
  "thing-model": {
    name: /^\$?[A-Za-z0-9_]+$/,
    maxNameBytes: MAX_IDENTIFIER_LENGTH,
    nameExpected: `A-Z a-z 0-9 _ ($ first), 1–${MAX_IDENTIFIER_LENGTH}`,
    maxKeyBytes: MAX_IDENTIFIER_LENGTH,
    date: (date) => date.getTime(),
  },
};

/** Names that were found good: a flow sends the same few for ever. */
const GOOD_NAMES: Readonly<Record<ProductKind, Set<string>>> = {
  "data-stream": new Set(),
  "thing-model": new Set(),
};
const REMEMBERED_NAMES = 1000;

/** Whether it can be a stream's id (data stream) or an identifier (thing model). */
export function isStreamName(stream: string, kind: ProductKind): boolean {
  const good = GOOD_NAMES[kind];
  if (good.has(stream)) return true;
  const { name, maxNameBytes } = KINDS[kind];
  if (stream.length > maxNameBytes || !name.test(stream)) return false;
  if (good.size >= REMEMBERED_NAMES) good.clear();
  good.add(stream);
  return true;
}

/**
 * Checks and copies one datapoint; nothing of the result is shared with the candidate.
 *
 * - `stream`: text; see {@link isStreamName}
 * - `value`: finite number (-0 becomes 0), text, boolean, and arrays and plain objects of these, at most 5 levels.
 *   A Date becomes milliseconds on a thing-model product and ISO text on a data-stream one; a BigInt of
 *   64 bits is a number. null and undefined are
 *   refused at every level (the platform answers 2409 to null), as is every object that JSON would empty (Map, …).
 * - `at`: milliseconds since 1970, a Date or ISO 8601 text (a time of day without a zone is this machine's);
 *   undefined means none
 *
 * @param stampAtMs the time of a datapoint that has none, in whole milliseconds since 1970
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.stream-missing, .stream-name, .not-finite, .type, .too-deep,
 *   .circular, .key, .time
 */
export function checkDatapoint(
  candidate: { readonly stream: unknown; readonly value: unknown; readonly at?: unknown },
  rules: DatapointRules,
  stampAtMs?: number,
): Datapoint {
  const stream = readStream(candidate.stream, rules.kind);
  const value = readValue(candidate.value, stream, rules);
  if (candidate.at === undefined) {
    return stampAtMs === undefined ? { stream, value } : { stream, value, atMs: stampAtMs };
  }
  const atMs = readTimeMs(candidate.at);
  if (atMs === undefined) throw invalid("time", { stream, got: describeValue(candidate.at) });
  return { stream, value, atMs };
}

function readValue(value: unknown, stream: string, { kind, booleansAsNumbers }: DatapointRules): JsonValue {
  // Most values, and the cheap way for them; -0 has no JSON form.
  if (typeof value === "number" && Number.isFinite(value)) return value + 0;
  const copy = copyValue(value, stream, kind);
  return typeof copy === "boolean" && kind === "data-stream" && booleansAsNumbers ? Number(copy) : copy;
}

function readStream(stream: unknown, kind: ProductKind): string {
  if (stream === undefined || stream === null || stream === "") throw invalid("stream-missing", {});
  const expected = KINDS[kind].nameExpected;
  if (typeof stream !== "string") throw invalid("stream-name", { stream: describeValue(stream), expected });
  if (!isStreamName(stream, kind)) throw invalid("stream-name", { stream: clip(stream), expected });
  return stream;
}

const ISO_TEXT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** A time in whole milliseconds since 1970, or undefined if it is none (seconds and microseconds are none). */
export function readTimeMs(at: unknown): number | undefined {
  let ms: number;
  if (typeof at === "number") ms = Math.floor(at);
  else if (typeof at === "string" && ISO_TEXT.test(at)) ms = Date.parse(at);
  else if (isDate(at)) ms = at.getTime();
  else return undefined;
  return ms >= MIN_TIME_MS && ms <= MAX_TIME_MS ? ms : undefined;
}

/** A copy of a value with a JSON form. Throws as {@link checkDatapoint} does. */
export function copyValue(value: unknown, stream: string, kind: ProductKind): JsonValue {
  return copy(value, { stream, kind: KINDS[kind] }, []);
}

interface Place {
  readonly stream: string;
  readonly kind: KindRules;
}

function copy(value: unknown, place: Place, parents: readonly object[]): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value))
        throw invalid("not-finite", { stream: place.stream, got: describeValue(value) });
      return value + 0; // -0 has no JSON form
    case "bigint":
      if (has64Bits(value)) return exactInteger(value);
      break;
    case "object":
      if (value !== null) return copyObject(value, place, parents);
  }
  throw hasNoForm(value, place);
}

function copyObject(value: object, place: Place, parents: readonly object[]): JsonValue {
  const { stream, kind } = place;
  if (isDate(value) && !Number.isNaN(value.getTime())) return kind.date(value);
  if (parents.includes(value)) throw invalid("circular", { stream });
  const inside = [...parents, value];
  const isArray = Array.isArray(value);
  if (!isArray && objectTag(value) !== "Object") throw hasNoForm(value, place);
  if (inside.length > MAX_VALUE_DEPTH) throw invalid("too-deep", { stream, maxDepth: MAX_VALUE_DEPTH });
  if (isArray) return Array.from(value, (item) => copy(item, place, inside));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [checkKey(key, place), copy(item, place, inside)]),
  );
}

function checkKey(key: string, { stream, kind }: Place): string {
  const bytes = utf8Bytes(key);
  if (bytes <= kind.maxKeyBytes) return key;
  throw invalid("key", { stream, key: clip(key), bytes, maxBytes: kind.maxKeyBytes });
}

function hasNoForm(value: unknown, { stream }: Place): OneNetError {
  return invalid("type", {
    stream,
    got: describeValue(value),
    expected: "number, string, boolean, object, array, Date",
  });
}

type Reason = ErrorKey extends infer K
  ? K extends `ONENET_DATAPOINT_INVALID.${infer R}`
    ? R
    : never
  : never;

function invalid(reason: Reason, params: ErrorParams): OneNetError {
  return new OneNetError(`ONENET_DATAPOINT_INVALID.${reason}`, params);
}
