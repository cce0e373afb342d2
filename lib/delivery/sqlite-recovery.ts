import { existsSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Database } from "./sqlite-database";
import { connect, connectDamaged, createFile, isCorrupt, syncFolder, upgrade } from "./sqlite-database";
import { DeviceTable } from "./sqlite-devices";
import { POSITION_BITS } from "./sqlite-schema";

export interface Replaced {
  /** Where the damaged file is now. */
  readonly setAside: string;
  /** Messages that could be read; they are in the new file. */
  readonly rescued: number;
}

/** What stands beside a file; a rename takes it along. */
const COMPANIONS = ["", "-wal", "-journal"];

function rescueName(file: string): string {
  return `${file}.rescued`;
}

/** A replacement that was cut off between its two renames is brought to its end. */
export function finishReplacement(file: string): void {
  if (!existsSync(file) && existsSync(rescueName(file))) renameSync(rescueName(file), file);
}

/**
 * Puts a new file in the place of a damaged one that is closed, with everything that could be read. The damaged
 * one stays where it is until the new one is complete, and is never deleted.
 *
 * @throws SQLite's and the system's errors, as on a full disk; then nothing has changed
 */
export function replaceDamaged(file: string): Replaced {
  const fresh = rescueName(file);
  for (const companion of COMPANIONS) rmSync(fresh + companion, { force: true });
  createFile(fresh);
  const database = connect(fresh, 0);
  let rescued: number;
  try {
    upgrade(database, fresh);
    rescued = rescue(file, database);
  } finally {
    database.close();
  }
  const name = setAside(file);
  renameSync(fresh, file);
  syncFolder(path.dirname(file));
  return { setAside: name, rescued };
}

/** Renames a file and what belongs to it. @returns its new path, which no file had */
function setAside(file: string): string {
  const [date = "", time = ""] = new Date().toISOString().split(/[T.]/);
  const wanted = `${file}.corrupt-${date.replaceAll("-", "")}T${time.replaceAll(":", "")}Z`;
  let name = wanted;
  for (let again = 2; existsSync(name); again += 1) name = `${wanted}-${again}`;
  for (const companion of COMPANIONS) {
    if (existsSync(file + companion)) renameSync(file + companion, name + companion);
  }
  return name;
}

function rescue(damagedFile: string, into: Database): number {
  into.exec("BEGIN IMMEDIATE");
  copyAll(damagedFile, into);
  // A message of a device that could not be read belongs to nobody.
  into.exec(`DELETE FROM message WHERE id >> ${POSITION_BITS + 1} NOT IN (SELECT id FROM device)`);
  into.exec("DELETE FROM in_flight WHERE id NOT IN (SELECT id FROM message)");
  new DeviceTable(into).recount();
  const row = into.prepare("SELECT count(*) AS rescued FROM message").get();
  into.exec("COMMIT");
  return Number(row?.["rescued"]);
}

function copyAll(damagedFile: string, into: Database): void {
  let damaged: Database | undefined;
  try {
    damaged = connectDamaged(damagedFile);
    copyTable(damaged, into, "device", ["id", "identity", "messages", "bytes"]);
    copyTable(damaged, into, "message", ["id", "queued_at", "expires_at", "bytes", "body"]);
    copyTable(damaged, into, "in_flight", ["id", "packet_id", "is_released"]);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
  } finally {
    closeQuietly(damaged);
  }
}

/** From both ends up to where it is damaged. */
function copyTable(from: Database, into: Database, table: string, columns: readonly string[]): void {
  const insert = into.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const direction of ["ASC", "DESC"]) {
    for (const values of readable(
      from,
      `SELECT ${columns.join(", ")} FROM ${table} ORDER BY id ${direction}`,
    ))
      insert.run(...values);
  }
}

/** The rows up to the damage, if there is any. */
function* readable(from: Database, sql: string): Generator<(null | number | bigint | string | Uint8Array)[]> {
  try {
    const select = from.prepare(sql);
    // Ids are larger than the integers that are exact in JavaScript.
    select.setReadBigInts(true);
    for (const row of select.iterate()) yield Object.values(row as Record<string, number>);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
  }
}

/** Damage that SQLite has noticed, or a table that is not there or not as it should be. */
function isUnreadable(thrown: unknown): boolean {
  const SQLITE_ERROR = 1;
  return isCorrupt(thrown) || (thrown as { errcode?: unknown }).errcode === SQLITE_ERROR;
}

/** A damaged file may refuse that, too. */
export function closeQuietly(database: Database | undefined): void {
  try {
    database?.close();
  } catch {
    // Its lock ends with this process at the latest.
  }
}
