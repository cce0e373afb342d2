import assert from "node:assert/strict";
import { topics } from "../../../lib/protocol/topic";
import {
  CONNACK,
  connectFrame,
  PINGREQ_FRAME,
  PINGRESP,
  PUBACK,
  PUBLISH,
  publishFrame,
  type RawMqtt,
  readPublish,
} from "../../support/raw-mqtt";
import {
  connectOptions,
  STREAM,
  startTestSimulator,
  type TestSimulator,
  THING,
} from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const FAN = { productId: THING.productId, deviceName: "fan" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };

describe("simulator faults", () => {
  let test: TestSimulator;
  beforeEach(async () => {
    test = await startTestSimulator();
  });
  afterEach(() => test.stop());

  async function loggedIn(deviceName = "lamp"): Promise<RawMqtt> {
    const client = await test.login(THING, deviceName);
    await client.subscribe([topics.thingFilter({ ...LAMP, deviceName }), 0]);
    return client;
  }

  function post(id: number, device = LAMP, params: object = { t: { value: id } }): Buffer {
    const payload = JSON.stringify({ id: String(id), params });
    return publishFrame(topics.propertyPost(device), payload, { qos: 1, packetId: id });
  }

  function acksOf(client: RawMqtt): number[] {
    return client.frames.filter(({ type }) => type === PUBACK).map(({ body }) => body.readUInt16BE(0));
  }

  function repliesOf(client: RawMqtt): { id: string; code: number; msg: string }[] {
    return client.frames
      .filter(({ type }) => type === PUBLISH)
      .map((got) => JSON.parse(readPublish(got).payload));
  }

  describe("refuseLogin", () => {
    for (const returnCode of [1, 2, 3, 4, 5] as const) {
      it(`answers CONNACK ${returnCode}, once`, async () => {
        const fault = test.simulator.faults.refuseLogin({ returnCode, count: 1 });
        const client = await test.open();
        assert.equal(await client.login(connectOptions(THING, "lamp")), returnCode);
        assert.equal(fault.hits, 1);
        await test.login(THING, "lamp");
      });
    }

    it("closes without a CONNACK", async () => {
      test.simulator.faults.refuseLogin({ returnCode: "close" });
      const client = await test.open();
      assert.equal(await client.login(connectOptions(THING, "lamp")), "end");
    });

    it("strikes the device it names, until ended", async () => {
      const fault = test.simulator.faults.refuseLogin({ ...LAMP });
      await test.login(THING, "fan");
      await test.login(STREAM, "lamp");
      const refused = await test.open();
      assert.equal(await refused.login(connectOptions(THING, "lamp")), 4);
      fault.end();
      fault.end();
      await test.login(THING, "lamp");
      assert.equal(fault.hits, 1);
    });
  });

  it("dropAck takes the message and sends no PUBACK", async () => {
    const client = await loggedIn();
    const fault = test.simulator.faults.dropAck({ count: 2 });
    const replies = client.frames.waitForCount(3, ({ type }) => type === PUBLISH);
    client.send(post(1), post(2), post(3));
    await replies;
    await client.settle();
    assert.deepEqual(acksOf(client), [3]);
    assert.equal(fault.hits, 2);
  });

  it("delayAck keeps the order of the PUBACKs, and lets replies and pings pass", async () => {
    const client = await loggedIn();
    test.simulator.faults.delayAck({ delayMs: 60, count: 1 });
    const replies = client.frames.waitForCount(2, ({ type }) => type === PUBLISH);
    const acks = client.frames.waitForCount(2, ({ type }) => type === PUBACK);
    const sentAt = Date.now();
    client.send(post(1), post(2));
    await replies;
    await client.settle();
    assert.deepEqual(acksOf(client), []);
    await acks;
    assert.ok(Date.now() - sentAt >= 59);
    assert.deepEqual(acksOf(client), [1, 2]);
  });

  it("dropReply and delayReply", async () => {
    const client = await loggedIn();
    const drop = test.simulator.faults.dropReply();
    await client.ask(post(1), PUBACK);
    await client.settle();
    drop.end();
    test.simulator.faults.delayReply({ delayMs: 40, count: 1 });
    const reply = client.next(PUBLISH);
    const sentAt = Date.now();
    await client.ask(post(2), PUBACK);
    await reply;
    assert.ok(Date.now() - sentAt >= 39);
    assert.deepEqual(
      repliesOf(client).map(({ id }) => id),
      ["2"],
    );
  });

  it("drops what is delayed when the link ends", async () => {
    const client = await loggedIn();
    test.simulator.faults.delayReply({ delayMs: 20 });
    await client.ask(post(1), PUBACK);
    const closed = test.next("closed");
    client.close();
    await closed;
    const again = await loggedIn();
    test.simulator.faults.clear();
    const reply = again.next(PUBLISH);
    again.send(post(2));
    await reply;
    assert.deepEqual(
      repliesOf(again).map(({ id }) => id),
      ["2"],
    );
    assert.equal(test.events.filter(({ event }) => event === "reply").length, 1);
  });

  it("rejectIdentifier refuses a post that holds it", async () => {
    const client = await loggedIn();
    test.simulator.faults.rejectIdentifier({ identifier: "bad", count: 1 });
    test.simulator.faults.rejectIdentifier({ identifier: "worse", code: 2254, message: "own text" });
    const replies = client.frames.waitForCount(4, ({ type }) => type === PUBLISH);
    const value = { value: 1 };
    client.send(
      post(1),
      post(2, LAMP, { ok: value, bad: value }),
      post(3, LAMP, { bad: value }),
      post(4, LAMP, { worse: value }),
    );
    await replies;
    assert.deepEqual(repliesOf(client), [
      { id: "1", code: 200, msg: "success" },
      { id: "2", code: 2306, msg: "identifier not exist:identifier:bad" },
      { id: "3", code: 200, msg: "success" },
      { id: "4", code: 2254, msg: "own text" },
    ]);
  });

  it("rejectStream rejects a post that holds it", async () => {
    const client = await test.login(STREAM, "lamp");
    await client.subscribe([topics.datapointReplyFilter(STREAM_LAMP), 0]);
    test.simulator.faults.rejectStream({ stream: "bad" });
    test.simulator.faults.rejectStream({ stream: "worse", code: 97, message: "own text" });
    const ask = async (stream: string) => {
      const payload = JSON.stringify({ id: 1, dp: { [stream]: [{ v: 1 }] } });
      return readPublish(await client.ask(publishFrame(topics.datapointPost(STREAM_LAMP), payload), PUBLISH))
        .payload;
    };
    assert.equal(await ask("good"), '{"id":1}');
    assert.equal(await ask("bad"), '{"id":1,"err_code":98,"err_msg":"illegal data"}');
    assert.equal(await ask("worse"), '{"id":1,"err_code":97,"err_msg":"own text"}');
  });

  it("refuseSubscription answers 0x80 for one filter or for all", async () => {
    const client = await test.login(THING, "lamp");
    const filters = [topics.thingFilter(LAMP), topics.propertySet(LAMP)].map(
      (filter) => [filter, 0] as const,
    );
    const one = test.simulator.faults.refuseSubscription({ filter: topics.thingFilter(LAMP) });
    assert.deepEqual(await client.subscribe(...filters), [0x80, 0]);
    one.end();
    test.simulator.faults.refuseSubscription({ ...LAMP });
    assert.deepEqual(await client.subscribe(...filters), [0x80, 0x80]);
  });

  describe("evict", () => {
    it("closes the link that is there, once", async () => {
      const client = await loggedIn();
      const closed = test.next("closed");
      const fault = test.simulator.faults.evict({ ...LAMP });
      assert.equal(await client.closed, "end");
      const { reason, detail } = await closed;
      assert.deepEqual([reason, detail, fault.hits], ["evicted", "by a fault", 1]);
      await (await test.login(THING, "lamp")).settle();
    });

    it("waits for a login if nobody is there, and strikes as often as told", async () => {
      const fault = test.simulator.faults.evict({ ...LAMP, count: 2 });
      await test.login(THING, "fan");
      for (let time = 1; time <= 2; time += 1) {
        const client = await test.login(THING, "lamp");
        assert.equal(await client.closed, "end");
        assert.equal(fault.hits, time);
      }
      await (await test.login(THING, "lamp")).settle();
    });
  });

  describe("cutLink", () => {
    it("resets the link that is there", async () => {
      const client = await loggedIn();
      const closed = test.next("closed");
      test.simulator.faults.cutLink();
      assert.equal(await client.closed, "ECONNRESET");
      assert.equal((await closed).reason, "fault");
      await (await test.login(THING, "lamp")).settle();
    });

    it("at a publish: no PUBACK, no value", async () => {
      test.simulator.faults.cutLink({ when: "publish", count: 1 });
      const client = await loggedIn();
      client.send(post(1));
      assert.equal(await client.closed, "ECONNRESET");
      assert.deepEqual(acksOf(client), []);
      assert.deepEqual((await test.simulator.cloud.currentProperties(LAMP)).data, []);
      await (await loggedIn()).ask(post(2), PUBACK);
    });

    it("at a publish with this text only", async () => {
      const fault = test.simulator.faults.cutLink({ when: "publish", containing: '"7"' });
      const client = await loggedIn();
      await client.ask(post(6), PUBACK);
      client.send(post(7));
      assert.equal(await client.closed, "ECONNRESET");
      assert.equal(fault.hits, 1);
    });

    it("right after a login", async () => {
      const fault = test.simulator.faults.cutLink({ when: "login", ...LAMP });
      const client = await test.open();
      client.send(connectFrame(connectOptions(THING, "lamp")));
      assert.equal(await client.closed, "ECONNRESET");
      fault.end();
      await (await test.login(THING, "lamp")).settle();
    });
  });

  describe("goSilent", () => {
    it("leaves the link open and answers nothing, until ended", async () => {
      const lamp = await loggedIn();
      const fan = await loggedIn("fan");
      const fault = test.simulator.faults.goSilent({ ...LAMP });
      const before = lamp.frames.length;
      lamp.send(post(1), PINGREQ_FRAME);
      const answer = test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
      await fan.ask(post(1, FAN), PUBACK);
      await fan.settle();
      assert.equal(lamp.frames.length, before);
      const ponged = lamp.next(PINGRESP);
      fault.end();
      await ponged;
      assert.deepEqual(acksOf(lamp), [1]);
      await lamp.ask(post(2), PUBACK);
      assert.equal(fault.hits, 1);
      await test.stop();
      assert.equal((await answer).code, 10411);
    });

    it("outlives the keep alive", async () => {
      await test.stop();
      test = await startTestSimulator({ rules: { silenceFactor: 0.004 } });
      const client = await test.login(THING, "lamp", { keepAliveSeconds: 10 });
      test.simulator.faults.goSilent({ ...LAMP });
      const other = await test.login(THING, "fan", { keepAliveSeconds: 20 });
      await other.closed;
      assert.equal(client.socket.destroyed, false);
    });

    it("gives a login no CONNACK before it ends", async () => {
      const fault = test.simulator.faults.goSilent({ ...LAMP });
      const still = test.simulator.faults.goSilent({ ...LAMP });
      const client = await test.open();
      client.send(connectFrame(connectOptions(THING, "lamp")));
      await (await test.login(THING, "fan")).settle();
      assert.equal(client.frames.length, 0);
      fault.end();
      await (await test.login(STREAM, "lamp")).settle();
      assert.equal(client.frames.length, 0);
      const connack = client.next(CONNACK);
      still.end();
      assert.equal((await connack).body[1], 0);
    });

    it("stays silent while another such fault is on", async () => {
      const client = await loggedIn();
      const first = test.simulator.faults.goSilent({ ...LAMP });
      const second = test.simulator.faults.goSilent();
      first.end();
      const before = client.frames.length;
      client.send(PINGREQ_FRAME);
      const other = await test.open();
      other.send(connectFrame(connectOptions(THING, "fan")));
      const ponged = client.next(PINGRESP);
      assert.equal(client.frames.length, before);
      second.end();
      await ponged;
      assert.equal((await other.frames.waitFor(() => true)).type, CONNACK);
    });
  });

  it("ends all at once", async () => {
    const { faults } = test.simulator;
    faults.dropAck();
    faults.refuseLogin();
    faults.rejectIdentifier({ identifier: "t" });
    faults.clear();
    const client = await loggedIn();
    await client.ask(post(1), PUBACK);
  });
});
