import { MAX_BATCH_DEVICES } from "../../../lib/protocol/limits";
import { sustainablePeriodSeconds } from "../../../lib/protocol/sustainable-period";
import { platformOf } from "./connection-facts";
import { usualMessagesPerSecond } from "./delivery-defaults";
import { type ReadField, textOf } from "./reason";

/** How often each of so many sub-devices can report at best, in seconds. */
export function shortestPeriodSeconds(
  devices: number,
  messagesPerSecond: number,
  devicesPerPack = MAX_BATCH_DEVICES,
): number {
  return sustainablePeriodSeconds({ devices, messagesPerSecond, devicesPerPack });
}

/**
 * How many sub-devices share a message of a connection.
 *
 * @param read the connection node's saved fields
 */
export function devicesPerPackOf(read: ReadField): number {
  return read("postPacks") === false ? 1 : MAX_BATCH_DEVICES;
}

/**
 * The pace a connection keeps; undefined: as fast as the link takes it. Empty, or only known at run time: what the
 * platform documents.
 *
 * @param read the connection node's saved fields
 */
export function paceOf(read: ReadField): number | undefined {
  const text = textOf(read("messagesPerSecond"));
  const perSecond = Number(text);
  if (text === "" || Number.isNaN(perSecond)) return usualMessagesPerSecond(platformOf(read));
  return perSecond > 0 ? perSecond : undefined;
}
