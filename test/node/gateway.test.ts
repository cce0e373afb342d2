import assert from "node:assert/strict";
import type { SubDeviceEvent } from "../../lib/simulator/events";
import { feed, feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  CATCH,
  commandResponse,
  commandSubscribe,
  deviceConnection,
  type Fields,
  flowOf,
  gateway,
  makeProduct,
  subdevice,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { keyOf, startTestSimulator, type TestSimulator } from "../support/simulated";

const GATEWAYS = makeProduct("thing-model", "gw");
const SUBS = makeProduct("thing-model", "s1", "s2", "s3");
const STREAMS = makeProduct("data-stream", "meter");
const OWN = { productId: GATEWAYS.productId, deviceName: "gw" };
const sub = (deviceName: string) => ({ productId: SUBS.productId, deviceName });

interface Failed {
  readonly deviceName: string;
  readonly code: string;
  readonly message: string;
}

describe("onenet-gateway", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  async function start(gateways: Readonly<Record<string, Fields>>, subdeviceFields: Fields = {}) {
    sim = await startTestSimulator({ products: [GATEWAYS, SUBS, STREAMS] });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", sim.simulator, GATEWAYS, "gw"),
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        subdevice("any", "c", SUBS, "", subdeviceFields),
        subdevice("first", "c", SUBS, "s1", subdeviceFields),
        subdevice("elsewhere", "c-meter", SUBS, "s1"),
        commandResponse("answer"),
        ...Object.entries(gateways).map(([id, fields]) => gateway(id, "c", fields)),
      ),
    );
    await waitForLastStatus(flow, Object.keys(gateways)[0] ?? "", "connected");
  }

  const bind = (...names: readonly string[]) =>
    sim.simulator.cloud.changeTopology({ ...OWN, subDevices: names.map(sub) });
  const changed = (change: SubDeviceEvent["change"], deviceName: string) =>
    sim.next("sub-device", (event) => event.change === change && event.deviceName === deviceName);
  const names = (list: unknown) => (list as { deviceName: string }[]).map(({ deviceName }) => deviceName);

  it("adds a sub-device with its own key, lists it, logs it in and out, and deletes it", async () => {
    await start({ ask: { subdevice: "first" } });
    const added = changed("added", "s1");
    const sent = await feedWell(flow, "ask", { action: "add", topic: "kept" });
    assert.deepEqual((await added).gateway, OWN);
    assert.deepEqual(sent["payload"], [sub("s1")]);
    assert.deepEqual(sent["onenet"], { state: "accepted", action: "add", devices: [sub("s1")] });
    assert.equal(sent["topic"], "kept");
    const list = await feedWell(flow, "ask", { action: "get" });
    assert.deepEqual(list["payload"], [sub("s1")]);
    for (const [action, change] of [
      ["login", "login"],
      ["logout", "logout"],
      ["delete", "removed"],
    ] as const) {
      const happened = changed(change, "s1");
      assert.deepEqual((await feedWell(flow, "ask", { action }))["payload"], [sub("s1")], action);
      await happened;
    }
    assert.deepEqual((await feedWell(flow, "ask", { action: "get" }))["payload"], []);
  });

  it("adds any device of a product with the product's key, a whole list of them at once", async () => {
    await start({ add: { action: "add", subdevice: "any" } });
    const sent = await feedWell(flow, "add", { device: ["s1", sub("s2"), "s3", "s1"], action: "ignored" });
    assert.deepEqual(names(sent["payload"]), ["s1", "s2", "s3"]);
    const list = await feedWell(flow, "add", { device: "s2" });
    assert.deepEqual(names(list["payload"]), ["s2"], "again does no harm");
  });

  it("goes on where some fail, and says which and why", async () => {
    await start({ login: { action: "login", subdevice: "any" } });
    await bind("s1", "s3");
    const { error, sent } = await feed(flow, "login", { device: ["s1", "s2", "s3"] });
    assert.deepEqual(names(sent[0]?.["payload"]), ["s1", "s3"]);
    const { failed } = (sent[0]?.["onenet"] ?? {}) as { failed: readonly Failed[] };
    assert.deepEqual(
      failed.map(({ deviceName, code }) => [deviceName, code]),
      [["s2", "ONENET_REJECTED"]],
    );
    assert.equal(error?.code, "ONENET_TOPOLOGY_FAILED");
    assert.deepEqual(error?.cause?.failed, failed);
    assert.equal(error?.cause?.params["failed"], 1);
    const alone = await feedBadly(flow, "login", { device: "s2" }, "ONENET_REJECTED");
    assert.equal(alone.cause?.params["platformCode"], 307);
  });

  it("refuses what it cannot do, before anything is sent", async () => {
    await start({ ask: {}, any: { subdevice: "any" } });
    const params = (msg: Record<string, unknown>, code: string, id = "ask") => feedBadly(flow, id, msg, code);
    await params({ action: "reboot" }, "ONENET_MESSAGE_INVALID");
    await params({}, "ONENET_MESSAGE_INVALID");
    await params({ action: "add" }, "ONENET_SUBDEVICE_UNCLEAR");
    await params({ action: "add", device: [] }, "ONENET_SUBDEVICE_UNCLEAR");
    await params({ action: "add", device: "s1" }, "ONENET_SUBDEVICE_UNCLEAR");
    await params({ action: "add", device: OWN }, "ONENET_SUBDEVICE_UNCLEAR");
    await params({ action: "add" }, "ONENET_SUBDEVICE_UNCLEAR", "any");
    const unknown = { productId: "Unknown01", deviceName: "x" };
    await params({ action: "add", device: unknown }, "ONENET_SUBDEVICE_KEY");
    assert.deepEqual(
      sim.events.filter((event) => event.event === "publish"),
      [],
    );
  });

  it("cannot add without a key, but can all else", async () => {
    await start({ ask: { subdevice: "any" } }, { credentials: {} });
    await bind("s1");
    await feedBadly(flow, "ask", { action: "add", device: "s2" }, "ONENET_SUBDEVICE_KEY");
    await feedWell(flow, "ask", { action: "login", device: "s1" });
  });

  it("is told by the platform when the key is wrong, and shows no key", async () => {
    const wrong = Buffer.alloc(32, 9).toString("base64");
    await start({ ask: { subdevice: "first" } }, { credentials: { key: wrong } });
    const error = await feedBadly(flow, "ask", { action: "add" }, "ONENET_REJECTED");
    const seen = JSON.stringify([error, flow.events.filter(() => true), sim.events.filter(() => true)]);
    for (const secret of [wrong, keyOf(SUBS, "s1"), SUBS.productKey]) assert.ok(!seen.includes(secret));
    // The simulator tells of what was published, but not of a signature.
    assert.doesNotMatch(seen, /sign=[^•]/);
  });

  it("sends a changed topology out of its second output, and answers it", async () => {
    await start({ ask: {} });
    const { code } = await bind("s1", "s2");
    assert.equal(code, 0);
    const { port, msg } = await flow.waitForSend("ask");
    assert.equal(port, 1);
    assert.deepEqual(msg["payload"], [sub("s1"), sub("s2")]);
    assert.match(String(msg["topic"]), /thing\/sub\/topo\/change$/);
  });

  it("leaves the answer to a command response node when told so", async () => {
    await start({ ask: { autoAnswer: false } });
    const answered = bind("s3");
    const { msg } = await flow.waitForSend("ask");
    await feedWell(flow, "answer", msg);
    assert.equal((await answered).code, 0);
  });

  it("still sends changes when a manual one has gone that lived beside a subscribe node which answers", async () => {
    await start({ ask: {} });
    const nodes = flowOf(
      deviceConnection("c", sim.simulator, GATEWAYS, "gw"),
      gateway("manual", "c", { autoAnswer: false }),
      gateway("ask", "c"),
      commandSubscribe("asked", "c", { receiveTopology: true }),
    );
    await flow.deploy(nodes);
    await waitForLastStatus(flow, "ask", "connected");
    await flow.deploy(
      nodes.filter(({ id }) => id !== "manual"),
      "nodes",
    );
    const { code } = await bind("s1");
    assert.equal(code, 0);
    const { msg } = await flow.waitForSend("ask");
    assert.deepEqual(msg["payload"], [sub("s1")]);
    assert.deepEqual(
      flow.events.filter((event) => event.event === "send" && event.node === CATCH),
      [],
    );
    await flow.deploy(
      nodes.filter(({ id }) => id !== "manual" && id !== "asked"),
      "nodes",
    );
    assert.equal((await bind("s2")).code, 0, "it answers by itself when nobody else does");
  });

  describe("at deploy", () => {
    const broken: readonly [what: string, connection: string, fields: Fields, code: string][] = [
      ["a data-stream product", "c-meter", {}, "ONENET_SUBDEVICE_KIND"],
      ["a sub-device that is gone", "c", { subdevice: "gone" }, "ONENET_SUBDEVICE_MISSING"],
      ["a sub-device of another connection", "c", { subdevice: "elsewhere" }, "ONENET_SUBDEVICE_UNCLEAR"],
      ["a device key for a whole product", "c", { subdevice: "wrong" }, "ONENET_SUBDEVICE_KEY"],
    ];
    for (const [what, connection, fields, code] of broken) {
      it(`says that it cannot work with ${what}, and with every message`, async () => {
        await start({ ask: {} });
        await flow.deploy(
          flowOf(
            deviceConnection("c", sim.simulator, GATEWAYS, "gw"),
            deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
            subdevice("elsewhere", "c-meter", SUBS, "s1"),
            subdevice("wrong", "c", SUBS, "", { keyKind: "device-key" }),
            gateway("broken", connection, fields),
          ),
        );
        await waitForCaught(flow, code, { source: "broken" });
        await feedBadly(flow, "broken", { action: "get" }, code);
        assert.equal((await waitForLastStatus(flow, "broken", "error")).shape, "ring");
      });
    }
  });
});
