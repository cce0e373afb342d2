import assert from "node:assert/strict";
import type { StoredShare } from "../../lib/simulator/events";
import { feed, feedBadly, feedWell, give, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  eventPost,
  type Fields,
  flowOf,
  makeProduct,
  subdevice,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { stationModel } from "../support/station-model";

const GATEWAYS = makeProduct("thing-model", "gw");
const SUBS = makeProduct("thing-model", "s1", "s2", "s3");
const STREAMS = makeProduct("data-stream", "meter");
const OWN = { productId: GATEWAYS.productId, deviceName: "gw" };
const sub = (deviceName: string) => ({ productId: SUBS.productId, deviceName });

type Message = Record<string, unknown>;

describe("sub-devices", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  /** A gateway whose topology has these sub-devices, and nodes that work for them. */
  async function start(
    members: readonly string[],
    fields: Fields = {},
    gatewayFields: Fields = {},
    beforeLogin?: () => Promise<void>,
  ): Promise<void> {
    sim = await startTestSimulator({ products: [GATEWAYS, SUBS, STREAMS] });
    const closed = beforeLogin && sim.simulator.faults.refuseLogin({ ...OWN, returnCode: "close" });
    await sim.simulator.cloud.changeTopology({ ...OWN, subDevices: members.map(sub) });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", sim.simulator, GATEWAYS, "gw", gatewayFields),
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        subdevice("any", "c", SUBS, "", fields),
        subdevice("first", "c", SUBS, "s1", fields),
        datapointPublish("own", "c"),
        datapointPublish("one", "c", { subdevice: "first" }),
        datapointPublish("many", "c", { subdevice: "any" }),
        datapointPublish("meter", "c-meter"),
        datapointPublish("gone", "c", { subdevice: "nothing" }),
        eventPost("event", "c", { subdevice: "any", event: "overheat" }),
        commandSubscribe("asked", "c", {
          subdevice: "any",
          receiveGets: true,
          receiveServices: true,
          unhandled: "fail",
        }),
        commandResponse("answer"),
      ),
    );
    if (closed !== undefined) await flow.waitForStatus("many", "unreachable");
    await beforeLogin?.();
    closed?.end();
    await flow.waitForStatus("many", "connected");
  }

  /** What the platform stored of one message, by device. */
  async function storedBy(id: string, msg: Message): Promise<readonly StoredShare[]> {
    const came = sim.next("publish", ({ topic }) => /post$/.test(topic));
    await feedWell(flow, id, msg);
    return (await came).stored ?? [];
  }

  const only = (shares: readonly StoredShare[]) => {
    assert.equal(shares.length, 1);
    return shares[0];
  };

  describe("datapoint publish and event post", () => {
    it("post for the sub-device of the form, or for the one that msg.device names", async () => {
      await start(["s1", "s2"]);
      const cases: readonly [id: string, device: unknown, name: string][] = [
        ["one", undefined, "s1"],
        ["one", "s1", "s1"],
        ["many", "s2", "s2"],
        ["many", sub("s1"), "s1"],
        ["own", sub("s2"), "s2"],
      ];
      for (const [id, device, name] of cases) {
        const { productId, deviceName, properties } =
          only(await storedBy(id, { payload: { t: 1 }, device })) ?? {};
        assert.deepEqual([productId, deviceName], [SUBS.productId, name], id);
        assert.deepEqual(properties, { t: 1 });
      }
    });

    it("post for the gateway itself as ever", async () => {
      await start([]);
      const came = sim.next("publish");
      await feedWell(flow, "many", { payload: { t: 1 }, device: OWN });
      assert.match((await came).topic, /thing\/property\/post$/);
    });

    it("post many sub-devices' values in few messages, each settled on its own", async () => {
      await start(["s1", "s3"], {}, { messagesPerSecond: "2" });
      const ids = await Promise.all(
        ["s1", "s2", "s3", "s1", "s2", "s3"].map((device, n) =>
          give(flow, "many", { device, payload: { t: n } }),
        ),
      );
      await flow.events.waitForCount(6, (event) => event.event === "complete" && event.node === "many");
      const failed = flow.events.filter(
        (event) => event.event === "complete" && event.node === "many" && event.error !== undefined,
      );
      assert.deepEqual(
        failed.map((event) => "msg" in event && event.msg["device"]),
        ["s2", "s2"],
      );
      assert.equal(ids.length, 6);
    });

    it("say that it cannot be, before anything is sent", async () => {
      await start(["s1"]);
      await feedBadly(flow, "many", { payload: { t: 1 } }, "ONENET_SUBDEVICE_UNCLEAR");
      await feedBadly(flow, "one", { payload: { t: 1 }, device: "s2" }, "ONENET_SUBDEVICE_UNCLEAR");
      await feedBadly(flow, "own", { payload: { t: 1 }, device: "s1" }, "ONENET_SUBDEVICE_UNCLEAR");
      await feedBadly(flow, "own", { payload: { t: 1 }, device: 7 }, "ONENET_MESSAGE_INVALID");
      await feedBadly(flow, "meter", { payload: { t: 1 }, device: sub("s1") }, "ONENET_SUBDEVICE_KIND");
      await feedBadly(flow, "gone", { payload: { t: 1 } }, "ONENET_SUBDEVICE_MISSING");
      assert.deepEqual(
        sim.events.filter((event) => event.event === "publish"),
        [],
      );
    });

    it("fail with the platform's word where the sub-device is none of the gateway's", async () => {
      await start(["s1"]);
      const error = await feedBadly(flow, "many", { payload: { t: 1 }, device: "s2" }, "ONENET_REJECTED");
      assert.match(String(error.cause?.params["platformMessage"]), /s2/);
    });

    it("post an event that happened to a sub-device", async () => {
      await start(["s2"]);
      const share = only(await storedBy("event", { payload: { level: 3, source: "a" }, device: "s2" }));
      assert.deepEqual([share?.deviceName, share?.events], ["s2", { overheat: { level: 3, source: "a" } }]);
    });
  });

  describe("with a model of their own", () => {
    const model = stationModel({ productId: SUBS.productId });

    it("are held against it, and not against the gateway's", async () => {
      await start(["s1", "s2"], { modelSource: "pasted", model });
      const share = only(await storedBy("many", { device: "s1", payload: { power: "on", temp: 20.5 } }));
      assert.deepEqual(share?.properties, { power: true, temp: 20.5 });
      const error = await feedBadly(
        flow,
        "many",
        { device: "s2", payload: { temp: 999 } },
        "ONENET_VALUE_INVALID",
      );
      assert.match(error.message, /temp/);
      await feedBadly(flow, "event", { device: "s2", payload: { level: "high" } }, "ONENET_VALUE_INVALID");
      await feedWell(flow, "own", { payload: { anything: 1 } });
    });

    it("are checked as strictly as the gateway, unless told otherwise", async () => {
      const gatewayModel = { modelSource: "pasted", model: stationModel(), modelCheck: "strict" };
      await start(["s1"], { modelSource: "pasted", model }, gatewayModel);
      await feedBadly(flow, "one", { payload: { power: "on" } }, "ONENET_VALUE_INVALID");
      await flow.unload();
      await sim.stop();
      await start(["s1"], { modelSource: "pasted", model, modelCheck: "coerce" }, gatewayModel);
      await feedWell(flow, "one", { payload: { power: "on" } });
    });

    it("get another model without another login", async () => {
      await start(["s1"], { modelSource: "pasted", model });
      await feedWell(flow, "one", { payload: { temp: 100 } });
      const tighter = stationModel({ productId: SUBS.productId, tempMax: 50 });
      const nodes = flowOf(
        deviceConnection("c", sim.simulator, GATEWAYS, "gw"),
        subdevice("first", "c", SUBS, "s1", { modelSource: "pasted", model: tighter }),
        datapointPublish("one", "c", { subdevice: "first" }),
      );
      await flow.deploy(nodes, "nodes");
      await feedBadly(flow, "one", { payload: { temp: 100 } }, "ONENET_VALUE_INVALID");
      await feedWell(flow, "one", { payload: { temp: 40 } });
      assert.equal(
        sim.events.filter(({ event }) => event === "login").length,
        2,
        "gateway and meter, once each",
      );
    });

    it("go unchecked where the model cannot be read", async () => {
      await start(["s1"], { modelSource: "pasted", model: "{" });
      await feedWell(flow, "one", { payload: { power: 1 } });
    });
  });

  describe("that OneNET asks something", () => {
    async function received(): Promise<Message> {
      return (await flow.waitForSend("asked", { what: "what is asked" })).msg;
    }

    it("are set: the message names the device, and the answer goes back for it", async () => {
      await start(["s2"]);
      const asked = sim.simulator.cloud.setProperty({ ...sub("s2"), params: { t: 5 } });
      const msg = await received();
      assert.deepEqual([msg["payload"], msg["device"]], [{ t: 5 }, sub("s2")]);
      await feedWell(flow, "answer", msg);
      assert.equal((await asked).code, 0);
      // The same message posts what was set: for the device that it names.
      const share = only(await storedBy("many", msg));
      assert.deepEqual([share?.deviceName, share?.properties], ["s2", { t: 5 }]);
    });

    it("are read, and their services invoked", async () => {
      await start(["s1"]);
      const read = sim.simulator.cloud.getProperty({ ...sub("s1"), identifiers: ["t"] });
      const msg = await received();
      assert.deepEqual([msg["payload"], msg["device"]], [["t"], sub("s1")]);
      await feedWell(flow, "answer", { ...msg, payload: { t: 7 } });
      assert.deepEqual((await read).data, { t: 7 });
      const isService = (event: { readonly event: string; readonly msg?: Message }) =>
        event.event === "send" && Reflect.get(Object(event.msg?.["command"]), "kind") === "service";
      const called = sim.simulator.cloud.callService({
        ...sub("s1"),
        identifier: "reboot",
        params: { delay: 3 },
      });
      const sent = await flow.events.waitFor(isService, { what: "the service" });
      const service = "msg" in sent ? sent.msg : {};
      assert.deepEqual([service["payload"], service["device"]], [{ delay: 3 }, sub("s1")]);
      await feedWell(flow, "answer", { ...service, payload: { done: true } });
      assert.equal((await called).code, 0);
    });

    it("fail for the platform when the flow says so", async () => {
      await start(["s1"]);
      const asked = sim.simulator.cloud.setProperty({ ...sub("s1"), params: { t: 5 } });
      await feedWell(flow, "answer", { ...(await received()), success: false });
      assert.notEqual((await asked).code, 0);
    });
  });

  describe("that are added to the topology by themselves", () => {
    const topics = () =>
      sim.events
        .filter((event) => event.event === "publish")
        .map((event) => ("topic" in event ? event.topic.replace(/^.*\/thing\//, "") : ""));

    const rejected = () => sim.events.filter((event) => event.event === "reply" && event.code !== 200);

    it("are added before their first value, once, and only where the platform does not list them", async () => {
      await start(["s1"], { autoTopology: true });
      const messages = [
        ["s1", 1],
        ["s2", 2],
        ["s2", 3],
        ["s1", 4],
      ] as const;
      const outcomes = await Promise.all(
        messages.map(([device, t]) => feed(flow, "many", { device, payload: { t } })),
      );
      assert.deepEqual(
        outcomes.map(({ error }) => error?.message),
        [undefined, undefined, undefined, undefined],
      );
      assert.equal(topics().filter((topic) => topic === "sub/topo/get").length, 1);
      assert.equal(topics().filter((topic) => topic === "sub/topo/add").length, 1);
      await feedWell(flow, "one", { payload: { t: 5 } });
      assert.equal(
        topics().filter((topic) => topic.startsWith("sub/topo/")).length,
        3,
        "with the list's result",
      );
    });

    it("are added before what was posted before the first login, which loses nothing", async () => {
      const early = ["s1", "s2", "s2", "s3"];
      await start(["s1"], { autoTopology: true }, {}, async () => {
        for (const [t, device] of early.entries()) await give(flow, "many", { device, payload: { t } });
        await give(flow, "own", { payload: { t: 1 } });
      });
      const isDone = (event: { readonly event: string; readonly node?: string }) =>
        event.event === "complete" && (event.node === "many" || event.node === "own");
      await flow.events.waitForCount(early.length + 1, isDone);
      assert.deepEqual(
        flow.events.filter((event) => isDone(event) && "error" in event && event.error !== undefined),
        [],
      );
      assert.equal(topics().filter((topic) => topic === "sub/topo/add").length, 2);
      assert.deepEqual(rejected(), []);
    });

    it("log in after that", async () => {
      await start([], { autoTopology: true, login: "lazy" }, {}, async () => {
        await give(flow, "many", { device: "s2", payload: { t: 1 } });
      });
      await flow.events.waitForCount(1, (event) => event.event === "complete" && event.node === "many");
      await feedWell(flow, "many", { device: "s3", payload: { t: 1 } });
      assert.deepEqual(rejected(), []);
      assert.equal(topics().filter((topic) => topic === "sub/login").length, 2);
    });

    it("are told of when they cannot be added; the platform says what it makes of the value", async () => {
      await start([], { autoTopology: true, credentials: {} });
      await feedBadly(flow, "many", { device: "s3", payload: { t: 1 } }, "ONENET_REJECTED");
      await waitForCaught(flow, "ONENET_SUBDEVICE_KEY", { source: "many" });
      await feedBadly(flow, "many", { device: "s3", payload: { t: 1 } }, "ONENET_REJECTED");
    });
  });

  describe("that log in when they first have something to say", () => {
    it("are logged in before their first value, and once", async () => {
      await start(["s1"], { login: "lazy" });
      for (const t of [1, 2]) await feedWell(flow, "many", { device: "s1", payload: { t } });
      const kinds = sim.events
        .filter(({ event }) => event === "sub-device" || event === "publish")
        .map((event) => ("change" in event ? event.change : "topic" in event ? event.topic : ""))
        .map((text) => text.replace(/^.*\/thing\//, ""));
      assert.equal(kinds.filter((kind) => kind === "login").length, 1);
      assert.ok(kinds.indexOf("login") < kinds.indexOf("pack/post"), kinds.join(", "));
    });
  });

  it("show what is wrong with their node", async () => {
    await start(["s1"]);
    assert.equal((await waitForLastStatus(flow, "gone", "config-error")).shape, "ring");
  });
});
