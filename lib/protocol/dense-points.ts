/**
 * Many datapoints of a data-stream product, kept as the bytes they will be on the wire.
 *
 * A hundred objects cost more to make, to keep and to collect than to be turned into bytes; what waits as bytes is
 * joined with others when it is sent, and is made into objects again only when that is needed (a rejection, a disk).
 */
import { isPlainObject } from "./json";
import { JsonBytes } from "./json-bytes";
import { type Datapoint, isStreamName } from "./value";

/** Fewer are better off as objects. */
export const DENSE_MIN = 32;

/** Datapoints, dense or not, as far as that makes no difference. */
export interface Points extends Iterable<Datapoint> {
  readonly length: number;
  map<T>(make: (point: Datapoint) => T): T[];
  flatMap<T>(make: (point: Datapoint) => T | readonly T[]): T[];
  filter(isWanted: (point: Datapoint) => boolean): Datapoint[];
  some(isWanted: (point: Datapoint) => boolean): boolean;
}

/** A run of bytes: a view of its own for each would cost more than what is in it. */
export interface DenseList {
  readonly stream: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export class DensePoints implements Points {
  readonly length: number;
  /** The points of each stream, in their order, as they are on the wire: `{"v":1,"t":1700000000},{"v":2}`. */
  readonly lists: readonly DenseList[];
  /** Bytes of a post of these, at most. */
  readonly postBytes: number;

  constructor(length: number, lists: readonly DenseList[], postBytes: number) {
    this.length = length;
    this.lists = lists;
    this.postBytes = postBytes;
  }

  /** Stream by stream; times are in whole seconds, as on the wire. */
  toPoints(): Datapoint[] {
    return this.lists.flatMap(readList);
  }

  [Symbol.iterator](): IterableIterator<Datapoint> {
    return this.toPoints().values();
  }

  map<T>(make: (point: Datapoint) => T): T[] {
    return this.toPoints().map(make);
  }

  flatMap<T>(make: (point: Datapoint) => T | readonly T[]): T[] {
    return this.toPoints().flatMap(make);
  }

  filter(isWanted: (point: Datapoint) => boolean): Datapoint[] {
    return this.toPoints().filter(isWanted);
  }

  some(isWanted: (point: Datapoint) => boolean): boolean {
    return this.toPoints().some(isWanted);
  }
}

function readList({ stream, bytes, start, end }: DenseList): Datapoint[] {
  const text = bytes.toString("latin1", start, end);
  const items: { readonly v: number; readonly t?: number }[] = JSON.parse(`[${text}]`);
  return items.map(({ v: value, t }) =>
    t === undefined ? { stream, value } : { stream, value, atMs: t * 1000 },
  );
}

const BEFORE_VALUE = '{"v":';
const FIRST = Buffer.from(BEFORE_VALUE);
/** Bytes around a stream's list in a post, besides its name: `,"":[]`. */
const LIST_FRAME_BYTES = 6;
/** `{"id":2147483647,"dp":{}}`, and some. */
const POST_FRAME_BYTES = 64;

/** What every list is written into before it is copied. */
const scratch = new JsonBytes();

/**
 * Reads a list of `{stream, value}` in one go, where every item is one: a good name, a finite number, no time of its
 * own. Nothing of the result is shared with the items.
 *
 * @param stampAtMs the time of all of them, in ms since 1970; undefined gives them none
 * @returns undefined where any item is something else, or there are few: then they are read one by one
 */
export function readDensePoints(items: unknown, stampAtMs: number | undefined): DensePoints | undefined {
  if (!Array.isArray(items) || items.length < DENSE_MIN) return undefined;
  const layout = layoutOf(items);
  if (layout === undefined) return undefined;
  const tail = stampAtMs === undefined ? "}" : `,"t":${Math.floor(stampAtMs / 1000)}}`;
  const between = Buffer.from(`${tail},${BEFORE_VALUE}`);
  const last = between.subarray(0, tail.length);
  scratch.clear();
  const ends = layout.streams.map(({ indices }) => {
    scratch.piece(FIRST);
    let separator: Uint8Array | undefined;
    for (const index of indices) {
      if (separator !== undefined) scratch.piece(separator);
      separator = between;
      // Checked by layoutOf.
      scratch.value((items[index] as PlainPoint).value);
    }
    scratch.piece(last);
    return scratch.length;
  });
  const bytes = scratch.toBuffer();
  const lists = layout.streams.map(({ stream }, place) => {
    const start = place === 0 ? 0 : Number(ends[place - 1]);
    return { stream, bytes, start, end: Number(ends[place]) };
  });
  return new DensePoints(items.length, lists, layout.frameBytes + bytes.length);
}

/** Which item is of which stream: the same for most payloads of a flow. */
interface Layout {
  readonly names: readonly string[];
  readonly streams: readonly { readonly stream: string; readonly indices: readonly number[] }[];
  /** Bytes of a post without its points, at most. */
  readonly frameBytes: number;
}

let lastLayout: Layout | undefined;

/** @returns undefined where an item is not as plain as it must be */
function layoutOf(items: readonly unknown[]): Layout | undefined {
  const known = lastLayout?.names.length === items.length ? lastLayout.names : undefined;
  let isKnown = known !== undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (!isPlainPoint(item)) return undefined;
    if (known?.[index] === item.stream) continue;
    isKnown = false;
    if (!isStreamName(item.stream, "data-stream")) return undefined;
  }
  if (!isKnown) lastLayout = newLayout(items.map((item) => (item as PlainPoint).stream));
  return lastLayout;
}

function newLayout(names: readonly string[]): Layout {
  const streams = new Map<string, number[]>();
  names.forEach((stream, index) => {
    const indices = streams.get(stream);
    if (indices === undefined) streams.set(stream, [index]);
    else indices.push(index);
  });
  let frameBytes = POST_FRAME_BYTES;
  for (const stream of streams.keys()) frameBytes += stream.length + LIST_FRAME_BYTES;
  return { names, streams: [...streams].map(([stream, indices]) => ({ stream, indices })), frameBytes };
}

interface PlainPoint {
  readonly stream: string;
  readonly value: number;
}

/** `{stream, value}` and nothing else. */
function isPlainPoint(item: unknown): item is PlainPoint {
  if (!isPlainObject(item)) return false;
  for (const key in item) if (key !== "stream" && key !== "value") return false;
  return typeof item["stream"] === "string" && Number.isFinite(item["value"]);
}
