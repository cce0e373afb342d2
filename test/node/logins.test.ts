import assert from "node:assert/strict";
import type { ClosedEvent } from "../../lib/simulator/events";
import type { FlowNode } from "../support/admin-api";
import { feedWell, waitForLastStatus } from "../support/feed";
import {
  brokerConnection,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { startMosquitto } from "../support/mosquitto";
import { needs } from "../support/needs";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp", "fan", "door", "leaver");
const STREAMS = makeProduct("data-stream", "lamp");

describe("logins", () => {
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

  const pub = (id: string, connection: string, fields: Fields = {}) =>
    datapointPublish(id, connection, { stream: "s", ...fields });
  const loginsOf = (deviceName: string, productId = THINGS.productId) =>
    sim.events.filter(
      (event) => event.event === "login" && event.deviceName === deviceName && event.productId === productId,
    ).length;

  const OTHER_TAB: readonly FlowNode[] = [
    { id: "tab2", type: "tab", label: "another" },
    { ...node("status", "sink2", { scope: [], wires: [] }), z: "tab2" },
    { ...node("catch", "catch2", { scope: null, wires: [["sink2"]] }), z: "tab2" },
  ];

  it("are one for all nodes of a device, on all tabs and through two host names", async () => {
    await nodeRed.deploy(
      flowOf(
        ...OTHER_TAB,
        deviceConnection("c-lamp", sim.simulator, THINGS, "lamp"),
        deviceConnection("c-localhost", sim.simulator, THINGS, "lamp", { host: "localhost" }),
        pub("one", "c-lamp"),
        pub("two", "c-lamp"),
        commandSubscribe("three", "c-localhost"),
        { ...pub("four", "c-localhost", { wires: [["sink2"]] }), z: "tab2" },
      ),
    );
    for (const id of ["one", "two", "four"]) await feedWell(nodeRed, id, { payload: 1 });
    await waitForLastStatus(nodeRed, "three", "connected");
    assert.equal(loginsOf("lamp"), 1);
  });

  it("are two for equal device names in two products", async () => {
    await nodeRed.deploy(
      flowOf(
        deviceConnection("c-lamp", sim.simulator, THINGS, "lamp"),
        deviceConnection("c-stream-lamp", sim.simulator, STREAMS, "lamp"),
        pub("one", "c-lamp"),
        pub("other", "c-stream-lamp"),
      ),
    );
    await feedWell(nodeRed, "one", { payload: 1 });
    await feedWell(nodeRed, "other", { payload: 1 });
    assert.deepEqual([loginsOf("lamp"), loginsOf("lamp", STREAMS.productId)], [1, 1]);
  });

  it("are not made again by a redeploy, of whatever kind", async () => {
    const flow = (name: string) =>
      flowOf(
        deviceConnection("c-fan", sim.simulator, THINGS, "fan", { name }),
        pub("one", "c-fan", { name }),
        pub("two", "c-fan"),
      );
    await nodeRed.deploy(flow("a"));
    await feedWell(nodeRed, "one", { payload: 1 });
    for (const type of ["nodes", "flows", "full", "reload"] as const) {
      await nodeRed.deploy(flow(type), type);
      await feedWell(nodeRed, "one", { payload: 1 });
      await feedWell(nodeRed, "two", { payload: 1 });
    }
    await nodeRed.deploy(flowOf(), "full");
    await nodeRed.deploy(flow("back again"), "full");
    await feedWell(nodeRed, "one", { payload: 1 });
    assert.equal(loginsOf("fan"), 1);
  });

  it("end with DISCONNECT when the last node is deleted", async () => {
    await nodeRed.deploy(
      flowOf(
        deviceConnection("c-door", sim.simulator, THINGS, "door"),
        pub("one", "c-door"),
        pub("two", "c-door"),
      ),
    );
    await feedWell(nodeRed, "one", { payload: 1 });
    await nodeRed.deploy(
      flowOf(deviceConnection("c-door", sim.simulator, THINGS, "door"), pub("two", "c-door")),
      "nodes",
    );
    await feedWell(nodeRed, "two", { payload: 1 });
    const closed = sim.next("closed", (event) => event.deviceName === "door");
    await nodeRed.deploy(flowOf(deviceConnection("c-door", sim.simulator, THINGS, "door")), "nodes");
    assert.equal((await closed).reason, "disconnect");
  });

  it("tell their errors to the Catch nodes of every flow that uses them, once to each", async () => {
    sim.simulator.faults.refuseLogin({ deviceName: "leaver" });
    await nodeRed.deploy(
      flowOf(
        ...OTHER_TAB,
        deviceConnection("c-leaver", sim.simulator, THINGS, "leaver"),
        pub("one", "c-leaver"),
        pub("two", "c-leaver"),
        { ...pub("three", "c-leaver", { wires: [["sink2"]] }), z: "tab2" },
        { ...pub("four", "c-leaver", { wires: [["sink2"]] }), z: "tab2" },
      ),
    );
    const caught = ({ event, ...rest }: (typeof nodeRed.events.all)[number]) =>
      event === "send" && "msg" in rest && codeOf(rest.msg) === "ONENET_AUTH_FAILED";
    const [first, second] = await nodeRed.events.waitForCount(2, caught, { what: "two Catch nodes" });
    assert.ok(first?.event === "send" && second?.event === "send");
    assert.deepEqual([first.node, second.node].sort(), ["catch2", "catcher"]);
    for (const id of ["one", "two", "three", "four"]) await waitForLastStatus(nodeRed, id, "auth-failed");
    assert.equal(nodeRed.events.filter(caught).length, 2);
    sim.simulator.faults.clear();
  });

  const codeOf = (msg: Record<string, unknown>) => (msg["error"] as { code?: string } | undefined)?.code;

  describe("end with DISCONNECT when Node-RED ends", () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      it(`by ${signal}`, async function () {
        this.timeout(30_000);
        const leaving = await startNodeRed({
          flows: flowOf(deviceConnection("c", sim.simulator, THINGS, "leaver"), pub("one", "c")),
        });
        await feedWell(leaving, "one", { payload: 1 });
        const closed = sim.next("closed", (event) => event.deviceName === "leaver");
        await leaving.stop({ signal });
        const { reason }: ClosedEvent = await closed;
        assert.equal(reason, "disconnect");
      });
    }

    it("over TLS and WebSocket, and with messages in flight", async function () {
      this.timeout(30_000);
      needs(this, "mosquitto");
      const brokers = await Promise.all([
        startMosquitto({ tls: true }),
        startMosquitto({ websockets: true }),
        startMosquitto(),
      ]);
      const [tls, web, plain] = brokers;
      assert.ok(tls?.certificates && web && plain);
      const secure = {
        transport: "mqtts",
        tlsTrust: "pinned-root",
        rootCertificate: tls.certificates.ca.cert,
      };
      const leaving = await startNodeRed({
        flows: flowOf(
          brokerConnection("tls", tls, { clientId: "leaver", ...secure }),
          brokerConnection("web", web, { clientId: "leaver", transport: "ws" }),
          brokerConnection("plain", plain, { clientId: "leaver" }),
          ...["tls", "web", "plain"].map((id) => mqttOut(`out-${id}`, id, { topic: "t" })),
        ),
      });
      try {
        for (const id of ["tls", "web", "plain"]) await feedWell(leaving, `out-${id}`, { payload: 1 });
        for (let i = 0; i < 200; i += 1)
          await leaving.receive("out-plain", { payload: "x".repeat(1000), qos: 2 });
        await leaving.stop();
        for (const broker of brokers)
          await broker.waitForLine(/Received DISCONNECT from leaver|Client leaver (disconnected|closed)/);
        for (const [name, broker] of Object.entries({ tls, web, plain })) {
          assert.match(broker.output(), /Received DISCONNECT from leaver/, name);
        }
      } finally {
        await leaving.stop();
        for (const broker of brokers) await broker.stop();
      }
    });

    it("and the log says how many messages are lost", async function () {
      this.timeout(30_000);
      const leaving = await startNodeRed({
        flows: flowOf(deviceConnection("c", { port: 1 }, THINGS, "leaver"), pub("one", "c")),
      });
      try {
        for (let i = 0; i < 3; i += 1) await leaving.receive("one", { payload: i });
        await waitForLastStatus(leaving, "one", "queued 3");
      } finally {
        await leaving.stop();
      }
      assert.match(leaving.output(), /3 messages were still waiting/);
    });
  });
});
