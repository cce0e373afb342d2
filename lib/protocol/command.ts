/**
 * Commands of a data-stream product (命令): opaque bytes each way, bound by the command id in the topic.
 *
 * ```
 * ↓ cmd/request/{cmdid}      ↑ cmd/response/{cmdid}      ↓ …/accepted (empty)  or  …/rejected {"err_code":113,"err_msg":"…"}
 * ```
 * @see docs 920, docs 2022 (codes: internal design text)
 */
import { OneNetError } from "../errors";
import { COMMAND_ERROR_TEXTS, codeOf, type PlatformCode, readRejection } from "./codes";
import { describeValue, isJsonObject, readJson, writeJson } from "./json";
import { MAX_PAYLOAD_BYTES } from "./limits";
import type { ParsedTopic } from "./topic-table";

export { COMMAND_ERROR_TEXTS } from "./codes";

export interface CommandRequest {
  /** A UUID. */
  readonly commandId: string;
  readonly body: Uint8Array;
}

/** Reads a command; undefined if the topic is none of a command request. */
export function parseCommandRequest(topic: ParsedTopic, payload: Uint8Array): CommandRequest | undefined {
  return topic.kind === "command-request" ? { commandId: topic.commandId, body: payload } : undefined;
}

/**
 * The bytes of an answer: those of a Buffer or typed array (copied), text as UTF-8, everything else as JSON;
 * undefined and null are empty.
 * An answer above 1 KB (docs) or 20 KB (design text) may be refused with code 99; that is left to the platform.
 *
 * @throws {OneNetError} ONENET_PAYLOAD_INVALID for what has no JSON form, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeCommandResponse(body: unknown): Buffer {
  const bytes = encodeBody(body);
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    throw new OneNetError("ONENET_PAYLOAD_TOO_LARGE", { bytes: bytes.length, maxBytes: MAX_PAYLOAD_BYTES });
  }
  return bytes;
}

function encodeBody(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  if (typeof body === "string") return Buffer.from(body);
  const text = writeJson(body);
  if (text === undefined) throw new OneNetError("ONENET_PAYLOAD_INVALID", { type: describeValue(body) });
  return Buffer.from(text);
}

/** Reads the body of `…/rejected`; code -1 and an empty text stand for what is missing. */
export function parseCommandRejection(payload: Uint8Array): PlatformCode {
  const body = readJson(payload);
  const { code, message } = readRejection(isJsonObject(body) ? body : {});
  return { code, message: message || codeOf(COMMAND_ERROR_TEXTS, code).message };
}

/** The body of `…/rejected`, as the simulator says it. */
export function encodeCommandRejection(code: number): string {
  return JSON.stringify({ err_code: code, err_msg: codeOf(COMMAND_ERROR_TEXTS, code).message });
}
