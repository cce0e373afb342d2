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
import { eachSamples, type SampleForm, type Samples, writeColumn } from "./columns";
import type { Points } from "./dense-points";
import { isJsonObject, type JsonObject, type JsonValue, readInteger, readJson } from "./json";
import { Commas, JsonBytes } from "./json-bytes";
import { MAX_MESSAGE_ID, MAX_PAYLOAD_BYTES, MAX_TIME_MS } from "./limits";
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

/** What every post is written into before it is copied: the next one finds the room. */
const scratch = new JsonBytes();

/**
 * Encodes the body of `dp/post/json`, one list behind the other. Points of one stream keep their order. The wire's `t`
 * is in whole seconds, rounded down, so points of one second are told apart by their order only.
 *
 * @param messageId echoed by `…/accepted` or `…/rejected`: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeDatapointPost(messageId: number, ...lists: readonly Points[]): Buffer {
  const streams = byStream(lists);
  if (streams.size === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  scratch.clear();
  scratch.text(`{"id":${checkMessageId(messageId)},"dp":{`);
  const commas = new Commas();
  for (const [stream, list] of streams) {
    commas.before(scratch);
    scratch.name(stream);
    writeList(list);
  }
  scratch.text("}}");
  if (scratch.length <= MAX_PAYLOAD_BYTES) return scratch.toBuffer();
  throw new OneNetError("ONENET_PAYLOAD_TOO_LARGE", { bytes: scratch.length, maxBytes: MAX_PAYLOAD_BYTES });
}

/** As {@link writePoint} writes one. */
const STREAM_SAMPLE: SampleForm = {
  before: '{"v":',
  after: (atMs) => (atMs === undefined ? "}" : `,"t":${Math.floor(atMs / 1000)}}`),
};
const VALUE = Buffer.from(STREAM_SAMPLE.before);

function byStream(lists: readonly Points[]): Map<string, Samples[]> {
  const streams = new Map<string, Samples[]>();
  eachSamples(lists, STREAM_SAMPLE, (samples) => {
    const known = streams.get(samples.stream);
    if (known === undefined) streams.set(samples.stream, [samples]);
    else known.push(samples);
  });
  return streams;
}

function writeList(list: readonly Samples[]): void {
  const commas = new Commas();
  scratch.text("[");
  for (const samples of list) {
    commas.before(scratch);
    if ("rows" in samples) writeColumn(scratch, samples);
    else writePoint(samples);
  }
  scratch.text("]");
}

function writePoint({ value, atMs }: Datapoint): void {
  scratch.piece(VALUE);
  scratch.value(value);
  scratch.piece(timePiece(atMs));
}

let lastMs: number | undefined;
let lastTime = Buffer.from(STREAM_SAMPLE.after(lastMs));

/** The points of a message have one time, most often. */
function timePiece(atMs: number | undefined): Uint8Array {
  if (atMs !== lastMs) {
    lastMs = atMs;
    lastTime = Buffer.from(STREAM_SAMPLE.after(atMs));
  }
  return lastTime;
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
