/** How long files may be. Functions are biome's to count. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const MAX_LINES = 250;
const MAX_TEST_LINES = 500;
const FOLDERS = {
  lib: MAX_LINES,
  nodes: MAX_LINES,
  bin: MAX_LINES,
  scripts: MAX_LINES,
  test: MAX_TEST_LINES,
};

/** Lines of a source, without those inside top-level tables (`const X = {` … `}` that hold no function). */
function countLines(text) {
  const table = /^(?:export )?const \w+([^\n]*[{[]\n(?:(?:[ \t][^\n]*)?\n)*?)[}\])]/gm;
  const isData = (body) => !/=>|\bfunction\b/.test(body);
  const shortened = text.replace(table, (whole, body) => (isData(body) ? "" : whole));
  return shortened.split("\n").length - 1;
}

/** Files over the limit, one line each. */
export function findLongFiles(root) {
  const long = [];
  for (const [folder, limit] of Object.entries(FOLDERS)) {
    if (!existsSync(path.join(root, folder))) continue;
    for (const entry of readdirSync(path.join(root, folder), { recursive: true }).map(String)) {
      if (!/\.(ts|mjs|cjs)$/.test(entry) || entry.includes("node_modules")) continue;
      const lines = countLines(readFileSync(path.join(root, folder, entry), "utf8"));
      if (lines > limit)
        long.push(`${path.join(folder, entry)} has ${lines} lines: ${limit} at most (data tables apart)`);
    }
  }
  return long;
}
