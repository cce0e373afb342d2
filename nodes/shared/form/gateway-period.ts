import { sustainablePeriodSeconds } from "../../../lib/protocol/sustainable-period";
import { platformOf } from "./connection-facts";
import { usualMessagesPerSecond } from "./delivery-defaults";
import { type ReadField, textOf } from "./reason";

/** How often each of so many sub-devices can report at best, in seconds. */
export function shortestPeriodSeconds(devices: number, messagesPerSecond: number): number {
  return sustainablePeriodSeconds({ devices, messagesPerSecond });
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
