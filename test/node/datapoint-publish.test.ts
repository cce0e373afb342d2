import assert from "node:assert/strict";
import type { PublishEvent } from "../../lib/simulator/events";
import { feed, feedBadly, feedWell, waitForLastStatus } from "../support/feed";
import { CATCH, datapointPublish, deviceConnection, flowOf, makeProduct } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const STREAMS = makeProduct("data-stream", "meter");
const THINGS = makeProduct("thing-model", "lamp", "old-lamp");
const AT = 1_700_000_000_000;

interface Receipt {
  readonly state: string;
  readonly id: string;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly sentAt: number;
  readonly acknowledgedAt: number;
  readonly acceptedAt: number;
  readonly failed?: readonly { stream: string; code: string; message: string }[];
}

const receiptOf = (msg: Record<string, unknown>) => msg["onenet"] as Receipt;

describe("onenet-datapoint-publish", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  before(async () => {
    process.env["ONENET_TEST_STREAM"] = "from_env";
    sim = await startTestSimulator({ products: [STREAMS, THINGS] });
    const typed = (type: string, stream: string) =>
      datapointPublish(type, "c-meter", { stream, streamType: type });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        deviceConnection("c-lamp", sim.simulator, THINGS, "lamp"),
        deviceConnection("c-old", sim.simulator, THINGS, "old-lamp", { postHistory: false }),
        datapointPublish("stream", "c-meter"),
        datapointPublish("single", "c-old"),
        datapointPublish("thing", "c-lamp"),
        datapointPublish("fixed", "c-meter", { stream: "fixed" }),
        typed("msg", "where.to"),
        typed("flow", "name"),
        typed("global", "name"),
        typed("env", "ONENET_TEST_STREAM"),
        typed("jsonata", "'s' & $string(payload)"),
        datapointPublish("bad-jsonata", "c-meter", { stream: "payload +", streamType: "jsonata" }),
        datapointPublish("throwing", "c-meter", { stream: "$error('no name')", streamType: "jsonata" }),
        datapointPublish("unstamped", "c-meter", { stampAtInput: false }),
        datapointPublish("raw-booleans", "c-meter", { booleansAsNumbers: false }),
        datapointPublish("all", "c-meter", { allOrNothing: true }),
      ),
    );
  });

  after(async () => {
    delete process.env["ONENET_TEST_STREAM"];
    await flow?.unload();
    await sim?.stop();
  });

  afterEach(() => sim.simulator.faults.clear());

  /** What goes over the wire for one message. */
  async function wireOf(id: string, msg: Record<string, unknown>): Promise<Record<string, unknown>> {
    const came = sim.next("publish");
    await feedWell(flow, id, msg);
    return JSON.parse((await came).payload);
  }

  const streamsOf = async (id: string, msg: Record<string, unknown>) => (await wireOf(id, msg))["dp"];

  describe("where a value belongs", () => {
    it("takes the stream from each kind of typed input", async () => {
      flow.node("flow").context().flow.set("name", "from_flow");
      flow.node("global").context().global.set("name", "from_global");
      const names = {
        fixed: "fixed",
        msg: "a.b",
        flow: "from_flow",
        global: "from_global",
        env: "from_env",
        jsonata: "s7",
      };
      for (const [id, name] of Object.entries(names)) {
        const wire = await streamsOf(id, { payload: 7, topic: "topic", where: { to: "a.b" } });
        assert.deepEqual(Object.keys(wire as object), [name], id);
      }
    });

    it("falls back to msg.topic when the typed input gives nothing", async () => {
      assert.deepEqual(Object.keys((await streamsOf("msg", { payload: 7, topic: "t" })) as object), ["t"]);
      assert.deepEqual(Object.keys((await streamsOf("stream", { payload: 7, topic: "t" })) as object), ["t"]);
    });

    it("says what is wrong with an expression, at deploy and with every message", async () => {
      const { message } = await feedBadly(flow, "bad-jsonata", { payload: 1 }, "ONENET_PROPERTY_UNRESOLVED");
      assert.match(message, /stream/i);
      assert.equal((await waitForLastStatus(flow, "bad-jsonata", "status.error")).shape, "ring", "for good");
      const atDeploy = flow.events.filter(
        (event) => event.event === "send" && event.node === CATCH && event.msg["payload"] === undefined,
      );
      assert.equal(atDeploy.length, 1);
      const thrown = await feedBadly(flow, "throwing", { payload: 1 }, "ONENET_PROPERTY_UNRESOLVED");
      assert.match(thrown.message, /no name/);
    });
  });

  describe("the forms of a payload", () => {
    it("takes {stream: value, …}", async () => {
      const wire = await streamsOf("stream", { payload: { a: 1, b: "x" } });
      assert.deepEqual(stripTimes(wire), { a: [{ v: 1 }], b: [{ v: "x" }] });
    });

    it("takes one {stream, value, at} and an array of them, with topics for those without a name", async () => {
      assert.deepEqual(await streamsOf("stream", { payload: { stream: "s", value: 1, at: AT } }), {
        s: [{ v: 1, t: AT / 1000 }],
      });
      const payload = [
        { stream: "s", value: 1, at: AT },
        { value: 2, at: AT },
      ];
      assert.deepEqual(await streamsOf("stream", { payload, topic: "t" }), {
        s: [{ v: 1, t: AT / 1000 }],
        t: [{ v: 2, t: AT / 1000 }],
      });
    });

    it("takes an object as one value when a stream is named in the form", async () => {
      assert.deepEqual(stripTimes(await streamsOf("fixed", { payload: { lat: 1, lng: 2 } })), {
        fixed: [{ v: { lat: 1, lng: 2 } }],
      });
      assert.deepEqual(stripTimes(await streamsOf("fixed", { payload: [1, 2] })), { fixed: [{ v: [1, 2] }] });
      assert.deepEqual(await streamsOf("fixed", { payload: [{ value: 3, at: AT }] }), {
        fixed: [{ v: 3, t: AT / 1000 }],
      });
    });

    it("keeps the order of a stream within a second", async () => {
      const payload = [3, 1, 2].map((value, i) => ({ stream: "s", value, at: AT + i }));
      assert.deepEqual(await streamsOf("stream", { payload }), {
        s: [3, 1, 2].map((v) => ({ v, t: AT / 1000 })),
      });
    });

    it("posts several samples of one identifier as history, and the newest one as it is", async () => {
      const came = sim.next("publish");
      const newest = sim.next("publish", ({ topic }) => topic.endsWith("/thing/property/post"));
      const payload = [3, 1, 2].map((value, i) => ({ stream: "s", value, at: AT + i }));
      await feedWell(flow, "thing", { payload });
      const { topic, stored } = await came;
      assert.match(topic, /\/thing\/history\/post$/);
      assert.deepEqual(
        stored?.map(({ count, properties }) => [count, properties]),
        [[2, { s: 1 }]],
      );
      assert.deepEqual((await newest).values, { s: 2 });
    });

    it("posts one identifier several times in as many posts, in order, where history is not wanted", async () => {
      const seen = sim.events.length;
      const payload = [3, 1, 2].map((value) => ({ stream: "s", value, at: AT }));
      const { state } = receiptOf(await feedWell(flow, "single", { payload }));
      assert.equal(state, "accepted");
      const posts = sim.events.all.slice(seen).filter((event): event is PublishEvent & typeof event => {
        return event.event === "publish";
      });
      assert.deepEqual(
        posts.map(({ values }) => values?.["s"]),
        [3, 1, 2],
      );
    });

    it("leaves the incoming message as it was, and passes it on with msg.onenet", async () => {
      const payload = { a: { deep: [1] } };
      const msg = { payload, extra: payload };
      const sent = await feedWell(flow, "stream", msg);
      assert.deepEqual(msg, { payload: { a: { deep: [1] } }, extra: { a: { deep: [1] } } });
      assert.equal(sent["extra"], payload, "the same object, no copy");
      const receipt = receiptOf(sent);
      assert.equal(receipt.state, "accepted");
      assert.match(receipt.id, /^\d+$/);
      assert.equal(receipt.attempts, 1);
      const { queuedAt, sentAt, acknowledgedAt, acceptedAt } = receipt;
      assert.ok(queuedAt <= sentAt && sentAt <= acknowledgedAt && acknowledgedAt <= acceptedAt);
    });
  });

  describe("times", () => {
    const timeOf = async (id: string, at: unknown) => {
      const wire = (await wireOf(id, { payload: [{ stream: "s", value: 1, at }] }))["params"];
      return (wire as { s: { time?: number } }).s.time;
    };

    it("takes ms, a Date and ISO text", async () => {
      assert.equal(await timeOf("thing", AT + 7), AT + 7);
      assert.equal(await timeOf("thing", new Date(AT + 8)), AT + 8);
      assert.equal(await timeOf("thing", "2023-11-15T06:13:20.009+08:00"), AT + 9);
    });

    it("refuses what is none, and says what came", async () => {
      for (const at of [AT / 1000, AT * 1000, "yesterday", null, true, Number.NaN, new Date(Number.NaN)]) {
        const payload = [{ stream: "s", value: 1, at }];
        const { cause } = await feedBadly(flow, "thing", { payload }, "ONENET_DATAPOINT_INVALID");
        assert.equal(cause?.key, "ONENET_DATAPOINT_INVALID.time");
      }
    });

    it("stamps at the input where there is none, unless told otherwise", async () => {
      const before = Date.now();
      const stamped = await timeOf("thing", undefined);
      assert.ok(stamped !== undefined && stamped >= before && stamped <= Date.now());
      assert.deepEqual(await streamsOf("unstamped", { payload: 1, topic: "s" }), { s: [{ v: 1 }] });
    });
  });

  describe("booleans", () => {
    it("sends 1 and 0 on a data-stream product, true and false where asked and on a thing model", async () => {
      const payload = { on: true, off: false };
      assert.deepEqual(stripTimes(await streamsOf("stream", { payload })), {
        on: [{ v: 1 }],
        off: [{ v: 0 }],
      });
      assert.deepEqual(stripTimes(await streamsOf("raw-booleans", { payload })), {
        on: [{ v: true }],
        off: [{ v: false }],
      });
      const { params } = (await wireOf("thing", { payload })) as {
        params: Record<string, { value: unknown }>;
      };
      assert.deepEqual([params["on"]?.value, params["off"]?.value], [true, false]);
    });
  });

  describe("some good, some bad", () => {
    const payload = { good: 1, bad: Number.NaN, "worse!": 2 };

    it("sends the good ones and tells which failed and why", async () => {
      const { error, sent } = await feed(flow, "stream", { payload });
      assert.equal(error?.code, "ONENET_DATAPOINT_INVALID");
      assert.match(error?.message ?? "", /2 of 3 datapoints failed \(bad, worse!\)/);
      const [message] = sent;
      assert.ok(message);
      const { state, failed } = receiptOf(message);
      assert.equal(state, "accepted");
      assert.deepEqual(
        failed?.map(({ stream, code }) => [stream, code]),
        [
          ["bad", "ONENET_DATAPOINT_INVALID"],
          ["worse!", "ONENET_DATAPOINT_INVALID"],
        ],
      );
      assert.match(failed?.[0]?.message ?? "", /NaN/);
      assert.deepEqual(error?.cause?.failed, failed, "a Catch flow finds the same list");
      await waitForLastStatus(flow, "stream", "status.error");
      await feedWell(flow, "stream", { payload: { good: 2 } });
      await waitForLastStatus(flow, "stream", "connected");
    });

    it("sends nothing when it is all or nothing", async () => {
      const seen = sim.events.length;
      const { error, sent } = await feed(flow, "all", { payload });
      assert.equal(error?.code, "ONENET_DATAPOINT_INVALID");
      assert.equal(error?.cause?.key, "ONENET_DATAPOINT_INVALID.all-or-nothing");
      assert.equal(error?.cause?.failed?.length, 2);
      assert.deepEqual(sent, []);
      await feedWell(flow, "all", { payload: { good: 3 } });
      const posts = sim.events.all.slice(seen).filter(({ event }) => event === "publish");
      assert.equal(posts.length, 1, "only the good message left");
    });

    it("tells of each when all are bad", async () => {
      const { error, sent } = await feed(flow, "stream", { payload: { a: undefined, b: null } });
      assert.deepEqual(sent, []);
      assert.equal(error?.code, "ONENET_DATAPOINT_INVALID");
      assert.match(error?.message ?? "", /2 of 2/);
      assert.equal(error?.cause?.failed?.length, 2);
    });
  });

  describe("what the platform rejects", () => {
    it("reaches Catch with the platform's code and text, and the next message goes well", async () => {
      sim.simulator.faults.rejectStream({ stream: "s", code: 98, message: "illegal data", count: 1 });
      const error = await feedBadly(flow, "stream", { payload: { s: 1 } }, "ONENET_REJECTED");
      assert.deepEqual(error.cause?.params, { platformCode: 98, platformMessage: "illegal data" });
      assert.match(error.message, /98.*illegal data/);
      await waitForLastStatus(flow, "stream", "status.rejected");
      await feedWell(flow, "stream", { payload: { s: 2 } });
      await waitForLastStatus(flow, "stream", "connected");
    });

    it("names the identifier on a thing-model product, and does not ask for it again", async () => {
      const { end } = sim.simulator.faults.rejectIdentifier({ identifier: "temp" });
      const error = await feedBadly(flow, "thing", { payload: { temp: 1 } }, "ONENET_REJECTED");
      assert.equal(error.cause?.params["platformCode"], 2306);
      assert.match(error.message, /temp/);
      end();
      const again = await feedBadly(flow, "thing", { payload: { temp: 2 } }, "ONENET_REJECTED");
      assert.equal(again.message, error.message);
      const { params } = await wireOf("thing", { payload: { known: 1 } });
      assert.deepEqual(Object.keys(params as object), ["known"]);
    });

    it("tells which of several posts it was", async () => {
      sim.simulator.faults.rejectIdentifier({ identifier: "hum", count: 1 });
      const payload = [1, 2].map((value) => ({ stream: "hum", value, at: AT }));
      const { error, sent } = await feed(flow, "thing", { payload });
      assert.equal(error?.code, "ONENET_REJECTED");
      assert.deepEqual(
        receiptOf(sent[0] ?? {}).failed?.map(({ code }) => code),
        ["ONENET_REJECTED"],
      );
    });
  });
});

/** Streams without the times they were stamped with. */
function stripTimes(streams: unknown): unknown {
  const entries = Object.entries(streams as Record<string, { v: unknown; t?: number }[]>);
  return Object.fromEntries(entries.map(([name, points]) => [name, points.map(({ v }) => ({ v }))]));
}
