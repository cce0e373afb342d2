/**
 * A process that works with a store until it is killed, and notes what the store has promised, a line each:
 *
 *   appending <id> · queued <id> · removing <id> · removed <id> · marking <id> <packet id> · marked <id> <packet id>
 *
 *   node store-child.js <file> <file for the notes> <first id>
 *   node store-child.js <file>                                   opens the store and does nothing
 *
 * It prints `open`, and then `turn` again and again.
 */
import { openSync, writeSync } from "node:fs";
import type { MessageStore, StoredQueue } from "../../lib/delivery/store";
import { openStore } from "../../lib/delivery/store-registry";

const MAX_WAITING = 500;
const MAX_A_TURN = 20;

/** The kernel has a note as soon as it is written: a SIGKILL after it loses nothing (a pipe may be full). */
let notes = -1;
function note(...words: readonly (string | number)[]): void {
  writeSync(notes, `${words.join(" ")}\n`);
}

function startWork(store: MessageStore, queue: StoredQueue, firstId: number): void {
  let id = firstId;
  let waiting = 0;
  const removeLater = (removedId: number, seq: number): void => {
    note("removing", removedId);
    queue.remove(seq);
    if (Math.random() < 0.1) void store.flush().then(() => note("removed", removedId));
  };
  const appendOne = (): void => {
    const ownId = id;
    id += 1;
    waiting += 1;
    note("appending", ownId);
    const body = `${ownId} ${"x".repeat(Math.floor(Math.random() * 400))}`;
    const record = { lane: Math.random() < 0.2 ? 1 : 0, queuedAtMs: Date.now(), bytes: 1, body } as const;
    const seq = queue.append(record, (error) => {
      if (error !== undefined) throw error;
      waiting -= 1;
      note("queued", ownId);
      const fate = Math.random();
      if (fate < 0.3) removeLater(ownId, seq);
      else if (fate < 0.5) markOne(ownId, seq);
    });
  };
  const markOne = (markedId: number, seq: number): void => {
    const packetId = (markedId % 65_535) + 1;
    note("marking", markedId, packetId);
    queue.markInFlight(seq, { packetId, phase: "published" }, () => note("marked", markedId, packetId));
  };
  const turn = (): void => {
    for (let left = Math.ceil(Math.random() * MAX_A_TURN); left > 0 && waiting < MAX_WAITING; left -= 1)
      appendOne();
    console.log("turn");
    setImmediate(turn);
  };
  turn();
}

async function main(): Promise<void> {
  const [file = "", notesFile, firstId] = process.argv.slice(2);
  const store = await openStore(file);
  console.log("open");
  if (notesFile === undefined) return void setInterval(() => undefined, 60_000);
  notes = openSync(notesFile, "a");
  startWork(store, store.queue("kill"), Number(firstId));
}

void main();
