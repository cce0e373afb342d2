import { OneNetError } from "../errors";
import type { QueuedMessage } from "./message";
import type { OutboxLimits, OutboxSettings } from "./outbox-settings";
import type { Pack } from "./pack";
import type { WaitingLines } from "./waiting-lines";

/** What an outbox holds, waiting and in flight. */
export interface Held {
  readonly messages: number;
  readonly bytes: number;
}

/** Whether a new message fits beside what is held. */
export function fits(
  { messages, bytes }: Held,
  { bytes: more }: Held | QueuedMessage,
  limits: OutboxLimits,
): boolean {
  return messages + 1 <= limits.maxMessages && bytes + more <= limits.maxBytes;
}

/**
 * Takes out what must be dropped for a new message that does not fit (`drop-oldest`).
 *
 * @param again packs that wait to be repeated: they are the oldest
 * @returns the messages dropped, oldest first; they are still counted
 * @throws {OneNetError} ONENET_QUEUE_FULL.refused; then everything is where it was
 */
export function makeRoom(
  held: Held,
  message: QueuedMessage,
  { limits, label }: OutboxSettings,
  again: Iterable<Pack>,
  lines: WaitingLines,
): QueuedMessage[] {
  const mayDrop = limits.whenFull === "drop-oldest" && message.bytes <= limits.maxBytes;
  const repeated = messagesOf(again);
  const dropped: QueuedMessage[] = [];
  const shifted: QueuedMessage[] = [];
  let left = held;
  while (mayDrop && !fits(left, message, limits)) {
    const sent = repeated.next().value;
    const next = sent ?? lines.shiftLeast();
    if (next === undefined) break;
    if (sent === undefined) shifted.push(next);
    dropped.push(next);
    left = { messages: left.messages - 1, bytes: left.bytes - next.bytes };
  }
  if (fits(left, message, limits)) return dropped;
  // Nothing that waits is left: the rest is on its way and cannot go.
  lines.putBack(shifted);
  const { maxMessages, maxBytes } = limits;
  throw new OneNetError("ONENET_QUEUE_FULL.refused", { ...held, maxMessages, maxBytes, device: label });
}

/** Message by message: a post may hold thousands, and one may be enough. */
function* messagesOf(packs: Iterable<Pack>): Generator<QueuedMessage, undefined> {
  const seen = new Set<QueuedMessage>();
  for (const pack of packs) {
    for (const { message } of pack.parts) {
      if (message.settled || seen.has(message)) continue;
      seen.add(message);
      yield message;
    }
  }
  return undefined;
}
