import assert from "node:assert/strict";
import { encodePackPost } from "../../../lib/protocol/batch";
import { topicOf, topics } from "../../../lib/protocol/topic";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import {
  deviceToken,
  keyOf,
  productToken,
  STREAM,
  startTestSimulator,
  type TestSimulator,
  THING,
} from "../../support/simulated";
import { RawThing, sasToken } from "../../support/simulated-thing";

/** A product of sub-devices, apart from the gateway's. */
const SENSORS: SimulatedProduct = {
  productId: "Sens0rPr0d",
  kind: "thing-model",
  devices: ["s1", "s2", "s3"].map((deviceName) => ({
    deviceName,
    deviceKey: Buffer.from(deviceName.padEnd(32, ".")).toString("base64"),
  })),
};
const GATEWAY = { productId: THING.productId, deviceName: "lamp" };
const of = (deviceName: string) => ({ productId: SENSORS.productId, deviceName });
const named = (deviceName: string) => ({ productID: SENSORS.productId, deviceName });
const IN_ORDER = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

describe("simulator gateways", () => {
  let test: TestSimulator;
  let gateway: RawThing;
  const start = async (rules = {}, subDevices: readonly string[] = []) => {
    test = await startTestSimulator({ rules, products: [THING, STREAM, SENSORS] });
    await test.simulator.cloud.changeTopology({ ...GATEWAY, subDevices: subDevices.map(of) });
    gateway = await RawThing.login(test, THING, "lamp");
  };
  afterEach(() => test.stop());

  const add = (deviceName: string, token = sasToken(SENSORS, deviceName)) =>
    gateway.ask("topo-add", { ...named(deviceName), sasToken: token });
  const listed = async () => (await gateway.ask("topo-get", undefined)).data;
  const statusOf = async (deviceName: string) => {
    const { data } = await test.simulator.cloud.device(of(deviceName));
    return (data as { status: number }).status;
  };

  describe("topology", () => {
    it("takes a sub-device of another product that agrees, and lists it", async () => {
      await start();
      assert.deepEqual(await listed(), []);
      const told = test.next("sub-device");
      assert.deepEqual(await add("s1"), { id: "2", code: 200, msg: "success" });
      const { at, event, ...rest } = await told;
      assert.deepEqual(rest, { ...of("s1"), change: "added", gateway: GATEWAY });
      assert.equal((await add("s1")).code, 200, "again is harmless");
      await add("s2");
      assert.deepEqual(await listed(), [named("s1"), named("s2")]);
      const taken = test.next("publish", ({ topic }) => topic === topicOf(GATEWAY, "topo-get-result", {}));
      gateway.say("topo-get-result", { id: "5", code: 200, msg: "success" });
      assert.equal((await taken).messageId, "5");
    });

    const tokens: readonly (readonly [string, () => string, number])[] = [
      ["no token", () => "", 1101],
      ["no token at all", () => "abc", 1103],
      ["an expired one", () => deviceToken(SENSORS, "s1", { expiresAtSeconds: 1_600_000_000 }), 1104],
      ["another sub-device's", () => sasToken(SENSORS, "s2"), 1114],
      ["one under the gateway's key", () => deviceToken(SENSORS, "s1", { key: keyOf(THING, "lamp") }), 1106],
      [
        "the whole product's",
        () => productToken({ ...SENSORS, productKey: keyOf(SENSORS, "s1") }, { version: "2018-10-31" }),
        1105,
      ],
      ["an unknown version", () => deviceToken(SENSORS, "s1", { version: "2000-01-01" }), 1111],
    ];
    for (const [name, token, code] of tokens) {
      it(`refuses a sub-device with ${name}, and shows no token`, async () => {
        await start();
        const text = token();
        const refused = test.next("refused");
        assert.equal((await add("s1", text)).code, code);
        const { what, code: told } = await refused;
        assert.deepEqual([what, told], ["request", code]);
        assert.deepEqual(await listed(), []);
        const sign = /sign=(.+)/.exec(text)?.[1];
        assert.ok(!sign || !JSON.stringify(test.events.all).includes(sign));
      });
    }

    it("takes a token of the sub-device's product, as for a login", async () => {
      const productKey = keyOf(SENSORS, "s2");
      test = await startTestSimulator({ products: [THING, { ...SENSORS, productKey }] });
      gateway = await RawThing.login(test, THING, "lamp");
      const token = productToken({ ...SENSORS, productKey }, { version: "2018-10-31" });
      assert.equal((await add("s1", token)).code, 200);
    });

    it("refuses who is unknown, a data stream's device, and the gateway itself", async () => {
      await start();
      const ask = async (
        product: SimulatedProduct,
        deviceName: string,
        token = sasToken(product, deviceName),
      ) => {
        const params = { productID: product.productId, deviceName, sasToken: token };
        return (await gateway.ask("topo-add", params)).code;
      };
      assert.equal(await ask(SENSORS, "s9", deviceToken(SENSORS, "s1")), 1107);
      assert.equal(await ask(STREAM, "lamp"), 307);
      assert.equal(await ask(THING, "lamp"), 307);
      assert.equal((await gateway.ask("topo-add", { deviceName: "s1" })).code, 2402);
    });

    it("refuses another gateway's sub-device", async () => {
      await start({}, ["s1"]);
      const other = await RawThing.login(test, THING, "fan");
      const params = { ...named("s1"), sasToken: sasToken(SENSORS, "s1") };
      assert.equal((await other.ask("topo-add", params)).code, 310);
      assert.equal((await other.ask("topo-delete", params)).code, 307);
      assert.deepEqual(await listed(), [named("s1")]);
    });

    it("holds 1,500 sub-devices and no more", async function () {
      this.timeout(30_000);
      const devices = Array.from({ length: 1501 }, (_, index) => ({
        deviceName: `s${index}`,
        deviceKey: keyOf(THING, "lamp"),
      }));
      const many = { ...SENSORS, devices };
      test = await startTestSimulator({ products: [THING, many] });
      gateway = await RawThing.login(test, THING, "lamp");
      for (const { deviceName } of devices.slice(0, 1500)) {
        const { code } = await add(deviceName, sasToken(many, deviceName));
        assert.equal(code, 200);
      }
      assert.equal((await add("s1500", sasToken(many, "s1500"))).code, 311);
      const all = devices.map(({ deviceName }) => of(deviceName));
      assert.equal((await test.simulator.cloud.changeTopology({ ...GATEWAY, subDevices: all })).code, 10001);
      assert.equal(((await listed()) as unknown[]).length, 1500);
    });

    it("loses whom the gateway deletes, and whom the platform removes", async () => {
      await start({}, ["s1", "s2"]);
      assert.equal((await gateway.ask("topo-delete", named("s1"))).code, 200);
      assert.deepEqual(await listed(), [named("s2")]);
      assert.equal((await gateway.ask("topo-delete", named("s1"))).code, 307);
      assert.equal((await gateway.ask("topo-delete", {})).code, 2402);
      const registration = test.simulator.addProducts([
        { ...SENSORS, devices: [{ deviceName: "new", deviceKey: keyOf(THING, "lamp") }] },
      ]);
      await add("new", deviceToken(SENSORS, "new", { key: keyOf(THING, "lamp") }));
      assert.deepEqual(await listed(), [named("s2"), named("new")]);
      registration.remove();
      assert.deepEqual(await listed(), [named("s2")]);
    });

    it("changes as the console says, and the gateway hears the whole list", async () => {
      await start({}, ["s1"]);
      gateway.answerWith(() => ({ code: 200 }));
      const { code, data } = await test.simulator.cloud.changeTopology({
        ...GATEWAY,
        subDevices: [of("s2"), named("s3")],
      });
      const [asked] = gateway.asked.all;
      assert.deepEqual(
        [asked?.topic, asked?.params],
        [topicOf(GATEWAY, "topo-change", {}), { subList: [named("s2"), named("s3")] }],
      );
      assert.deepEqual([code, data], [0, { id: asked?.id, code: 200, msg: "success" }]);
      assert.deepEqual(await listed(), [named("s2"), named("s3")]);
      const again = await test.simulator.cloud.changeTopology(GATEWAY);
      assert.equal(again.code, 0);
      assert.deepEqual(gateway.asked.all[1]?.params, asked?.params);
    });

    it("stays as it was when the console asks for what cannot be", async () => {
      await start({}, ["s1"]);
      const fan = { ...GATEWAY, deviceName: "fan" };
      const other = await test.simulator.cloud.changeTopology({ ...fan, subDevices: [of("s2"), of("s1")] });
      assert.deepEqual([other.code, other.msg], [10001, "parameter error: sub-device of another gateway"]);
      const both = await test.simulator.cloud.changeTopology({ ...GATEWAY, subDevices: [of("s2"), GATEWAY] });
      assert.equal(both.code, 10001);
      assert.deepEqual(await listed(), [named("s1")]);
    });

    for (const [name, list, code] of [
      ["no list", "s1", 10001],
      ["a list of something else", [{ deviceName: "s1" }], 10001],
      ["an unknown device", [of("s9")], 10410],
      ["an unknown product", [{ productId: "X", deviceName: "s1" }], 10408],
      ["the gateway itself", [GATEWAY], 10001],
    ] as const) {
      it(`does not become ${name}`, async () => {
        await start({}, ["s1"]);
        const { code: got } = await test.simulator.cloud.changeTopology({ ...GATEWAY, subDevices: list });
        assert.equal(got, code);
      });
    }

    it("tells when the gateway does not answer, or refuses", async () => {
      await start({ propertyTimeoutMs: 30 });
      const silent = await test.simulator.cloud.changeTopology(GATEWAY);
      assert.deepEqual([silent.code, silent.msg], [10500, "设备响应超时"]);
      gateway.answerWith(() => ({ code: 100, msg: "full" }));
      const refused = await test.simulator.cloud.changeTopology(GATEWAY);
      assert.deepEqual([refused.code, refused.msg], [10500, "full"]);
    });
  });

  describe("sub-device sessions", () => {
    it("are online from login to logout", async () => {
      await start({}, ["s1"]);
      assert.equal(await statusOf("s1"), 2);
      const told = test.next("sub-device");
      assert.equal((await gateway.ask("sub-login", named("s1"))).code, 200);
      assert.equal((await told).change, "login");
      assert.equal(await statusOf("s1"), 1);
      assert.equal((await gateway.ask("sub-logout", named("s1"))).code, 200);
      assert.equal(await statusOf("s1"), 0);
    });

    it("end with the gateway's connection", async () => {
      await start({}, ["s1"]);
      await gateway.ask("sub-login", named("s1"));
      const closed = test.next("closed");
      gateway.client.close();
      await closed;
      assert.equal(await statusOf("s1"), 0);
      gateway = await RawThing.login(test, THING, "lamp");
      assert.equal(await statusOf("s1"), 0);
    });

    it("need the topology", async () => {
      await start();
      for (const kind of ["sub-login", "sub-logout"] as const) {
        const { code, msg } = await gateway.ask(kind, named("s1"));
        assert.deepEqual([code, msg], [307, "invalid product id or device name:Sens0rPr0d/s1"]);
        assert.equal((await gateway.ask(kind, { deviceName: "s1" })).code, 2402);
      }
      const own = { productID: GATEWAY.productId, deviceName: GATEWAY.deviceName };
      assert.equal((await gateway.ask("sub-login", own)).code, 307);
    });

    it("bring the hardware report along", async () => {
      await start({}, ["s1"]);
      await gateway.ask("sub-login", { ...named("s1"), network: 1, imei: "860000000000001" });
      const { data } = await test.simulator.cloud.device(of("s1"));
      assert.equal((data as { imei: string }).imei, "860000000000001");
    });
  });

  describe("requests to a sub-device", () => {
    it("set and get its properties over the gateway", async () => {
      await start({}, ["s1"]);
      gateway.answerWith(({ topic }) => ({
        code: 200,
        ...(topic.endsWith("get") ? { data: { t: 20 } } : {}),
      }));
      const set = await test.simulator.cloud.setProperty({ ...of("s1"), params: { on: true } });
      const get = await test.simulator.cloud.getProperty({ ...of("s1"), identifiers: ["t"] });
      assert.deepEqual(
        gateway.asked.all.map(({ topic, params }) => [topic, params]),
        [
          [topicOf(GATEWAY, "sub-property-set", {}), { ...named("s1"), params: { on: true } }],
          [topicOf(GATEWAY, "sub-property-get", {}), { ...named("s1"), params: ["t"] }],
        ],
      );
      assert.deepEqual(
        [set.code, set.data],
        [0, { id: gateway.asked.all[0]?.id, code: 200, msg: "success" }],
      );
      assert.deepEqual([get.code, get.data], [0, { t: 20 }]);
    });

    it("call its services over the gateway", async () => {
      await start({}, ["s1"]);
      const data = { ...named("s1"), identifier: "blink", output: { done: true } };
      gateway.answerWith(() => ({ code: 200, data }));
      const told = test.next("service");
      const { code, data: output } = await test.simulator.cloud.callService({
        ...of("s1"),
        identifier: "blink",
        params: { times: 2 },
      });
      const [asked] = gateway.asked.all;
      assert.equal(asked?.topic, topicOf(GATEWAY, "sub-service-invoke", {}));
      assert.deepEqual(asked?.params, { ...named("s1"), identifier: "blink", input: { times: 2 } });
      assert.deepEqual([code, output], [0, { done: true }]);
      const { productId, deviceName, identifier } = await told;
      assert.deepEqual([productId, deviceName, identifier], [SENSORS.productId, "s1", "blink"]);
    });

    it("take at most 50 properties at once", async () => {
      await start({}, ["s1"]);
      const identifiers = Array.from({ length: 51 }, (_, index) => `p${index}`);
      const params = Object.fromEntries(identifiers.map((identifier) => [identifier, 1]));
      const { cloud } = test.simulator;
      assert.equal((await cloud.setProperty({ ...of("s1"), params })).code, 10001);
      assert.equal((await cloud.getProperty({ ...of("s1"), identifiers })).code, 10001);
    });

    it("fail by the same codes", async () => {
      await start({ propertyTimeoutMs: 30 }, ["s1"]);
      const ask = () => test.simulator.cloud.setProperty({ ...of("s1"), params: { on: true } });
      assert.deepEqual([(await ask()).code, (await ask()).msg], [10411, "属性设置失败:设备响应超时"]);
      gateway.answerWith(() => ({ code: 100, msg: "stuck" }));
      assert.equal((await ask()).msg, "属性设置失败:stuck");
      await gateway.ask("sub-logout", named("s1"));
      assert.deepEqual([(await ask()).code], [10421]);
      await gateway.ask("sub-login", named("s1"));
      assert.deepEqual([(await ask()).code], [10411]);
      gateway.client.close();
      await test.next("closed");
      assert.deepEqual([(await ask()).code], [10421]);
    });

    it("need a login where the rule says so", async () => {
      await start({ subLoginNeeded: true }, ["s1"]);
      gateway.answerWith(() => ({ code: 200 }));
      const ask = () => test.simulator.cloud.setProperty({ ...of("s1"), params: { on: true } });
      assert.equal((await ask()).code, 10421);
      await gateway.ask("sub-login", named("s1"));
      assert.equal((await ask()).code, 0);
    });

    it("push a desired value, too", async () => {
      await start({ desiredWhileOnline: "push" }, ["s1"]);
      await test.simulator.cloud.setDesired({ ...of("s1"), params: { on: true } });
      const { params } = await gateway.asked.waitFor(() => true);
      assert.deepEqual(params, { ...named("s1"), params: { on: true } });
    });

    it("go to its own connection if it has one", async () => {
      await start({}, ["s1"]);
      const sensor = await RawThing.login(test, SENSORS, "s1");
      sensor.answerWith(() => ({ code: 200 }));
      const { code } = await test.simulator.cloud.setProperty({ ...of("s1"), params: { on: true } });
      assert.deepEqual([code, sensor.asked.length, gateway.asked.length], [0, 1, 0]);
    });
  });

  it("keeps up with 1,500 sub-devices that post every 10 s", async function () {
    this.timeout(30_000);
    const devices = Array.from({ length: 1500 }, (_, index) => ({
      deviceName: `s${index}`,
      deviceKey: keyOf(THING, "lamp"),
    }));
    const many = { ...SENSORS, devices };
    test = await startTestSimulator({ products: [THING, many] });
    await test.simulator.cloud.changeTopology({
      ...GATEWAY,
      subDevices: devices.map(({ deviceName }) => of(deviceName)),
    });
    gateway = await RawThing.login(test, THING, "lamp");
    const rounds = 3;
    const startedAtMs = Date.now();
    for (let round = 0; round < rounds; round += 1) {
      for (let first = 0; first < 1500; first += 10) {
        const points = devices.slice(first, first + 10).map(({ deviceName }) => ({
          stream: "t",
          value: round,
          device: of(deviceName),
        }));
        const reply = await gateway.askRaw(topics.packPost(GATEWAY), encodePackPost(1 + round, points));
        assert.equal(reply.code, 200);
      }
    }
    // 150 packs in 10 s are wanted; a tenth of that time is generous on a busy machine.
    assert.ok(Date.now() - startedAtMs < rounds * 10_000);
    for (const deviceName of ["s0", "s777", "s1499"]) {
      const { data } = await test.simulator.cloud.propertyHistory({
        ...of(deviceName),
        identifier: "t",
        ...IN_ORDER,
      });
      assert.deepEqual(
        (data as { list: { value: string }[] }).list.map(({ value }) => value),
        ["0", "1", "2"],
      );
    }
  });
});
