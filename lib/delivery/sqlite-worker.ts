/** The store's thread: the only place where a store touches the disk. Started by sqlite-thread.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { SqliteFile } from "./sqlite-file";
import type { Answered, Asked } from "./sqlite-protocol";

const IDLE_MS = 1000;

/** Buffers go as they are; copying them would cost as much as filling them. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  if (answer instanceof ArrayBuffer) return [answer];
  const chunks = (answer as { chunks?: readonly ArrayBuffer[] } | undefined)?.chunks;
  return chunks === undefined ? [] : [...chunks];
}

const reply = (message: Answered, buffers: ArrayBuffer[] = []) => parentPort?.postMessage(message, buffers);
const file = new SqliteFile(workerData, (warning) => reply({ warning }));
const idle = setTimeout(() => quietly(() => file.whenIdle()), IDLE_MS);

/** Upkeep that fails (a full disk, say) is tried again later; nobody waits for it. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // the next commit meets the same trouble, and reports it
  }
}

parentPort?.on("message", ({ id, name, ask }: Asked) => {
  idle.refresh();
  try {
    const answer = file.answer(name, ask);
    reply({ id, answer }, buffersOf(answer));
  } catch (thrown) {
    reply({ id, failure: file.explain(thrown) });
  }
  quietly(() => file.betweenAnswers());
  if (name !== "close") return;
  clearTimeout(idle);
  parentPort?.close();
});
