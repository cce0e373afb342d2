import assert from "node:assert/strict";
import { topics } from "../../../lib/protocol/topic";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { RawThing } from "../../support/simulated-thing";

const LAMP = { productId: THING.productId, deviceName: "lamp" };

const MODEL = JSON.stringify({
  properties: [
    { identifier: "on", name: "on", accessMode: "rw", dataType: { type: "bool", specs: {} } },
    {
      identifier: "level",
      name: "level",
      accessMode: "rw",
      dataType: { type: "int32", specs: { min: "0", max: "9" } },
    },
    { identifier: "t", name: "t", accessMode: "r", dataType: { type: "float", specs: {} } },
  ],
  events: [],
  services: [],
});

describe("simulator desired values", () => {
  let test: TestSimulator;
  let lamp: RawThing;
  const start = async (options: { rules?: object; model?: string } = {}) => {
    const { rules = {}, model } = options;
    test = await startTestSimulator({
      rules,
      products: [model === undefined ? THING : { ...THING, model }, STREAM],
    });
    lamp = await RawThing.login(test, THING, "lamp");
  };
  afterEach(() => test.stop());

  const set = (params: unknown) => test.simulator.cloud.setDesired({ ...LAMP, params });
  const query = async (identifiers?: unknown) => {
    const { data } = await test.simulator.cloud.queryDesired({ ...LAMP, identifiers });
    return (data as { params: object }).params;
  };

  it("counts versions from 1, and anew after a delete", async () => {
    await start();
    await set({ level: 1, on: true });
    await set({ level: 2 });
    assert.deepEqual(await query(), { level: { value: 2, version: 2 }, on: { value: true, version: 1 } });
    assert.deepEqual(await query(["on", "x"]), { on: { value: true, version: 1 } });
    const { code } = await test.simulator.cloud.deleteDesired({ ...LAMP, params: { level: {} } });
    assert.equal(code, 0);
    await set({ level: 3 });
    assert.deepEqual(await query(["level"]), { level: { value: 3, version: 1 } });
  });

  it("gives them to the device that asks; what is not set is absent", async () => {
    await start();
    await set({ level: 1 });
    await set({ level: 5 });
    const reply = await lamp.ask("desired-get", ["level", "on"]);
    assert.deepEqual(reply, {
      id: "1",
      code: 200,
      msg: "success",
      data: { level: { value: 5, version: 2 } },
    });
  });

  it("deletes for the device by its version, or whatever it is", async () => {
    await start();
    await set({ level: 1, on: true, t: 2 });
    await set({ level: 2 });
    const { code } = await lamp.ask("desired-delete", { level: { version: 1 }, on: { version: 1 }, t: {} });
    assert.equal(code, 200);
    assert.deepEqual(await query(), { level: { value: 2, version: 2 } });
    await lamp.ask("desired-delete", { level: { version: 2 } });
    assert.deepEqual(await query(), {});
  });

  it("deletes for the application likewise", async () => {
    await start();
    await set({ level: 1 });
    await test.simulator.cloud.deleteDesired({ ...LAMP, params: { level: { version: 7 } } });
    assert.deepEqual(await query(), { level: { value: 1, version: 1 } });
    await test.simulator.cloud.deleteDesired({ ...LAMP, params: { level: { version: 1 } } });
    assert.deepEqual(await query(), {});
  });

  it("shows them beside the values", async () => {
    await start({ model: MODEL });
    await set({ level: 4 });
    const { data } = await test.simulator.cloud.currentProperties(LAMP);
    const level = (data as Record<string, unknown>[]).find(({ identifier }) => identifier === "level");
    assert.deepEqual([level?.["expect_value"], "value" in (level ?? {})], ["4", false]);
  });

  it("waits until the device asks", async () => {
    await start();
    await set({ level: 1 });
    await lamp.client.settle();
    assert.equal(lamp.asked.length, 0);
  });

  it("is pushed as a set where the rule says so, and stays set", async () => {
    await start({ rules: { desiredWhileOnline: "push" } });
    lamp.answerWith(() => ({ code: 200 }));
    await set({ level: 1 });
    const { topic, params } = await lamp.asked.waitFor(() => true);
    assert.deepEqual([topic, params], [topics.propertySet(LAMP), { level: 1 }]);
    assert.deepEqual(await query(), { level: { value: 1, version: 1 } });
    const { code } = await test.simulator.cloud.setDesired({
      ...LAMP,
      deviceName: "fan",
      params: { on: true },
    });
    assert.equal(code, 0, "whoever is offline is not asked");
  });

  for (const [name, params, code, text] of [
    ["no object", [1], 10001, "parameter error: params must be an object"],
    ["nothing", {}, 10001, "parameter error: params must be an object"],
    ["an unknown property", { x: 1 }, 10411, "属性期望设置失败:identifier: x, error: identifier not exist"],
    [
      "one that nobody can set",
      { t: 1 },
      10411,
      "属性期望设置失败:identifier: t, error: property is read only",
    ],
    ["a bool of 1", { on: 1 }, 10411, "属性期望设置失败:identifier: on, error: bool type error"],
  ] as const) {
    it(`refuses to set ${name}`, async () => {
      await start({ model: MODEL });
      const envelope = await set(params);
      assert.deepEqual([envelope.code, envelope.msg], [code, text]);
      assert.deepEqual(await query(), {});
    });
  }

  it("refuses what cannot be asked or deleted", async () => {
    await start({ model: MODEL });
    const { cloud } = test.simulator;
    assert.equal((await cloud.queryDesired({ ...LAMP, identifiers: "level" })).code, 10001);
    assert.equal((await cloud.deleteDesired({ ...LAMP, params: { level: 1 } })).code, 10001);
    assert.equal((await cloud.deleteDesired({ ...LAMP, params: { x: {} } })).code, 10411);
    const unknown = { code: 2306, msg: "identifier not exist:identifier:x" };
    assert.deepEqual(await lamp.ask("desired-get", ["level", "x"]), { id: "1", ...unknown });
    assert.deepEqual(await lamp.ask("desired-delete", { x: {} }), { id: "2", ...unknown });
    const refused = test.next("refused");
    assert.equal((await lamp.ask("desired-get", { level: {} })).code, 2402);
    assert.equal((await refused).what, "request");
    assert.equal((await lamp.ask("desired-delete", ["level"])).code, 2402);
  });
});
