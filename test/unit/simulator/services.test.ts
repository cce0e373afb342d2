import assert from "node:assert/strict";
import { topicOf } from "../../../lib/protocol/topic";
import { PUBACK, publishFrame } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { RawThing } from "../../support/simulated-thing";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const ALWAYS = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

const MODEL = JSON.stringify({
  properties: [],
  events: [],
  services: [
    {
      identifier: "reboot",
      name: "重启",
      callType: "s",
      input: [
        { identifier: "delay", name: "delay", dataType: { type: "int32", specs: { min: "0", max: "60" } } },
      ],
      output: [],
    },
    { identifier: "update", name: "升级", callType: "a", input: [], output: [] },
  ],
});

describe("simulator services", () => {
  let test: TestSimulator;
  let lamp: RawThing;
  const start = async (model?: string, rules = {}) => {
    const thing = model === undefined ? THING : { ...THING, model };
    test = await startTestSimulator({ rules, products: [thing, STREAM] });
    lamp = await RawThing.login(test, THING, "lamp");
  };
  afterEach(() => test.stop());

  const call = (identifier: unknown, params?: unknown) =>
    test.simulator.cloud.callService({ ...LAMP, identifier, params });

  async function log(): Promise<Record<string, unknown>[]> {
    const { data } = await test.simulator.cloud.serviceLog({ ...LAMP, ...ALWAYS });
    return (data as { list: Record<string, unknown>[] }).list;
  }

  it("asks the device on the service's own topic and brings the outputs", async () => {
    await start();
    lamp.answerWith(() => ({ code: 200, data: { done: true } }));
    const told = test.next("service");
    const { code, data } = await call("blink", { times: 3 });
    assert.deepEqual([code, data], [0, { done: true }]);
    const [asked] = lamp.asked.all;
    assert.equal(asked?.topic, topicOf(LAMP, "service-invoke", { identifier: "blink" }));
    assert.deepEqual(asked?.params, { times: 3 });
    const { event, at, messageId, ...rest } = await told;
    assert.equal(messageId, asked?.id);
    assert.deepEqual(rest, { ...LAMP, identifier: "blink", code: 200, message: "", output: { done: true } });
    const [entry] = await log();
    const { request_time, response_time, ...logged } = entry ?? {};
    assert.ok(Number(response_time) >= Number(request_time));
    assert.deepEqual(logged, {
      identifier: "blink",
      type: 0,
      request_body: '{"times":3}',
      response_body: '{"done":true}',
      code: 200,
      msg: "",
    });
  });

  it("needs no params and no outputs", async () => {
    await start();
    lamp.answerWith(() => ({ code: 200 }));
    const { code, data } = await call("blink");
    assert.deepEqual([code, data, lamp.asked.all[0]?.params], [0, {}, {}]);
  });

  for (const [name, answer, text] of [
    ["a failure of the device", { code: 100, msg: "stuck" }, "stuck"],
    ["a failure without a text", { code: 100 }, "100"],
    ["no answer in time", undefined, "设备响应超时"],
  ] as const) {
    it(`brings 10415 for ${name}`, async () => {
      await start(undefined, { propertyTimeoutMs: 50 });
      lamp.answerWith(() => answer);
      const { code, msg, data } = await call("blink");
      assert.deepEqual([code, msg, data], [10415, `设备服务调用失败:${text}`, null]);
      assert.equal((await log())[0]?.["code"], answer?.code ?? 0);
    });
  }

  it("takes no answer twice, none too late, and none to nothing", async () => {
    await start(undefined, { propertyTimeoutMs: 30 });
    await call("blink");
    const [asked] = lamp.asked.all;
    const reply = topicOf(LAMP, "service-invoke-reply", { identifier: "blink" });
    for (const [id, code] of [
      [asked?.id, 1023],
      [asked?.id, 1028],
      ["4711", 1028],
    ] as const) {
      const refused = test.next("refused");
      await lamp.client.ask(publishFrame(reply, JSON.stringify({ id, code: 200 }), { qos: 1 }), PUBACK);
      const { what, code: got } = await refused;
      assert.deepEqual([what, got], ["answer", code]);
    }
  });

  for (const [name, identifier, params, code] of [
    ["an identifier that is none", "a/b", {}, 10001],
    ["no identifier", undefined, {}, 10001],
    ["inputs that are no object", "reboot", [1], 10001],
    ["an unknown service", "boot", {}, 10415],
    ["a missing input", "reboot", {}, 10415],
    ["an input of null", "reboot", { delay: null }, 10415],
    ["an input of another type", "reboot", { delay: "1" }, 10415],
    ["an input out of range", "reboot", { delay: 61 }, 10415],
    ["an input too many", "reboot", { delay: 1, hard: true }, 10415],
  ] as const) {
    it(`refuses ${name} before the device hears of it`, async () => {
      await start(MODEL);
      const envelope = await call(identifier, params);
      assert.equal(envelope.code, code);
      if (name === "a missing input") assert.equal(envelope.msg, "设备服务调用失败:required value");
      await lamp.client.settle();
      assert.equal(lamp.asked.length, 0);
      assert.deepEqual(await log(), []);
    });
  }

  it("returns at once from an asynchronous service and tells its reply later", async () => {
    await start(MODEL);
    const { code, data } = await call("update");
    assert.deepEqual([code, data], [0, undefined]);
    const asked = await lamp.asked.waitFor(() => true);
    const [before] = await log();
    assert.deepEqual([before?.["type"], before?.["code"], before?.["response_time"]], [1, 0, ""]);
    const told = test.next("service");
    const reply = JSON.stringify({ id: asked.id, code: 200, data: { version: "2" } });
    lamp.client.send(publishFrame(`${asked.topic}_reply`, reply));
    const { identifier, output } = await told;
    assert.deepEqual([identifier, output], ["update", { version: "2" }]);
    const [after] = await log();
    assert.deepEqual([after?.["code"], after?.["response_body"]], [200, '{"version":"2"}']);
  });

  it("ends an asynchronous service by its own time-out", async () => {
    await start(MODEL, { asyncServiceTimeoutMs: 30 });
    await call("update");
    const asked = await lamp.asked.waitFor(() => true);
    const isOver = async (): Promise<void> => {
      if ((await log())[0]?.["msg"] !== "设备响应超时") {
        await new Promise(setImmediate);
        await isOver();
      }
    };
    await isOver();
    const refused = test.next("refused");
    lamp.client.send(publishFrame(`${asked.topic}_reply`, JSON.stringify({ id: asked.id, code: 200 })));
    assert.equal((await refused).code, 1023);
  });

  it("reaches nobody who is offline, not subscribed, or of a data stream", async () => {
    await start();
    const offline = await test.simulator.cloud.callService({ ...LAMP, deviceName: "fan", identifier: "x" });
    assert.equal(offline.code, 10421);
    await test.login(THING, "fan");
    const deaf = await test.simulator.cloud.callService({ ...LAMP, deviceName: "fan", identifier: "x" });
    assert.deepEqual([deaf.code, deaf.msg], [10500, "device not subscribed"]);
    const stream = { productId: STREAM.productId, deviceName: "lamp" };
    assert.equal((await test.simulator.cloud.callService({ ...stream, identifier: "x" })).code, 10417);
  });
});
