/**
 * Properties of a thing-model product (物模型属性): post, set and get.
 *
 * ```
 * post ↑ {"id":"1","version":"1.0","params":{"temp":{"value":23.6,"time":1524448722123}}}      time in ms, optional
 * set  ↓ {"id":"9","version":"1.0","params":{"temp":30.5}}                                     values are bare
 * get  ↓ {"id":"9","version":"1.0","params":["temp"]}        ↑ {"id":"9","code":200,"msg":"success","data":{"temp":39.5}}
 * ```
 * @see docs 901, 902; C SDK 2.1.3
 */
import { OneNetError } from "../errors";
import { oneJsonCode, type PlatformCode } from "./codes";
import { checkMessageId, type Datapoint } from "./datapoint";
import { encodeAnswer, encodeRequest, parseAnswer, parseRequest, readId } from "./envelope";
import { isJsonObject, type JsonObject, type JsonValue, readInteger, readJson } from "./json";
import { MAX_MESSAGE_ID_DIGITS, MAX_TIME_MS, MIN_TIME_MS } from "./limits";
import { TOPICS } from "./topic-table";

/**
 * Encodes the body of `thing/property/post`.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier stands twice
 */
export function encodePropertyPost(messageId: number, points: readonly Datapoint[]): string {
  if (points.length === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  const params = new Map<string, JsonValue>();
  for (const { stream, value, atMs } of points) {
    if (params.has(stream))
      throw new OneNetError("ONENET_INTERNAL", { detail: `${stream} stands twice in a post` });
    params.set(stream, atMs === undefined ? { value } : { value, time: atMs });
  }
  return encodeRequest(String(checkMessageId(messageId)), Object.fromEntries(params));
}

export interface PropertyPostReply extends PlatformCode {
  /** -1 if the id is no number. */
  readonly messageId: number;
}

/** Reads the platform's reply to a post; undefined if it cannot be read. */
export function parsePropertyPostReply(payload: Uint8Array): PropertyPostReply | undefined {
  const answer = parseAnswer(payload);
  return answer && { messageId: readInteger(answer.id) ?? -1, code: answer.code, message: answer.message };
}

export interface PropertySet {
  readonly id: string;
  readonly values: Readonly<Record<string, JsonValue>>;
}

/**
 * Reads `thing/property/set`. Values come bare; `{"value":x}` (and `{"value":x,"time":…}`) is tolerated and unwrapped,
 * since some firmware saw it. So a struct whose only member is called `value` loses that shell: unheard of.
 *
 * @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read, to answer all the same
 */
export function parsePropertySet(payload: Uint8Array): PropertySet {
  const topic = TOPICS["property-set"].suffix;
  const { id, params } = parseRequest(payload, topic);
  if (!isJsonObject(params))
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "params is no object", id });
  return {
    id,
    values: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, unwrap(value)])),
  };
}

function unwrap(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const { value: inner, time, ...others } = value;
  return inner === undefined || Object.keys(others).length > 0 ? value : inner;
}

export interface PropertyGet {
  readonly id: string;
  readonly identifiers: readonly string[];
}

/**
 * Reads `thing/property/get`.
 *
 * @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read, to answer all the same
 */
export function parsePropertyGet(payload: Uint8Array): PropertyGet {
  const topic = TOPICS["property-get"].suffix;
  const { id, params } = parseRequest(payload, topic);
  if (!Array.isArray(params) || !params.every((name) => typeof name === "string")) {
    throw new OneNetError("ONENET_COMMAND_INVALID", {
      topic,
      detail: "params is no list of identifiers",
      id,
    });
  }
  return { id, identifiers: params };
}

/** What a device says to a set or get. */
export interface PropertyAnswer {
  /** 200 is success; a failure is 100 in the official SDKs, "user-defined" by the documents. */
  readonly code: number;
  readonly message?: string;
}

/** @param id the request's, verbatim: with any other one the platform logs 1028 and the application waits in vain */
export function encodePropertySetReply(id: string, { code, message }: PropertyAnswer): string {
  return encodeAnswer(id, code, message);
}

/** @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE */
export function encodePropertyGetReply(
  id: string,
  { code, message, values }: PropertyAnswer & { readonly values?: JsonObject },
): string {
  return encodeAnswer(id, code, message, values);
}

export interface PropertyPost {
  /** As it stood in the post, to be echoed. */
  readonly id: string;
  readonly points: readonly Datapoint[];
}

/** `id` is "" where the post's could not be read; what the platform echoes then is unknown. */
export interface PropertyRefusal extends PlatformCode {
  readonly id: string;
}

/**
 * Reads a device's post as the platform does, for the simulator, as far as that needs no thing model: the first
 * error refuses the whole. Numeric ids are taken (log code 312 demands text; whether that is enforced is unknown).
 *
 * @see device-mqtt.md §6.3 (observed): 2402, 2403, 2405, 2409, 2415
 */
export function parsePropertyPost(payload: Uint8Array): PropertyPost | PropertyRefusal {
  const body = readJson(payload);
  const id = isJsonObject(body) ? (readId(body["id"]) ?? "") : "";
  const refuse = (code: number, identifier?: string) => ({ id, ...oneJsonCode(code, identifier) });
  if (!isJsonObject(body) || !isJsonObject(body["params"])) return refuse(2402);
  if (body["id"] === undefined || body["id"] === null) return refuse(2403);
  if (!/^\d+$/.test(id) || id.length > MAX_MESSAGE_ID_DIGITS) return refuse(2405);
  const points: Datapoint[] = [];
  for (const [stream, wrapped] of Object.entries(body["params"])) {
    if (!isJsonObject(wrapped)) return wrapped === null ? refuse(2409, stream) : refuse(2402);
    const { value, time } = wrapped;
    if (value === undefined || value === null) return refuse(2409, stream);
    if (time !== undefined && !isTime(time)) return refuse(2415, stream);
    points.push(time === undefined ? { stream, value } : { stream, value, atMs: time });
  }
  return { id, points };
}

function isTime(time: JsonValue): time is number {
  return typeof time === "number" && time >= MIN_TIME_MS && time <= MAX_TIME_MS;
}
