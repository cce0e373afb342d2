import assert from "node:assert/strict";
import { encodeHistoryPost, encodePackPost } from "../../../lib/protocol/batch";
import { encodeEventPost } from "../../../lib/protocol/event";
import type { JsonValue } from "../../../lib/protocol/json";
import { topicOf, topics } from "../../../lib/protocol/topic";
import type { Datapoint } from "../../../lib/protocol/value";
import { PUBACK, PUBLISH, publishFrame, type RawMqtt, readPublish } from "../../support/raw-mqtt";
import { startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const FAN = { productId: THING.productId, deviceName: "fan" };
const NOW = 1_893_456_000_000;
const ALWAYS = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
const SUCCESS = { id: "7", code: 200, msg: "success" };

describe("simulator batches", () => {
  let test: TestSimulator;
  let lamp: RawMqtt;
  const start = async (rules = {}, subDevices: readonly object[] = []) => {
    test = await startTestSimulator({ rules });
    await test.simulator.cloud.changeTopology({ ...LAMP, subDevices });
    lamp = await test.login(THING, "lamp");
    await lamp.subscribe([topics.thingFilter(LAMP), 0]);
  };
  afterEach(() => test.stop());

  async function ask(topic: string, payload: string | Buffer): Promise<object> {
    const got = readPublish(await lamp.ask(publishFrame(topic, payload, { qos: 1 }), PUBLISH));
    assert.equal(got.topic, `${topic}/reply`);
    return JSON.parse(got.payload) as object;
  }

  async function history(device: object, identifier: string): Promise<[number, string][]> {
    const request = { ...LAMP, ...device, identifier, ...ALWAYS };
    const { data } = await test.simulator.cloud.propertyHistory(request);
    const { list } = data as { list: { time: string; value: string }[] };
    return list.map(({ time, value }) => [Number(time), value]);
  }

  async function events(device: object): Promise<unknown[]> {
    const { data } = await test.simulator.cloud.eventLog({ ...LAMP, ...device, ...ALWAYS });
    return (data as { list: { identifier: string; value: string; time: string }[] }).list.map((event) => [
      event.identifier,
      event.value,
      Number(event.time),
    ]);
  }

  it("takes events and keeps them", async () => {
    await start();
    const told = test.next("publish");
    const post = encodeEventPost(7, [
      { stream: "alarm", value: { level: 2 }, atMs: NOW, event: true },
      { stream: "door", value: {}, event: true },
    ]);
    assert.deepEqual(await ask(topics.eventPost(LAMP), post), SUCCESS);
    assert.deepEqual((await told).values, { alarm: { level: 2 }, door: {} });
    const [first, second] = await events(LAMP);
    assert.deepEqual([first, second].map((event) => (event as unknown[])[0]).sort(), ["alarm", "door"]);
    assert.ok(
      [first, second].some((event) => JSON.stringify(event) === `["alarm","{\\"level\\":2}",${NOW}]`),
    );
  });

  it("refuses an event that is no object, and keeps nothing", async () => {
    await start();
    const refused = test.next("refused");
    const post = '{"id":"7","params":{"alarm":{"value":3}}}';
    const reply = { id: "7", code: 2402, msg: "request format error" };
    assert.deepEqual(await ask(topics.eventPost(LAMP), post), reply);
    const { what, code } = await refused;
    assert.deepEqual([what, code], ["post", 2402]);
    assert.deepEqual(await events(LAMP), []);
  });

  it("takes a pack of own and sub-device's properties and events", async () => {
    await start({}, [FAN]);
    const told = test.next("publish");
    const points: Datapoint[] = [
      { stream: "t", value: 20.5, atMs: NOW },
      { stream: "speed", value: 3, atMs: NOW, device: FAN },
      { stream: "stuck", value: { hard: true }, atMs: NOW, device: FAN, event: true },
    ];
    assert.deepEqual(await ask(topics.packPost(LAMP), encodePackPost(7, points)), SUCCESS);
    assert.deepEqual((await told).stored, [
      { ...LAMP, count: 1, properties: { t: 20.5 }, events: {} },
      { ...FAN, count: 2, properties: { speed: 3 }, events: { stuck: { hard: true } } },
    ]);
    assert.deepEqual(await history(LAMP, "t"), [[NOW, "20.5"]]);
    assert.deepEqual(await history(FAN, "speed"), [[NOW, "3"]]);
    assert.deepEqual(await events(FAN), [["stuck", '{"hard":true}', NOW]]);
  });

  for (const [name, device] of [
    ["a device of nobody's", { productId: "X", deviceName: "y" }],
    ["a device that is not in the topology", FAN],
  ] as const) {
    it(`refuses a whole pack for ${name}`, async () => {
      await start();
      const points: Datapoint[] = [
        { stream: "t", value: 1, atMs: NOW },
        { stream: "t", value: 1, device },
      ];
      assert.deepEqual(await ask(topics.packPost(LAMP), encodePackPost(7, points)), {
        id: "7",
        code: 307,
        msg: `invalid product id or device name:${device.productId}/${device.deviceName}`,
      });
      assert.deepEqual(await history(LAMP, "t"), []);
    });
  }

  it("takes an entry that names the gateway itself", async () => {
    await start();
    const points: Datapoint[] = [{ stream: "t", value: 1, atMs: NOW, device: LAMP }];
    assert.deepEqual(await ask(topics.packPost(LAMP), encodePackPost(7, points)), SUCCESS);
    assert.deepEqual(await history(LAMP, "t"), [[NOW, "1"]]);
  });

  it("refuses what a fault names, of the device that it names", async () => {
    await start({}, [FAN]);
    test.simulator.faults.rejectIdentifier({ identifier: "t", deviceName: "fan" });
    const post = (device?: typeof FAN) =>
      encodeHistoryPost(7, [{ stream: "t", value: 1, ...(device ? { device } : {}) }]);
    assert.deepEqual(await ask(topics.historyPost(LAMP), post()), SUCCESS);
    assert.deepEqual(await ask(topics.historyPost(LAMP), post(FAN)), {
      id: "7",
      code: 2306,
      msg: "identifier not exist:identifier:t",
    });
  });

  it("keeps a history that came late in its place; the last value stays", async () => {
    await start();
    const live = `{"id":"7","params":{"t":{"value":99,"time":${NOW + 5000}}}}`;
    assert.deepEqual(await ask(topics.propertyPost(LAMP), live), SUCCESS);
    const points = Array.from({ length: 5 }, (_, index) => ({
      stream: "t",
      value: index,
      atMs: NOW + index * 1000,
    }));
    assert.deepEqual(await ask(topics.historyPost(LAMP), encodeHistoryPost(7, points)), SUCCESS);
    assert.deepEqual(
      (await history(LAMP, "t")).map(([, value]) => value),
      ["0", "1", "2", "3", "4", "99"],
    );
    const { data } = await test.simulator.cloud.currentProperties(LAMP);
    assert.equal((data as { value: string }[])[0]?.value, "99");
  });

  it("tells when a history is full, and forgets the oldest only", async () => {
    await start({ historyPerProperty: 10, eventsPerDevice: 2 });
    const full = test.next("history-full");
    const points = Array.from({ length: 25 }, (_, index) => ({
      stream: "t",
      value: index,
      atMs: NOW + index,
    }));
    await ask(topics.historyPost(LAMP), encodeHistoryPost(7, points));
    const { identifier, kept } = await full;
    assert.deepEqual([identifier, kept], ["t", 10]);
    assert.deepEqual(
      (await history(LAMP, "t")).map(([, value]) => Number(value)),
      Array.from({ length: 10 }, (_, index) => 15 + index),
    );
    const events = test.next("history-full");
    const occurrences = [1, 2, 3].map((n) => ({
      stream: "e",
      value: { n },
      atMs: NOW + n,
      event: true as const,
    }));
    await ask(topics.historyPost(LAMP), encodeHistoryPost(7, occurrences));
    assert.equal((await events).kept, 2);
    assert.equal(test.events.filter(({ event }) => event === "history-full").length, 2);
  });

  it("keeps 360,000 samples of an hour, each in its place", async function () {
    this.timeout(60_000);
    await start();
    const names = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const seconds = 3600;
    let sent = 0;
    for (let from = 0; from < seconds; from += 36) {
      const points: Datapoint[] = [];
      for (const stream of names)
        for (let s = from; s < from + 36; s += 1) points.push({ stream, value: s, atMs: NOW + s * 1000 });
      const frame = publishFrame(topics.historyPost(LAMP), encodeHistoryPost(++sent, points), { qos: 1 });
      await lamp.ask(frame, PUBACK);
    }
    for (const stream of ["p0", "p57", "p99"]) {
      const kept = await history(LAMP, stream);
      assert.deepEqual(
        kept,
        Array.from({ length: seconds }, (_, s) => [NOW + s * 1000, String(s)]),
      );
    }
    const replies = test.events.filter((event) => event.event === "reply" && event.code === 200);
    assert.equal(replies.length, sent);
  });

  it("answers nothing else than what it answers: a batch in the form of a post is 2402", async () => {
    await start();
    const wrong: readonly (readonly [string, JsonValue])[] = [
      [topics.packPost(LAMP), { t: { value: 1 } }],
      [topics.historyPost(LAMP), [{ properties: { t: { value: 1 } } }]],
      [topicOf(LAMP, "event-post", {}), []],
    ];
    for (const [topic, params] of wrong) {
      const reply = await ask(topic, JSON.stringify({ id: "7", params }));
      assert.deepEqual(reply, { id: "7", code: 2402, msg: "request format error" });
    }
  });
});
