import assert from "node:assert/strict";
import path from "node:path";
import { NODE_TYPES, nodeBinary, PACKAGE_ROOT } from "../support/node-red-version";
import { runProgram } from "../support/process";

/** Requires a node's file as Node-RED 4.1 does and lets it register itself with a stub of RED. */
const LOADER = `
const types = [];
const nothing = () => undefined;
const target = () => undefined;
const anything = new Proxy(target, { get: (_t, name) => (name === Symbol.toPrimitive ? () => "" : anything), apply: () => anything });
const RED = new Proxy({}, { get: (_t, name) => (name === "nodes" ? { registerType: (type) => types.push(type), createNode: nothing } : anything) });
const { default: register } = require(process.argv[1]);
register(RED);
console.log(JSON.stringify(types));
process.exit(0);
`;

// Node.js 22.9 to 22.11, which Node-RED 5 admits, cannot require() an ES module
const FLAGS = ["--no-experimental-require-module"];

describe(`node sets under node ${FLAGS.join(" ")}`, function () {
  this.timeout(30_000);

  for (const type of NODE_TYPES) {
    it(`${type} loads and registers itself`, async () => {
      const file = path.join(PACKAGE_ROOT, "dist/nodes", type, `${type}.js`);
      const { code, output } = await runProgram(nodeBinary(), [...FLAGS, "-e", LOADER, file]);
      assert.equal(code, 0, output);
      assert.deepEqual(JSON.parse(output), [type]);
    });
  }

  it("the simulator's command line program loads", async () => {
    const file = path.join(PACKAGE_ROOT, "dist/bin/onenet-simulator.js");
    const { code, output } = await runProgram(nodeBinary(), [...FLAGS, file, "--help"]);
    assert.equal(code, 0, output);
  });

  it("the simulator starts: aedes is an ES module, loaded on first use", async () => {
    const file = path.join(PACKAGE_ROOT, "dist/lib/simulator/simulator.js");
    const start = `require(process.argv[1]).startSimulator({ port: 0, httpPort: null }).then((s) => s.stop()).then(() => console.log("stopped"))`;
    const { code, output } = await runProgram(nodeBinary(), [...FLAGS, "-e", start, file]);
    assert.equal(code, 0, output);
    assert.match(output, /stopped/);
  });
});
