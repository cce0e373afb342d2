import assert from "node:assert/strict";
import type { Receipt } from "../../lib/delivery/message";
import type { SimulatedProduct } from "../../lib/simulator/options";
import {
  feed,
  feedBadly,
  feedWell,
  give,
  outcomeOf,
  statusesOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const receiptOf = (msg: Record<string, unknown> | undefined) => msg?.["onenet"] as Receipt;

describe("the delivery of datapoints", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  /** A simulator with one device and a flow of publishing nodes on it, by id. */
  async function start(nodes: Readonly<Record<string, Fields>>, connection: Fields = {}): Promise<void> {
    const product = makeProduct("thing-model", "lamp");
    sim = await startTestSimulator({ products: [product] });
    flow = await loadNodes(product, sim.simulator.port, nodes, connection);
  }

  function loadNodes(
    product: SimulatedProduct,
    port: number,
    nodes: Readonly<Record<string, Fields>>,
    connection: Fields,
  ): Promise<LoadedFlow> {
    const publishing = Object.entries(nodes).map(([id, fields]) => datapointPublish(id, "c-lamp", fields));
    return loadFlow(flowOf(deviceConnection("c-lamp", { port }, product, "lamp", connection), ...publishing));
  }

  const posts = () => sim.events.filter(({ event }) => event === "publish");

  /** The values of the posts so far, with their times. */
  const posted = (stream: string) =>
    posts().map((event) => JSON.parse("payload" in event ? event.payload : "").params[stream]);

  it("completes when it is queued, sent, acknowledged or accepted, as the node says", async () => {
    const states = ["queued", "sent", "acknowledged", "accepted"];
    await start({
      ...Object.fromEntries(states.map((completeWhen) => [completeWhen, { completeWhen }])),
      "qos-0": { qos: "0" },
    });
    await feedWell(flow, "accepted", { payload: { s: 0 } });
    sim.simulator.faults.delayAck({ delayMs: 30 });
    sim.simulator.faults.delayReply({ delayMs: 60 });
    const ended = await Promise.all(states.map((id) => feedWell(flow, id, { payload: { s: 1 } })));
    assert.deepEqual(
      ended.map((msg) => receiptOf(msg).state),
      states,
    );
    const { state, acknowledgedAt } = receiptOf(await feedWell(flow, "qos-0", { payload: { s: 1 } }));
    assert.deepEqual([state, acknowledgedAt], ["accepted", undefined], "QoS 0 is accepted without a PUBACK");
  });

  it("lets the connection tell what became of a message whose node has been told", async () => {
    await start({ acknowledged: { completeWhen: "acknowledged" } });
    sim.simulator.faults.rejectIdentifier({ identifier: "late", count: 1 });
    const { id } = receiptOf(await feedWell(flow, "acknowledged", { payload: { late: 1 } }));
    const { error, msg } = await waitForCaught(flow, "ONENET_REJECTED");
    assert.equal(error.source.type, "onenet-connection");
    assert.equal(receiptOf(msg).id, id);
  });

  it("waits for a platform that comes later, and dates values to their input", async () => {
    const port = await findFreePort();
    const product = makeProduct("thing-model", "lamp");
    flow = await loadNodes(
      product,
      port,
      { early: {}, hurried: { expirySeconds: "0.1" } },
      { queueMaxMessages: "3" },
    );
    await waitForLastStatus(flow, "early", "status.unreachable");
    const before = Date.now();
    const ids = [
      await give(flow, "early", { payload: { n: 1 } }),
      await give(flow, "early", { payload: { n: 2 } }),
    ];
    const after = Date.now();
    const hurried = await give(flow, "hurried", { payload: { n: 3 } });
    await feedBadly(flow, "early", { payload: { n: 4 } }, "ONENET_QUEUE_FULL");
    await waitForLastStatus(flow, "early", "status.queue-full");
    const expired = await outcomeOf(flow, "hurried", hurried);
    assert.equal(expired.error?.code, "ONENET_EXPIRED");
    await waitForLastStatus(flow, "hurried", "status.expired");
    sim = await startTestSimulator({ port, products: [product] });
    for (const id of ids) assert.equal((await outcomeOf(flow, "early", id)).error, undefined);
    const values = posted("n") as { value: number; time: number }[];
    assert.deepEqual(
      values.map(({ value }) => value),
      [1, 2],
    );
    for (const { time } of values) assert.ok(time >= before && time <= after);
    await waitForLastStatus(flow, "early", "connected");
  });

  it("drops the oldest when it is full, where the connection says so, each with its own error", async () => {
    const port = await findFreePort();
    const product = makeProduct("thing-model", "lamp");
    flow = await loadNodes(
      product,
      port,
      { pub: {} },
      { queueMaxMessages: "2", queueWhenFull: "drop-oldest" },
    );
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4]) ids.push(await give(flow, "pub", { payload: { n } }));
    for (const id of ids.slice(0, 2)) {
      const { error } = await outcomeOf(flow, "pub", id);
      assert.equal(error?.cause?.key, "ONENET_QUEUE_FULL.dropped");
    }
    sim = await startTestSimulator({ port, products: [product] });
    for (const id of ids.slice(2)) assert.equal((await outcomeOf(flow, "pub", id)).error, undefined);
    assert.deepEqual(
      posted("n").map(({ value }) => value),
      [3, 4],
    );
  });

  it("repeats what is not answered, and says so in the end", async () => {
    await start({ pub: {} }, { ackTimeoutSeconds: "0.1", ackAttempts: "2" });
    await feedWell(flow, "pub", { payload: { s: 0 } });
    sim.simulator.faults.dropReply({ count: 1 });
    const { attempts, state } = receiptOf(await feedWell(flow, "pub", { payload: { s: 1 } }));
    assert.deepEqual([attempts, state], [2, "accepted"]);
    const [first, second] = posts()
      .slice(-2)
      .map((event) => ("payload" in event ? event.payload : ""));
    assert.equal(first, second, "the same id and the same time");
    const drop = sim.simulator.faults.dropReply();
    await feedBadly(flow, "pub", { payload: { s: 2 } }, "ONENET_ACK_TIMEOUT");
    await waitForLastStatus(flow, "pub", "status.timeout");
    drop.end();
    await feedWell(flow, "pub", { payload: { s: 3 } });
    await waitForLastStatus(flow, "pub", "connected");
  });

  it("delivers again what a cut link had not answered", async function () {
    this.timeout(15_000);
    await start({ pub: {} });
    await feedWell(flow, "pub", { payload: { s: 0 } });
    sim.simulator.faults.cutLink({ when: "publish", count: 1 });
    const { error, sent } = await feed(flow, "pub", { payload: { s: 1 } });
    assert.equal(error, undefined);
    assert.equal(receiptOf(sent[0]).attempts, 2);
    assert.ok(statusesOf(flow, "pub").some(({ fill, shape }) => fill === "red" && shape === "ring"));
    await waitForLastStatus(flow, "pub", "connected");
  });

  it("gives a message up that makes the platform close the link, and goes on with the next", async function () {
    this.timeout(30_000);
    await start({ pub: {} });
    await feedWell(flow, "pub", { payload: { s: 0 } });
    const cut = sim.simulator.faults.cutLink({ when: "publish", count: 3 });
    const bad = await give(flow, "pub", { payload: { s: 1 } });
    const good = await give(flow, "pub", { payload: { s: 2 } });
    const { error } = await outcomeOf(flow, "pub", bad, 20_000);
    assert.equal(error?.code, "ONENET_PUBLISH_CLOSED_LINK");
    assert.equal(cut.hits, 3);
    assert.equal((await outcomeOf(flow, "pub", good)).error, undefined);
  });
});
