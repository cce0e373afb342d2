import type { DeviceIdentity, ProductKind } from "../protocol/topic";
import { type Batching, DEFAULT_BATCHING } from "./delivery-settings";
import type { Packer } from "./packer";
import { StreamPacker } from "./stream-packer";
import { ThingPacker } from "./thing-packer";

/** The packer of one OneNET device. */
export function devicePacker(
  device: DeviceIdentity,
  kind: ProductKind,
  nextMessageId: () => number,
  batching: Batching = DEFAULT_BATCHING,
): Packer {
  if (kind === "data-stream") return new StreamPacker(device, nextMessageId);
  return new ThingPacker(device, batching, nextMessageId);
}
