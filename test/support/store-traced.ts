/**
 * Keeps three records, one after the other, and writes a line before and after each: for strace, and to see that
 * a store that was not closed lets its process end.
 *
 *   node store-traced.js <file> [leave open]
 */
import { writeSync } from "node:fs";
import { openStore } from "../../lib/delivery/store-registry";

async function main(): Promise<void> {
  const [file = "", leaveOpen] = process.argv.slice(2);
  const store = await openStore(file);
  const queue = store.queue("traced");
  for (const id of [1, 2, 3]) {
    writeSync(1, `appending ${id}\n`);
    // At the end of a page, where records go, strace shows only its beginning: so it fills pages of its own.
    const body = `traced-${id} `.repeat(1000);
    await new Promise<void>((resolve, reject) => {
      queue.append({ lane: 0, queuedAtMs: Date.now(), bytes: 1, body }, (error) => {
        writeSync(1, `committed ${id}\n`);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
  if (leaveOpen === undefined) await store.close();
}

void main();
