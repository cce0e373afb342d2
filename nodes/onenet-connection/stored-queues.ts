import { access } from "node:fs/promises";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { MessageStore, QueueTally } from "../../lib/delivery/store";
import { openStore } from "../../lib/delivery/store-registry";
import { inRuntimeLanguage } from "../shared/report";

/** The one file in which the disk stores of a user directory are. */
export function storeFileOf(RED: NodeAPI): string {
  return join(String(RED.settings.userDir ?? process.cwd()), "onenet", "outbox.sqlite");
}

/**
 * What lies on disk, by pool key, whether a connection uses it or not; nothing where there is no file.
 *
 * @throws {OneNetError} ONENET_STORE_…, when the file cannot be read
 */
export async function listStoredQueues(RED: NodeAPI): Promise<readonly QueueTally[]> {
  return (await withStore(RED, (store) => store.tallies())) ?? [];
}

/**
 * Throws away what lies on disk under this key.
 *
 * @returns how many messages that were
 * @throws {OneNetError} ONENET_STORE_…
 */
export async function purgeStoredQueue(RED: NodeAPI, key: string): Promise<number> {
  const purged = await withStore(RED, (store) => store.queue(key).purge());
  return purged?.messages ?? 0;
}

/** A file that is not there is not made for this. */
async function withStore<T>(RED: NodeAPI, use: (store: MessageStore) => Promise<T>): Promise<T | undefined> {
  const file = storeFileOf(RED);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const store = await openStore(file, {
    onWarning: (warning) => RED.log.warn(inRuntimeLanguage(RED, warning).message),
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
