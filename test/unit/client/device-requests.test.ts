import assert from "node:assert/strict";
import type { RequestKind } from "../../../lib/client/device-requests";
import type { DeviceProfile } from "../../../lib/client/profile";
import { OneNetError } from "../../../lib/errors";
import { readDesired } from "../../../lib/protocol/desired";
import type { JsonValue } from "../../../lib/protocol/json";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { commandHandler as handler } from "../../support/command-handler";
import {
  deviceProfile,
  type RawServer,
  startRawServer,
  type TestConnection,
  takeLogin,
  testConnection,
} from "../../support/connections";
import { frame, PUBACK, PUBLISH, publishFrame, type RawMqtt, SUBACK } from "../../support/raw-mqtt";
import { STREAM, THING } from "../../support/simulated";

const SUBSCRIBE = 8;

/** A PUBLISH as text: its topic, then (QoS 1, two bytes of packet id) its payload. */
function read(body: Buffer): { topic: string; packetId: number; payload: Record<string, unknown> } {
  const end = 2 + body.readUInt16BE(0);
  return {
    topic: body.toString("utf8", 2, end).replace(/^\$sys\/\w+\/lamp\//, ""),
    packetId: body.readUInt16BE(end),
    payload: JSON.parse(body.toString("utf8", end + 2)),
  };
}

describe("Device.request", () => {
  let server: RawServer;
  let test: TestConnection;
  let ids: number;

  beforeEach(async () => {
    ids = 6;
    server = await startRawServer((client) => takeLogin(client));
  });
  afterEach(async () => {
    await test.connection.close();
    await server.close();
  });

  function make(product: SimulatedProduct = THING, changes: Partial<DeviceProfile> = {}) {
    const profile = deviceProfile(product, "lamp", server.port, changes);
    test = testConnection(profile, { nextMessageId: () => ++ids });
    const { device } = test.connection;
    assert.ok(device);
    return device;
  }

  async function open(product?: SimulatedProduct, changes?: Partial<DeviceProfile>) {
    const device = make(product, changes);
    await test.online();
    const client = await server.accepted.waitFor(() => true);
    return { device, client };
  }

  /** The login pace is 2 s. */
  async function loginAgain(): Promise<void> {
    const online = test.next("online");
    test.connection.reconnect();
    test.clock.advance(2000);
    await online;
  }

  const say = (client: RawMqtt, suffix: string, body: unknown) =>
    client.send(publishFrame(`$sys/${THING.productId}/lamp/${suffix}`, JSON.stringify(body)));
  /** The next message of the device, acknowledged. */
  async function next(client: RawMqtt, suffix: string) {
    const isIt = (body: Buffer) => read(body).topic === suffix;
    const { body } = await client.frames.waitFor(({ type, body: bytes }) => type === PUBLISH && isIt(bytes));
    const message = read(body);
    client.send(frame(PUBACK << 4, Buffer.of(message.packetId >> 8, message.packetId & 255)));
    return message;
  }

  const cases: readonly (readonly [
    kind: RequestKind,
    suffix: string,
    params: JsonValue | undefined,
    data: unknown,
  ])[] = [
    ["desired-get", "thing/property/desired/get", ["temp"], { temp: { value: 30, version: 2 } }],
    ["desired-delete", "thing/property/desired/delete", { temp: { version: 2 } }, undefined],
    ["sub-login", "thing/sub/login", { productID: "P2", deviceName: "s" }, undefined],
    ["sub-logout", "thing/sub/logout", { productID: "P2", deviceName: "s" }, undefined],
    ["topo-add", "thing/sub/topo/add", { productID: "P2", deviceName: "s", sasToken: "t" }, undefined],
    ["topo-delete", "thing/sub/topo/delete", { productID: "P2", deviceName: "s", sasToken: "t" }, undefined],
    ["topo-get", "thing/sub/topo/get", undefined, [{ productID: "P2", deviceName: "s" }]],
  ];
  for (const [kind, suffix, params, data] of cases) {
    it(`${kind} brings the reply's data`, async () => {
      const { device, client } = await open();
      const asked = device.request(kind, params);
      const { payload } = await next(client, suffix);
      assert.deepEqual(payload, { id: "7", version: "1.0", ...(params === undefined ? {} : { params }) });
      say(client, `${suffix}/reply`, { id: "7", code: 200, msg: "success", data });
      assert.deepEqual(await asked, data);
      if (kind !== "topo-get") return;
      const { payload: confirmed } = await next(client, "thing/sub/topo/get/result");
      assert.deepEqual(confirmed, { id: "7", code: 200, msg: "success" });
    });
  }

  it("rejects with the platform's code and words", async () => {
    const { device, client } = await open();
    const asked = device.request("desired-get", ["x"]);
    await next(client, "thing/property/desired/get");
    say(client, "thing/property/desired/get/reply", {
      id: "7",
      code: 2306,
      msg: "identifier not exist:identifier:x",
    });
    await assert.rejects(asked, {
      key: "ONENET_REJECTED",
      params: { platformCode: 2306, platformMessage: "identifier not exist:identifier:x" },
    });
    assert.deepEqual(test.failures.all, []);
  });

  it("tells the replies of several apart, and heeds no stranger", async () => {
    const { device, client } = await open();
    const [one, two] = [device.request("desired-get", ["a"]), device.request("desired-get", ["b"])];
    await client.frames.waitForCount(2, ({ type }) => type === PUBLISH);
    const reply = "thing/property/desired/get/reply";
    for (const body of [{ id: "9", code: 100 }, { id: "x", code: 100 }, { id: "7" }, { code: 200 }])
      say(client, reply, body);
    say(client, reply, { id: "8", code: 200, data: { b: { value: 1, version: 1 } } });
    say(client, reply, { id: "7", code: 200 });
    assert.deepEqual(await Promise.all([one, two]), [undefined, { b: { value: 1, version: 1 } }]);
    assert.deepEqual(readDesired(await one), {});
  });

  it("waits for the link", async () => {
    const device = make();
    const asked = device.request("desired-get", ["a"]);
    await test.online();
    const client = await server.accepted.waitFor(() => true);
    await next(client, "thing/property/desired/get");
    say(client, "thing/property/desired/get/reply", { id: "7", code: 200, data: {} });
    assert.deepEqual(await asked, {});
  });

  it("waits as long as it may", async () => {
    const device = make();
    test.connection.start();
    const asked = device.request("desired-get", ["b"], { timeoutMs: 1000 });
    asked.catch(() => undefined);
    test.clock.advance(2000);
    await assert.rejects(asked, { code: "ONENET_EXPIRED" });
  });

  it("is given up where no reply comes", async () => {
    const { device, client } = await open(THING, { ackTimeoutMs: 1000, ackAttempts: 1 });
    const asked = device.request("desired-get", ["a"]);
    asked.catch(() => undefined);
    await next(client, "thing/property/desired/get");
    test.clock.advance(1000);
    await assert.rejects(asked, { code: "ONENET_ACK_TIMEOUT" });
  });

  it("goes before what has gathered, though the queue is full", async () => {
    const device = make(THING, {
      limits: { maxMessages: 2, maxBytes: 1000, whenFull: "refuse-new" },
      messagesPerSecond: 1,
    });
    const options = { qos: 1, completeWhen: "acknowledged" } as const;
    for (const value of [1, 2]) void device.post([{ stream: "a", value }], options);
    void device.request("sub-login", {}).catch(() => undefined);
    await test.online();
    const client = await server.accepted.waitFor(() => true);
    const { body } = await client.frames.waitFor(({ type }) => type === PUBLISH);
    assert.equal(read(body).topic, "thing/sub/login");
  });

  it("ends with the connection", async () => {
    const device = make();
    const asked = device.request("desired-get", ["a"]);
    await test.connection.close();
    await assert.rejects(asked, { code: "ONENET_CLOSED" });
  });

  it("is none of a data-stream product's", async () => {
    const device = make(STREAM);
    await assert.rejects(device.request("desired-get", ["a"]), { key: "ONENET_TOPIC_FORBIDDEN.kind" });
  });

  describe("cmp-post", () => {
    for (const product of [THING, STREAM]) {
      it(`subscribes its reply first, on a ${product.kind} product`, async () => {
        const { device, client } = await open(product);
        const asked = device.request("cmp-post", { network: 0 });
        const { body } = await client.frames.waitFor(isSubscribe("cmp/#"));
        assert.equal(client.frames.all.filter(({ type }) => type === PUBLISH).length, 0);
        client.send(frame(SUBACK << 4, Buffer.of(body.readUInt8(0), body.readUInt8(1), 0)));
        const { payload } = await next(client, "cmp/property/post");
        assert.deepEqual(payload, { id: "7", version: "1.0", params: { network: 0 } });
        const reply = JSON.stringify({ id: "7", code: 200 });
        client.send(publishFrame(`$sys/${product.productId}/lamp/cmp/property/post/reply`, reply));
        assert.equal(await asked, undefined);
      });
    }

    it("is refused where its reply cannot be heard, and nothing else is harmed", async () => {
      const { device, client } = await open();
      const asked = device.request("cmp-post", { network: 0 });
      asked.catch(() => undefined);
      const { body } = await client.frames.waitFor(isSubscribe("cmp/#"));
      client.send(frame(SUBACK << 4, Buffer.of(body.readUInt8(0), body.readUInt8(1), 128)));
      await assert.rejects(asked, { code: "ONENET_SUBSCRIBE_REFUSED" });
      assert.equal((await test.failures.waitFor(() => true)).code, "ONENET_SUBSCRIBE_REFUSED");
      assert.equal(test.connection.state.phase, "online");
    });
  });

  describe("what some handlers need", () => {
    it("is subscribed at the login, and answered", async () => {
      const device = make();
      const { own, commands } = handler({ kinds: new Set(["ota", "custom"]) });
      device.commands.register(own);
      await test.online();
      const client = await server.accepted.waitFor(() => true);
      const { body } = await client.frames.waitFor(({ type }) => type === SUBSCRIBE);
      assert.deepEqual(filtersOf(body), ["thing/#", "ota/#", "custome/#"]);
      say(client, "ota/inform", { id: "3", version: "1.0", params: { target: "1.1" } });
      const inform = await commands.waitFor(({ kind }) => kind === "ota");
      assert.deepEqual(inform.values, { params: { target: "1.1" } });
      void device.commands.answer(inform, { success: true });
      assert.deepEqual((await next(client, "ota/inform_reply")).payload, {
        id: "3",
        code: 200,
        msg: "success",
      });
      say(client, "custome/down/d1", { raw: 1 });
      const down = await commands.waitFor(({ kind }) => kind === "custom");
      assert.deepEqual([down.id, down.body.toString()], ["d1", '{"raw":1}']);
      void device.commands.answer(down, { success: true, body: { done: 1 } });
      assert.deepEqual((await next(client, "custome/down_reply/d1")).payload, { done: 1 });
    });

    it("is subscribed when they come later, and not without them", async () => {
      const { device, client } = await open(STREAM);
      const { own } = handler({ kinds: new Set(["command", "ota"]) });
      const unregister = device.commands.register(own);
      const other = device.commands.register(handler({ kinds: new Set(["ota"]) }).own);
      await client.frames.waitFor(isSubscribe("ota/#"));
      const all = client.frames.all.filter(({ type }) => type === SUBSCRIBE);
      assert.equal(all.length, 2);
      unregister();
      unregister();
      const again = server.accepted.waitForNext(() => true);
      await loginAgain();
      const second = await (await again).frames.waitFor(({ type }) => type === SUBSCRIBE);
      assert.ok(filtersOf(second.body).includes("ota/#"));
      other();
      const third = server.accepted.waitForNext(() => true);
      await loginAgain();
      const { body } = await (await third).frames.waitFor(({ type }) => type === SUBSCRIBE);
      assert.deepEqual(filtersOf(body), ["dp/post/json/+", "cmd/#"]);
    });
  });

  it("tells of each login", async () => {
    const { device } = await open();
    const logins: number[] = [];
    const forget = device.onLogin(() => logins.push(test.connection.logins));
    device.onLogin(() => {
      throw new OneNetError("ONENET_INTERNAL", { detail: "a listener" });
    });
    await loginAgain();
    assert.deepEqual(logins, [2]);
    assert.equal((await test.failures.waitFor(() => true)).params["detail"], "a listener");
    forget();
    await loginAgain();
    assert.deepEqual(logins, [2]);
  });

  it("applies values as if they were set", async () => {
    const { device, client } = await open();
    const { own, commands } = handler({ devices: "all" });
    const SUB = { productId: "P2", deviceName: "s" };
    assert.deepEqual(await device.applyAsSet({ a: 1 }), {
      answer: { success: false, code: 100, message: "no handler for a" },
      taken: [],
    });
    device.commands.register(own);
    assert.deepEqual(await device.applyAsSet({}), { answer: { success: true }, taken: [] });
    const applied = [device.applyAsSet({ a: 1 }), device.applyAsSet({ b: 2 }, SUB)];
    const [mine, its] = [
      await commands.waitFor(({ device: of }) => !of),
      await commands.waitFor(({ device: of }) => Boolean(of)),
    ];
    assert.deepEqual([mine.values, mine.desired, its.values, its.device], [{ a: 1 }, true, { b: 2 }, SUB]);
    assert.equal(await device.commands.answer(mine, { success: true }), undefined);
    await device.commands.answer(its, { success: false, code: 9 });
    assert.deepEqual(await Promise.all(applied), [
      { answer: { success: true }, taken: ["a"] },
      { answer: { success: false, code: 9 }, taken: [] },
    ]);
    assert.equal(client.frames.all.filter(({ type }) => type === PUBLISH).length, 0);
  });
});

function filtersOf(subscribe: Buffer): string[] {
  const filters: string[] = [];
  for (let at = 2; at < subscribe.length; at += 3 + subscribe.readUInt16BE(at))
    filters.push(subscribe.toString("utf8", at + 2, at + 2 + subscribe.readUInt16BE(at)));
  return filters.map((filter) => filter.replace(/^\$sys\/\w+\/lamp\//, ""));
}

function isSubscribe(filter: string) {
  return ({ type, body }: { type: number; body: Buffer }) =>
    type === SUBSCRIBE && filtersOf(body).join() === filter;
}
