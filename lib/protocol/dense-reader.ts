/** Reads a message's datapoints in one go, where all of them are plain: see dense-points.ts. */
import { DensePoints, type Layout, likelyLayout, newLayout, type Scalar } from "./dense-points";
import { encodeValue, isOrdinaryObject, utf8Bytes } from "./json";
import { MAX_NUMBER_BYTES } from "./post-size";
import { findFault, type LengthUnit } from "./thing-fault";
import type { DataType, ThingModel } from "./thing-model";
import type { ProductKind } from "./topic-table";
import type { DatapointRules } from "./value";

/** One is better off as an object. */
export const DENSE_MIN = 2;

/** What the values are held against. */
export interface DenseRules extends DatapointRules {
  /** Of a thing-model product; absent: nothing is known. */
  readonly model?: ThingModel | undefined;
  readonly lengthUnit?: LengthUnit | undefined;
}

/** Rows of messages that come one after the other lie in one list: one for each would have to be collected. */
const SLAB_NUMBERS = 4096;
let slab = new Float64Array(SLAB_NUMBERS);
let free = 0;

/**
 * Reads `[{stream, value}, …]`, or `{stream: value, …}`, where every name is good and every value a finite number, a
 * text or a boolean that the model has nothing against, without a time of its own. Nothing of the result is shared
 * with the payload.
 *
 * @param stampAtMs the time of all of them, in ms since 1970; undefined gives them none
 * @returns undefined where anything is otherwise, or there are few: then they are read one by one
 */
export function readDensePoints(
  payload: unknown,
  rules: DenseRules,
  stampAtMs: number | undefined,
): DensePoints | undefined {
  if (Array.isArray(payload)) return readList(payload, rules, stampAtMs);
  return isOrdinaryObject(payload) ? readNamed(payload, rules, stampAtMs) : undefined;
}

function readList(
  items: readonly unknown[],
  rules: DenseRules,
  atMs: number | undefined,
): DensePoints | undefined {
  const [first] = items;
  if (items.length < DENSE_MIN || !isOrdinaryObject(first) || !isPoint(first)) return undefined;
  const likely = likelyLayout(first.stream, rules.kind);
  const row = likely?.names.length === items.length ? readItems(items, likely, rules) : undefined;
  if (likely !== undefined && row !== undefined) return takeRow(likely, row, rules.kind, atMs);
  const layout = newLayout(items.map(nameOf), rules.kind);
  return layout && takeRow(layout, readItems(items, layout, rules), rules.kind, atMs);
}

function readNamed(
  payload: Readonly<Record<string, unknown>>,
  rules: DenseRules,
  atMs: number | undefined,
): DensePoints | undefined {
  let layout: Layout | undefined;
  for (const name in payload) {
    layout = likelyLayout(name, rules.kind);
    break;
  }
  const row = layout && readProperties(payload, layout, rules);
  if (layout !== undefined && row !== undefined) return takeRow(layout, row, rules.kind, atMs);
  const names = Object.keys(payload);
  if (names.length < DENSE_MIN) return undefined;
  layout = newLayout(names, rules.kind);
  return layout && takeRow(layout, readProperties(payload, layout, rules), rules.kind, atMs);
}

/** What is put into the slab. */
interface ReadRow {
  readonly numbers: Float64Array;
  readonly start: number;
  /** Bytes of the values, at most. */
  bytes: number;
  others: Map<number, Scalar>;
}

/** Of most rows. */
const NO_OTHERS = new Map<number, Scalar>();

function takeRow(
  layout: Layout,
  row: ReadRow | undefined,
  kind: ProductKind,
  atMs: number | undefined,
): DensePoints | undefined {
  if (row === undefined) return undefined;
  const bytes = layout.frameBytes + layout.names.length * sampleFrameBytes(kind, atMs) + row.bytes;
  return new DensePoints(layout, row, atMs, bytes);
}

/** @returns undefined where the items are not plain or not of this layout */
function readItems(items: readonly unknown[], layout: Layout, rules: DenseRules): ReadRow | undefined {
  const { names } = layout;
  const types = typesOf(layout, rules);
  if (types === undefined) return undefined;
  const row = newRow(names.length);
  const prototype: unknown = Object.getPrototypeOf(items[0]);
  for (let place = 0; place < names.length; place += 1) {
    const item = items[place];
    // Most have one prototype, the first one's, that has been looked at.
    if (!(hasPrototype(item, prototype) || isOrdinaryObject(item)) || !isPoint(item))
      return dropRow(row, names);
    if (item.stream !== names[place]) return dropRow(row, names);
    if (!put(row, place, item.value, types[place], rules)) return dropRow(row, names);
  }
  return row;
}

