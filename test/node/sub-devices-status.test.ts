import assert from "node:assert/strict";
import { give, statusesOf, waitForLastStatus } from "../support/feed";
import { datapointPublish, deviceConnection, flowOf, makeProduct, subdevice } from "../support/flows";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const NAMES = Array.from({ length: 40 }, (_none, n) => `s${n}`);
const GATEWAYS = makeProduct("thing-model", "gw");
const SUBS = makeProduct("thing-model", ...NAMES);

describe("the status of a node whose sub-devices post faster than the rate lets through", function () {
  this.timeout(60_000);
  let sim: TestSimulator;
  let nodeRed: NodeRed;

  before(async () => {
    sim = await startTestSimulator({ products: [GATEWAYS, SUBS] });
    await sim.simulator.cloud.changeTopology({
      productId: GATEWAYS.productId,
      deviceName: "gw",
      subDevices: NAMES.map((deviceName) => ({ productId: SUBS.productId, deviceName })),
    });
    const flows = flowOf(
      deviceConnection("c", sim.simulator, GATEWAYS, "gw", { messagesPerSecond: "1" }),
      subdevice("any", "c", SUBS, ""),
      datapointPublish("pub", "c", { subdevice: "any", completeWhen: "queued" }),
    );
    nodeRed = await startNodeRed({ flows });
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  it("says how often each can report at best, while the queue is long", async () => {
    await waitForLastStatus(nodeRed, "pub", "connected");
    for (let round = 0; round < 3; round += 1) {
      for (const device of NAMES) await give(nodeRed, "pub", { device, payload: { t: round } });
    }
    const best = "sub-devices: 40, each reports every 4 s at best";
    const { text, fill } = await waitForLastStatus(nodeRed, "pub", best);
    assert.match(String(text), /^queued \d+, oldest \d+ s · sub-devices: 40/);
    assert.equal(fill, "yellow");
    await waitForLastStatus(nodeRed, "pub", "connected");
    assert.doesNotMatch(String(statusesOf(nodeRed, "pub").at(-1)?.text), /sub-devices/);
  });
});
