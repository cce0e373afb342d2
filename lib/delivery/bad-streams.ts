import type { Clock } from "../clock";
import { deviceKey } from "../protocol/identity";
import { type PointName, pointKey } from "../protocol/point-key";
import type { DeviceIdentity } from "../protocol/topic";
import type { Rejection } from "./message";

/** The platform may have learned the identifier meanwhile: a new thing model, a new stream. */
const REMEMBERED_MS = 600_000;
const REMEMBERED_STREAMS = 10_000;

/** A name that the platform does not know; without a stream a sub-device, whatever it posts. */
export type UnknownName = PointName | { readonly device: DeviceIdentity; readonly stream?: never };

/**
 * Streams, identifiers and sub-devices that the platform has rejected lately. They are refused here at once, so that one
 * wrong name does not get the posts of all others rejected and taken apart again and again. A name is unknown to a
 * product (its thing model): to the own one, or to that of a sub-device, and so of all its sub-devices.
 */
export class BadStreams {
  readonly #clock: Clock;
  /** Made when it is needed: most connections never do. */
  #bad: Map<string, { readonly rejection: Rejection; readonly untilMs: number }> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(name: UnknownName, rejection: Rejection): void {
    const key = keyOf(name);
    this.#bad ??= new Map();
    this.#bad.delete(key);
    this.#bad.set(key, { rejection, untilMs: this.#clock.monotonicMs() + REMEMBERED_MS });
    const oldest = this.#bad.keys().next().value;
    if (this.#bad.size > REMEMBERED_STREAMS && oldest !== undefined) this.#bad.delete(oldest);
  }

  get size(): number {
    return this.#bad?.size ?? 0;
  }

  /** What the platform said of the name, or of the sub-device, if that is not long ago. */
  find(name: PointName): Rejection | undefined {
    const { device } = name;
    return (device && this.#find(keyOf({ device }))) ?? this.#find(keyOf(name));
  }

  #find(key: string): Rejection | undefined {
    const found = this.#bad?.get(key);
    if (found === undefined || found.untilMs > this.#clock.monotonicMs()) return found?.rejection;
    this.#bad?.delete(key);
    return undefined;
  }

  /** The platform knows the name after all. */
  forget(name: UnknownName): void {
    this.#bad?.delete(keyOf(name));
  }
}

function keyOf(name: UnknownName): string {
  if (name.stream === undefined) return deviceKey(name.device);
  const { stream, event, device } = name;
  const product = device && { device: { productId: device.productId, deviceName: "" } };
  return pointKey({ stream, ...(event && { event }), ...product });
}
