import { mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { OneNetError } from "../errors";
import { SqliteStore } from "./sqlite-store";
import { StoreThread } from "./sqlite-thread";
import type { MessageStore, QueueTally, StoredQueue, StoreOptions } from "./store";

const DEFAULT_LOCK_WAIT_MS = 1000;
const NEEDED_NODE = { major: 22, minor: 13 } as const;

/** A file that is open, or about to be, and who uses it. */
interface SharedStore {
  readonly opening: Promise<SqliteStore>;
  /** Once it is open. */
  store?: SqliteStore;
  readonly users: Set<StoreOptions>;
  leases: number;
  closing?: Promise<void>;
}

/** By real path. */
const sharedStores = new Map<string, SharedStore>();

/**
 * Opens the store in `file`, or joins those who have it open in this process: then the options of the first
 * one hold, but for what it tells. The folder (0700) and the file (0600) are made where they are missing.
 *
 * @throws {OneNetError} ONENET_STORE_UNSUPPORTED below Node.js 22.13; ONENET_STORE_LOCKED when another process
 *   has it; ONENET_STORE_UNWRITABLE; ONENET_STORE_VERSION when a newer version of the package made it;
 *   ONENET_STORE_FULL, ONENET_STORE_FAILED
 */
export async function openStore(file: string, options: StoreOptions = {}): Promise<MessageStore> {
  checkNode(process.versions.node);
  const place = await findPlace(path.resolve(file));
  const user = { ...options };
  const shared = await enter(place, user);
  const leave = () => leaveStore(place, shared, user);
  try {
    return new StoreLease(place, await shared.opening, leave);
  } catch (thrown) {
    await leave();
    throw thrown;
  }
}

/** @throws {OneNetError} ONENET_STORE_UNSUPPORTED when this Node.js has no (usable) SQLite */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough =
    major > NEEDED_NODE.major || (major === NEEDED_NODE.major && minor >= NEEDED_NODE.minor);
  if (!isNewEnough) throw new OneNetError("ONENET_STORE_UNSUPPORTED", { version });
}

/** The one path by which a file is known, however it was called. */
async function findPlace(file: string): Promise<string> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await realpath(file).catch(async () => path.join(await realpath(folder), path.basename(file)));
  } catch (cause) {
    throw new OneNetError("ONENET_STORE_UNWRITABLE", { file, reason: (cause as Error).message }, { cause });
  }
}

/** Takes part in the store at `place`; waits for one that is just being closed. */
async function enter(place: string, user: StoreOptions): Promise<SharedStore> {
  for (;;) {
    const shared = sharedStores.get(place) ?? startStore(place, user);
    if (shared.store?.failure !== undefined) closeStore(place, shared);
    if (shared.closing === undefined) {
      shared.leases += 1;
      shared.users.add(user);
      return shared;
    }
    await shared.closing;
  }
}

async function leaveStore(place: string, shared: SharedStore, user: StoreOptions): Promise<void> {
  shared.leases -= 1;
  shared.users.delete(user);
  if (shared.leases > 0) return shared.store?.flush();
  closeStore(place, shared);
  await shared.closing;
}

function closeStore(place: string, shared: SharedStore): void {
  shared.closing ??= shared.opening
    .then((store) => store.close())
    .catch(() => undefined)
    .finally(() => sharedStores.delete(place));
}

function startStore(place: string, options: StoreOptions): SharedStore {
  const users = new Set<StoreOptions>();
  const opening = open(place, {
    ...options,
    onWarning: (warning) => {
      for (const user of [...users]) user.onWarning?.(warning);
    },
    onLost: (problem) => {
      for (const user of [...users]) user.onLost?.(problem);
    },
  });
  const shared: SharedStore = { opening, users, leases: 0 };
  opening.then(
    (store) => {
      shared.store = store;
    },
    () => undefined,
  );
  sharedStores.set(place, shared);
  return shared;
}

async function open(
  file: string,
  options: StoreOptions & Required<Pick<StoreOptions, "onWarning" | "onLost">>,
): Promise<SqliteStore> {
  const { lockWaitMs = DEFAULT_LOCK_WAIT_MS, limits, faults, onWarning, onLost } = options;
  const thread = new StoreThread({ file, lockWaitMs, maxFileBytes: limits?.maxFileBytes, faults }, onWarning);
  try {
    return new SqliteStore(thread, await thread.call("open", undefined), onLost);
  } catch (thrown) {
    await thread.end();
    throw thrown;
  }
}

/** One user's part in a shared store. */
class StoreLease implements MessageStore {
  readonly file: string;
  readonly #store: SqliteStore;
  readonly #leave: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(file: string, store: SqliteStore, leave: () => Promise<void>) {
    this.file = file;
    this.#store = store;
    this.#leave = leave;
  }

  get commits(): number {
    return this.#store.commits;
  }

  queue(identity: string): StoredQueue {
    return this.#store.queue(identity);
  }

  tallies(): Promise<QueueTally[]> {
    return this.#store.tallies();
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  close(): Promise<void> {
    this.#closed ??= this.#leave();
    return this.#closed;
  }
}
