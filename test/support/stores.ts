import { mkdirSync } from "node:fs";
import path from "node:path";
import type { MessageStore, NewRecord, StoredQueue, StoreOptions } from "../../lib/delivery/store";
import { STORE_FAULT } from "../../lib/delivery/store";
import { checkNode, openStore } from "../../lib/delivery/store-registry";
import type { OneNetError } from "../../lib/errors";
import { makeTempFolder } from "./temp-folder";

/** Whether this Node.js has what the disk store needs (Node-RED 4.1 is tested on one that has not). */
export function hasStore(): boolean {
  try {
    checkNode(process.versions.node);
    return true;
  } catch {
    return false;
  }
}

/** `describe`, where there is a store to be tested; not a skipped test, for there is nothing to install. */
export function describeStore(title: string, body: () => void): void {
  if (hasStore()) describe(title, body);
}

/** Faults that can be changed while the store runs. */
export class StoreFaults {
  readonly cells = new SharedArrayBuffer(12);
  readonly #view = new Int32Array(this.cells);

  set commitDelayMs(delayMs: number) {
    Atomics.store(this.#view, STORE_FAULT.commitDelayMs, delayMs);
  }

  /** Makes transactions fail with one of SQLite's result codes: all of them, or so many. */
  fail(code: number, times = 2 ** 30): void {
    Atomics.store(this.#view, STORE_FAULT.failWithCode, code);
    Atomics.store(this.#view, STORE_FAULT.failTimes, times);
  }

  recover(): void {
    Atomics.store(this.#view, STORE_FAULT.failTimes, 0);
  }
}

/** Stores of one test, closed after it. */
export class TestStores {
  readonly file: string;
  readonly warnings: OneNetError[] = [];
  readonly #open: MessageStore[] = [];

  constructor() {
    const folder = path.join(makeTempFolder("store"), "onenet");
    mkdirSync(folder);
    this.file = path.join(folder, "outbox.sqlite");
  }

  async open(options: StoreOptions = {}): Promise<MessageStore> {
    const onWarning = (warning: OneNetError) => this.warnings.push(warning);
    const store = await openStore(this.file, { onWarning, ...options });
    this.#open.push(store);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.#open.splice(0)) await store.close();
  }
}

export function record(body: string | Uint8Array, more: Partial<NewRecord> = {}): NewRecord {
  return { lane: 0, queuedAtMs: 1_700_000_000_000, bytes: body.length, body, ...more };
}

/** Resolves with the seq once the record is committed; rejects with the store's error. */
export function keep(queue: StoredQueue, kept: NewRecord): Promise<number> {
  return new Promise((resolve, reject) => {
    const seq = queue.append(kept, (error) => (error === undefined ? resolve(seq) : reject(error)));
  });
}

/** Keeps a record for each body, in order. */
export function keepAll(queue: StoredQueue, bodies: readonly string[]): Promise<number[]> {
  return Promise.all(bodies.map((body) => keep(queue, record(body))));
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString();
}

/** All bodies of a lane, read page by page. */
export async function readTexts(queue: StoredQueue, lane: 0 | 1 = 0, pageSize = 1000): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0; ; ) {
    const page = await queue.read(lane, after, { messages: pageSize });
    const last = page.at(-1);
    if (last === undefined) return texts;
    texts.push(...page.map(({ body }) => textOf(body)));
    after = last.seq;
  }
}

export function numbered(count: number, prefix = "m"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
