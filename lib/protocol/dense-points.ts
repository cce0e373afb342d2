/**
 * Many datapoints of one message and one time, kept as a row of values: what they are called is kept once for all
 * messages that have the same names. Objects cost more to make, to keep and to collect than to be turned
 * into bytes; they are made only when that is needed (a rejection, a disk).
 */
import { type Row, valueAt } from "./json-bytes";
import type { ProductKind } from "./topic-table";
import { type Datapoint, isStreamName } from "./value";

/** Datapoints, dense or not, as far as that makes no difference. */
export interface Points extends Iterable<Datapoint> {
  readonly length: number;
  map<T>(make: (point: Datapoint) => T): T[];
  filter(isWanted: (point: Datapoint) => boolean): Datapoint[];
  some(isWanted: (point: Datapoint) => boolean): boolean;
}

/** A value without parts. */
export type Scalar = number | string | boolean;

export interface ScalarRow extends Row {
  readonly others: ReadonlyMap<number, Scalar>;
}

/** Samples of the connection's own device, none of them an event. */
export class DensePoints implements Points, Row {
  readonly layout: Layout;
  readonly numbers: Float64Array;
  readonly start: number;
  readonly others: ReadonlyMap<number, Scalar>;
  /** The time of all of them, in ms since 1970. */
  readonly atMs: number | undefined;
  /** Bytes of a post of these, at most. */
  readonly postBytes: number;
  #points: readonly Datapoint[] | undefined;

  constructor(
    layout: Layout,
    { numbers, start, others }: ScalarRow,
    atMs: number | undefined,
    bytes: number,
  ) {
    this.layout = layout;
    this.numbers = numbers;
    this.start = start;
    this.others = others;
    this.atMs = atMs;
    this.postBytes = bytes;
  }

  get length(): number {
    return this.layout.names.length;
  }

  /** Made once: whoever needs them looks more than once. */
  toPoints(): readonly Datapoint[] {
    const { atMs } = this;
    this.#points ??= this.layout.names.map((stream, place) => {
      const value = valueAt(this, place);
      return atMs === undefined ? { stream, value } : { stream, value, atMs };
    });
    return this.#points;
  }

  [Symbol.iterator](): IterableIterator<Datapoint> {
    return this.toPoints().values();
  }

  map<T>(make: (point: Datapoint) => T): T[] {
    return this.toPoints().map(make);
  }

  filter(isWanted: (point: Datapoint) => boolean): Datapoint[] {
    return this.toPoints().filter(isWanted);
  }

  some(isWanted: (point: Datapoint) => boolean): boolean {
    return this.toPoints().some(isWanted);
  }
}

/** Bytes around a name in a post of any form, at most: `,"":[]`. */
const NAME_FRAME_BYTES = 6;
/** `[{"properties":{}}]` in `{"id":"2147483647","version":"1.0","params":{}}`, and some. */
const POST_FRAME_BYTES = 80;

/** The names of a message's datapoints, in their order. Messages that share one can be joined place by place. */
export class Layout {
  readonly names: readonly string[];
  /** Each name once, with its places. */
  readonly streams: readonly { readonly stream: string; readonly places: readonly number[] }[];
  /** Bytes of a post without its samples, at most. */
  readonly frameBytes: number;

  constructor(names: readonly string[]) {
    const places = new Map<string, number[]>();
    names.forEach((name, place) => {
      const known = places.get(name);
      if (known === undefined) places.set(name, [place]);
      else known.push(place);
    });
    let frameBytes = POST_FRAME_BYTES;
    for (const name of places.keys()) frameBytes += name.length + NAME_FRAME_BYTES;
    this.names = names;
    this.streams = Array.from(places, ([stream, own]) => ({ stream, places: own }));
    this.frameBytes = frameBytes;
  }

  /** No name stands twice. */
  get isUnique(): boolean {
    return this.streams.length === this.names.length;
  }
}

const REMEMBERED_LAYOUTS = 200;
/** A longer one is not kept: nobody sends it again and again. */
const REMEMBERED_NAMES = 1000;

/** By the first name: what a flow sends begins the same each time. */
const layouts: Readonly<Record<ProductKind, Map<string, Layout>>> = {
  "data-stream": new Map(),
  "thing-model": new Map(),
};

/** What the names are likely to be when this is the first one. */
export function likelyLayout(firstName: string, kind: ProductKind): Layout | undefined {
  return layouts[kind].get(firstName);
}

/** The layout of these names; undefined where one of them can be no stream's. */
export function newLayout(names: readonly string[], kind: ProductKind): Layout | undefined {
  if (!names.every((name) => isStreamName(name, kind))) return undefined;
  const layout = new Layout(names);
  const known = layouts[kind];
  const [first] = names;
  if (first === undefined || names.length > REMEMBERED_NAMES) return layout;
  if (known.size >= REMEMBERED_LAYOUTS) known.clear();
  known.set(first, layout);
  return layout;
}
