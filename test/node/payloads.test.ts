import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { MAX_PAYLOAD_BYTES } from "../../lib/protocol/limits";
import { topics } from "../../lib/protocol/topic";
import {
  assertDoneOnce,
  type CaughtError,
  feed,
  feedBadly,
  feedWell,
  give,
  statusesOf,
  waitForLastStatus,
} from "../support/feed";
import { datapointPublish, deviceConnection, flowOf, makeProduct, mqttOut } from "../support/flows";
import { type HelperEvent, type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const STREAMS = makeProduct("data-stream", "meter");
const THINGS = makeProduct("thing-model", "lamp");
const METER = { productId: STREAMS.productId, deviceName: "meter" };

interface Case {
  readonly name: string;
  readonly payload: unknown;
}

const circular: Record<string, unknown> = { name: "circle" };
circular["self"] = circular;
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

/** What has no place in a datapoint, one of each kind. */
const BAD_VALUES: readonly Case[] = [
  { name: "undefined", payload: undefined },
  { name: "null", payload: null },
  { name: "NaN", payload: Number.NaN },
  { name: "Infinity", payload: Number.POSITIVE_INFINITY },
  { name: "-Infinity", payload: Number.NEGATIVE_INFINITY },
  { name: "a BigInt of more than 64 bits", payload: 2n ** 64n },
  { name: "a function", payload: () => 1 },
  { name: "a symbol", payload: Symbol("s") },
  { name: "a Buffer", payload: Buffer.from("abc") },
  { name: "a Uint8Array", payload: new Uint8Array([1, 2]) },
  { name: "a Uint8Array of another realm", payload: runInNewContext("new Uint8Array([1, 2])") },
  { name: "an ArrayBuffer", payload: new ArrayBuffer(4) },
  { name: "a Map", payload: new Map([["a", 1]]) },
  { name: "a Set", payload: new Set([1]) },
  { name: "a RegExp", payload: /x/ },
  { name: "an Error", payload: new Error("x") },
  { name: "a Promise", payload: Promise.resolve(1) },
  { name: "an invalid Date", payload: new Date(Number.NaN) },
  { name: "a circle", payload: { value: circular } },
  { name: "too many levels", payload: { v: nested(6) } },
  { name: "a nested NaN", payload: [1, Number.NaN] },
  { name: "a nested undefined", payload: { v: [undefined] } },
  { name: "a hole in an array", payload: { v: new Array(2) } },
  { name: "a nested function", payload: { v: { f: () => 1 } } },
];

/** What can be one datapoint's value, and how it comes out on each kind of product. */
const GOOD_VALUES: readonly (Case & { readonly wire: unknown; readonly thingWire?: unknown })[] = [
  { name: "a number", payload: 21.5, wire: 21.5 },
  { name: "minus zero", payload: -0, wire: 0 },
  { name: "the smallest number", payload: 5e-324, wire: 5e-324 },
  { name: "text", payload: "on — 开", wire: "on — 开" },
  { name: "empty text", payload: "", wire: "" },
  { name: "true", payload: true, wire: 1, thingWire: true },
  { name: "false", payload: false, wire: 0, thingWire: false },
  {
    name: "a Date",
    payload: new Date(1_700_000_000_123),
    wire: "2023-11-14T22:13:20.123Z",
    thingWire: 1_700_000_000_123,
  },
  { name: "an array", payload: [1, "two", [3]], wire: [1, "two", [3]] },
];

describe("payloads of every JavaScript type", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  const cases = BAD_VALUES.length;
  const perCase = (make: (index: number) => ReturnType<typeof mqttOut>) => BAD_VALUES.map((_, i) => make(i));

  before(async () => {
    sim = await startTestSimulator({ products: [STREAMS, THINGS] });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        deviceConnection("c-lamp", sim.simulator, THINGS, "lamp"),
        datapointPublish("stream", "c-meter"),
        datapointPublish("thing", "c-lamp"),
        mqttOut("out", "c-meter", { topic: topics.datapointPost(METER) }),
        ...perCase((i) => datapointPublish(`stream${i}`, "c-meter", { stream: "v" })),
        ...perCase((i) => datapointPublish(`thing${i}`, "c-lamp", { stream: "v" })),
        ...perCase((i) => mqttOut(`out${i}`, "c-meter", { topic: topics.datapointPost(METER) })),
      ),
    );
    await feedWell(flow, "stream", { topic: "first", payload: 1 });
    await feedWell(flow, "thing", { topic: "first", payload: 1 });
  });

  after(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  /** A bad message fails, is shown and spoils nothing: the next one goes well and the status says so. */
  async function failsAlone(id: string, payload: unknown, good: unknown, code: string): Promise<CaughtError> {
    const caught = await feedBadly(flow, id, { payload }, code);
    const shown = await waitForLastStatus(flow, id, "status.error");
    assert.deepEqual([shown.fill, shown.shape], ["red", "dot"]);
    await feedWell(flow, id, { payload: good });
    await waitForLastStatus(flow, id, "connected");
    assertDoneOnce(flow, id, 2);
    return caught;
  }

  for (const product of ["stream", "thing"]) {
    it(`fails each bad value with its reason on a ${product} product, and the next one goes well`, async () => {
      const failures = await Promise.all(
        BAD_VALUES.map(({ payload }, i) =>
          failsAlone(`${product}${i}`, payload, i, "ONENET_DATAPOINT_INVALID"),
        ),
      );
      const reasons = new Set(failures.map(({ cause }) => cause?.key.split(".")[1]));
      assert.deepEqual([...reasons].sort(), ["circular", "not-finite", "too-deep", "type"]);
      for (const { message } of failures) assert.match(message, /“v”/);
    });
  }

  it("fails what has no form in a plain message, and the next one goes well", async () => {
    const known = new Set(["a circle", "a Uint8Array", "a Uint8Array of another realm", "a Buffer"]);
    const formless = BAD_VALUES.map((each, i) => ({ ...each, i })).filter(
      ({ name }) => !known.has(name) && !name.startsWith("a nested") && !/levels|hole/.test(name),
    );
    assert.ok(formless.length > 12 && formless.length < cases);
    await Promise.all(
      formless.map(({ payload, i }) =>
        failsAlone(`out${i}`, payload, `{"n":${i}}`, "ONENET_PAYLOAD_INVALID"),
      ),
    );
    const i = BAD_VALUES.findIndex(({ name }) => name === "a circle");
    await failsAlone(`out${i}`, circular, "fine", "ONENET_PAYLOAD_INVALID");
  });

  for (const { name, payload, wire, thingWire = wire } of GOOD_VALUES) {
    it(`takes ${name}`, async () => {
      await feedWell(flow, "stream0", { payload });
      assert.deepEqual(lastValue(STREAMS.productId, "v"), wire);
      await feedWell(flow, "thing0", { payload });
      assert.deepEqual(lastValue(THINGS.productId, "v"), thingWire);
    });
  }

  /** What the platform has as the newest value of a stream. */
  function lastValue(productId: string, stream: string): unknown {
    const posts = sim.events.filter((event) => event.event === "publish" && event.productId === productId);
    const last = posts.findLast((event) => event.event === "publish" && stream in (event.values ?? {}));
    return last?.event === "publish" ? last.values?.[stream] : undefined;
  }

  it("reads {stream: value} from a function node, whose objects are of another realm", async () => {
    const payload = runInNewContext("({ temperature: 21.5, on: true, place: { lat: 1 } })");
    await feedWell(flow, "stream", { payload });
    assert.equal(lastValue(STREAMS.productId, "temperature"), 21.5);
    assert.deepEqual(lastValue(STREAMS.productId, "place"), { lat: 1 });
    const points = runInNewContext('[{ stream: "humidity", value: 40, at: new Date(1700000000000) }]');
    await feedWell(flow, "stream", { payload: points });
    assert.equal(lastValue(STREAMS.productId, "humidity"), 40);
  });

  it("survives a message that cannot even be cloned for the Catch node", async () => {
    const trap = Object.defineProperty({}, "trap", {
      enumerable: true,
      get: () => {
        throw new Error("the trap");
      },
    });
    for (const id of ["stream", "thing", "out"]) {
      const msgid = await give(flow, id, { payload: trap });
      const isDone = (event: HelperEvent) => event.event === "complete" && event.msg["_msgid"] === msgid;
      const done = await flow.events.waitFor(isDone);
      assert.ok(done.event === "complete" && done.error);
      await feedWell(flow, id, { topic: "s", payload: 1 });
    }
  });

  const PLAIN: readonly (Case & { readonly text: string })[] = [
    { name: "text", payload: "{} 开", text: "{} 开" },
    { name: "empty text", payload: "", text: "" },
    { name: "a Buffer", payload: Buffer.from("bytes"), text: "bytes" },
    { name: "a Uint8Array", payload: new Uint8Array([0x61, 0x62]), text: "ab" },
    { name: "a slice of a Uint8Array", payload: new Uint8Array([0x61, 0x62, 0x63]).subarray(1), text: "bc" },
    { name: "a Uint8Array of another realm", payload: runInNewContext("new Uint8Array([97])"), text: "a" },
    { name: "a number", payload: -1.5, text: "-1.5" },
    { name: "a boolean", payload: false, text: "false" },
    { name: "an object", payload: { a: [1, { b: null }] }, text: '{"a":[1,{"b":null}]}' },
    { name: "an object of another realm", payload: runInNewContext("({ a: 1 })"), text: '{"a":1}' },
    { name: "an array", payload: [1, "b"], text: '[1,"b"]' },
    { name: "a Date", payload: new Date(5), text: '"1970-01-01T00:00:00.005Z"' },
  ];

  it("sends each form of a plain message as it should be", async () => {
    const topic = topics.datapointPost(METER);
    for (const { name, payload, text } of PLAIN) {
      const came = sim.next("publish", (event) => event.topic === topic);
      const sent = await feedWell(flow, "out", { payload });
      assert.equal((await came).payload, text, name);
      assert.deepEqual(sent["payload"], payload, `${name} goes on as it came`);
    }
  });

  it("takes 262,144 bytes and refuses one more before the wire, in every node", async () => {
    const fits = "x".repeat(MAX_PAYLOAD_BYTES);
    const links = sim.events.filter(({ event }) => event === "closed").length;
    const sent = await feed(flow, "out", { payload: fits });
    assert.equal(sent.error, undefined);
    const tooLarge = await feedBadly(flow, "out", { payload: `${fits}x` }, "ONENET_PAYLOAD_TOO_LARGE");
    assert.deepEqual(tooLarge.cause?.params, { bytes: MAX_PAYLOAD_BYTES + 1, maxBytes: MAX_PAYLOAD_BYTES });
    const half = MAX_PAYLOAD_BYTES / 2;
    await feedBadly(flow, "out", { payload: "开".repeat(half) }, "ONENET_PAYLOAD_TOO_LARGE");
    await feedWell(flow, "out", { payload: Buffer.alloc(MAX_PAYLOAD_BYTES, "x") });
    await feedBadly(
      flow,
      "out",
      { payload: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) },
      "ONENET_PAYLOAD_TOO_LARGE",
    );
    await largestDatapoint("stream");
    await largestDatapoint("thing");
    assert.equal(sim.events.filter(({ event }) => event === "closed").length, links, "the link stays");
  });

  /** The largest text that fits one post exactly, and one more byte. */
  async function largestDatapoint(id: string): Promise<void> {
    const at = 1_700_000_000_000;
    const probe = await feedWell(flow, id, { payload: [{ stream: "s", value: "", at }] });
    const { id: messageId } = probe["onenet"] as { id: string };
    const frame =
      id === "stream"
        ? `{"id":${messageId},"dp":{"s":[{"v":"","t":1700000000}]}}`
        : `{"id":"${messageId}","version":"1.0","params":{"s":{"value":"","time":1700000000000}}}`;
    const value = "x".repeat(MAX_PAYLOAD_BYTES - frame.length);
    await feedWell(flow, id, { payload: [{ stream: "s", value, at }] });
    const error = await feedBadly(
      flow,
      id,
      { payload: [{ stream: "s", value: `${value}x`, at }] },
      "ONENET_PAYLOAD_TOO_LARGE",
    );
    assert.equal(error.cause?.params["bytes"], MAX_PAYLOAD_BYTES + 1);
    await feedWell(flow, id, { payload: [{ stream: "s", value: "small", at }] });
  }

  const NAMES = [
    { id: "stream", good: "s".repeat(30), bad: "s".repeat(31) },
    { id: "stream", good: `$${"s".repeat(29)}`, bad: `$${"s".repeat(30)}` },
    { id: "stream", good: "a.b_9", bad: "a-b" },
    { id: "stream", good: "0", bad: "温度" },
    { id: "thing", good: "i".repeat(128), bad: "i".repeat(129) },
    { id: "thing", good: "_1", bad: "a.b" },
    { id: "thing", good: "toString", bad: "a b" },
    { id: "stream", good: "__proto__", bad: "a/b" },
  ];

  for (const { id, good, bad } of NAMES) {
    const shown = (name: string) => (name.length > 20 ? `${name.slice(0, 3)}… (${name.length})` : name);
    it(`takes “${shown(good)}” and refuses “${shown(bad)}” as the name of a ${id}`, async () => {
      const productId = id === "stream" ? STREAMS.productId : THINGS.productId;
      const accepted = await feedWell(flow, id, { topic: good, payload: 7 });
      assert.equal((accepted["onenet"] as { state: string }).state, "accepted");
      assert.equal(lastValue(productId, good), 7);
      await feedBadly(flow, id, { topic: bad, payload: 7 }, "ONENET_DATAPOINT_INVALID");
      await feedBadly(flow, id, { payload: { [bad]: 7 } }, "ONENET_DATAPOINT_INVALID");
      await feedWell(flow, id, { payload: JSON.parse(`{"${good}":8}`) });
      assert.equal(lastValue(productId, good), 8);
    });
  }

  it("says what is wrong with a stream name that is none", async () => {
    for (const topic of [undefined, "", null, 5, {}]) {
      await feedBadly(flow, "stream", { topic, payload: 7 }, "ONENET_DATAPOINT_INVALID");
    }
    for (const payload of [{}, []]) {
      const { cause } = await feedBadly(flow, "stream", { payload }, "ONENET_DATAPOINT_INVALID");
      assert.equal(cause?.key, "ONENET_DATAPOINT_INVALID.empty");
    }
    assert.equal(statusesOf(flow, "stream")[0]?.text, "node-red:common.status.connecting");
  });
});
