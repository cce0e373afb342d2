import type { JsonValue } from "../../lib/protocol/json";
import { DeviceRecord } from "../../lib/simulator/device-record";

/** A datapoint that the simulator has taken, in the order of its taking. */
export interface StoredPoint {
  readonly stream: string;
  readonly value: JsonValue;
  /** ms since the Unix epoch, as the device said it, in whole seconds. */
  readonly atMs: number;
  /** ms since the Unix epoch, with fractions: when the simulator took it. */
  readonly takenMs: number;
}

/** ms since the Unix epoch, with fractions; the same in all processes of one machine. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Hears of every datapoint and property that any simulator of this process stores: it keeps the last ones only, and its
 * events tell of these.
 *
 * @returns ends it
 */
export function watchStoredPoints(listener: (point: StoredPoint) => void): () => void {
  const { remember } = DeviceRecord.prototype;
  DeviceRecord.prototype.remember = function (this: DeviceRecord, store, stream, value, atMs) {
    remember.call(this, store, stream, value, atMs);
    listener({ stream, value, atMs, takenMs: wallMs() });
  };
  return () => {
    DeviceRecord.prototype.remember = remember;
  };
}
