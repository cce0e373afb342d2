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
import type { PlatformCode } from "./codes";
import type { Datapoint } from "./datapoint";
import type { Points } from "./dense-points";
import { encodeAnswer, parseAnswer, parseRequest } from "./envelope";
import { isJsonObject, type JsonObject, type JsonValue, readInteger, readNames } from "./json";
import { readSamples } from "./sample";
import { encodeSamplesPost } from "./thing-post";
import { TOPICS } from "./topic-table";
import { readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

/**
 * Encodes the body of `thing/property/post`, one list behind the other.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier stands twice
 */
export function encodePropertyPost(messageId: number, ...lists: readonly Points[]): Buffer {
  return encodeSamplesPost(messageId, lists);
}

export interface PropertyPostReply extends PlatformCode {
  /** -1 if the id is no number. */
  readonly messageId: number;
  /** What was asked for, where the reply brings it. */
  readonly data?: JsonValue;
}

/** Reads the platform's reply to a post or any other request (`…/reply`); undefined if it cannot be read. */
export function parsePropertyPostReply(payload: Uint8Array): PropertyPostReply | undefined {
  const answer = parseAnswer(payload);
  if (answer === undefined) return undefined;
  const { id, ...verdict } = answer;
  return { messageId: readInteger(id) ?? -1, ...verdict };
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
  return { id, values: readSetValues(params, topic, id) };
}

/**
 * The values of a set, of a device's own or of a sub-device's.
 *
 * @throws {OneNetError} ONENET_COMMAND_INVALID
 */
export function readSetValues(params: JsonValue | undefined, topic: string, id: string): JsonObject {
  if (!isJsonObject(params))
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "params is no object", id });
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, unwrap(value)]));
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
  return { id, identifiers: readGetIdentifiers(params, topic, id) };
}

/**
 * The identifiers of a get, of a device's own or of a sub-device's.
 *
 * @throws {OneNetError} ONENET_COMMAND_INVALID
 */
export function readGetIdentifiers(params: JsonValue | undefined, topic: string, id: string): string[] {
  const identifiers = readNames(params);
  if (identifiers !== undefined) return identifiers;
  throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "params is no list of identifiers", id });
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
  readonly points: readonly Datapoint[];
}

/**
 * Reads a device's post as the platform does, for the simulator, as far as that needs no thing model: the first
 * error refuses the whole.
 *
 * @see device-mqtt.md §6.3 (observed): 2402, 2403, 2405, 2409, 2415
 */
export function parsePropertyPost(payload: Uint8Array): UplinkRequest<PropertyPost> | UplinkRefusal {
  return readUplink(payload, readSamples);
}
