/** Reads a message's datapoints in one go, where all of them are plain: see dense-points.ts. */
import { DensePoints, type Layout, likelyLayout, newLayout, type Scalar } from "./dense-points";
import { encodeValue, isPlainObject, utf8Bytes } from "./json";
import { findFault, type LengthUnit } from "./thing-fault";
import type { DataType, ThingModel } from "./thing-model";
import type { DatapointRules } from "./value";

/** Fewer are better off as objects. */
export const DENSE_MIN = 32;

/** What the values are held against. */
export interface DenseRules extends DatapointRules {
  /** Of a thing-model product; absent: nothing is known. */
  readonly model?: ThingModel | undefined;
  readonly lengthUnit?: LengthUnit | undefined;
}

/** A row of values, and what they are called. */
interface Row {
  readonly layout: Layout;
  readonly values: readonly Scalar[];
}

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
  const row = Array.isArray(payload) ? readList(payload, rules) : readNamed(payload, rules);
  if (row === undefined) return undefined;
  const { layout, values } = row;
  if (rules.kind === "thing-model" && !layout.isUnique) return undefined;
  if (rules.model !== undefined && !isAllowed(row, rules.model, rules.lengthUnit)) return undefined;
  return new DensePoints(layout, values, stampAtMs, layout.frameBytes + samplesBytes(values));
}

function readList(items: readonly unknown[], rules: DenseRules): Row | undefined {
  const { length } = items;
  const [first] = items;
  if (length < DENSE_MIN || !isPlainObject(first) || !isPoint(first)) return undefined;
  let layout = likelyLayout(first.stream, rules.kind);
  const names = layout?.names.length === length ? layout.names : undefined;
  let isKnown = names !== undefined;
  const values = new Array<Scalar>(length);
  const prototype: unknown = Object.getPrototypeOf(first);
  for (let place = 0; place < length; place += 1) {
    const item = items[place];
    // Most have one prototype: one look at it will do.
    if (!(hasPrototype(item, prototype) || isPlainObject(item)) || !isPoint(item)) return undefined;
    const { value, stream } = item;
    // Numbers go by themselves: a function would put each in a box.
    if (typeof value === "number" && Number.isFinite(value)) values[place] = value + 0;
    else {
      const scalar = readScalar(value, rules);
      if (scalar === undefined) return undefined;
      values[place] = scalar;
    }
    if (isKnown && names?.[place] !== stream) isKnown = false;
  }
  if (!isKnown) {
    layout = newLayout(
      items.map((item) => (item as PlainPoint).stream),
      rules.kind,
    );
  }
  return layout && { layout, values };
}

function readNamed(payload: unknown, rules: DenseRules): Row | undefined {
  if (!isPlainObject(payload)) return undefined;
  return readAsBefore(payload, rules) ?? readAnew(payload, rules);
}

/** The names of an object that came before: without making a list of them. */
function readAsBefore(payload: Readonly<Record<string, unknown>>, rules: DenseRules): Row | undefined {
  let layout: Layout | undefined;
  let values: Scalar[] = [];
  let place = 0;
  for (const name in payload) {
    if (place === 0) {
      layout = likelyLayout(name, rules.kind);
      if (layout === undefined) return undefined;
      values = new Array<Scalar>(layout.names.length);
    }
    if (layout?.names[place] !== name) return undefined;
    const value = payload[name];
    if (typeof value === "number" && Number.isFinite(value)) values[place] = value + 0;
    else {
      const scalar = readScalar(value, rules);
      if (scalar === undefined) return undefined;
      values[place] = scalar;
    }
    place += 1;
  }
  return layout?.names.length === place ? { layout, values } : undefined;
}

function readAnew(payload: Readonly<Record<string, unknown>>, rules: DenseRules): Row | undefined {
  const names = Object.keys(payload);
  if (names.length < DENSE_MIN) return undefined;
  const values: Scalar[] = [];
  for (const name of names) {
    const value = readScalar(payload[name], rules);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const layout = newLayout(names, rules.kind);
  return layout && { layout, values };
}

/** As checkDatapoint does. @returns undefined where it is none */
function readScalar(value: unknown, { kind, booleansAsNumbers }: DenseRules): Scalar | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : undefined; // -0 has no JSON form
  if (typeof value === "string") return value;
  if (typeof value !== "boolean") return undefined;
  return kind === "data-stream" && booleansAsNumbers ? Number(value) : value;
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

/** The types of a layout's properties by the model they were looked up in last. */
const types = new WeakMap<Layout, { readonly model: ThingModel; readonly types: readonly DataType[] }>();

/** Whether the model knows all of them and finds fault with none. */
function isAllowed({ layout, values }: Row, model: ThingModel, unit: LengthUnit | undefined): boolean {
  let known = types.get(layout);
  if (known?.model !== model) {
    known = { model, types: layout.names.flatMap((name) => model.properties.get(name)?.dataType ?? []) };
    types.set(layout, known);
  }
  if (known.types.length < values.length) return false;
  for (let place = 0; place < values.length; place += 1) {
    const type = known.types[place];
    if (type === undefined || findFault(type, values[place], unit) !== undefined) return false;
  }
  return true;
}

/** Bytes around a sample's value, at most: `{"value":,"time":253402300799999},`. */
const SAMPLE_FRAME_BYTES = 34;
/** The longest text of a number: `-1.2345678901234567e-100`. */
const MAX_NUMBER_BYTES = 24;
/** `.123`, and a sign. */
const SHORT_FRACTION_BYTES = 5;

/** Bytes of the samples, at most. */
function samplesBytes(values: readonly Scalar[]): number {
  let bytes = values.length * SAMPLE_FRAME_BYTES;
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place];
    bytes += typeof value === "number" ? numberBytes(value) : utf8Bytes(encodeValue(value ?? ""));
  }
  return bytes;
}

/** Near enough for readings, which have few digits. */
function numberBytes(value: number): number {
  const size = Math.abs(value);
  if (!(size < 1e6) || Math.round(size * 1000) / 1000 !== size) return MAX_NUMBER_BYTES;
  return SHORT_FRACTION_BYTES + (size < 100 ? 2 : 6);
}
