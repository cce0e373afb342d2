import assert from "node:assert/strict";
import { topics } from "../../../lib/protocol/topic";
import { PUBACK, PUBLISH, publishFrame, type RawMqtt, readPublish } from "../../support/raw-mqtt";
import { keyOf, STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const THING_LAMP = { productId: THING.productId, deviceName: "lamp" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };
const NOW = 1_893_456_000_123;

/** Property posts and the platform's answers. @see device-mqtt.md §6.3, §12 */
const PROPERTY_POSTS: readonly (readonly [name: string, payload: string, reply: object])[] = [
  ["a post", '{"id":"1","version":"1.0","params":{"t":{"value":1}}}', { id: "1", code: 200, msg: "success" }],
  [
    "with a time",
    `{"id":"12","params":{"t":{"value":1,"time":${NOW}}}}`,
    { id: "12", code: 200, msg: "success" },
  ],
  [
    "a misspelt version",
    '{"id":"3","verson":"1.0","params":{"t":{"value":"1"}}}',
    { id: "3", code: 200, msg: "success" },
  ],
  ["a numeric id", '{"id":4,"params":{"t":{"value":1}}}', { id: "4", code: 200, msg: "success" }],
  ["an array as value", '{"id":"5","params":{"t":{"value":[1,2]}}}', { id: "5", code: 200, msg: "success" }],
  ["no JSON", "{", { id: "", code: 2402, msg: "request format error" }],
  [
    "a trailing comma",
    '{"id":"1","params":{"t":{"value":30,}}}',
    { id: "", code: 2402, msg: "request format error" },
  ],
  ["flat params", '{"id":"1","params":{"t":23}}', { id: "1", code: 2402, msg: "request format error" }],
  ["no id", '{"params":{"t":{"value":1}}}', { id: "", code: 2403, msg: "required msg id" }],
  ["an id of null", '{"id":null,"params":{"t":{"value":1}}}', { id: "", code: 2403, msg: "required msg id" }],
  [
    "an id of letters",
    '{"id":"abc","params":{"t":{"value":1}}}',
    { id: "abc", code: 2405, msg: "msg id invalid" },
  ],
  ["no value", '{"id":"1","params":{"t":{}}}', { id: "1", code: 2409, msg: "required value:identifier:t" }],
  [
    "a value of null",
    '{"id":"1","params":{"t":{"value":null}}}',
    { id: "1", code: 2409, msg: "required value:identifier:t" },
  ],
  [
    "a time in seconds",
    '{"id":"1","params":{"t":{"value":1,"time":1893456000}}}',
    { id: "1", code: 2415, msg: "invalid time:identifier:t" },
  ],
  [
    "one bad identifier of two",
    '{"id":"1","params":{"s":{"value":1},"t":{"value":null}}}',
    { id: "1", code: 2409, msg: "required value:identifier:t" },
  ],
];

const ILLEGAL = { err_code: 98, err_msg: "illegal data" };
const DATAPOINT_POSTS: readonly (readonly [name: string, payload: string, reply: object])[] = [
  [
    "a post",
    '{"id":123,"dp":{"t":[{"v":30.5,"t":1893456000},{"v":31}],"loc":[{"v":{"lat":1}}]}}',
    { id: 123 },
  ],
  ["no JSON", "{", { id: -1, ...ILLEGAL }],
  ["the official sample's trailing comma", '{"id":1,"dp":{"t":[{"v":30,}]}}', { id: -1, ...ILLEGAL }],
  ["no id", '{"dp":{"t":[{"v":1}]}}', { id: -1, ...ILLEGAL }],
  ["a value that is no list", '{"id":1,"dp":{"t":{"v":1}}}', { id: 1, ...ILLEGAL }],
  ["a value of null", '{"id":1,"dp":{"t":[{"v":null}]}}', { id: 1, ...ILLEGAL }],
  ["no datapoint", '{"id":1,"dp":{}}', { id: 1, ...ILLEGAL }],
];

describe("simulator uplinks", () => {
  let test: TestSimulator;
  beforeEach(async () => {
    test = await startTestSimulator();
  });
  afterEach(() => test.stop());

  async function ask(client: RawMqtt, topic: string, payload: string | Buffer) {
    const { topic: on, payload: reply } = readPublish(
      await client.ask(publishFrame(topic, payload), PUBLISH),
    );
    return { topic: on, reply: JSON.parse(reply) as object };
  }

  describe("thing/property/post", () => {
    for (const [name, payload, reply] of PROPERTY_POSTS) {
      it(`answers ${name}`, async () => {
        const client = await test.login(THING, "lamp");
        await client.subscribe([topics.propertyPostReply(THING_LAMP), 0]);
        const told = test.next("reply");
        const got = await ask(client, topics.propertyPost(THING_LAMP), payload);
        assert.deepEqual(got, { topic: topics.propertyPostReply(THING_LAMP), reply });
        const { code, message, messageId, delivered } = await told;
        assert.deepEqual({ id: messageId, code, msg: message }, reply);
        assert.equal(delivered, true);
        const refusals = test.events.filter(({ event }) => event === "refused");
        assert.equal(refusals.length, code === 200 ? 0 : 1);
        await client.settle();
      });
    }

    it("stores the last value of each, and nothing of a refused post", async () => {
      const client = await test.login(THING, "lamp");
      const send = (params: object) =>
        client.ask(
          publishFrame(topics.propertyPost(THING_LAMP), JSON.stringify({ id: "1", params }), { qos: 1 }),
          PUBACK,
        );
      await send({
        t: { value: 20.5, time: NOW },
        on: { value: true, time: NOW },
        n: { value: 7, time: NOW },
      });
      await send({ t: { value: 19, time: NOW - 1 }, name: { value: "a b", time: NOW } });
      await send({ t: { value: 99 }, on: { value: null } });
      await send({ s: { value: { x: [1] }, time: NOW }, l: { value: [1, 2], time: NOW } });
      const { data } = await test.simulator.cloud.currentProperties(THING_LAMP);
      const shown = (data as Record<string, unknown>[]).map((item) => [
        item["identifier"],
        item["data_type"],
        item["value"],
        item["time"],
      ]);
      assert.deepEqual(shown, [
        ["t", "double", "20.5", NOW],
        ["on", "bool", "true", NOW],
        ["n", "int64", "7", NOW],
        ["name", "string", "a b", NOW],
        ["s", "struct", '{"x":[1]}', NOW],
        ["l", "array", "[1,2]", NOW],
      ]);
    });
  });

  describe("dp/post/json", () => {
    for (const [name, payload, reply] of DATAPOINT_POSTS) {
      it(`answers ${name}`, async () => {
        const client = await test.login(STREAM, "lamp");
        await client.subscribe([topics.datapointReplyFilter(STREAM_LAMP), 0]);
        const got = await ask(client, topics.datapointPost(STREAM_LAMP), payload);
        const topic = "err_code" in reply ? topics.datapointRejected : topics.datapointAccepted;
        assert.deepEqual(got, { topic: topic(STREAM_LAMP), reply });
        await client.settle();
      });
    }

    it("stores the last point of each stream", async () => {
      const client = await test.login(STREAM, "lamp");
      const dp = {
        t: [
          { v: 1, t: 1_893_456_000 },
          { v: 2, t: 1_893_456_000 },
        ],
        loc: [{ v: { lat: 1 }, t: 1_893_456_001 }],
      };
      await client.ask(
        publishFrame(topics.datapointPost(STREAM_LAMP), JSON.stringify({ id: 1, dp }), { qos: 1 }),
        PUBACK,
      );
      const all = await test.simulator.cloud.currentDatapoints(STREAM_LAMP);
      const devices = (all.data as { devices: { id: string; title: string; datastreams: object[] }[] })
        .devices;
      assert.equal(devices[0]?.title, "lamp");
      assert.deepEqual(devices[0]?.datastreams, [
        { id: "t", at: "2030-01-01 08:00:00.000", value: 2 },
        { id: "loc", at: "2030-01-01 08:00:01.000", value: { lat: 1 } },
      ]);
      const some = await test.simulator.cloud.currentDatapoints({ ...STREAM_LAMP, streams: ["loc", "none"] });
      assert.deepEqual(
        (
          some.data as typeof all.data & { devices: { datastreams: { id: string }[] }[] }
        ).devices[0]?.datastreams.map(({ id }) => id),
        ["loc"],
      );
    });
  });

  it("replies to nobody who has not subscribed", async () => {
    const client = await test.login(THING, "lamp");
    const told = test.next("reply");
    await client.ask(
      publishFrame(topics.propertyPost(THING_LAMP), PROPERTY_POSTS[0]?.[1] ?? "", { qos: 1 }),
      PUBACK,
    );
    assert.equal((await told).delivered, false);
    await client.settle();
    assert.equal(client.frames.filter(({ type }) => type === PUBLISH).length, 0);
  });

  it("tells what was published, with its values", async () => {
    const client = await test.login(THING, "lamp");
    const told = test.next("publish");
    const payload = '{"id":"9","params":{"t":{"value":1},"u":{"value":"x"}}}';
    client.send(publishFrame(topics.propertyPost(THING_LAMP), payload, { qos: 1 }));
    const { at: _, ...event } = await told;
    assert.deepEqual(event, {
      event: "publish",
      ...THING_LAMP,
      topic: topics.propertyPost(THING_LAMP),
      qos: 1,
      payloadBytes: payload.length,
      payload,
      messageId: "9",
      values: { t: 1, u: "x" },
    });
  });

  it("tells no secret of what was published, and no more than 4,096 characters", async () => {
    const client = await test.login(THING, "lamp");
    const told = test.next("publish");
    const secrets = `${keyOf(THING, "lamp")} ${THING.productKey} version=2018-10-31&sign=abc%3D&x=1 `;
    client.send(publishFrame(topics.propertyPost(THING_LAMP), secrets + "y".repeat(5000)));
    const { payload, truncated, payloadBytes } = await told;
    assert.ok(payload.startsWith("••• ••• version=2018-10-31&sign=•••&x=1 yyy"));
    assert.equal(payload.length, 4096);
    assert.deepEqual([truncated, payloadBytes], [true, secrets.length + 5000]);
  });

  it("shares no value with a listener", async () => {
    test.simulator.on((event) => {
      if (event.event === "publish") Object.assign(event.values?.["loc"] as object, { lat: 2 });
    });
    const client = await test.login(STREAM, "lamp");
    const payload = '{"id":1,"dp":{"loc":[{"v":{"lat":1}}]}}';
    await client.ask(publishFrame(topics.datapointPost(STREAM_LAMP), payload, { qos: 1 }), PUBACK);
    for (let time = 1; time <= 2; time += 1) {
      const { data } = await test.simulator.cloud.currentDatapoints(STREAM_LAMP);
      const { value } =
        (data as { devices: { datastreams: { value: object }[] }[] }).devices[0]?.datastreams[0] ?? {};
      assert.deepEqual(value, { lat: 1 });
      Object.assign(value as object, { lat: 3 });
    }
  });

  it("does not depend on a listener that throws, and stops telling one that has left", async () => {
    let heard = 0;
    const leave = test.simulator.on(() => {
      heard += 1;
      throw new Error("a listener's own affair");
    });
    const client = await test.login(THING, "lamp");
    await client.settle();
    assert.equal(heard, 1);
    leave();
    await client.subscribe([topics.thingFilter(THING_LAMP), 0]);
    assert.equal(heard, 1);
  });
});
