/**
 * Raw bytes of a product whose data a script on the platform reads (数据解析). `custome` is the platform's own spelling.
 *
 * ```
 * ↑ custome/up      ↓ custome/up_reply
 * ↓ custome/down/{id}      ↑ custome/down_reply/{id}
 * ```
 * What the replies hold is documented nowhere that was found. `up_reply` has no id in its topic, so it cannot be told to
 * which `up` it belongs; a device's `down_reply` is whatever bytes the script expects, and a plain success or failure
 * is said as OneJSON answers say it.
 *
 * @see docs 920
 */
import { encodeCommandResponse } from "./command";
import { encodeAnswer } from "./envelope";
import type { PropertyAnswer } from "./property";

/**
 * The bytes of `custome/down_reply/{id}`.
 *
 * @param body as for `encodeCommandResponse`; undefined for the plain verdict
 * @throws {OneNetError} ONENET_PAYLOAD_INVALID, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeCustomReply(id: string, body: unknown, { code, message }: PropertyAnswer): Buffer {
  return encodeCommandResponse(body === undefined ? encodeAnswer(id, code, message) : body);
}
