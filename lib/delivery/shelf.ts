import type { Clock } from "../clock";
import type { OneNetError } from "../errors";
import type { StoreMode } from "./durability";
import { Durability } from "./durability";
import type { OutboxShelf } from "./outbox-settings";
import type { Lane, StoredQueue } from "./store";
import type { ExpiredOnDisk, WaitingSender } from "./stored-backlog";
import { StoredBacklog } from "./stored-backlog";

/**
 * The disk side of one connection's outbox.
 *
 * @param onUnreadable a record that a rescued file holds and nobody can read; it is removed
 */
export async function openShelf(
  queue: StoredQueue,
  mode: Exclude<StoreMode, "memory">,
  clock: Clock,
  onUnreadable: (error: OneNetError) => void,
): Promise<OutboxShelf> {
  const recovered = await queue.tally();
  const marked = await queue.readInFlight();
  const handshakesLeft = marked.flatMap(({ inFlight }) =>
    inFlight === undefined ? [] : [inFlight.packetId],
  );
  const backlog = (lane: Lane) =>
    new StoredBacklog(queue, lane, clock, recovered.messages, (seq, error) => {
      queue.remove(seq);
      onUnreadable(error);
    });
  const durability = new Durability(mode, queue, clock);
  return {
    durability,
    normal: backlog(0),
    high: backlog(1),
    handshakesLeft,
    recovered,
    beginHandshakesAgain: () => {
      for (const { seq, inFlight } of marked) {
        if (inFlight?.phase !== "released") continue;
        queue.markInFlight(seq, { packetId: inFlight.packetId, phase: "published" });
      }
    },
    purge: () => queue.purge(),
  };
}

/** Lets go of what has expired on disk. What one lane gives is told, though the disk fails at the other. */
export async function takeExpired({ high, normal }: OutboxShelf): Promise<ExpiredOnDisk[]> {
  const taken = await Promise.all([high, normal].map((backlog) => backlog.takeExpired().catch(() => [])));
  return taken.flat();
}

/** Lets go of whoever waits for messages that are on disk only. */
export function takeWaitingSenders({ high, normal }: OutboxShelf): WaitingSender[] {
  return [...high.takeWaiting(), ...normal.takeWaiting()];
}
