import assert from "node:assert/strict";
import { MAX_TOPIC_LEVELS } from "../../lib/protocol/limits";
import { topics } from "../../lib/protocol/topic";
import { assertDoneOnce, feed, feedBadly, feedWell, statusesOf, waitForLastStatus } from "../support/feed";
import { deviceConnection, type Fields, flowOf, makeProduct, mqttOut } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp", "fan", "daring");
const STREAMS = makeProduct("data-stream", "lamp");
const LAMP = { productId: THINGS.productId, deviceName: "lamp" };
const FAN = { ...LAMP, deviceName: "fan" };
const METER = { productId: STREAMS.productId, deviceName: "lamp" };
const POST = topics.propertyPost(LAMP);
const GOOD = { topic: POST, payload: { id: "1", version: "1.0", params: { a: { value: 1 } } } };

interface Refusal {
  readonly name: string;
  readonly topic: unknown;
  readonly key: string;
}

const device = `$sys/${LAMP.productId}/lamp`;

const REFUSED: readonly Refusal[] = [
  { name: "no topic", topic: undefined, key: "ONENET_TOPIC_INVALID.empty" },
  { name: "null", topic: null, key: "ONENET_TOPIC_INVALID.empty" },
  { name: "empty text", topic: "", key: "ONENET_TOPIC_INVALID.empty" },
  { name: "a number", topic: 5, key: "ONENET_TOPIC_INVALID.type" },
  { name: "an object", topic: {}, key: "ONENET_TOPIC_INVALID.type" },
  { name: "#", topic: `${device}/#`, key: "ONENET_TOPIC_INVALID.wildcard" },
  { name: "+", topic: `${device}/+/x`, key: "ONENET_TOPIC_INVALID.wildcard" },
  { name: "a null character", topic: `${device}/\0`, key: "ONENET_TOPIC_INVALID.null" },
  { name: "65,536 bytes", topic: `$${"t".repeat(65_535)}`, key: "ONENET_TOPIC_INVALID.length" },
  { name: "65,535 bytes", topic: `$${"t".repeat(65_534)}`, key: "ONENET_TOPIC_FORBIDDEN.foreign" },
  {
    name: "a level too many",
    topic: `${device}${"/x".repeat(MAX_TOPIC_LEVELS - 2)}`,
    key: "ONENET_TOPIC_INVALID.levels",
  },
  {
    name: "as many levels as may be",
    topic: `${device}${"/x".repeat(MAX_TOPIC_LEVELS - 3)}`,
    key: "ONENET_TOPIC_FORBIDDEN.unknown",
  },
  { name: "Chinese characters", topic: `${device}/温度`, key: "ONENET_TOPIC_INVALID.characters" },
  { name: "another device", topic: topics.propertyPost(FAN), key: "ONENET_TOPIC_FORBIDDEN.foreign" },
  { name: "another product", topic: topics.datapointPost(METER), key: "ONENET_TOPIC_FORBIDDEN.foreign" },
  { name: "somebody else's whole tree", topic: "home/kitchen", key: "ONENET_TOPIC_FORBIDDEN.foreign" },
  { name: "a platform topic", topic: topics.propertySet(LAMP), key: "ONENET_TOPIC_FORBIDDEN.platform" },
  { name: "the other product kind", topic: topics.datapointPost(LAMP), key: "ONENET_TOPIC_FORBIDDEN.kind" },
  { name: "a topic nobody knows", topic: `${device}/thing/wings`, key: "ONENET_TOPIC_FORBIDDEN.unknown" },
];

