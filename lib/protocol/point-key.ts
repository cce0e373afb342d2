import { deviceKey } from "./identity";
import type { Datapoint } from "./value";

/** What a point is one of many of: a stream; a property or an event; of the own device or of a sub-device. */
export type PointName = Pick<Datapoint, "stream" | "event" | "device">;

/**
 * Tells a property, event or stream of one device from all others: `temp`, `!alarm` (an event), `P2/sub1/temp`. No
 * name can hold a slash or an exclamation mark.
 */
export function pointKey({ stream, event, device }: PointName): string {
  const name = event ? `!${stream}` : stream;
  return device === undefined ? name : `${deviceKey(device)}/${name}`;
}
