/**
 * `npm run bench` and `npm run soak`: installs and builds when needed, then runs dist/bench/<name>.js on the Node.js
 * that Node-RED 5 wants. First argument: `bench` or `soak`; the rest is theirs.
 */
import path from "node:path";
import { build } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { nodeForNodeRed5, ROOT, run } from "./processes.mjs";

const [name = "bench", ...args] = process.argv.slice(2);
await ensureInstalled();
if (await build()) {
  process.exitCode = await run(nodeForNodeRed5(), [path.join(ROOT, `dist/bench/${name}.js`), ...args]);
} else {
  console.error("The build failed; see above.");
  process.exitCode = 1;
}
