import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../../test/support/node-red-version";
import type { BenchOptions } from "./bench";
import { markdownTable, notesOf, type Reported, tableLines } from "./report";
import { describeSurroundings } from "./surroundings";

const FILE = path.join(PACKAGE_ROOT, "docs/performance.md");
const TITLE = "# Performance\n\nWritten by `npm run bench -- --write`, newest last; misses included.\n";

/** Appends the results, with date, machine and versions, to docs/performance.md. */
export function appendResults(reported: readonly Reported[], options: BenchOptions): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const quick = options.quick ? ", `--quick`" : "";
  const lines = [
    ...(existsSync(FILE) ? [] : [TITLE]),
    `## ${date} UTC: ${options.rounds} rounds${quick}`,
    "",
    ...describeSurroundings().map((line) => `* ${line}`),
    "",
    markdownTable(reported.flatMap(tableLines)),
    "",
    ...reported.flatMap((each) => notesOf(each).map((note) => `* ${each.row.id}: ${note}`)),
    "",
  ];
  appendFileSync(FILE, `${lines.join("\n")}\n`);
}
