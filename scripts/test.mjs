/**
 * `npm test`: installs what is missing, builds, and runs every check and test on one Node-RED version.
 *
 *   npm test                          everything, on Node-RED 5 (ONENET_TEST_NODE_RED=4.1: on 4.1)
 *   npm test -- unit node             only these suites, without lint and coverage
 *   npm test -- unit --grep token     … and only these tests
 *
 * With ONENET_CI=1 or CI=true a skipped test is a failed one. The last line is `N passed, N failed[, N skipped]`.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { ensureInstalled } from "./install.mjs";
import {
  atLeast,
  capture,
  machineNode,
  moduleFile,
  nodeForNodeRed5,
  nodeVersion,
  ROOT,
} from "./processes.mjs";
import { runSuite, SUITES } from "./suites.mjs";
import { Tally } from "./tally.mjs";

const VERSIONS = {
  5: { node: nodeForNodeRed5, minimum: "22.9", fixtures: ["scorecard"] },
  4.1: { node: machineNode, minimum: "20.19", fixtures: ["node-red-4.1"] },
};

function readArguments() {
  const given = process.argv.slice(2);
  const suites = given.filter((name) => SUITES.includes(name));
  const mochaArgs = given.filter((name) => !SUITES.includes(name));
  return { suites: suites.length > 0 ? suites : SUITES, mochaArgs, isPartial: given.length > 0 };
}

function readVersion() {
  const name = process.env.ONENET_TEST_NODE_RED ?? "5";
  if (VERSIONS[name]) return { name, ...VERSIONS[name] };
  throw new Error(`ONENET_TEST_NODE_RED must be 5 or 4.1, but is ${name}`);
}

async function install(fixtures) {
  await ensureInstalled();
  for (const fixture of fixtures) {
    const folder = path.join(ROOT, "test/fixtures", fixture);
    if (existsSync(folder)) await ensureInstalled(folder, `the fixture ${fixture}`);
  }
}

async function runCheck(tally, title, args) {
  const { code, output } = await capture(process.execPath, args);
  tally.check(title, code === 0, output);
  return code === 0;
}

/** Lint, types and layers. False when the build failed: then there is nothing to test. */
async function runChecks(tally, isPartial) {
  const script = (name) => [path.join(ROOT, "scripts", name)];
  const isBuilt = await runCheck(tally, "build: types, editor bundle, catalogues", script("build.mjs"));
  if (isPartial) return isBuilt;
  await runCheck(tally, "lint and format (biome)", [
    moduleFile("@biomejs/biome/bin/biome"),
    "check",
    "--error-on-warnings",
  ]);
  await runCheck(tally, "layers and file lengths", script("check-layers.mjs"));
  const editor = path.join(ROOT, "nodes/shared/editor/tsconfig.json");
  if (existsSync(editor))
    await runCheck(tally, "types of the editor", [
      moduleFile("typescript/bin/tsc"),
      "-p",
      editor,
      "--noEmit",
    ]);
  return isBuilt;
}

async function runSuites(tally, version, node, { suites, mochaArgs, isPartial }) {
  const measures = version.name === "5" && !isPartial;
  const coverage = await import("./coverage.mjs");
  const env = { ONENET_TEST_NODE_RED: version.name, ...(measures ? coverage.startCoverage() : {}) };
  for (const suite of suites) await runSuite(tally, suite, { node, env, args: mochaArgs });
  if (measures) await coverage.checkCoverage(tally);
}

async function main(tally) {
  const version = readVersion();
  const wanted = readArguments();
  await install(version.fixtures);
  const node = version.node();
  const found = nodeVersion(node) ?? "none";
  console.log(`\n── checks (Node-RED ${version.name}, Node.js ${found}) ──`);
  tally.check(
    `Node.js ${found} runs the tests (${version.minimum} or later)`,
    atLeast(found, version.minimum),
  );
  if (await runChecks(tally, wanted.isPartial)) await runSuites(tally, version, node, wanted);
}

const tally = new Tally();
const startedAt = Date.now();
try {
  await main(tally);
} catch (error) {
  tally.check(`the run itself: ${error.message}`, false, error.stack);
}
tally.settle();
console.log(`\n${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
tally.print();
if (process.env.ONENET_COUNTS_FILE) tally.writeCounts(process.env.ONENET_COUNTS_FILE);
process.exitCode = tally.failed.length === 0 ? 0 : 1;
