import assert from "node:assert/strict";
import { encodeHistoryPost } from "../../../lib/protocol/batch";
import { encodeEventPost } from "../../../lib/protocol/event";
import { topicOf, topics } from "../../../lib/protocol/topic";
import type { CloudEnvelope } from "../../../lib/simulator/cloud-envelope";
import { readModelFile } from "../../support/models";
import { PUBLISH, publishFrame, readPublish } from "../../support/raw-mqtt";
import { productToken, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { RawThing } from "../../support/simulated-thing";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const ABOUT = { product_id: THING.productId, device_name: "lamp" };
const QUERY = `product_id=${THING.productId}&device_name=lamp`;
const NOW = 1_893_456_000_000;
const SPAN = `start_time=${NOW}&end_time=${NOW + 3_600_000}`;

describe("simulator cloud API for things", () => {
  let test: TestSimulator;
  let lamp: RawThing;
  const start = async (model?: string) => {
    const thing = model === undefined ? THING : { ...THING, model };
    test = await startTestSimulator({ httpPort: 0, products: [thing] });
    lamp = await RawThing.login(test, THING, "lamp");
  };
  afterEach(() => test.stop());

  async function call(path: string, body?: object | string): Promise<CloudEnvelope> {
    const response = await fetch(`http://127.0.0.1:${test.simulator.httpPort}${path}`, {
      headers: { authorization: productToken(THING), "content-type": "application/json" },
      ...(body === undefined
        ? {}
        : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    assert.equal(response.status, 200);
    return (await response.json()) as CloudEnvelope;
  }

  const listOf = ({ data }: CloudEnvelope) => (data as { list: Record<string, unknown>[] }).list;

  it("shows the thing model, to who names the product alone", async () => {
    await start(readModelFile("2024-console.json"));
    const { code, data } = await call(`/thingmodel/query-thing-model?product_id=${THING.productId}`);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(data as object), ["properties", "events", "services"]);
  });

  it("pages through a history of 36,000 samples", async function () {
    this.timeout(60_000);
    await start();
    const seconds = 3600;
    const names = Array.from({ length: 10 }, (_, index) => `p${index}`);
    for (let from = 0; from < seconds; from += 100) {
      const points = names.flatMap((stream) =>
        Array.from({ length: 100 }, (_, s) => ({ stream, value: from + s, atMs: NOW + (from + s) * 1000 })),
      );
      const { code } = await lamp.askRaw(topics.historyPost(LAMP), encodeHistoryPost(1 + from, points));
      assert.equal(code, 200);
    }
    const path = `/thingmodel/query-device-property-history?${QUERY}&identifier=p7&${SPAN}`;
    const found: string[] = [];
    for (let offset = 0; ; offset += 100) {
      const envelope = await call(`${path}&limit=100&offset=${offset}`);
      const { meta } = envelope.data as { meta: object };
      assert.deepEqual(meta, { limit: 100, offset });
      const list = listOf(envelope);
      if (list.length === 0) break;
      for (const { time, value } of list) found.push(`${time} ${value}`);
    }
    assert.deepEqual(
      found,
      Array.from({ length: seconds }, (_, s) => `${NOW + s * 1000} ${s}`),
    );
    const newest = listOf(await call(`${path}&sort=2`)).map(({ value }) => value);
    assert.deepEqual(newest, [
      "3599",
      "3598",
      "3597",
      "3596",
      "3595",
      "3594",
      "3593",
      "3592",
      "3591",
      "3590",
    ]);
  });

  it("shows events by kind and name", async () => {
    const outputData: object[] = [];
    const events = ["info", "alert", "error"].map((eventType) => ({
      identifier: eventType,
      name: `name of ${eventType}`,
      eventType,
      outputData,
    }));
    await start(JSON.stringify({ properties: [], events, services: [] }));
    const points = events.map(({ identifier }, index) => ({
      stream: identifier,
      value: {},
      atMs: NOW + index,
      event: true as const,
    }));
    const { code } = await lamp.askRaw(topics.eventPost(LAMP), encodeEventPost(1, points));
    assert.equal(code, 200);
    const path = `/device/event-log?${QUERY}&${SPAN}`;
    const all = listOf(await call(path));
    assert.deepEqual(all[1], {
      event_type: 2,
      identifier: "alert",
      name: "name of alert",
      time: String(NOW + 1),
      value: "{}",
    });
    const names = async (more: string) =>
      listOf(await call(`${path}${more}`)).map(({ identifier }) => identifier);
    assert.deepEqual(await names(""), ["info", "alert", "error"]);
    assert.deepEqual(await names("&event_type=3"), ["error"]);
    assert.deepEqual(await names("&identifier=info"), ["info"]);
    assert.deepEqual(await names("&identifier=info&event_type=2"), []);
    assert.deepEqual(await names("&sort=2&limit=1&offset=1"), ["alert"]);
  });

  it("calls a service and shows it in the log", async () => {
    await start();
    lamp.answerWith(() => ({ code: 200, data: { done: true } }));
    const body = { ...ABOUT, identifier: "blink", params: { times: 1 } };
    const { code, data } = await call("/thingmodel/call-service", body);
    assert.deepEqual([code, data], [0, { done: true }]);
    const span = `start_time=0&end_time=${Date.now() + 1000}`;
    const [entry] = listOf(await call(`/device/service-log?${QUERY}&${span}&identifier=blink`));
    assert.deepEqual([entry?.["identifier"], entry?.["code"]], ["blink", 200]);
    assert.deepEqual(listOf(await call(`/device/service-log?${QUERY}&${span}&identifier=x`)), []);
  });

  it("sets, queries and deletes desired values", async () => {
    await start();
    assert.equal(
      (await call("/thingmodel/set-device-desired-property", { ...ABOUT, params: { on: true } })).code,
      0,
    );
    const query = (params?: unknown) =>
      call("/thingmodel/query-device-desired-property", { ...ABOUT, params });
    assert.deepEqual((await query()).data, { params: { on: { value: true, version: 1 } } });
    assert.deepEqual((await query(["x"])).data, { params: {} });
    const gone = { ...ABOUT, params: { on: { version: 1 } } };
    assert.equal((await call("/thingmodel/delete-device-desired-property", gone)).code, 0);
    assert.deepEqual((await query()).data, { params: {} });
  });

  it("changes a topology, and tells the gateway", async () => {
    await start();
    lamp.answerWith(() => ({ code: 200 }));
    const subList = [{ productID: THING.productId, deviceName: "fan" }];
    assert.equal((await call("/simulator/topo-change", { ...ABOUT, subList })).code, 0);
    assert.deepEqual(lamp.asked.all[0]?.params, { subList });
    assert.deepEqual((await lamp.ask("topo-get", undefined)).data, subList);
  });

  it("tells of an upgrade and brings what the device says", async () => {
    await start();
    lamp.answerWith(() => ({ code: 200 }));
    assert.equal((await call("/simulator/ota-inform", { ...ABOUT, params: { version: "2" } })).code, 10500);
    await lamp.client.subscribe([`${topicOf(LAMP, "ota-inform", {})}`, 0]);
    const told = await call("/simulator/ota-inform", { ...ABOUT, params: { version: "2" } });
    const [asked] = lamp.asked.all;
    assert.deepEqual([asked?.topic, asked?.params], [topicOf(LAMP, "ota-inform", {}), { version: "2" }]);
    assert.deepEqual([told.code, told.data], [0, { id: asked?.id, code: 200, msg: "success" }]);
    lamp.answerWith(() => ({ code: 100, msg: "busy" }));
    const refused = await call("/simulator/ota-inform", { ...ABOUT, params: {} });
    assert.deepEqual([refused.code, refused.msg], [10500, "busy"]);
    assert.equal((await call("/simulator/ota-inform", ABOUT)).code, 10001);
  });

  it("sends bytes down and brings the device's", async () => {
    await start();
    const filter = topicOf(LAMP, "custome-down", { downId: "+" });
    await lamp.client.subscribe([filter, 0]);
    lamp.client.heard = () => undefined;
    const down = lamp.client.next(PUBLISH);
    const answer = call(`/simulator/custome-down?${QUERY}`, "01 02");
    const { topic, payload } = readPublish(await down);
    assert.equal(payload, "01 02");
    lamp.client.send(publishFrame(topic.replace("/down/", "/down_reply/"), "03"));
    const { code, data } = await answer;
    const id = topic.split("/").at(-1);
    assert.deepEqual([code, data], [0, { id, reply: Buffer.from("03").toString("base64") }]);
  });

  for (const [name, path] of [
    ["a history of no property", `/thingmodel/query-device-property-history?${QUERY}&${SPAN}`],
    ["a history of no time", `/thingmodel/query-device-property-history?${QUERY}&identifier=t`],
    ["a time that is none", `/device/event-log?${QUERY}&start_time=today&end_time=1`],
    ["a page of 101", `/device/event-log?${QUERY}&${SPAN}&limit=101`],
    ["another order", `/device/service-log?${QUERY}&${SPAN}&sort=3`],
    ["an event of another kind", `/device/event-log?${QUERY}&${SPAN}&event_type=4`],
  ] as const) {
    it(`answers 10001 to ${name}`, async () => {
      await start();
      assert.equal((await call(path)).code, 10001);
    });
  }
});
