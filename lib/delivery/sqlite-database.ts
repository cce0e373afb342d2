/** The only importer of `node:sqlite`. Everything here blocks: it belongs into the store's thread. */
import { chmodSync, closeSync, fsyncSync, openSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OneNetError } from "../errors";
import { APPLICATION_ID, SCHEMA } from "./sqlite-schema";

export type Database = DatabaseSync;

/** SQLite's result codes that we tell apart. @see https://www.sqlite.org/rescode.html */
export const RESULT = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADb: 26,
} as const;

const LOCK_RETRY_MS = 25;
/** A larger file is checked as it is used: reading all of it would take long on a small machine. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;
/** Pages of the log at which a commit copies it into the file, should sqlite-upkeep.ts not have done it before. */
const CHECKPOINT_PAGES = 1536;
const KEPT_LOG_BYTES = 8 * 1024 * 1024;

/** SQLite's primary result code of a thrown value; undefined when it is not SQLite's. */
export function resultCode(thrown: unknown): number | undefined {
  const code = (thrown as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

export function isCorrupt(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code === RESULT.corrupt || code === RESULT.notADb;
}

/** SQLite's own way to say it, for a file whose contents we do not accept. */
function corrupt(reason: string): Error {
  return Object.assign(new Error(reason), { errcode: RESULT.corrupt });
}

/** Makes an empty file where it is missing, readable for its owner only. */
export function createFile(file: string): void {
  try {
    closeSync(openSync(file, "ax", 0o600));
    syncFolder(path.dirname(file));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    // Never open an existing file by other means than SQLite: closing it would drop this process's locks on it.
    chmodSync(file, 0o600);
  }
}

/** A new name in a folder is on the disk only when the folder is. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens the file for this process alone, until it is closed or the process ends, however it ends.
 *
 * @throws SQLite's errors: busy when another process holds it for longer than `lockWaitMs`; corrupt
 */
export function connect(file: string, lockWaitMs: number): Database {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    const database = new DatabaseSync(file);
    try {
      // In exclusive mode the lock is kept for life, and the log needs no shared memory beside the file.
      database.exec("PRAGMA locking_mode = EXCLUSIVE");
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("BEGIN IMMEDIATE; COMMIT");
      tune(database);
      return database;
    } catch (thrown) {
      database.close();
      if (resultCode(thrown) !== RESULT.busy || performance.now() >= deadline) throw thrown;
      pause(LOCK_RETRY_MS);
    }
  }
}

/** Opens what is left of a file, to read it: one that is shorter than it says would not be read at all. */
export function connectDamaged(file: string): Database {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  // From Node.js 24 on, this is off by default.
  (database as { enableDefensive?: (isActive: boolean) => void }).enableDefensive?.(false);
  database.exec("PRAGMA writable_schema = ON");
  return database;
}

function tune(database: Database): void {
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA temp_store = MEMORY");
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.exec(`PRAGMA journal_size_limit = ${KEPT_LOG_BYTES}`);
}

/** Stops this thread. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** One number that a PRAGMA or SELECT answers. */
export function readNumber(database: Database, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
}

/** @throws SQLite's corrupt error when the file is damaged, or not ours */
export function checkFile(database: Database): void {
  const pages = readNumber(database, "PRAGMA page_count");
  if (readNumber(database, "SELECT count(*) FROM sqlite_schema") === 0) return;
  if (readNumber(database, "PRAGMA application_id") !== APPLICATION_ID)
    throw corrupt("it is another program's");
  if (pages * readNumber(database, "PRAGMA page_size") > MAX_CHECKED_BYTES) return;
  const answer = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]);
  if (answer !== "ok") throw corrupt(answer);
}

/**
 * Brings the tables to the newest version, all steps in one transaction.
 *
 * @throws {OneNetError} ONENET_STORE_VERSION when they are newer than `steps`
 */
export function upgrade(database: Database, file: string, steps: readonly string[] = SCHEMA): void {
  const version = readNumber(database, "PRAGMA user_version");
  if (version > steps.length)
    throw new OneNetError("ONENET_STORE_VERSION", { file, version, known: steps.length });
  if (version === steps.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${steps.length}`);
    database.exec("COMMIT");
  } catch (thrown) {
    rollBack(database);
    throw thrown;
  }
}

/** After some errors SQLite has rolled back by itself. */
export function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // there is no transaction any more
  }
}
