import assert from "node:assert/strict";
import { type NodeRed, startNodeRed } from "../support/node-red";

const FLOW = [
  { id: "tab", type: "tab", label: "harness" },
  {
    id: "in",
    type: "function",
    z: "tab",
    func: "msg.n = 1; node.status({fill:'green',text:'went'}); return msg;",
    outputs: 1,
    wires: [["out"]],
  },
  { id: "bad", type: "function", z: "tab", func: "throw new Error('on purpose');", outputs: 1, wires: [[]] },
  {
    id: "out",
    type: "debug",
    z: "tab",
    active: true,
    tosidebar: true,
    console: false,
    complete: "true",
    targetType: "full",
  },
];

describe("the Node-RED harness", () => {
  let nodeRed: NodeRed;

  before(async function () {
    this.timeout(60_000);
    nodeRed = await startNodeRed({ flows: FLOW, withPackage: false });
  });

  after(() => nodeRed?.stop());

  it("hands a message in and sees it go on, with Buffers and dates alive", async () => {
    const payload = { at: new Date(5), bytes: Buffer.from("abc"), none: Number.NaN };
    await nodeRed.receive("in", { payload });
    const { msg, to } = await nodeRed.waitForSend("in");
    assert.equal(to, "out");
    assert.equal(msg["n"], 1);
    assert.deepEqual((msg["payload"] as typeof payload).at, payload.at);
    await nodeRed.waitForStatus("in", "went");
    const { error } = await nodeRed.waitForComplete("in");
    assert.equal(error, undefined);
  });

  it("sees done(error), the log, and the editor's websocket", async () => {
    const comms = await nodeRed.comms();
    await comms.events.waitFor(({ topic }) => topic === "status/in");
    await nodeRed.receive("bad", { payload: 1 });
    const { error } = await nodeRed.waitForComplete("bad");
    assert.match(error?.message ?? "", /on purpose/);
    await nodeRed.waitForLog(/on purpose/);
    await nodeRed.lines.waitFor((line) => line.includes("on purpose"));
  });

  it("evaluates in the process and measures memory", async () => {
    const version = await nodeRed.evaluate((RED: { version(): string }) => RED.version());
    assert.ok(version.startsWith(nodeRed.version));
    const { heapUsedBytes, handles } = await nodeRed.memory();
    assert.ok(heapUsedBytes > 1e6 && handles > 0);
    const sets = await nodeRed.admin.nodeSets();
    assert.ok(sets.some(({ id, enabled }) => id === "node-red/inject" && enabled));
  });
});
