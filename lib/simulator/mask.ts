import type { DeviceRecord } from "./device-record";

/** Characters of a payload that an event carries. */
const MAX_TEXT_CHARACTERS = 4096;
const MASK = "•••";

/** A payload as text for an event, cut and without secrets. */
export function maskedText(
  payload: Uint8Array,
  device: DeviceRecord,
): { readonly payload: string; readonly truncated?: true } {
  // A character has at most 4 bytes; keys are masked before the cut, so that none is left in half.
  const text = withoutSecrets(Buffer.from(payload).toString("utf8"), device);
  if (text.length <= MAX_TEXT_CHARACTERS) return { payload: text };
  return { payload: text.slice(0, MAX_TEXT_CHARACTERS), truncated: true };
}

/** Masks the device's keys, and the signature of any token (`sasToken` of a sub-device's topology). */
export function withoutSecrets(text: string, device: DeviceRecord): string {
  return [device.deviceKey, device.product.productKey]
    .filter((key) => key !== undefined && key !== "")
    .reduce<string>((rest, key) => rest.replaceAll(key ?? "", MASK), text)
    .replace(/\bsign=[^&"\s]+/g, `sign=${MASK}`);
}

/** A name as the wire brought it, if it can be one: in place of a name a confused client may send its token or key. */
export function safeName(name: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name) ? name : MASK;
}
