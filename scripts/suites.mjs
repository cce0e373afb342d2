/** Runs the mocha suites, each in a process of its own. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { moduleFile, ROOT, run } from "./processes.mjs";

export const SUITES = ["unit", "node", "package", "editor", "interop"];

/** Ends a suite that hangs where mocha's own time-outs do not reach (an endless loop). */
const SUITE_LIMIT_MS = 30 * 60_000;

function filesOf(suite) {
  const folder = path.join(ROOT, "dist/test", suite);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => file.endsWith(".test.js"))
    .sort();
}

function readResult(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * Runs one suite with `node` and adds its counts to the tally.
 *
 * @param env laid over the environment (coverage, the Node-RED version)
 * @param args further arguments of mocha
 */
export async function runSuite(tally, suite, { node, env, args }) {
  const files = filesOf(suite);
  if (files.length === 0) return;
  console.log(`\n── ${suite} ──`);
  const folder = mkdtempSync(path.join(tmpdir(), "onenet-result-"));
  const resultFile = path.join(folder, "result.json");
  const startedAt = Date.now();
  const command = ["--expose-gc", moduleFile("mocha/bin/mocha.js"), "--forbid-only", ...args, ...files];
  const code = await run(node, command, {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: SUITE_LIMIT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, ...env, ONENET_RESULT_FILE: resultFile },
  });
  tally.addSuite(suite, readResult(resultFile), code);
  rmSync(folder, { recursive: true, force: true });
  console.log(`── ${suite}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
