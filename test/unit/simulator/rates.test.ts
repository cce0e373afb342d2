import assert from "node:assert/strict";
import { topicOf, topics } from "../../../lib/protocol/topic";
import { Lane } from "../../../lib/simulator/lane";
import { readRules } from "../../../lib/simulator/options";
import { RateKeeper } from "../../../lib/simulator/rates";
import { PUBACK, PUBLISH, publishFrame } from "../../support/raw-mqtt";
import { connectOptions, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const FAN = { productId: THING.productId, deviceName: "fan" };
const T = 1_893_456_000_000;

function keeper(limits: "off" | "strict" | "lenient", loginBanMs?: number): RateKeeper {
  return new RateKeeper(readRules({ limits, ...(loginBanMs === undefined ? {} : { loginBanMs }) }));
}

describe("simulator rates", () => {
  it("are off by default", () => {
    const rates = keeper("off");
    assert.equal(rates.filtersPerSession, Number.POSITIVE_INFINITY);
    for (let count = 0; count < 1000; count += 1) {
      assert.equal(rates.admitsLogin(LAMP, T), true);
      assert.equal(rates.uplinkAt(LAMP, 1, T), T);
      assert.equal(rates.admitsSet(LAMP, T), true);
    }
  });

  for (const [limits, logins] of [
    ["strict", 3],
    ["lenient", 10],
  ] as const) {
    it(`${limits}: ${logins} logins in 5 s, then a ban of 5 minutes, of that device`, () => {
      const rates = keeper(limits);
      for (let count = 0; count < logins; count += 1) assert.equal(rates.admitsLogin(LAMP, T + count), true);
      assert.equal(rates.admitsLogin(LAMP, T + 4999), false);
      assert.equal(rates.admitsLogin(LAMP, T + 6000), false);
      assert.equal(rates.admitsLogin(FAN, T + 6000), true);
      assert.equal(rates.admitsLogin(LAMP, T + 4999 + 300_000), true);
    });

    it(`${limits}: ${logins} logins in each 5 s are fine`, () => {
      const rates = keeper(limits);
      for (let count = 0; count < 50; count += 1) {
        assert.equal(rates.admitsLogin(LAMP, T + Math.floor(count / logins) * 5000), true);
      }
    });
  }

  it("strict: one message a second, of any QoS; what is more waits for the next seconds", () => {
    const rates = keeper("strict");
    assert.deepEqual(
      [
        rates.uplinkAt(LAMP, 0, T),
        rates.uplinkAt(LAMP, 1, T + 1),
        rates.uplinkAt(LAMP, 0, T + 2),
        rates.uplinkAt(FAN, 0, T + 2),
      ],
      [T, T + 1000, T + 2000, T + 2],
    );
    assert.equal(rates.uplinkAt(LAMP, 0, T + 10_000), T + 10_000);
  });

  it("lenient: 300 of QoS 0 and 100 of QoS 1 in 5 s", () => {
    const rates = keeper("lenient");
    const times = (qos: number, count: number) =>
      Array.from({ length: count }, () => rates.uplinkAt(LAMP, qos, T)).at(-1);
    assert.deepEqual([times(0, 300), times(1, 100)], [T, T]);
    assert.deepEqual([times(0, 1), times(1, 1)], [T + 5000, T + 5000]);
  });

  it("strict: one property set a second", () => {
    const rates = keeper("strict");
    assert.deepEqual(
      [rates.admitsSet(LAMP, T), rates.admitsSet(LAMP, T + 999), rates.admitsSet(LAMP, T + 1000)],
      [true, false, true],
    );
    assert.equal(keeper("lenient").admitsSet(LAMP, T), true);
  });

  describe("on the wire", () => {
    let test: TestSimulator;
    const start = async (rules: object) => {
      test = await startTestSimulator({ rules });
    };
    afterEach(() => test.stop());

    it("resets the link of a login too many, and of all during the ban", async () => {
      await start({ limits: "strict", loginBanMs: 60_000 });
      for (let count = 0; count < 3; count += 1) await test.login(THING, "lamp");
      for (let count = 0; count < 2; count += 1) {
        const closed = test.next("closed");
        const client = await test.open();
        assert.equal(await client.login(connectOptions(THING, "lamp")), "ECONNRESET");
        assert.equal((await closed).reason, "login-rate");
      }
      await test.login(THING, "fan");
    });

    it("refuses the eleventh filter of a session, not one that is there", async () => {
      await start({ limits: "strict" });
      const client = await test.login(THING, "lamp");
      const filter = (index: number) => [`${topics.propertyPost(LAMP)}/${index}`, 0] as const;
      for (let index = 0; index < 10; index += 1)
        assert.deepEqual(await client.subscribe(filter(index)), [0]);
      assert.deepEqual(await client.subscribe(filter(10), filter(3)), [0x80, 0]);
    });

    it("delays batches, events and requests like any other message", async () => {
      await start({ limits: "strict" });
      const client = await test.login(THING, "lamp");
      const params = '[{"properties":{"t":{"value":1}}}]';
      const uplinks = [
        [topicOf(LAMP, "pack-post", {}), params],
        [topicOf(LAMP, "desired-get", {}), '["t"]'],
        [topicOf(LAMP, "topo-get", {}), "null"],
      ] as const;
      const startedAt = Date.now();
      const acks = client.frames.waitForCount(3, ({ type }) => type === PUBACK);
      uplinks.forEach(([topic, body], index) => {
        client.send(publishFrame(topic, `{"id":"1","params":${body}}`, { qos: 1, packetId: index + 1 }));
      });
      await acks;
      assert.ok(Date.now() - startedAt >= 1900, "one a second");
    });

    it("delays the second message of a second, not the pings", async () => {
      await start({ limits: "strict" });
      const client = await test.login(THING, "lamp");
      const acks = client.frames.waitForCount(2, ({ type }) => type === PUBACK);
      const post = (id: number) =>
        publishFrame(topics.propertyPost(LAMP), `{"id":"${id}","params":{"t":{"value":1}}}`, {
          qos: 1,
          packetId: id,
        });
      client.send(post(1), post(2));
      await client.settle();
      assert.equal(client.frames.filter(({ type }) => type === PUBACK).length, 1);
      const startedAt = Date.now();
      await acks;
      assert.ok(Date.now() - startedAt > 500);
    });

    it("reads no more from a device with 200 messages waiting, and forgets them with the link", async () => {
      await start({ limits: "strict" });
      const client = await test.login(THING, "lamp");
      await client.subscribe([topics.thingFilter(LAMP), 0]);
      const first = client.next(PUBLISH);
      const post = publishFrame(topics.propertyPost(LAMP), '{"id":"1","params":{"t":{"value":1}}}');
      client.send(...Array.from({ length: 250 }, () => post));
      await first;
      const closed = test.next("closed");
      client.close();
      await closed;
      assert.equal(test.events.filter(({ event }) => event === "publish").length, 1);
    });

    it("refuses a second property set within a second", async () => {
      await start({ limits: "strict", propertyTimeoutMs: 10 });
      const client = await test.login(THING, "lamp");
      await client.subscribe([topics.thingFilter(LAMP), 0]);
      const set = () => test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
      assert.equal((await set()).code, 10411);
      const { code, msg } = await set();
      assert.deepEqual([code, msg], [10500, "property set rate exceeded"]);
    });
  });
});

describe("simulator lane", () => {
  it("does at once what is due, and keeps the order of what is not", async () => {
    const lane = new Lane();
    const done: string[] = [];
    const now = Date.now();
    lane.push(now, () => done.push("at once"));
    assert.deepEqual(done, ["at once"]);
    lane.push(now + 20, () => done.push("later"));
    await new Promise<void>((resolve) => {
      lane.push(now, () => done.push("behind it"));
      lane.push(now + 30, resolve);
      assert.equal(lane.length, 3);
    });
    assert.deepEqual(done, ["at once", "later", "behind it"]);
    assert.equal(lane.length, 0);
  });

  it("forgets what waits", () => {
    const lane = new Lane();
    lane.push(Date.now() + 60_000, () => assert.fail());
    lane.clear();
    assert.equal(lane.length, 0);
  });
});
