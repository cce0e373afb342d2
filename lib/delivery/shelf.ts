import type { Clock } from "../clock";
import type { OneNetError } from "../errors";
import type { StoreMode } from "./durability";
import { Durability } from "./durability";
import type { OutboxShelf } from "./outbox";
import type { Lane, StoredQueue } from "./store";
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
