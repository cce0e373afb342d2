/** `npm run test:matrix`: `npm test` on Node-RED 5 (Node.js 22), then on 4.1 (the machine's), and the sum of both. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { machineNode, ROOT, run } from "./processes.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "onenet-matrix-"));
const sum = { passed: 0, failed: 0, skipped: 0 };

for (const version of ["5", "4.1"]) {
  const counts = path.join(folder, `${version}.json`);
  console.log(`\n════ Node-RED ${version} ════`);
  const env = { ...process.env, ONENET_TEST_NODE_RED: version, ONENET_COUNTS_FILE: counts };
  const code = await run(machineNode(), [path.join(ROOT, "scripts/test.mjs")], { env });
  const result = existsSync(counts) ? JSON.parse(readFileSync(counts, "utf8")) : { failed: 1 };
  for (const name of Object.keys(sum)) sum[name] += result[name] ?? 0;
  if (code !== 0 && (result.failed ?? 0) === 0) sum.failed += 1;
}

rmSync(folder, { recursive: true, force: true });
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
console.log(`\n════ both ════\n${sum.passed} passed, ${sum.failed} failed${skipped}`);
process.exitCode = sum.failed === 0 ? 0 : 1;
