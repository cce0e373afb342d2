/**
 * Datapoints (数据点): checked one by one, and as the body of `dp/post/json` on a data-stream product (数据流).
 *
 * ```
 * {"id":123,"dp":{"temperature":[{"v":30.5,"t":1552289676},{"v":31}],"loc":[{"v":{"lat":1,"lng":2}}]}}
 * ```
 * @see docs 923, data streams; docs 2022, data points (limits: internal design text)
 */
import { OneNetError } from "../errors";
import { codeOf, DATAPOINT_ERROR_TEXTS, ILLEGAL_DATA_CODE, type PlatformCode, readRejection } from "./codes";
import {
  checkPayloadSize,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  readInteger,
  readJson,
  utf8Bytes,
} from "./json";
import { MAX_MESSAGE_ID, MAX_PAYLOAD_BYTES, MAX_TIME_MS } from "./limits";
import type { ProductKind } from "./topic-table";
import { copyValue, type Datapoint, isStreamName } from "./value";

export type { JsonValue } from "./json";
export { checkDatapoint, type Datapoint, type DatapointRules, isStreamName, readTimeMs } from "./value";

/** The platform's verdict on a post. */
export interface DatapointReply {
  /** -1 if the platform could not read the post's id. */
  readonly messageId: number;
  /** Absent: accepted. */
  readonly rejection?: PlatformCode;
}

/** @throws {OneNetError} ONENET_INTERNAL unless it is a whole number from 1 to 2^31-1 */
export function checkMessageId(messageId: number): number {
  if (Number.isInteger(messageId) && messageId >= 1 && messageId <= MAX_MESSAGE_ID) return messageId;
  throw new OneNetError("ONENET_INTERNAL", {
    detail: `message id ${messageId} is not from 1 to ${MAX_MESSAGE_ID}`,
  });
}

/**
 * Encodes the body of `dp/post/json`. Points of one stream keep their order. The wire's `t` is in whole seconds,
 * rounded down, so points of one second are told apart by their order only.
 *
 * @param messageId echoed by `…/accepted` or `…/rejected`: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeDatapointPost(messageId: number, points: readonly Datapoint[]): string {
  if (points.length === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  const streams = new Map<string, JsonObject[]>();
  for (const { stream, value, atMs } of points) {
    const wire = atMs === undefined ? { v: value } : { v: value, t: Math.floor(atMs / 1000) };
    const earlier = streams.get(stream);
    if (earlier) earlier.push(wire);
    else streams.set(stream, [wire]);
  }
  return checkPayloadSize(JSON.stringify({ id: checkMessageId(messageId), dp: Object.fromEntries(streams) }));
}

/** What the platform says to a post, as the simulator does: the body of `…/accepted` or `…/rejected`. */
export function encodeDatapointReply({ messageId, rejection }: DatapointReply): string {
  return JSON.stringify({ id: messageId, err_code: rejection?.code, err_msg: rejection?.message });
}

/**
 * Reads the platform's reply to a post.
 *
 * @param accepted which of the two topics it came on
 * @returns undefined if it cannot be read; a rejection without a code has code -1
 */
export function parseDatapointReply(accepted: boolean, payload: Uint8Array): DatapointReply | undefined {
  const body = readJson(payload);
  if (!isJsonObject(body)) return undefined;
  const messageId = readInteger(body["id"]);
  if (accepted) return messageId === undefined ? undefined : { messageId };
  return { messageId: messageId ?? -1, rejection: readRejection(body) };
}

export interface DatapointPost {
  readonly messageId: number;
  readonly points: readonly Datapoint[];
}

/** What the platform answers to a post it does not take; `messageId` is -1 where the post's could not be read. */
export interface DatapointRefusal extends PlatformCode {
  readonly messageId: number;
}

/**
 * Reads a device's post as the platform does, for the simulator: one bad point refuses the whole (code 98).
 * Booleans and arrays as `v` are taken; no page lists them and no one has seen them refused.
 */
export function parseDatapointPost(payload: Uint8Array): DatapointPost | DatapointRefusal {
  const body = readJson(payload);
  const id = isJsonObject(body) ? readInteger(body["id"]) : undefined;
  const messageId = id !== undefined && id >= 1 && id <= MAX_MESSAGE_ID ? id : undefined;
  const streams = isJsonObject(body) ? body["dp"] : undefined;
  const points = isJsonObject(streams) ? readStreams(streams) : undefined;
  if (messageId !== undefined && points !== undefined) return { messageId, points };
  return { messageId: messageId ?? -1, ...codeOf(DATAPOINT_ERROR_TEXTS, ILLEGAL_DATA_CODE) };
}

function readStreams(streams: JsonObject): readonly Datapoint[] | undefined {
  const points: Datapoint[] = [];
  for (const [stream, items] of Object.entries(streams)) {
    if (!isStreamName(stream, "data-stream") || !Array.isArray(items)) return undefined;
    for (const item of items) {
      const point = readPoint(stream, item);
      if (!point) return undefined;
      points.push(point);
    }
  }
  return points.length === 0 ? undefined : points;
}

function readPoint(stream: string, item: JsonValue): Datapoint | undefined {
  if (!isJsonObject(item)) return undefined;
  const { v, t } = item;
  if (t !== undefined && !isUnixSeconds(t)) return undefined;
  try {
    const value = copyValue(v, stream, "data-stream");
    return t === undefined ? { stream, value } : { stream, value, atMs: t * 1000 };
  } catch {
    return undefined;
  }
}

function isUnixSeconds(t: JsonValue): t is number {
  return typeof t === "number" && t >= 0 && t <= MAX_TIME_MS / 1000;
}

/** Bytes around a point's name and value in a post of either kind, at most: `"":{"value":,"time":253402300799999},`. */
const POINT_FRAME_BYTES = 40;
/** Bytes of an empty post of either kind, at most: `{"id":"2147483647","version":"1.0","params":{}}`. */
const POST_FRAME_BYTES = 64;

/** Bytes a point adds to a post, of either kind, at most. Cheap for numbers; walks a text or an object once. */
export function datapointBytes(point: Datapoint): number {
  return POINT_FRAME_BYTES + utf8Bytes(point.stream) + utf8Bytes(JSON.stringify(point.value));
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
