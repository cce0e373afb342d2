/** How much a post of datapoints holds, of either kind: bounds that are cheap to tell before it is encoded. */
import { BatchRoom } from "./batch-room";
import type { Datapoint } from "./datapoint";
import { deviceKey } from "./identity";
import { encodeValue, utf8Bytes } from "./json";
import { MAX_PAYLOAD_BYTES } from "./limits";
import { pointKey } from "./point-key";
import type { DeviceIdentity, ProductKind } from "./topic-table";

/** Bytes around a point's name and value in a post of either kind, at most: `"":{"value":,"time":253402300799999},`. */
const POINT_FRAME_BYTES = 40;
/** Bytes of an empty post of either kind, at most: `{"id":"2147483647","version":"1.0","params":{}}`. */
const POST_FRAME_BYTES = 64;

/** The longest text of a number: `-0.0000012345678901234567`. */
export const MAX_NUMBER_BYTES = 25;
/** So is that of a whole number below a million. */
const MAX_SMALL_INTEGER_BYTES = 7;

/** Bytes around the names of a sub-device in a batch, at most, and of the own device's entry beside it. */
const DEVICE_FRAME_BYTES = 112;

/** Bytes a point adds to a post, of any form, at most. Cheap for numbers; walks a text or an object once. */
export function datapointBytes(point: Datapoint): number {
  return sampleBytes(point) + deviceBytes(point.device);
}

function sampleBytes({ stream, value }: Datapoint): number {
  // A name that was checked is ASCII.
  return POINT_FRAME_BYTES + stream.length + valueBytes(value);
}

function deviceBytes(device: DeviceIdentity | undefined): number {
  if (device === undefined) return 0;
  return DEVICE_FRAME_BYTES + device.productId.length + device.deviceName.length;
}

function valueBytes(value: Datapoint["value"]): number {
  if (typeof value !== "number") return utf8Bytes(encodeValue(value));
  const isSmall = Number.isInteger(value) && value < 1e6 && value > -1e6;
  return isSmall ? MAX_SMALL_INTEGER_BYTES : MAX_NUMBER_BYTES;
}

/** Bytes of a post of these points, at most. */
export function postBytes(points: Iterable<Datapoint>): number {
  let bytes = POST_FRAME_BYTES;
  let device: DeviceIdentity | undefined;
  for (const point of points) {
    bytes += sampleBytes(point);
    if (point.device === device) continue;
    device = point.device;
    bytes += deviceBytes(device);
  }
  return bytes;
}

/** Whether points whose post has at most `bytes` can share one: see {@link splitIntoPosts}. */
export function fitsOnePost(
  points: readonly Datapoint[],
  bytes: number,
  kind: ProductKind,
  pack = true,
): boolean {
  if (points.length <= 1) return points.length === 1;
  if (bytes > MAX_PAYLOAD_BYTES) return false;
  return kind === "data-stream" || newRoom(pack).add(points);
}

function newRoom(pack: boolean): BatchRoom {
  return new BatchRoom({ pack, samplesMax: 1 });
}

interface Post {
  readonly points: Datapoint[];
  readonly room: BatchRoom;
  bytes: number;
}

/**
 * Distributes points over posts that fit {@link MAX_PAYLOAD_BYTES} each, as few as first fit gives.
 *
 * Points of one name keep their order, within a post and from post to post. On a thing-model product an identifier of
 * a device stands in a post once (`property/post` holds one value of each), and a post with sub-devices, or with
 * events beside properties, keeps the limits of `pack/post`. A point too large for any post stands alone in one;
 * encoding that one throws ONENET_PAYLOAD_TOO_LARGE.
 *
 * @param pack whether several devices, and events beside properties, may share a post
 */
export function splitIntoPosts(points: readonly Datapoint[], kind: ProductKind, pack = true): Datapoint[][] {
  const posts: Post[] = [];
  const next = new Map<string, number>();
  const ofDevice = new Map<string, number>();
  for (const point of points) {
    const bytes = datapointBytes(point);
    const key = pointKey(point);
    const device = point.device === undefined ? "" : deviceKey(point.device);
    // A device that is new begins where there may be room left: with 1,500 of them nobody looks at all the full ones.
    let index = next.get(key) ?? ofDevice.get(device) ?? (device === "" ? 0 : Math.max(0, posts.length - 1));
    while (!join(postAt(posts, index, pack), point, bytes, kind)) index += 1;
    if (!ofDevice.has(device)) ofDevice.set(device, index);
    next.set(key, kind === "thing-model" ? index + 1 : index);
  }
  return posts.map((post) => post.points);
}

/** A new one behind the last. */
function postAt(posts: Post[], index: number, pack: boolean): Post {
  const post = posts[index] ?? { points: [], room: newRoom(pack), bytes: POST_FRAME_BYTES };
  posts[index] = post;
  return post;
}

/** @returns false when the point finds no room in the post; one that is empty takes any */
function join(post: Post, point: Datapoint, bytes: number, kind: ProductKind): boolean {
  if (post.points.length > 0 && post.bytes + bytes > MAX_PAYLOAD_BYTES) return false;
  if (kind === "thing-model" && !post.room.add([point])) return false;
  post.points.push(point);
  post.bytes += bytes;
  return true;
}
