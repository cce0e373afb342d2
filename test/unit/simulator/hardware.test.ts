import assert from "node:assert/strict";
import { topicOf } from "../../../lib/protocol/topic";
import { PUBLISH, publishFrame, readPublish } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { RawThing } from "../../support/simulated-thing";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };

describe("simulator and what a device tells of itself", () => {
  let test: TestSimulator;
  beforeEach(async () => {
    test = await startTestSimulator({ rules: { commandTimeoutMs: 30, otaTimeoutMs: 30 } });
  });
  afterEach(() => test.stop());

  const imeiOf = async (device: typeof LAMP) =>
    ((await test.simulator.cloud.device(device)).data as { imei: string }).imei;

  it("reads the SIM and hardware report behind the client id", async () => {
    await test.login(THING, "lamp", { clientId: "lamp?network=1&imei=860000000000001&iccid=8986" });
    assert.equal(await imeiOf(LAMP), "860000000000001");
    await test.login(THING, "fan");
    assert.equal(await imeiOf({ ...LAMP, deviceName: "fan" }), "");
  });

  for (const [name, product, device] of [
    ["thing-model", THING, LAMP],
    ["data-stream", STREAM, STREAM_LAMP],
  ] as const) {
    it(`answers cmp/property/post of a ${name} product`, async () => {
      const client = await test.login(product, "lamp");
      const topic = topicOf(device, "cmp-post", {});
      await client.subscribe([`${topic}/reply`, 0]);
      const ask = async (body: object) => {
        const reply = readPublish(await client.ask(publishFrame(topic, JSON.stringify(body)), PUBLISH));
        return JSON.parse(reply.payload) as object;
      };
      const good = { id: "3", params: { network: 1, imei: "860000000000002" } };
      assert.deepEqual(await ask(good), { id: "3", code: 200, msg: "success" });
      assert.equal(await imeiOf(device), "860000000000002");
      const refused = test.next("refused");
      assert.deepEqual(await ask({ id: "4", params: { network: 9 } }), {
        id: "4",
        code: 2402,
        msg: "request format error",
      });
      assert.equal((await refused).what, "post");
    });

    it(`answers custome/up of a ${name} product`, async () => {
      const client = await test.login(product, "lamp");
      await client.subscribe([topicOf(device, "custome-up-reply", {}), 0]);
      const up = topicOf(device, "custome-up", {});
      for (const [payload, id] of [
        ['{"id":"8","x":1}', "8"],
        ["\u0001\u0002", ""],
      ] as const) {
        const told = test.next("publish");
        const { payload: reply } = readPublish(await client.ask(publishFrame(up, payload), PUBLISH));
        assert.deepEqual(JSON.parse(reply), { id, code: 200, msg: "success" });
        assert.equal((await told).payload, payload);
      }
    });
  }

  it("waits for custome/down_reply, and knows a late one from an unknown one", async () => {
    const client = await test.login(STREAM, "lamp");
    const { cloud } = test.simulator;
    assert.equal((await cloud.sendCustom({ ...STREAM_LAMP, body: "x" })).code, 10500);
    await client.subscribe([topicOf(STREAM_LAMP, "custome-down", { downId: "+" }), 0]);
    const down = client.next(PUBLISH);
    const late = await cloud.sendCustom({ ...STREAM_LAMP, body: Buffer.of(1, 2) });
    assert.deepEqual([late.code, late.msg], [10500, "custome down timeout"]);
    const { topic } = readPublish(await down);
    for (const code of [1023, 1028]) {
      const refused = test.next("refused");
      client.send(publishFrame(topic.replace("/down/", "/down_reply/"), ""));
      assert.equal((await refused).code, code);
    }
    assert.equal((await cloud.sendCustom({ ...STREAM_LAMP, deviceName: "x", body: "" })).code, 10410);
    assert.equal((await cloud.sendCustom({ ...LAMP, body: "" })).code, 10421);
    assert.equal((await cloud.informOta({ ...LAMP, params: {} })).code, 10421);
    await client.subscribe([topicOf(STREAM_LAMP, "ota-inform", {}), 0]);
    const unanswered = await cloud.informOta({ ...STREAM_LAMP, params: {} });
    assert.deepEqual([unanswered.code, unanswered.msg], [10500, "设备响应超时"]);
  });

  it("tells of a topo/get/result that is none", async () => {
    const thing = await RawThing.login(test, THING, "lamp");
    const refused = test.next("refused");
    thing.client.send(publishFrame(topicOf(LAMP, "topo-get-result", {}), "{"));
    const { what, code } = await refused;
    assert.deepEqual([what, code], ["answer", 1027]);
  });
});