/** @returns undefined where the names are not those of this layout */
function readProperties(
  payload: Readonly<Record<string, unknown>>,
  layout: Layout,
  rules: DenseRules,
): ReadRow | undefined {
  const { names } = layout;
  const types = typesOf(layout, rules);
  if (types === undefined) return undefined;
  const row = newRow(names.length);
  let place = 0;
  // Goes through them without making a list of their names.
  for (const name in payload) {
    if (name !== names[place]) return dropRow(row, names);
    if (!put(row, place, payload[name], types[place], rules)) return dropRow(row, names);
    place += 1;
  }
  return place === names.length ? row : dropRow(row, names);
}

function newRow(length: number): ReadRow {
  if (free + length > slab.length) {
    slab = new Float64Array(Math.max(SLAB_NUMBERS, length));
    free = 0;
  }
  const start = free;
  free += length;
  return { numbers: slab, start, bytes: 0, others: NO_OTHERS };
}

/** The next row may have its room, unless one was read meanwhile (by a getter of the payload). */
function dropRow({ numbers, start }: ReadRow, { length }: readonly string[]): undefined {
  if (numbers === slab && free === start + length) free = start;
}

/** Puts a value into the row, as checkDatapoint would have it. @returns false where that is for checkDatapoint to say */
function put(
  row: ReadRow,
  place: number,
  value: unknown,
  type: DataType | undefined,
  { kind, booleansAsNumbers, lengthUnit }: DenseRules,
): boolean {
  if (type !== undefined && findFault(type, value, lengthUnit) !== undefined) return false;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return false;
    row.numbers[row.start + place] = value + 0; // -0 has no JSON form
    row.bytes += numberBytes(value);
    return true;
  }
  if (typeof value !== "string" && typeof value !== "boolean") return false;
  if (kind === "data-stream" && booleansAsNumbers && typeof value === "boolean") {
    return put(row, place, Number(value), type, { kind, booleansAsNumbers });
  }
  row.numbers[row.start + place] = Number.NaN;
  if (row.others === NO_OTHERS) row.others = new Map();
  row.others.set(place, value);
  row.bytes += utf8Bytes(encodeValue(value));
  return true;
}

interface PlainPoint extends Record<string, unknown> {
  readonly stream: string;
  readonly value: unknown;
}

function hasPrototype(item: unknown, prototype: unknown): item is Record<string, unknown> {
  return typeof item === "object" && item !== null && Object.getPrototypeOf(item) === prototype;
}

/** `{stream, value}` and nothing else. */
function isPoint(item: Readonly<Record<string, unknown>>): item is PlainPoint {
  for (const key in item) if (key !== "stream" && key !== "value") return false;
  return typeof item["stream"] === "string";
}

/** No name that any stream has, where there is none. */
function nameOf(item: unknown): string {
  return isOrdinaryObject(item) && isPoint(item) ? item.stream : "";
}

const NO_TYPES: readonly DataType[] = [];
/** The types of a layout's properties by the model they were looked up in last. */
const known = new WeakMap<Layout, { readonly model: ThingModel; readonly types: readonly DataType[] }>();

/** @returns undefined where the model does not know all of them, or a property stands twice; none without a model */
function typesOf(layout: Layout, { kind, model }: DenseRules): readonly DataType[] | undefined {
  if (kind === "thing-model" && !layout.isUnique) return undefined;
  if (model === undefined) return NO_TYPES;
  let found = known.get(layout);
  if (found?.model !== model) {
    found = { model, types: layout.names.flatMap((name) => model.properties.get(name)?.dataType ?? []) };
    known.set(layout, found);
  }
  return found.types.length === layout.names.length ? found.types : undefined;
}

/** Bytes around a sample's value, at most: `{"value":},`, and `,"time":253402300799999`. */
const THING_FRAME_BYTES = 11;
const THING_TIME_BYTES = 8 + 15;
/** `{"v":},`, and `,"t":253402300799`. */
const STREAM_FRAME_BYTES = 7;
const STREAM_TIME_BYTES = 5 + 12;

function sampleFrameBytes(kind: ProductKind, atMs: number | undefined): number {
  if (kind === "data-stream") return STREAM_FRAME_BYTES + (atMs === undefined ? 0 : STREAM_TIME_BYTES);
  return THING_FRAME_BYTES + (atMs === undefined ? 0 : THING_TIME_BYTES);
}

/** Bytes of a number, at most: near enough for readings, which have few digits. */
function numberBytes(value: number): number {
  const size = Math.abs(value);
  const thousandths = Math.round(size * 1000);
  if (!(size < 1e6) || thousandths / 1000 !== size) return MAX_NUMBER_BYTES;
  // A sign, the whole, and `.123`.
  return 1 + (size < 100 ? 2 : 6) + (thousandths % 1000 === 0 ? 0 : 4);
}
