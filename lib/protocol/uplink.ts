/**
 * A device's OneJSON requests as the platform reads them, for the simulator: the first error refuses the whole.
 *
 * Numeric ids are taken (log code 312 demands text; whether that is enforced is unknown).
 *
 * @see device-mqtt.md §6.3 (observed): 2402, 2403, 2405, 2409, 2415
 */
import { oneJsonCode, type PlatformCode } from "./codes";
import { readId } from "./envelope";
import { isJsonObject, type JsonValue, readJson } from "./json";
import { MAX_MESSAGE_ID_DIGITS } from "./limits";

/** `id` is "" where the request's could not be read; what the platform echoes then is unknown. */
export interface UplinkRefusal extends PlatformCode {
  readonly id: string;
}

/** A request read, with its id as it stood there, to be echoed. */
export type UplinkRequest<T> = T & { readonly id: string };

/**
 * Reads a request of a device.
 *
 * @param readParams what the word makes of `params`, or the code that refuses them
 */
export function readUplink<T extends object>(
  payload: Uint8Array,
  readParams: (params: JsonValue | undefined) => T | PlatformCode,
): UplinkRequest<T> | UplinkRefusal {
  const body = readJson(payload);
  if (!isJsonObject(body)) return { id: "", ...FORMAT_ERROR };
  const { id: rawId, params } = body;
  const id = readId(rawId) ?? "";
  if (rawId === undefined || rawId === null) return { id, ...oneJsonCode(2403) };
  if (!/^\d+$/.test(id) || id.length > MAX_MESSAGE_ID_DIGITS) return { id, ...oneJsonCode(2405) };
  return { id, ...readParams(params) };
}

export const FORMAT_ERROR = oneJsonCode(2402);

/** Whether reading ended in a refusal: nothing that is read has a member `code`. */
export function isRefused<T extends object>(read: T | PlatformCode): read is PlatformCode {
  return "code" in read;
}
