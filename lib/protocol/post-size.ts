/** How much a post of datapoints holds, of either kind: bounds that are cheap to tell before it is encoded. */
import type { Datapoint } from "./datapoint";
import { encodeValue, utf8Bytes } from "./json";
import { MAX_PAYLOAD_BYTES } from "./limits";
import type { ProductKind } from "./topic-table";

/** Bytes around a point's name and value in a post of either kind, at most: `"":{"value":,"time":253402300799999},`. */
const POINT_FRAME_BYTES = 40;
/** Bytes of an empty post of either kind, at most: `{"id":"2147483647","version":"1.0","params":{}}`. */
const POST_FRAME_BYTES = 64;

/** The longest text of a number: `-1.2345678901234567e-100`. */
const MAX_NUMBER_BYTES = 24;
/** So is that of a whole number below a million. */
const MAX_SMALL_INTEGER_BYTES = 7;

/** Bytes a point adds to a post, of either kind, at most. Cheap for numbers; walks a text or an object once. */
export function datapointBytes({ stream, value }: Datapoint): number {
  // A name that was checked is ASCII.
  return POINT_FRAME_BYTES + stream.length + valueBytes(value);
}

function valueBytes(value: Datapoint["value"]): number {
  if (typeof value !== "number") return utf8Bytes(encodeValue(value));
  const isSmall = Number.isInteger(value) && value < 1e6 && value > -1e6;
  return isSmall ? MAX_SMALL_INTEGER_BYTES : MAX_NUMBER_BYTES;
}

/** Bytes of a post of these points, at most. */
export function postBytes(points: readonly Datapoint[]): number {
  let bytes = POST_FRAME_BYTES;
  for (const point of points) bytes += datapointBytes(point);
  return bytes;
}

/** Whether points whose post has at most `bytes` can share one: see {@link splitIntoPosts}. */
export function fitsOnePost(points: readonly Datapoint[], bytes: number, kind: ProductKind): boolean {
  if (points.length <= 1) return points.length === 1;
  if (bytes > MAX_PAYLOAD_BYTES) return false;
  return kind === "data-stream" || new Set(points.map(({ stream }) => stream)).size === points.length;
}

/**
 * Distributes points over posts that fit {@link MAX_PAYLOAD_BYTES} each, as few as first fit gives.
 *
 * Points of one stream keep their order, within a post and from post to post. On a thing-model product an
 * identifier stands in a post once (`property/post` holds one value of each). A point too large for any post stands
 * alone in one; encoding that one throws ONENET_PAYLOAD_TOO_LARGE.
 */
export function splitIntoPosts(points: readonly Datapoint[], kind: ProductKind): Datapoint[][] {
  const posts: { points: Datapoint[]; bytes: number }[] = [];
  const next = new Map<string, number>();
  for (const point of points) {
    const bytes = datapointBytes(point);
    let index = next.get(point.stream) ?? 0;
    let post = posts[index];
    while (post && post.bytes + bytes > MAX_PAYLOAD_BYTES) post = posts[++index];
    if (!post) {
      post = { points: [], bytes: POST_FRAME_BYTES };
      posts.push(post);
    }
    post.points.push(point);
    post.bytes += bytes;
    next.set(point.stream, kind === "thing-model" ? index + 1 : index);
  }
  return posts.map((post) => post.points);
}
