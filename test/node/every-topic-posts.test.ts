import assert from "node:assert/strict";
import { topicOf, topics } from "../../lib/protocol/topic";
import { feedBadly, feedWell, give, outcomeOf, waitForCaught } from "../support/feed";
import {
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  eventPost,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { stationModel } from "../support/station-model";
import { TopicBench } from "../support/topic-bench";

const THINGS = {
  ...makeProduct("thing-model", "plain", "lossy", "card"),
  model: stationModel(),
};
const STREAMS = makeProduct("data-stream", "meter", "lossy");
const PLAIN = { productId: THINGS.productId, deviceName: "plain" };
const METER = { productId: STREAMS.productId, deviceName: "meter" };
const AT = 1_700_000_000_000;

/** One attempt, and little time for the reply: for messages that shall fail. */
const IMPATIENT = { ackTimeoutSeconds: "1", ackAttempts: "1" };

describe("every topic: what a device posts", () => {
  // The platform has a thing model and the connections have none: what is wrong goes over the wire and is refused there.
  const bench = new TopicBench({
    products: [THINGS, STREAMS],
    flow: (simulator) => [
      deviceConnection("c-plain", simulator, THINGS, "plain"),
      deviceConnection("c-lossy", simulator, THINGS, "lossy", IMPATIENT),
      deviceConnection("c-card", simulator, THINGS, "card", {
        ...IMPATIENT,
        hardwareReport: "message",
        hardwareNetwork: "1",
        hardwareImei: "860000000000001",
        hardwareCard: "898600",
      }),
      deviceConnection("c-meter", simulator, STREAMS, "meter"),
      deviceConnection("c-meter-lossy", simulator, STREAMS, "lossy", IMPATIENT),
      datapointPublish("property", "c-plain"),
      datapointPublish("property-lossy", "c-lossy"),
      datapointPublish("stream", "c-meter"),
      datapointPublish("stream-lossy", "c-meter-lossy"),
      eventPost("event", "c-plain"),
      mqttOut("raw", "c-plain"),
      mqttOut("raw-lossy", "c-lossy"),
      mqttOut("raw-meter", "c-meter"),
      mqttOut("raw-card", "c-card"),
      // Only who receives raw data hears the replies to those that went up.
      commandSubscribe("custom", "c-plain", { receiveCustom: true }),
      commandSubscribe("custom-meter", "c-meter", { receiveCustom: true }),
      node("onenet-desired", "desired", { connection: "c-plain", afterLogin: false }),
    ],
    connected: ["property", "property-lossy", "stream", "stream-lossy", "raw-card"],
  });

  interface Refused {
    readonly id: string;
    readonly msg: Record<string, unknown>;
    readonly code: number;
    readonly words: RegExp;
  }

  /** Each message reaches the Catch node with the platform's code and words. */
  async function assertRefused(cases: readonly Refused[]): Promise<void> {
    for (const { id, msg, code, words } of cases) {
      const { cause, message } = await feedBadly(bench.nodeRed, id, msg, "ONENET_REJECTED");
      assert.equal(cause?.params["platformCode"], code, message);
      assert.match(String(cause?.params["platformMessage"]), words);
    }
  }

  const samples = (firstAt: number, stream: string, ...values: readonly unknown[]) => ({
    payload: values.map((value, i) => ({ stream, value, at: firstAt + i })),
  });
  const stateOf = (msg: Record<string, unknown>) => (msg["onenet"] as { state: string }).state;

  describe("datapoints of a data-stream product", () => {
    it(
      "datapoints are accepted and current",
      bench.carries(["datapoint-post", "datapoint-accepted", "!datapoint-rejected"], async () => {
        const sent = await feedWell(bench.nodeRed, "stream", { payload: { temp: 21.5, on: true } });
        assert.equal(stateOf(sent), "accepted");
        const { data } = await bench.cloud.currentDatapoints(METER);
        assert.match(JSON.stringify(data), /21\.5/);
      }),
    );

    it(
      "a rejected datapoint reaches Catch, and the next one is accepted",
      bench.carries(["datapoint-post", "datapoint-rejected", "datapoint-accepted"], async () => {
        bench.faults.rejectStream({ stream: "bad" });
        const payload = { bad: 1 };
        await assertRefused([{ id: "stream", msg: { payload }, code: 98, words: /illegal data/ }]);
        await feedWell(bench.nodeRed, "stream", { payload: { good: 1 } });
      }),
    );

    it(
      "datapoints that are never accepted fail",
      bench.carries(["datapoint-post", "!datapoint-accepted", "!datapoint-rejected"], async () => {
        bench.faults.dropReply({ deviceName: "lossy" });
        await feedBadly(bench.nodeRed, "stream-lossy", { payload: { temp: 1 } }, "ONENET_ACK_TIMEOUT");
      }),
    );
  });

  describe("properties", () => {
    it(
      "properties are accepted and current",
      bench.carries(["property-post", "property-post-reply"], async () => {
        const payload = { temp: 21.5, power: true };
        assert.equal(stateOf(await feedWell(bench.nodeRed, "property", { payload })), "accepted");
        assert.deepEqual((await bench.published("property-post")).values, payload);
        assert.match(JSON.stringify((await bench.cloud.currentProperties(PLAIN)).data), /21\.5/);
      }),
    );

    it(
      "properties are refused with the platform's code",
      bench.carries(["property-post", "property-post-reply"], async () => {
        const id = "property";
        await assertRefused([
          { id, msg: { payload: { tmp: 1 } }, code: 2306, words: /identifier not exist:identifier:tmp/ },
          { id, msg: { payload: { temp: 20.55 } }, code: 2254, words: /float not conform step/ },
          { id, msg: { payload: { pos: { lat: 1.005, lng: 2 } } }, code: 2244, words: /double not conform/ },
          { id, msg: { payload: { power: 1 } }, code: 2271, words: /bool type error:identifier:power/ },
        ]);
        await feedWell(bench.nodeRed, id, { payload: { temp: 20.5 } });
      }),
    );

    it(
      "properties without a reply fail",
      bench.carries(["property-post", "!property-post-reply"], async () => {
        bench.faults.dropReply({ deviceName: "lossy" });
        await feedBadly(bench.nodeRed, "property-lossy", { payload: { temp: 1 } }, "ONENET_ACK_TIMEOUT");
      }),
    );

    it(
      "a post that is no OneJSON is refused with the platform's code",
      bench.carries(["property-post", "property-post-reply"], async () => {
        const topic = topics.propertyPost(PLAIN);
        const cases: readonly (readonly [payload: string, code: number])[] = [
          ['{"id":"1","params":{"temp":1', 2402],
          ['{"id":"1","params":{"temp":1}}', 2402],
          ['{"params":{"temp":{"value":1}}}', 2403],
          ['{"id":"one","params":{"temp":{"value":1}}}', 2405],
          ['{"id":"1","params":{"temp":{"value":null}}}', 2409],
          ['{"id":"1","params":{"temp":{"value":1,"time":1700000000}}}', 2415],
        ];
        for (const [payload, code] of cases) {
          const refused = bench.sim.next("refused");
          await feedWell(bench.nodeRed, "raw", { topic, payload });
          const { what, code: told } = await refused;
          assert.deepEqual([what, told], ["post", code], payload);
        }
      }),
    );
  });

  describe("events", () => {
    const overheat = { event: "overheat", payload: { level: 3, source: "motor" } };

    it(
      "an event is accepted and logged",
      bench.carries(["event-post", "event-post-reply"], async () => {
        assert.equal(stateOf(await feedWell(bench.nodeRed, "event", overheat)), "accepted");
        const { data } = await bench.cloud.eventLog({ ...PLAIN, startMs: 0, endMs: Date.now() });
        assert.match(JSON.stringify(data), /motor/);
      }),
    );

    it(
      "an event is refused with the platform's code",
      bench.carries(["event-post", "event-post-reply"], async () => {
        const id = "event";
        await assertRefused([
          { id, msg: { ...overheat, event: "overheet" }, code: 2306, words: /identifier not exist/ },
          { id, msg: { ...overheat, payload: { level: 3 } }, code: 2308, words: /event param count error/ },
        ]);
        await feedWell(bench.nodeRed, id, overheat);
      }),
    );
  });

  describe("history", () => {
    async function storedTemps(firstAt: number): Promise<unknown> {
      const times = { startMs: firstAt, endMs: firstAt + 9 };
      const { data } = await bench.cloud.propertyHistory({ ...PLAIN, ...times, identifier: "temp" });
      return (data as { list: { value: unknown }[] }).list.map(({ value }) => value);
    }

    it(
      "several samples are accepted as history, the newest as the present value",
      bench.carries(["history-post", "history-post-reply", "property-post"], async () => {
        await feedWell(bench.nodeRed, "property", samples(AT, "temp", 1.5, 2.5, 3.5));
        assert.deepEqual(await storedTemps(AT), ["1.5", "2.5", "3.5"]);
        assert.deepEqual((await bench.published("property-post")).values, { temp: 3.5 });
      }),
    );

    it(
      "a bad sample of a history is refused with the platform's code, the good ones are stored",
      bench.carries(["history-post", "history-post-reply"], async () => {
        const msg = samples(AT + 10, "temp", 4.5, 5.55, 6.5, 7.5);
        const { cause } = await feedBadly(bench.nodeRed, "property", msg, "ONENET_REJECTED");
        assert.match(
          JSON.stringify(cause?.failed),
          /^\[\{"stream":"temp","code":"ONENET_REJECTED"[^[]*2254[^[]*\]$/,
        );
        assert.deepEqual(await storedTemps(AT + 10), ["4.5", "6.5", "7.5"]);
      }),
    );
  });

  describe("desired values", () => {
    it(
      "desired values are got with their versions, and deleted",
      bench.carries(
        ["desired-get", "desired-get-reply", "desired-delete", "desired-delete-reply"],
        async () => {
          await bench.cloud.setDesired({ ...PLAIN, params: { power: true, mode: 1 } });
          const got = await feedWell(bench.nodeRed, "desired", { payload: ["power", "mode", "label"] });
          assert.deepEqual(got["payload"], {
            power: { value: true, version: 1 },
            mode: { value: 1, version: 1 },
          });
          await feedWell(bench.nodeRed, "desired", { action: "delete", payload: got["payload"] });
          const { data } = await bench.cloud.queryDesired(PLAIN);
          assert.deepEqual(data, { params: {} });
        },
      ),
    );

    it(
      "getting and deleting desired values are refused with the platform's code",
      bench.carries(
        ["desired-get", "desired-get-reply", "desired-delete", "desired-delete-reply"],
        async () => {
          const common = { id: "desired", code: 2306, words: /identifier not exist:identifier:powr/ };
          await assertRefused([
            { ...common, msg: { payload: ["powr"] } },
            { ...common, msg: { action: "delete", payload: { powr: { version: 1 } } } },
          ]);
        },
      ),
    );
  });

  describe("raw data of a script product", () => {
    it(
      "raw data go up, and the reply to them disturbs nothing",
      bench.carries(["custome-up", "custome-up-reply"], async () => {
        for (const [id, device] of [
          ["raw", PLAIN],
          ["raw-meter", METER],
        ] as const) {
          const replied = bench.sim.next("reply");
          const sent = await feedWell(bench.nodeRed, id, {
            topic: topics.customUp(device),
            payload: Buffer.from([0x7b, 0, 0xff]),
          });
          assert.equal(stateOf(sent), "acknowledged");
          assert.equal((await replied).code, 200);
        }
        await feedWell(bench.nodeRed, "property", { payload: { temp: 1.5 } });
      }),
    );

    it(
      "raw data that are not acknowledged fail",
      bench.carries(["custome-up", "!custome-up-reply"], async () => {
        bench.faults.dropAck({ deviceName: "lossy" });
        bench.faults.dropReply({ deviceName: "lossy" });
        const topic = topics.customUp({ ...PLAIN, deviceName: "lossy" });
        await feedBadly(bench.nodeRed, "raw-lossy", { topic, payload: "x" }, "ONENET_ACK_TIMEOUT");
      }),
    );

    it("raw data that make the platform close the link fail, and the link comes back", async function () {
      this.timeout(30_000);
      const cut = bench.faults.cutLink({ deviceName: "plain", when: "publish", containing: "no script" });
      const msg = { topic: topics.customUp(PLAIN), payload: "no script here" };
      const given = await give(bench.nodeRed, "raw", msg);
      const { error } = await outcomeOf(bench.nodeRed, "raw", given, 20_000);
      assert.equal(error?.code, "ONENET_PUBLISH_CLOSED_LINK");
      assert.equal(cut.hits, 3);
      await feedWell(bench.nodeRed, "property", { payload: { temp: 2.5 } });
    });
  });

  describe("the SIM and hardware report", () => {
    it(
      "the report is taken after a login",
      bench.carries(["cmp-post", "cmp-post-reply"], async () => {
        bench.faults.cutLink({ deviceName: "card" });
        const { payload } = await bench.published("cmp-post");
        assert.deepEqual(JSON.parse(payload).params, {
          network: 1,
          imei: "860000000000001",
          iccid: "898600",
        });
        const { data } = await bench.cloud.device({ ...PLAIN, deviceName: "card" });
        assert.match(JSON.stringify(data), /860000000000001/);
      }),
    );

    it(
      "a report without a reply is told",
      bench.carries(["cmp-post", "!cmp-post-reply"], async () => {
        bench.faults.dropReply({ deviceName: "card" });
        bench.faults.cutLink({ deviceName: "card" });
        await waitForCaught(bench.nodeRed, "ONENET_ACK_TIMEOUT", { source: "c-card" });
      }),
    );

    it(
      "a report of a network that there is not is refused",
      bench.carries(["cmp-post", "cmp-post-reply"], async () => {
        const topic = topicOf({ ...PLAIN, deviceName: "card" }, "cmp-post", {});
        const refused = bench.sim.next("refused");
        const payload = '{"id":"1","version":"1.0","params":{"network":9}}';
        await feedWell(bench.nodeRed, "raw-card", { topic, payload });
        assert.equal((await refused).code, 2402);
      }),
    );
  });

  it(
    "the historic image topics are taken, and nothing comes back",
    bench.carries(
      [
        "image-update",
        "image-get",
        "!image-update-accepted",
        "!image-update-rejected",
        "!image-update-delta",
        "!image-get-accepted",
        "!image-get-rejected",
      ],
      async () => {
        for (const kind of ["image-update", "image-get"] as const) {
          const topic = topicOf(METER, kind, {});
          assert.equal(
            stateOf(await feedWell(bench.nodeRed, "raw-meter", { topic, payload: "{}" })),
            "acknowledged",
          );
        }
        await feedWell(bench.nodeRed, "stream", { payload: { temp: 1 } });
      },
    ),
  );
});
