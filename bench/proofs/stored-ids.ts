import { cpSync, existsSync } from "node:fs";
import path from "node:path";
import { decodeMessage } from "../../lib/delivery/message-codec";
import type { Lane, StoredQueue } from "../../lib/delivery/store";
import { openStore } from "../../lib/delivery/store-registry";
import { makeTempFolder, removeTempFolder } from "../../test/support/temp-folder";

const PAGE = 1000;

/**
 * The numbers in the payloads of all messages in the disk store of a user directory whose Node-RED has ended. It looks
 * into a copy: opening a store that was not closed mends it.
 */
export async function readStoredIds(userDir: string): Promise<ReadonlySet<number>> {
  const ids = new Set<number>();
  const folder = path.join(userDir, "onenet");
  if (!existsSync(path.join(folder, "outbox.sqlite"))) return ids;
  const copy = makeTempFolder("stored");
  cpSync(folder, copy, { recursive: true });
  const store = await openStore(path.join(copy, "outbox.sqlite"));
  try {
    for (const { identity } of await store.tallies()) {
      for (const lane of [0, 1] as const) await readLane(store.queue(identity), lane, ids);
    }
  } finally {
    await store.close();
    removeTempFolder(copy);
  }
  return ids;
}

async function readLane(queue: StoredQueue, lane: Lane, ids: Set<number>): Promise<void> {
  let afterSeq = 0;
  for (;;) {
    const records = await queue.read(lane, afterSeq, { messages: PAGE });
    for (const { body } of records) {
      const { draft } = decodeMessage(body);
      if (draft.kind === "publish") ids.add(Number(draft.publish.payload.toString()));
    }
    const last = records.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
  }
}
