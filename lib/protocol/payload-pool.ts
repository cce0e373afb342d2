/**
 * The bytes of large payloads, used again: hundreds of megabytes a second that are thrown away make V8 mark the whole
 * heap a few times a second. Whoever is sure that nobody looks at a payload any more gives it back.
 */
import { MAX_PAYLOAD_BYTES } from "./limits";

/** Smaller ones are made and thrown away. */
const LENT_MIN_BYTES = MAX_PAYLOAD_BYTES / 4;
const KEPT_MAX = 8;

const kept: ArrayBuffer[] = [];
/** What may be given back, once. */
const lent = new WeakSet<ArrayBufferLike>();

/** @returns bytes of any content */
export function lendPayload(bytes: number): Buffer {
  if (bytes < LENT_MIN_BYTES || bytes > MAX_PAYLOAD_BYTES) return Buffer.allocUnsafe(bytes);
  const memory = kept.pop() ?? Buffer.allocUnsafeSlow(MAX_PAYLOAD_BYTES).buffer;
  lent.add(memory);
  return Buffer.from(memory, 0, bytes);
}

/** Nobody looks at it any more, nor will; what was not lent is left alone. */
export function giveBackPayload(payload: string | Buffer): void {
  if (typeof payload === "string" || !lent.delete(payload.buffer)) return;
  if (kept.length < KEPT_MAX) kept.push(payload.buffer as ArrayBuffer);
}
