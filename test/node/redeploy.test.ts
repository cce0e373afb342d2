import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { feedWell, give, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  CATCH,
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";
import type { MemoryReport } from "../support/probe-protocol";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp", "fan", "slow");
const STREAMS = makeProduct("data-stream", "lamp");
const MIB = 1024 * 1024;

describe("redeploys", () => {
  let sim: TestSimulator;
  let nodeRed: NodeRed;

  before(async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  afterEach(() => sim.simulator.faults.clear());

  /** A flow with every node type, one connection that works, one that is refused and one that has no key. */
  function everything(name: string): readonly FlowNode[] {
    return flowOf(
      deviceConnection("c-lamp", sim.simulator, THINGS, "lamp", { name }),
      deviceConnection("c-stream", sim.simulator, STREAMS, "lamp", { name }),
      deviceConnection("c-nowhere", { port: 1 }, THINGS, "fan", { name }),
      deviceConnection("c-keyless", sim.simulator, THINGS, "fan", { name, credentials: { key: "" } }),
      ...["lamp", "stream", "nowhere", "keyless"].flatMap((connection) => [
        datapointPublish(`pub-${connection}`, `c-${connection}`, { name, stream: "s" }),
        commandSubscribe(`sub-${connection}`, `c-${connection}`, { name, wires: [["answer"]] }),
        mqttOut(`out-${connection}`, `c-${connection}`, { name }),
      ]),
      commandResponse("answer", { name }),
      node("onenet-simulator", "simulator", {
        name,
        port: "0",
        httpPort: "0",
        products: [],
        wires: [["sink"], []],
      }),
    );
  }

  async function redeploy(times: number): Promise<MemoryReport> {
    for (let i = 0; i < times; i += 1) {
      await nodeRed.deploy(everything(`deploy ${i}`), i % 3 === 0 ? "nodes" : "full");
      await feedWell(nodeRed, "pub-lamp", { payload: i });
    }
    await waitForLastStatus(nodeRed, "pub-stream", "connected");
    await waitForLastStatus(nodeRed, "simulator", "listening");
    nodeRed.events.clear();
    return await nodeRed.memory();
  }

  it("leave nothing behind: after 60 as after 10", async function () {
    this.timeout(120_000);
    const after10 = await redeploy(10);
    const after60 = await redeploy(50);
    assert.equal(after60.eventListeners, after10.eventListeners, "listeners of Node-RED's events");
    assert.equal(after60.processListeners, after10.processListeners, "listeners of the process");
    const kinds = ({ resources }: MemoryReport) => {
      const { Timeout: _, Immediate: _i, ...lasting } = resources as Record<string, number>;
      return lasting;
    };
    assert.deepEqual(kinds(after60), kinds(after10));
    const grown = (after60.heapUsedBytes - after10.heapUsedBytes) / MIB;
    assert.ok(grown < 2, `the heap has grown by ${grown.toFixed(2)} MiB`);
    const logins = sim.events.filter((event) => event.event === "login").length;
    assert.equal(logins, 2, "and not one login more");
  });

  it("are no trouble to report when a simulator node stops and starts with them", async function () {
    this.timeout(30_000);
    const port = await findFreePort();
    const [device] = THINGS.devices;
    const products = [{ ...THINGS, devices: [{ deviceName: device?.deviceName }] }];
    const keys = { [`${THINGS.productId}/${device?.deviceName}`]: device?.deviceKey };
    const flow = (name: string) =>
      flowOf(
        node("onenet-simulator", "simulator", {
          ...{ name, products, port: String(port), httpPort: "0", wires: [[], []] },
          credentials: { keys: JSON.stringify(keys) },
        }),
        deviceConnection("c", { port }, THINGS, "lamp"),
        datapointPublish("pub", "c", { name, stream: "s" }),
      );
    nodeRed.events.clear();
    for (const name of ["one", "two", "three"]) {
      await nodeRed.deploy(flow(name));
      await feedWell(nodeRed, "pub", { payload: name });
    }
    assert.deepEqual(
      nodeRed.events.filter((event) => event.event === "send" && event.node === CATCH),
      [],
    );
  });

  const small = (name: string) =>
    flowOf(
      deviceConnection("c", sim.simulator, THINGS, "slow", { name, ackTimeoutSeconds: "0.5" }),
      datapointPublish("pub", "c", { name }),
    );

  for (const type of ["full", "nodes"] as const) {
    it(`keep what waits (${type}): what became of it is told by whoever is there`, async () => {
      await nodeRed.deploy(small("before"));
      await feedWell(nodeRed, "pub", { topic: "known", payload: 0 });
      const { end } = sim.simulator.faults.dropReply({ deviceName: "slow", count: 1 });
      const asked = sim.next("publish");
      const msgid = await give(nodeRed, "pub", { topic: type, payload: 1, keep: "this" });
      await asked;
      sim.simulator.faults.rejectIdentifier({ identifier: type });
      await nodeRed.deploy(small("after"), type);
      end();
      const { error, msg } = await waitForCaught(nodeRed, "ONENET_REJECTED", { msgid });
      assert.equal(error.source.id, "c", "the node that queued it is gone");
      assert.equal(msg["keep"], "this", "with the message itself");
      assert.equal(msg["payload"], 1);
      await feedWell(nodeRed, "pub", { topic: "known", payload: 2 });
      await waitForLastStatus(nodeRed, "pub", "connected");
    });
  }
});
