import { MAX_BATCH_DEVICES } from "./limits";

export interface GatewayLoad {
  /** Sub-devices that report alike. */
  readonly devices: number;
  /** The connection's pace; undefined: not limited. */
  readonly messagesPerSecond: number | undefined;
  /** How many share a message: ten, or one where packs are not wanted. */
  readonly devicesPerPack?: number;
}

/**
 * How often each of a gateway's sub-devices can report at best, in seconds: 1,500 of them every 150 s at one message a
 * second. What they report must fit a pack: 100 identifiers a device, 256 KB in all. 0: as often as the link allows.
 *
 * @see device-mqtt.md §4.3 (one message a second) and §6.2 (ten devices in a `pack/post`)
 */
export function sustainablePeriodSeconds(load: GatewayLoad): number {
  const { devices, messagesPerSecond, devicesPerPack = MAX_BATCH_DEVICES } = load;
  return messagesPerSecond === undefined ? 0 : Math.ceil(devices / devicesPerPack) / messagesPerSecond;
}
