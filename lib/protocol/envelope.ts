/**
 * The OneJSON envelope of a thing-model product.
 *
 * ```
 * request {"id":"123","version":"1.0","params":…}      answer {"id":"123","code":200,"msg":"success"[,"data":…]}
 * ```
 * The id is a string of digits, at most 13. Readers are liberal, as the field demands: a number as id, `version`
 * missing or misspelt, `msg` missing, `code` as text.
 *
 * @see docs 901, 902; C SDK and C SDK 2.1.3 (answers without `msg`)
 */
import { OneNetError } from "../errors";
import { checkPayloadSize, isJsonObject, type JsonValue, readInteger, readJson, stringifyJson } from "./json";

export interface OneJsonRequest {
  readonly id: string;
  /** undefined where the request has none (`topo/get`). */
  readonly params: JsonValue | undefined;
}

export interface OneJsonAnswer {
  readonly id: string;
  readonly code: number;
  /** "" where the sender left it out. */
  readonly message: string;
  readonly data?: JsonValue;
}

/** @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE */
export function encodeRequest(id: string, params?: JsonValue): string {
  return checkPayloadSize(stringifyJson({ id, version: "1.0", params }));
}

/**
 * `msg` and `data` are left out where undefined; the C SDKs answer without `msg`.
 *
 * @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeAnswer(id: string, code: number, message?: string, data?: JsonValue): string {
  return checkPayloadSize(stringifyJson({ id, code, msg: message, data }));
}

/**
 * Reads a request of the platform.
 *
 * @param topic named in the error
 * @throws {OneNetError} ONENET_COMMAND_INVALID if it is no JSON object or has no id
 */
export function parseRequest(payload: Uint8Array, topic = "thing/#"): OneJsonRequest {
  const body = readJson(payload);
  if (!isJsonObject(body))
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "no JSON object" });
  const id = readId(body["id"]);
  if (id === undefined) throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "no id" });
  return { id, params: body["params"] };
}

/** Reads an answer, of the platform or of a device; undefined if it has not the form of one. */
export function parseAnswer(payload: Uint8Array): OneJsonAnswer | undefined {
  const body = readJson(payload);
  if (!isJsonObject(body)) return undefined;
  const id = readId(body["id"]);
  const code = readInteger(body["code"]);
  if (id === undefined || code === undefined) return undefined;
  const { msg, data } = body;
  return { id, code, message: typeof msg === "string" ? msg : "", ...(data === undefined ? {} : { data }) };
}

/** An id as text, echoed verbatim: any text but the empty one, or a whole number. */
export function readId(id: JsonValue | undefined): string | undefined {
  if (typeof id === "string" && id !== "") return id;
  return Number.isSafeInteger(id) ? String(id) : undefined;
}
