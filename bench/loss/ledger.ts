import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";

/** What became of an input: given to the node, its `done()`, its `done(error)`. */
export type Entry = "fed" | "done" | "failed";

const ENTRIES: readonly Entry[] = ["fed", "done", "failed"];
const RECORD_BYTES = 5;

/**
 * What the node was given and what it said to it, written down in the same moment: the record is with the operating
 * system before the next line runs, and survives a SIGKILL of this process.
 */
export class Ledger {
  readonly #file: number;
  readonly #record = Buffer.alloc(RECORD_BYTES);

  constructor(file: string) {
    this.#file = openSync(file, "a");
  }

  write(entry: Entry, id: number): void {
    this.#record.writeUInt8(ENTRIES.indexOf(entry), 0);
    this.#record.writeUInt32LE(id, 1);
    writeSync(this.#file, this.#record);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The ids of each kind. */
export function readLedger(file: string): Readonly<Record<Entry, ReadonlySet<number>>> {
  const ids = { fed: new Set<number>(), done: new Set<number>(), failed: new Set<number>() };
  const records = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES) {
    const entry = ENTRIES[records.readUInt8(at)];
    if (entry !== undefined) ids[entry].add(records.readUInt32LE(at + 1));
  }
  return ids;
}
