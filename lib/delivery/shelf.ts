import type { Clock } from "../clock";
import type { OneNetError } from "../errors";
import type { StoreMode } from "./durability";
import { Durability } from "./durability";
import type { QueuedMessage } from "./message";
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
    new StoredBacklog(queue, lane, clock, recovered, (seq, error) => {
      queue.remove(seq);
      onUnreadable(error);
    });
  const [normal, high] = [backlog(0), backlog(1)];
  const durability = new Durability(mode, queue, clock, (message) =>
    (message.options.priority === "high" ? high : normal).exclude(message),
  );
  return {
    durability,
    normal,
    high,
    handshakesLeft,
    recovered,
    beginHandshakesAgain: () => {
      for (const { seq, inFlight } of marked) {
        if (inFlight?.phase !== "released") continue;
        queue.markInFlight(seq, { packetId: inFlight.packetId, phase: "published" });
      }
    },
    purge: (keep) => queue.purge(keep),
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

/** Throws away what is on disk, but for the records of what is in flight. */
export function purgeShelf(
  { high, normal, purge }: OutboxShelf,
  inFlight: Iterable<QueuedMessage>,
): Promise<{ readonly messages: number; readonly bytes: number }> {
  high.clear();
  normal.clear();
  return purge([...inFlight].flatMap(({ seq }) => (seq === undefined ? [] : [seq])));
}
