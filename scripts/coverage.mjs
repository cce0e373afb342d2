/** What the tests executed, per group of files, against what is asked. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { capture, moduleFile, ROOT } from "./processes.mjs";

const RAW = path.join(ROOT, "coverage/tmp");
const MEASURES = ["lines", "statements", "functions", "branches"];
const GROUPS = [
  { name: "lib/protocol", minimum: 100, measures: MEASURES, has: (file) => file.startsWith("lib/protocol/") },
  {
    name: "the rest of lib",
    minimum: 90,
    measures: MEASURES,
    has: (file) => file.startsWith("lib/") && !file.startsWith("lib/protocol/"),
  },
  { name: "nodes", minimum: 90, measures: MEASURES, has: (file) => file.startsWith("nodes/") },
];

/** Empties what an earlier run left; gives the environment that makes Node.js processes collect coverage. */
export function startCoverage() {
  rmSync(path.join(ROOT, "coverage"), { recursive: true, force: true });
  mkdirSync(RAW, { recursive: true });
  return { NODE_V8_COVERAGE: RAW };
}

/** Keeps of each process's record what belongs to dist/lib and dist/nodes: Node-RED itself is 100 times as much. */
function dropForeignRecords() {
  const ours = ["lib", "nodes"].map((folder) => `${pathToFileURL(path.join(ROOT, "dist", folder)).href}/`);
  const isOurs = (url) => ours.some((prefix) => url.startsWith(prefix));
  for (const name of readdirSync(RAW)) {
    const file = path.join(RAW, name);
    let record;
    try {
      record = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      rmSync(file); // a process that was killed while it wrote
      continue;
    }
    const result = (record.result ?? []).filter(({ url }) => isOurs(url));
    const maps = Object.entries(record["source-map-cache"] ?? {}).filter(([url]) => isOurs(url));
    if (result.length === 0) rmSync(file);
    else writeFileSync(file, JSON.stringify({ result, "source-map-cache": Object.fromEntries(maps) }));
  }
}

async function report() {
  const args = ["report", "--temp-directory", RAW, "--reports-dir", path.join(ROOT, "coverage")];
  args.push("--reporter", "json-summary", "--reporter", "html", "--reporter", "lcovonly", "--merge-async");
  args.push("--include", "dist/lib/**", "--include", "dist/nodes/**", "--exclude", "dist/test/**");
  const { code, output } = await capture(process.execPath, [moduleFile("c8/bin/c8.js"), ...args]);
  if (code !== 0) throw new Error(`c8 failed:\n${output}`);
}

/** Compiled files with code in them (not only types) that no test loaded. */
function findUnloaded(seen) {
  const hasCode = (file) => {
    const text = readFileSync(path.join(ROOT, "dist", file), "utf8");
    return text
      .split("\n")
      .some((line) => !/^("use strict";|Object\.defineProperty\(exports|\/\/|\s*$|\s*\/?\*)/.test(line));
  };
  const compiled = ["lib", "nodes"].flatMap((top) =>
    existsSync(path.join(ROOT, "dist", top))
      ? readdirSync(path.join(ROOT, "dist", top), { recursive: true }).map((name) =>
          path.posix.join(top, String(name)),
        )
      : [],
  );
  return compiled
    .filter((file) => file.endsWith(".js") && hasCode(file))
    .map((file) => file.replace(/\.js$/, ".ts"))
    .filter((file) => !seen.has(file));
}

function readSummary() {
  const summary = JSON.parse(readFileSync(path.join(ROOT, "coverage/coverage-summary.json"), "utf8"));
  const files = new Map();
  for (const [file, counts] of Object.entries(summary)) {
    if (file === "total") continue;
    const name = path
      .relative(ROOT, file)
      .split(path.sep)
      .join("/")
      .replace(/^dist\//, "")
      .replace(/\.js$/, ".ts");
    files.set(name, counts);
  }
  return files;
}

function percentOf(counts, measure) {
  const total = counts.reduce((sum, each) => sum + each[measure].total, 0);
  const covered = counts.reduce((sum, each) => sum + each[measure].covered, 0);
  return total === 0 ? 100 : (100 * covered) / total;
}

function describeWorst(files, measures, minimum) {
  return files
    .map(([name, counts]) => ({
      name,
      percent: Math.min(...measures.map((measure) => percentOf([counts], measure))),
    }))
    .filter(({ percent }) => percent < minimum)
    .sort((a, b) => a.percent - b.percent)
    .slice(0, 12)
    .map(({ name, percent }) => `${percent.toFixed(1)} %  ${name}`);
}

/**
 * Reports what was collected (coverage/index.html for people) and adds one check per group to the tally.
 */
export async function checkCoverage(tally) {
  dropForeignRecords();
  await report();
  const files = readSummary();
  const unloaded = findUnloaded(files);
  for (const { name, minimum, measures, has } of GROUPS) {
    const own = [...files].filter(([file]) => has(file));
    const percents = measures.map((measure) =>
      percentOf(
        own.map(([, counts]) => counts),
        measure,
      ),
    );
    const never = unloaded.filter(has).map((file) => `never loaded  ${file}`);
    const ok = own.length > 0 && never.length === 0 && percents.every((percent) => percent >= minimum);
    const shown = measures
      .map((measure, index) => `${percents[index].toFixed(1)} % of ${measure}`)
      .join(", ");
    const detail = [...never, ...describeWorst(own, measures, minimum)].join("\n");
    tally.check(`coverage of ${name} ≥ ${minimum} %: ${shown}`, ok, `${detail}\nsee coverage/index.html`);
  }
}
