import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { SimulatedProduct } from "../../lib/simulator/options";
import type { FlowNode } from "../support/admin-api";
import {
  assertDoneOnce,
  feedBadly,
  feedWell,
  give,
  outcomeOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  node,
  SINK,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";

const THINGS = makeProduct("thing-model", "lamp", "fan");
const STREAMS = makeProduct("data-stream", "meter");

/** A simulator node with these products and their keys. */
function simulator(
  id: string,
  port: number,
  products: readonly SimulatedProduct[],
  fields: Fields = {},
): FlowNode {
  const keys = products.flatMap(({ productId, productKey, devices }) => [
    [productId, productKey ?? ""],
    ...devices.map(({ deviceName, deviceKey }) => [`${productId}/${deviceName}`, deviceKey]),
  ]);
  return node("onenet-simulator", id, {
    port: String(port),
    httpPort: "0",
    products: products.map(({ productId, kind, model, devices }) => ({
      productId,
      kind,
      model,
      devices: devices.map(({ deviceName }) => ({ deviceName })),
    })),
    credentials: { keys: JSON.stringify(Object.fromEntries(keys)) },
    wires: [[SINK], [SINK]],
    ...fields,
  });
}

describe("onenet-simulator", () => {
  let nodeRed: NodeRed;
  let port: number;

  before(async function () {
    this.timeout(60_000);
    nodeRed = await startNodeRed();
  });

  beforeEach(async () => {
    port = await findFreePort();
    nodeRed.events.clear();
  });

  after(() => nodeRed?.stop());

  const told = (
    id: string,
    topic: string,
    matches: (event: Record<string, unknown>) => boolean = () => true,
  ) =>
    nodeRed.waitForSend(
      id,
      ({ port: output, msg }) =>
        output === 0 && msg["topic"] === topic && matches(msg["payload"] as Record<string, unknown>),
      { what: `event ${topic}` },
    );

  it("tells of logins, data and refusals", async () => {
    await nodeRed.deploy(
      flowOf(
        simulator("sim", port, [THINGS]),
        deviceConnection("c", { port }, THINGS, "lamp"),
        deviceConnection("c-wrong", { port }, THINGS, "fan", { credentials: { key: STREAMS.productKey } }),
        datapointPublish("pub", "c", { stream: "s" }),
        datapointPublish("pub-wrong", "c-wrong", { stream: "s" }),
      ),
    );
    await waitForLastStatus(nodeRed, "sim", `listening at 127.0.0.1:${port}`);
    await feedWell(nodeRed, "pub", { payload: 21.5 });
    await told("sim", "login", ({ deviceName }) => deviceName === "lamp");
    await told("sim", "publish", ({ values }) => (values as { s?: number }).s === 21.5);
    const refused = await told("sim", "refused", ({ deviceName }) => deviceName === "fan");
    assert.ok(Number((refused.msg["payload"] as { code: number }).code) > 0, "with the platform's code");
  });

  it("merges the products of the nodes at one address, and takes back those of a deleted one", async () => {
    const base = [
      deviceConnection("c", { port }, THINGS, "lamp"),
      deviceConnection("c-meter", { port }, STREAMS, "meter"),
      datapointPublish("pub", "c", { stream: "s" }),
      datapointPublish("pub-meter", "c-meter", { stream: "s" }),
    ];
    await nodeRed.deploy(
      flowOf(simulator("one", port, [THINGS]), simulator("two", port, [STREAMS]), ...base),
    );
    await feedWell(nodeRed, "pub", { payload: 1 });
    await feedWell(nodeRed, "pub-meter", { payload: 1 });
    await nodeRed.deploy(flowOf(simulator("one", port, [THINGS]), ...base), "nodes");
    await waitForCaught(nodeRed, "ONENET_AUTH_FAILED", { source: "c-meter" });
    await feedWell(nodeRed, "pub", { payload: 2 });
  });

  describe("as the cloud application", () => {
    async function start(fields: Fields = {}): Promise<void> {
      await nodeRed.deploy(
        flowOf(
          simulator("sim", port, [THINGS, STREAMS], fields),
          deviceConnection("c", { port }, THINGS, "lamp"),
          deviceConnection("c-meter", { port }, STREAMS, "meter"),
          commandSubscribe("sub", "c", { receiveGets: true, identifiers: "on", wires: [["reply"]] }),
          commandSubscribe("sub-meter", "c-meter", { wires: [["answer"]] }),
          node("function", "reply", {
            func: 'if (msg.command.kind === "property-get") msg.payload = { on: true }; return msg;',
            outputs: 1,
            wires: [["answer"]],
          }),
          commandResponse("answer"),
        ),
      );
      await waitForLastStatus(nodeRed, "sub", "connected");
      await waitForLastStatus(nodeRed, "sub-meter", "connected");
    }

    const LAMP = { productId: THINGS.productId, deviceName: "lamp" };
    const METER = { productId: STREAMS.productId, deviceName: "meter" };

    it("sets and gets properties and sends commands, and gives the device's answer", async () => {
      await start();
      const set = await feedWell(nodeRed, "sim", {
        ...LAMP,
        action: "set-property",
        payload: { on: true },
        keep: 1,
      });
      assert.equal((set["payload"] as { code: number }).code, 0);
      assert.equal(set["keep"], 1, "the message goes on with what it had");
      const get = await feedWell(nodeRed, "sim", { ...LAMP, action: "get-property", payload: ["on"] });
      assert.deepEqual((get["payload"] as { data: unknown }).data, { on: true });
      const one = await feedWell(nodeRed, "sim", { ...LAMP, action: "get-property", payload: "on" });
      assert.deepEqual((one["payload"] as { data: unknown }).data, { on: true });
      for (const payload of ["open", { open: 1 }, Buffer.from("open")]) {
        // The device is known by its product's id, or by its name: each is the only one.
        const { productId } = METER;
        const command = await feedWell(nodeRed, "sim", { productId, action: "send-command", payload });
        assert.equal((command["payload"] as { code: number }).code, 0);
      }
      const named = await feedWell(nodeRed, "sim", {
        deviceName: "meter",
        action: "send-command",
        payload: "x",
      });
      assert.equal((named["payload"] as { code: number }).code, 0);
    });

    it("sets, asks for and deletes desired values", async () => {
      await start();
      const ask = async (action: string, payload: unknown) => {
        const { payload: answer } = await feedWell(nodeRed, "sim", { ...LAMP, action, payload });
        return answer as { code: number; data: unknown };
      };
      assert.equal((await ask("set-desired", { on: true, level: 3 })).code, 0);
      const both = { level: { value: 3, version: 1 }, on: { value: true, version: 1 } };
      for (const all of ["", [], undefined])
        assert.deepEqual((await ask("get-desired", all)).data, { params: both });
      assert.equal((await ask("delete-desired", { on: { version: 1 } })).code, 0);
      assert.deepEqual((await ask("get-desired", "level")).data, { params: { level: both.level } });
      assert.deepEqual((await ask("get-desired", ["on"])).data, { params: {} });
    });

    it("asks for services, upgrades and scripts, and changes a topology", async () => {
      await start();
      const fan = { productId: THINGS.productId, deviceName: "fan" };
      const ask = async (msg: Record<string, unknown>) => {
        const { payload } = await feedWell(nodeRed, "sim", { ...fan, ...msg });
        return (payload as { code: number }).code;
      };
      // Nobody is online as this device: each call reaches the platform and comes back with its word.
      assert.equal(await ask({ action: "call-service", identifier: "reboot", payload: {} }), 10421);
      assert.equal(await ask({ action: "call-service", payload: {} }), 10001);
      assert.equal(await ask({ action: "inform-ota", payload: { version: "2" } }), 10421);
      assert.equal(await ask({ action: "send-custom", payload: "x" }), 10421);
      assert.equal(await ask({ action: "change-topology", payload: [LAMP] }), 0);
      await told(
        "sim",
        "sub-device",
        ({ change, deviceName }) => change === "added" && deviceName === "lamp",
      );
      assert.equal(await ask({ action: "change-topology", payload: "" }), 0);
    });

    it("gives the device's failure and the platform's time-out as answers, not as errors", async () => {
      await start();
      const unhandled = await feedWell(nodeRed, "sim", {
        ...LAMP,
        action: "set-property",
        payload: { wings: 2 },
      });
      const { code, msg } = unhandled["payload"] as { code: number; msg: string };
      assert.notEqual(code, 0);
      assert.match(msg, /wings/);
      const offline = await feedWell(nodeRed, "sim", {
        ...LAMP,
        deviceName: "fan",
        action: "set-property",
        payload: { a: 1 },
      });
      assert.equal((offline["payload"] as { code: number }).code, 10421);
      await nodeRed.deploy(
        flowOf(
          simulator("sim", port, [STREAMS]),
          deviceConnection("c-meter", { port }, STREAMS, "meter"),
          commandSubscribe("sub-meter", "c-meter", { wires: [[SINK]] }),
        ),
      );
      await waitForLastStatus(nodeRed, "sub-meter", "connected");
      const late = await feedWell(nodeRed, "sim", {
        action: "send-command",
        payload: "x",
        timeoutSeconds: 0.2,
      });
      assert.notEqual((late["payload"] as { code: number }).code, 0);
    });

    it("does not understand what is none of this, says so, and then goes on", async () => {
      await start();
      const good = { ...LAMP, action: "get-property", payload: ["on"] };
      const bad: readonly Record<string, unknown>[] = [
        { ...good, action: undefined },
        { ...good, action: "explode" },
        { action: "set-property", payload: { on: true } },
        { ...good, productId: 5, deviceName: {} },
        { ...METER, action: "send-command", payload: "x", timeoutSeconds: -1 },
        { ...METER, action: "send-command", payload: "x", timeoutSeconds: "soon" },
      ];
      for (const msg of bad) await feedBadly(nodeRed, "sim", msg, "ONENET_SIMULATOR_REQUEST");
      await waitForLastStatus(nodeRed, "sim", "status.error");
      await feedWell(nodeRed, "sim", good);
      await waitForLastStatus(nodeRed, "sim", "listening");
      const circle: Record<string, unknown> = {};
      circle["self"] = circle;
      for (const payload of [undefined, 5, "x", [1], {}, null]) {
        const { payload: answer } = await feedWell(nodeRed, "sim", {
          ...LAMP,
          action: "set-property",
          payload,
        });
        assert.notEqual((answer as { code: number }).code, 0, String(payload));
      }
      for (const payload of [circle, 1n, new Map()]) {
        await feedBadly(
          nodeRed,
          "sim",
          { ...METER, action: "send-command", payload },
          "ONENET_PAYLOAD_INVALID",
        );
      }
      assertDoneOnce(nodeRed, "sim", bad.length + 10);
    });
  });

  it("judges posts by the thing model of a product, and tells whole numbers beyond 2^53 as text", async () => {
    const properties = [
      { identifier: "n", name: "n", accessMode: "rw", dataType: { type: "int64", specs: {} } },
      { identifier: "on", name: "on", accessMode: "rw", dataType: { type: "bool", specs: {} } },
    ];
    const model = JSON.stringify({ properties, events: [], services: [] });
    await nodeRed.deploy(
      flowOf(
        simulator("sim", port, [{ ...THINGS, model }]),
        deviceConnection("c", { port }, THINGS, "lamp"),
        datapointPublish("pub", "c"),
      ),
    );
    await feedWell(nodeRed, "pub", { topic: "n", payload: 1n << 60n });
    await told("sim", "publish", ({ values }) => (values as { n?: unknown }).n === "1152921504606846976");
    await feedBadly(nodeRed, "pub", { topic: "on", payload: 1 }, "ONENET_REJECTED");
    await told("sim", "refused", ({ code }) => code === 2271);
    await feedBadly(nodeRed, "pub", { topic: "x", payload: 1 }, "ONENET_REJECTED");
    await told("sim", "refused", ({ code }) => code === 2306);
  });

  it("says that a thing model is none", async () => {
    await nodeRed.deploy(flowOf(simulator("sim", port, [{ ...THINGS, model: "{" }])));
    await waitForCaught(nodeRed, "ONENET_MODEL_INVALID", { source: "sim" });
  });

  describe("and its port", () => {
    it("says that it is taken, to Catch and with every message; a redeploy takes it once it is free", async () => {
      const squatter = createServer().listen(port, "127.0.0.1");
      const flow = (name: string) => flowOf(simulator("sim", port, [THINGS], { name }));
      await nodeRed.deploy(flow("a"));
      const { error } = await waitForCaught(nodeRed, "ONENET_SIMULATOR_ADDRESS", { source: "sim" });
      assert.match(error.message, new RegExp(String(port)));
      await waitForLastStatus(nodeRed, "sim", "status.error");
      const msg = {
        productId: THINGS.productId,
        deviceName: "lamp",
        action: "set-property",
        payload: { a: 1 },
      };
      await feedBadly(nodeRed, "sim", msg, "ONENET_SIMULATOR_ADDRESS");
      await new Promise((resolve) => squatter.close(resolve));
      await nodeRed.deploy(flow("b"));
      await waitForLastStatus(nodeRed, "sim", "listening");
      await feedWell(nodeRed, "sim", msg);
    });

    it("is freed and taken again by each redeploy, and freed for good with the last node", async () => {
      for (const name of ["a", "b", "c"]) {
        await nodeRed.deploy(flowOf(simulator("sim", port, [THINGS], { name })));
        await waitForLastStatus(nodeRed, "sim", "listening");
      }
      await nodeRed.deploy(flowOf());
      const next = createServer().listen(port, "127.0.0.1");
      await new Promise((resolve, reject) => next.once("listening", resolve).once("error", reject));
      await new Promise((resolve) => next.close(resolve));
    });

    it("waits for a message that comes before it listens, and may be any free one", async () => {
      await nodeRed.deploy(flowOf(simulator("sim", 0, [THINGS])));
      const msgid = await give(nodeRed, "sim", {
        action: "set-property",
        deviceName: "lamp",
        payload: { a: 1 },
      });
      assert.equal((await outcomeOf(nodeRed, "sim", msgid)).error, undefined);
      await waitForLastStatus(nodeRed, "sim", "listening at 127.0.0.1:");
    });

    it("is shared by nodes that agree only", async () => {
      await nodeRed.deploy(
        flowOf(
          simulator("one", port, [THINGS]),
          simulator("two", port, [STREAMS], { limits: "strict" }),
          simulator("three", port, [{ ...THINGS, kind: "data-stream" }]),
        ),
      );
      for (const source of ["two", "three"]) {
        await waitForCaught(nodeRed, "ONENET_SIMULATOR_CONFLICT", { source });
        await waitForLastStatus(nodeRed, source, "status.error");
      }
      await waitForLastStatus(nodeRed, "one", "listening");
    });
  });

  it("says what is wrong with its settings", async () => {
    const wrong: Readonly<Record<string, Fields>> = {
      "no keys": { credentials: { keys: "" } },
      "keys that are no JSON": { credentials: { keys: "{" } },
      "keys that are no object": { credentials: { keys: "[1]" } },
      "half a port": { port: "1.5" },
      "a rate nobody knows": { limits: "fast" },
      "a product without an id": { products: [{ kind: "thing-model", devices: [] }] },
      "a device without a name": { products: [{ productId: "P1", kind: "thing-model", devices: [{}] }] },
    };
    const cases = Object.entries(wrong);
    await nodeRed.deploy(flowOf(...cases.map(([, fields], i) => simulator(`sim${i}`, 0, [THINGS], fields))));
    for (const [i, [name]] of cases.entries()) {
      const { error } = await nodeRed.events
        .waitFor((event) => event.event === "send" && sourceOf(event.msg) === `sim${i}`, { what: name })
        .then((event) => (event.event === "send" ? event.msg : {}) as { error: { code: string } });
      assert.ok(
        ["ONENET_CONFIG_INVALID", "ONENET_SIMULATOR_CONFIG", "ONENET_KEY_INVALID"].includes(error.code),
        name,
      );
      await waitForLastStatus(nodeRed, `sim${i}`, "status.");
      await feedBadly(nodeRed, `sim${i}`, { action: "set-property" }, error.code);
    }
  });

  const sourceOf = (msg: Record<string, unknown>) =>
    (msg["error"] as { source?: { id: string } } | undefined)?.source?.id;
});
