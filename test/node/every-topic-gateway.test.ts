import assert from "node:assert/strict";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import { feedBadly, feedWell, waitForCaught } from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  eventPost,
  gateway,
  makeProduct,
  subdevice,
} from "../support/flows";
import { STATION_MODEL } from "../support/station";
import { stationModel } from "../support/station-model";
import { TopicBench } from "../support/topic-bench";

const GATEWAYS = makeProduct("thing-model", "gw", "lossy");
/** The platform has their model, the gateway has none: what is wrong goes over the wire and is refused there. */
const JUDGED = { ...makeProduct("thing-model", "j1", "j2", "stray", "stranger"), model: stationModel() };
/** The gateway has their model, the platform has none: what is wrong reaches the gateway, which refuses it. */
const CHECKED = makeProduct("thing-model", "s1", "s2");
const STRANGERS = makeProduct("thing-model", "x1");
const OWN = { productId: GATEWAYS.productId, deviceName: "gw" };
const judged = (deviceName: string) => ({ productId: JUDGED.productId, deviceName });
const checked = (deviceName: string) => ({ productId: CHECKED.productId, deviceName });
const AT = 1_700_000_000_000;

const WRONG_KEY = Buffer.alloc(32, 9).toString("base64");

describe("every topic: a gateway and its sub-devices", () => {
  const bench = new TopicBench({
    products: [GATEWAYS, JUDGED, CHECKED, STRANGERS],
    flow: (simulator) => [
      deviceConnection("c-gw", simulator, GATEWAYS, "gw"),
      deviceConnection("c-lossy", simulator, GATEWAYS, "lossy", {
        ackTimeoutSeconds: "1",
        ackAttempts: "1",
      }),
      subdevice("judged", "c-gw", JUDGED, ""),
      subdevice("checked", "c-gw", CHECKED, "", {
        modelSource: "pasted",
        model: STATION_MODEL,
        modelCheck: "coerce",
      }),
      subdevice("strange", "c-gw", STRANGERS, "x1", { credentials: { key: WRONG_KEY } }),
      gateway("ask", "c-gw"),
      gateway("ask-lossy", "c-lossy"),
      datapointPublish("property", "c-gw", { subdevice: "judged" }),
      eventPost("event", "c-gw", { subdevice: "judged", event: "overheat" }),
      commandSubscribe("asked", "c-gw", {
        subdevice: "checked",
        receiveGets: true,
        receiveServices: true,
      }),
      commandResponse("answer"),
      commandResponse("refuse", { outcome: "failure", failureCode: "7", failureMessage: "not now" }),
    ],
    connected: ["ask", "ask-lossy", "property", "asked"],
  });

  /** Makes these the gateway's sub-devices; its gateway node answers by itself. */
  const bind = async (...subDevices: readonly object[]) =>
    assert.equal((await bench.cloud.changeTopology({ ...OWN, subDevices })).code, 0);
  const payloadOf = async (msg: Record<string, unknown>) =>
    (await feedWell(bench.nodeRed, "ask", msg))["payload"];

  /** Fails with the platform's code and words. */
  async function assertRejected(id: string, msg: Record<string, unknown>, code: number, words: RegExp) {
    const { cause, message } = await feedBadly(bench.nodeRed, id, msg, "ONENET_REJECTED");
    assert.equal(cause?.params["platformCode"], code, message);
    assert.match(String(cause?.params["platformMessage"]), words);
  }

  describe("the topology", () => {
    it(
      "a sub-device is added with its token, listed and deleted",
      bench.carries(
        [
          "topo-add",
          "topo-add-reply",
          "topo-get",
          "topo-get-reply",
          "topo-get-result",
          "topo-delete",
          "topo-delete-reply",
        ],
        async () => {
          await bind();
          const device = judged("j1");
          assert.deepEqual(await payloadOf({ action: "add", device }), [device]);
          assert.deepEqual(await payloadOf({ action: "get" }), [device]);
          assert.deepEqual(await payloadOf({ action: "delete", device }), [device]);
          assert.deepEqual(await payloadOf({ action: "get" }), []);
        },
      ),
    );

    it(
      "a sub-device is not added with a wrong token",
      bench.carries(["topo-add", "topo-add-reply"], async () => {
        const device = { productId: STRANGERS.productId, deviceName: "x1" };
        await assertRejected("ask", { action: "add", device }, 1106, /sign not match/);
        assert.deepEqual(await payloadOf({ action: "get" }), []);
      }),
    );

    it(
      "a device that is none of the gateway's is not deleted",
      bench.carries(["topo-delete", "topo-delete-reply"], async () => {
        await assertRejected("ask", { action: "delete", device: judged("stray") }, 307, /stray/);
      }),
    );

    it(
      "a list of sub-devices that does not come fails, and is not confirmed",
      bench.carries(["topo-get", "!topo-get-reply", "!topo-get-result"], async () => {
        bench.faults.dropReply({ deviceName: "lossy" });
        await feedBadly(bench.nodeRed, "ask-lossy", { action: "get" }, "ONENET_ACK_TIMEOUT");
      }),
    );

    it(
      "a change of the topology leaves the gateway node, and is answered",
      bench.carries(["topo-change", "topo-change-reply"], async () => {
        await bind(judged("j1"), checked("s1"));
        assert.deepEqual((await bench.received("ask"))["payload"], [judged("j1"), checked("s1")]);
      }),
    );
  });

  describe("logins", () => {
    it(
      "a sub-device is logged in and out",
      bench.carries(["sub-login", "sub-login-reply", "sub-logout", "sub-logout-reply"], async () => {
        await bind(judged("j1"));
        for (const action of ["login", "logout"]) {
          const happened = bench.sim.next("sub-device", ({ change }) => change === action);
          await feedWell(bench.nodeRed, "ask", { action, device: judged("j1") });
          assert.equal((await happened).deviceName, "j1");
        }
      }),
    );

    it(
      "a device that is none of the gateway's is not logged in or out",
      bench.carries(["sub-login", "sub-login-reply", "sub-logout", "sub-logout-reply"], async () => {
        for (const action of ["login", "logout"])
          await assertRejected("ask", { action, device: judged("stray") }, 307, /stray/);
      }),
    );
  });

  describe("posts", () => {
    it(
      "properties and events of sub-devices are accepted as packs",
      bench.carries(["pack-post", "pack-post-reply"], async () => {
        await bind(judged("j1"), judged("j2"));
        await feedWell(bench.nodeRed, "property", { device: "j1", payload: { temp: 21.5 } });
        await feedWell(bench.nodeRed, "event", { device: "j2", payload: { level: 3, source: "fan" } });
        const stored = await bench.cloud.currentProperties(judged("j1"));
        assert.match(JSON.stringify(stored.data), /21\.5/);
        const { data } = await bench.cloud.eventLog({ ...judged("j2"), startMs: 0, endMs: Date.now() });
        assert.match(JSON.stringify(data), /fan/);
      }),
    );

    it(
      "packs are refused with the platform's code",
      bench.carries(["pack-post", "pack-post-reply"], async () => {
        await bind(judged("j1"));
        const refused = (payload: object, code: number, words: RegExp, id = "property") =>
          assertRejected(id, { device: "j1", payload }, code, words);
        await refused({ tmp: 1 }, 2306, /identifier not exist:identifier:tmp/);
        await refused({ temp: 20.55 }, 2254, /float not conform step/);
        await refused({ level: 3 }, 2308, /event param count error/, "event");
        await assertRejected("property", { device: "stray", payload: { temp: 1 } }, 307, /stray/);
        await feedWell(bench.nodeRed, "property", { device: "j1", payload: { temp: 20.5 } });
      }),
    );

    const samples = (...values: readonly number[]) =>
      values.map((value, i) => ({ stream: "temp", value, at: AT + i }));

    it(
      "several samples of a sub-device are accepted as history",
      bench.carries(["history-post", "history-post-reply"], async () => {
        await bind(judged("j1"));
        await feedWell(bench.nodeRed, "property", { device: "j1", payload: samples(1.5, 2.5, 3.5) });
        const times = { startMs: AT, endMs: AT + 9 };
        const { data } = await bench.cloud.propertyHistory({
          ...judged("j1"),
          ...times,
          identifier: "temp",
        });
        const { list } = data as { list: { value: unknown }[] };
        assert.deepEqual(
          list.map(({ value }) => value),
          ["1.5", "2.5", "3.5"],
        );
      }),
    );

    it(
      "a history of a device that is none of the gateway's is refused",
      bench.carries(["history-post", "history-post-reply"], async () => {
        await bind(judged("j1"));
        const msg = { device: "stranger", payload: samples(...Array.from({ length: 40 }, (_, i) => i)) };
        const { cause } = await feedBadly(bench.nodeRed, "property", msg, "ONENET_REJECTED");
        assert.match(JSON.stringify(cause), /307/);
        const posts = bench.sim.events.filter(({ event }) => event === "reply");
        assert.ok(posts.length <= 2, `${posts.length} posts: the samples are not tried one by one`);
      }),
    );
  });

  describe("what the platform asks a sub-device", () => {
    const set = (device: { productId: string; deviceName: string }, params: object) =>
      bench.cloud.setProperty({ ...device, params });
    const get = (...identifiers: string[]) => bench.cloud.getProperty({ ...checked("s1"), identifiers });
    const call = (params: object) =>
      bench.cloud.callService({ ...checked("s1"), identifier: "reboot", params });

    async function answered(
      asking: Promise<CloudEnvelope>,
      by: "answer" | "refuse",
      payload?: unknown,
    ): Promise<CloudEnvelope> {
      const msg = await bench.received("asked");
      assert.deepEqual(msg["device"], checked("s1"));
      await feedWell(bench.nodeRed, by, payload === undefined ? msg : { ...msg, payload });
      return await asking;
    }

    function assertFailed({ code, msg }: CloudEnvelope, words: RegExp): void {
      assert.notEqual(code, 0);
      assert.match(msg, words);
    }

    it(
      "a property set of a sub-device is answered with success",
      bench.carries(["sub-property-set", "sub-property-set-reply"], async () => {
        await bind(checked("s1"));
        assert.equal((await answered(set(checked("s1"), { power: 1 }), "answer")).code, 0);
        assert.deepEqual((await bench.received("asked"))["payload"], { power: true }, "coerced by its model");
      }),
    );

    it(
      "a property set of a sub-device is refused by its model, by the flow, or where no node takes it",
      bench.carries(["sub-property-set", "sub-property-set-reply"], async () => {
        await bind(checked("s1"), judged("j1"));
        assertFailed(await set(checked("s1"), { level: 101 }), /level/);
        await waitForCaught(bench.nodeRed, "ONENET_VALUE_INVALID", { source: "asked" });
        assertFailed(await answered(set(checked("s1"), { power: true }), "refuse"), /not now/);
        assertFailed(await set(judged("j1"), { power: true }), /no handler for power/);
      }),
    );

    it(
      "a property get of a sub-device is answered with the values",
      bench.carries(["sub-property-get", "sub-property-get-reply"], async () => {
        await bind(checked("s1"));
        const { data } = await answered(get("temperature"), "answer", { temperature: 21.5 });
        assert.deepEqual(data, { temperature: 21.5 });
      }),
    );

    it(
      "a property get of a sub-device is refused for a value that does not fit, and by the flow",
      bench.carries(["sub-property-get", "sub-property-get-reply"], async () => {
        await bind(checked("s1"));
        const asking = get("temperature");
        const msg = { ...(await bench.received("asked")), payload: { temperature: 900 } };
        await feedBadly(bench.nodeRed, "answer", msg, "ONENET_VALUE_INVALID");
        assertFailed(await answered(asking, "refuse"), /not now/);
      }),
    );

    it(
      "a service of a sub-device brings its inputs and returns its outputs",
      bench.carries(["sub-service-invoke", "sub-service-invoke-reply"], async () => {
        await bind(checked("s1"));
        const { code, data } = await answered(call({ delay: 5 }), "answer", { uptime: 12 });
        assert.deepEqual([code, data], [0, { uptime: 12 }]);
        assert.deepEqual((await bench.received("asked"))["payload"], { delay: 5 });
      }),
    );

    it(
      "a service of a sub-device is refused for a bad input, and by the flow",
      bench.carries(["sub-service-invoke", "sub-service-invoke-reply"], async () => {
        await bind(checked("s1"));
        assertFailed(await call({ delay: 61 }), /delay/);
        assertFailed(await answered(call({ delay: 5 }), "refuse"), /not now/);
      }),
    );
  });
});
