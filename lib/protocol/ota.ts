/**
 * The notice that an upgrade waits (OTA 升级通知). The upgrade itself goes over HTTP.
 *
 * ```
 * ↓ ota/inform {"id":"9","version":"1.0","params":…}      ↑ ota/inform_reply {"id":"9","code":200,"msg":"success"}      within 20 s
 * ```
 * What `params` holds is documented nowhere that was found: it is handed on as it is. The official C SDK wants `id` and
 * `params` and looks at nothing else.
 *
 * @see C SDK 2.1.3
 */
import { OneNetError } from "../errors";
import { encodeAnswer, parseRequest } from "./envelope";
import type { JsonValue } from "./json";
import type { PropertyAnswer } from "./property";
import { TOPICS } from "./topic-table";

export interface OtaInform {
  readonly id: string;
  readonly params: JsonValue;
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read, to answer all the same */
export function parseOtaInform(payload: Uint8Array): OtaInform {
  const topic = TOPICS["ota-inform"].suffix;
  const { id, params } = parseRequest(payload, topic);
  if (params === undefined)
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "no params", id });
  return { id, params };
}

/** @param id the request's, verbatim */
export function encodeOtaInformReply(id: string, { code, message }: PropertyAnswer): string {
  return encodeAnswer(id, code, message);
}