describe("onenet-mqtt-out on a OneNET device", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    const out = (id: string, fields: Fields = {}) => mqttOut(id, "c", fields);
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", sim.simulator, THINGS, "lamp"),
        deviceConnection("c-daring", sim.simulator, THINGS, "daring"),
        out("out"),
        out("fixed", { topic: POST, qos: "0", retain: "false" }),
        out("lower", { whenUnsupported: "lower" }),
        out("qos2", { topic: POST, qos: "2" }),
        out("retained", { topic: POST, retain: "true" }),
        out("sent", { topic: POST, completeWhen: "sent" }),
        out("queued", { topic: POST, completeWhen: "queued" }),
        mqttOut("daring", "c-daring", { sendAnyway: true }),
        ...REFUSED.map((_, i) => out(`refused${i}`)),
      ),
    );
    await feedWell(flow, "out", GOOD);
  });

  after(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  const closed = () => sim.events.filter(({ event }) => event === "closed").length;

  it("refuses every topic that would cut the link, with its reason, and the next message goes well", async () => {
    await Promise.all(
      REFUSED.map(async ({ name, topic, key }, i) => {
        const id = `refused${i}`;
        const code = key.split(".")[0] ?? "";
        const { cause } = await feedBadly(flow, id, { topic, payload: "x" }, code);
        assert.equal(cause?.key, key, name);
        await waitForLastStatus(flow, id, "status.error");
        await feedWell(flow, id, GOOD);
        await waitForLastStatus(flow, id, "connected");
        assertDoneOnce(flow, id, 2);
      }),
    );
    assert.equal(closed(), 0, "the link stays");
  });

  it("shortens what it says of an endless topic", async () => {
    const { message } = await feedBadly(
      flow,
      "out",
      { topic: "t".repeat(60_000), payload: 1 },
      "ONENET_TOPIC_FORBIDDEN",
    );
    assert.ok(message.length < 500);
  });

  it("takes topic, QoS and retain from the form before the message", async () => {
    const came = sim.next("publish");
    const sent = await feedWell(flow, "fixed", { ...GOOD, topic: "ignored", qos: 2, retain: true });
    const { topic, qos } = await came;
    assert.deepEqual([topic, qos], [POST, 0]);
    assert.equal(sent["topic"], "ignored", "the message goes on as it came");
    assert.equal((sent["onenet"] as { state: string }).state, "sent", "all that QoS 0 can know");
  });

  it("takes QoS from the message, 1 without, and refuses what is none", async () => {
    for (const [asked, expected] of [
      [undefined, 1],
      [null, 1],
      [0, 0],
      ["1", 1],
    ] as const) {
      const came = sim.next("publish");
      await feedWell(flow, "out", { ...GOOD, qos: asked });
      assert.equal((await came).qos, expected);
    }
    for (const qos of [3, -1, 0.5, Number.NaN, "", "high", true, {}]) {
      const { cause } = await feedBadly(flow, "out", { ...GOOD, qos }, "ONENET_QOS_UNSUPPORTED");
      assert.equal(cause?.key, "ONENET_QOS_UNSUPPORTED.value");
    }
  });

  it("refuses QoS 2 and retain, from the form and from a message", async () => {
    for (const [id, msg, key] of [
      ["qos2", GOOD, "ONENET_QOS_UNSUPPORTED.qos"],
      ["out", { ...GOOD, qos: 2 }, "ONENET_QOS_UNSUPPORTED.qos"],
      ["retained", GOOD, "ONENET_QOS_UNSUPPORTED.retain"],
      ["out", { ...GOOD, retain: true }, "ONENET_QOS_UNSUPPORTED.retain"],
    ] as const) {
      const { cause } = await feedBadly(flow, id, msg, "ONENET_QOS_UNSUPPORTED");
      assert.equal(cause?.key, key);
      await waitForLastStatus(flow, id, "status.error");
    }
    assert.equal(closed(), 0);
  });

  it("lowers them where the node says so", async () => {
    const came = sim.next("publish");
    const { onenet } = await feedWell(flow, "lower", { ...GOOD, qos: 2, retain: true });
    assert.equal((await came).qos, 1);
    assert.equal((onenet as { state: string }).state, "acknowledged");
    assert.equal(closed(), 0, "without retain");
  });

  it("is complete when it is queued, sent or acknowledged", async () => {
    const { end } = sim.simulator.faults.delayAck({ delayMs: 50 });
    for (const [id, state] of [
      ["queued", "queued"],
      ["sent", "sent"],
      ["out", "acknowledged"],
    ] as const) {
      const { onenet } = await feedWell(flow, id, GOOD);
      assert.equal((onenet as { state: string }).state, state);
    }
    end();
  });

  it("leaves MQTT 5 properties out: the platform speaks 3.1.1", async () => {
    await feedWell(flow, "out", { ...GOOD, contentType: "text/plain", userProperties: { a: "b" } });
  });

  it("sends anyway where told: the platform closes the link, the message is named, the next goes well", async function () {
    this.timeout(30_000);
    await feedWell(flow, "daring", {
      topic: topics.propertyPost({ ...LAMP, deviceName: "daring" }),
      payload: "{}",
    });
    const { error } = await feed(flow, "daring", { topic: "home/kitchen", payload: 1 }, 20_000);
    assert.equal(error?.code, "ONENET_PUBLISH_CLOSED_LINK");
    assert.match(error?.message ?? "", /home\/kitchen/);
    assert.ok(statusesOf(flow, "daring").some(({ fill, shape }) => fill === "red" && shape === "ring"));
    await feedWell(flow, "daring", {
      topic: topics.propertyPost({ ...LAMP, deviceName: "daring" }),
      payload: "{}",
    });
    const refused = sim.events.filter((event) => event.event === "refused" && event.what === "publish");
    assert.equal(refused.length, 3, "tried three times");
  });
});
