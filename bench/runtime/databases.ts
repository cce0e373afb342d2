import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import path from "node:path";

const SQLITE_HEADER = "SQLite format 3\0";

/** How many SQLite files lie below a folder, whatever they are called: none means there is no disk store. */
export function countDatabases(folder: string): number {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !name.split(path.sep).includes("node_modules"))
    .map((name) => path.join(folder, name));
  return files.filter((file) => statSync(file).isFile() && startsLikeSqlite(file)).length;
}

function startsLikeSqlite(file: string): boolean {
  const start = Buffer.alloc(SQLITE_HEADER.length);
  const descriptor = openSync(file, "r");
  readSync(descriptor, start, 0, start.length, 0);
  closeSync(descriptor);
  return start.toString("latin1") === SQLITE_HEADER;
}
