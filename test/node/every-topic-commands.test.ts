import assert from "node:assert/strict";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import { feedBadly, feedWell, waitForCaught } from "../support/feed";
import { commandResponse, commandSubscribe, deviceConnection, makeProduct } from "../support/flows";
import { STATION_MODEL } from "../support/station";
import { TopicBench } from "../support/topic-bench";

const THINGS = makeProduct("thing-model", "thing", "hasty", "empty", "lossy");
const STREAMS = makeProduct("data-stream", "meter", "lossy");
const thing = (deviceName: string) => ({ productId: THINGS.productId, deviceName });
const meter = (deviceName: string) => ({ productId: STREAMS.productId, deviceName });
const THING = thing("thing");

const WITH_MODEL = { modelSource: "pasted", model: STATION_MODEL, modelCheck: "coerce" };
const ALL_KINDS = {
  receiveGets: true,
  receiveServices: true,
  receiveTopology: true,
  receiveOta: true,
  receiveCustom: true,
  answerNotices: false,
};
const IMPATIENT = { ackTimeoutSeconds: "1", ackAttempts: "1" };

describe("every topic: what the platform asks a device", () => {
  // The platform has no thing model and the connections have one: what is wrong reaches the device, which refuses it.
  const bench = new TopicBench({
    products: [THINGS, STREAMS],
    rules: { otaTimeoutMs: 1500 },
    flow: (simulator) => [
      deviceConnection("c-thing", simulator, THINGS, "thing", WITH_MODEL),
      deviceConnection("c-hasty", simulator, THINGS, "hasty", WITH_MODEL),
      deviceConnection("c-empty", simulator, THINGS, "empty"),
      deviceConnection("c-meter", simulator, STREAMS, "meter"),
      deviceConnection("c-lossy", simulator, STREAMS, "lossy", IMPATIENT),
      commandSubscribe("asked", "c-thing", ALL_KINDS),
      commandSubscribe("hasty", "c-hasty", { ...ALL_KINDS, deadlineSeconds: "0.1" }),
      commandSubscribe("few", "c-empty", { identifiers: "door" }),
      commandSubscribe("meter", "c-meter", { receiveOta: true, receiveCustom: true }),
      commandSubscribe("lossy", "c-lossy"),
      commandResponse("answer"),
      commandResponse("refuse", { outcome: "failure", failureCode: "7", failureMessage: "not now" }),
    ],
    connected: ["asked", "hasty", "few", "meter", "lossy"],
  });

  /** What the cloud application gets while the flow hands the message of `id` on to `answer` or `refuse`. */
  async function answered(
    asking: Promise<CloudEnvelope>,
    by: "answer" | "refuse",
    payload?: unknown,
    id = "asked",
  ): Promise<CloudEnvelope> {
    const msg = await bench.received(id);
    await feedWell(bench.nodeRed, by, payload === undefined ? msg : { ...msg, payload });
    return await asking;
  }

  function assertFailed({ code, msg }: CloudEnvelope, words: RegExp): void {
    assert.notEqual(code, 0);
    assert.match(msg, words);
  }

  /** Nobody answers in the node's time: the platform is told, the Catch node is told, and the flow comes too late. */
  async function assertTooLate(asking: Promise<CloudEnvelope>, words: RegExp): Promise<void> {
    assertFailed(await asking, words);
    await waitForCaught(bench.nodeRed, "ONENET_COMMAND_UNANSWERED", { source: "hasty" });
    const late = { ...(await bench.received("hasty")), payload: { uptime: 1 } };
    await feedBadly(bench.nodeRed, "answer", late, "ONENET_COMMAND_EXPIRED");
  }

  const replyOf = ({ data }: CloudEnvelope) =>
    Buffer.from((data as { reply: string }).reply, "base64").toString();
  const set = (deviceName: string, params: object) =>
    bench.cloud.setProperty({ ...thing(deviceName), params });
  const get = (deviceName: string, ...identifiers: string[]) =>
    bench.cloud.getProperty({ ...thing(deviceName), identifiers });
  const call = (deviceName: string, identifier: string, params: object) =>
    bench.cloud.callService({ ...thing(deviceName), identifier, params });

  describe("a command of a data-stream product", () => {
    const command = (deviceName: string, timeoutSeconds = 5) =>
      bench.cloud.sendCommand({ ...meter(deviceName), body: '{"open":true}', timeoutSeconds });

    it(
      "a command is answered, and the answer is accepted",
      bench.carries(["command-request", "command-response", "command-response-accepted"], async () => {
        const { code, data } = await answered(command("meter"), "answer", { position: 5 }, "meter");
        assert.equal(code, 0);
        const { cmd_resp: body } = data as { cmd_resp: string };
        assert.equal(Buffer.from(body, "base64").toString(), '{"position":5}');
      }),
    );

    it(
      "a command is refused by the flow",
      bench.carries(["command-request", "command-response"], async () => {
        const { data } = await answered(command("meter"), "refuse", undefined, "meter");
        const { cmd_resp: body } = data as { cmd_resp: string };
        assert.deepEqual(JSON.parse(Buffer.from(body, "base64").toString()), { code: 7, msg: "not now" });
      }),
    );

    it(
      "an answer after the platform's time is rejected, and told",
      bench.carries(["command-request", "command-response", "command-response-rejected"], async () => {
        assertFailed(await command("meter", 0.05), /timeout/);
        const msg = await bench.received("meter");
        const { cause } = await feedBadly(bench.nodeRed, "answer", msg, "ONENET_ANSWER_REJECTED");
        assert.equal(cause?.params["platformCode"], 112);
      }),
    );

    it(
      "an answer that is neither accepted nor rejected is acknowledged only",
      bench.carries(
        ["command-request", "command-response", "!command-response-accepted", "!command-response-rejected"],
        async () => {
          bench.faults.dropReply({ deviceName: "lossy" });
          const asking = command("lossy");
          const sent = await feedWell(bench.nodeRed, "answer", await bench.received("lossy"));
          assert.equal((sent["onenet"] as { state: string }).state, "acknowledged");
          assert.equal((await asking).code, 0, "the answer itself came");
        },
      ),
    );
  });

  describe("properties that are set", () => {
    it(
      "a property set is answered with success",
      bench.carries(["property-set", "property-set-reply"], async () => {
        const { code, data } = await answered(set("thing", { power: true }), "answer");
        assert.deepEqual([code, (data as { code: number }).code], [0, 200]);
        assert.deepEqual((await bench.received("asked"))["payload"], { power: true });
      }),
    );

    it(
      "a property set is refused by the model, by the flow, or where no node takes it",
      bench.carries(["property-set", "property-set-reply"], async () => {
        assertFailed(await set("thing", { level: 101 }), /level/);
        assertFailed(await set("thing", { temperature: 20 }), /temperature/);
        assertFailed(await set("thing", { powr: true }), /powr/);
        await waitForCaught(bench.nodeRed, "ONENET_VALUE_INVALID", { source: "asked" });
        assertFailed(await answered(set("thing", { power: true }), "refuse"), /not now/);
        assertFailed(await set("empty", { power: true }), /no handler for power/);
      }),
    );

    it(
      "a property set that nobody answers in time is refused",
      bench.carries(["property-set", "property-set-reply"], async () => {
        await assertTooLate(set("hasty", { power: true }), /no answer within/);
      }),
    );
  });

  describe("properties that are read", () => {
    it(
      "a property get is answered with the values",
      bench.carries(["property-get", "property-get-reply"], async () => {
        const { data } = await answered(get("thing", "temperature", "power"), "answer", {
          temperature: 21.5,
          power: true,
        });
        assert.deepEqual(data, { temperature: 21.5, power: true });
      }),
    );

    it(
      "a property get is refused by the flow, for a value that does not fit, or where no node takes it",
      bench.carries(["property-get", "property-get-reply"], async () => {
        const asking = get("thing", "temperature");
        const msg = { ...(await bench.received("asked")), payload: { temperature: 900 } };
        await feedBadly(bench.nodeRed, "answer", msg, "ONENET_VALUE_INVALID");
        assertFailed(await answered(asking, "refuse"), /not now/);
        assertFailed(await get("empty", "door"), /no handler for door/);
      }),
    );
  });

  describe("services", () => {
    it(
      "a service brings its inputs and returns its outputs",
      bench.carries(["service-invoke", "service-invoke-reply"], async () => {
        const { code, data } = await answered(call("thing", "reboot", { delay: 5 }), "answer", {
          uptime: 12,
        });
        assert.deepEqual([code, data], [0, { uptime: 12 }]);
        assert.deepEqual((await bench.received("asked"))["payload"], { delay: 5 });
      }),
    );

    it(
      "a service is refused for a bad input, by the flow, or where no node takes it",
      bench.carries(["service-invoke", "service-invoke-reply"], async () => {
        assertFailed(await call("thing", "reboot", { delay: 61 }), /delay/);
        await waitForCaught(bench.nodeRed, "ONENET_VALUE_INVALID", { source: "asked" });
        assertFailed(await call("thing", "rebot", {}), /rebot/);
        assertFailed(await answered(call("thing", "reboot", { delay: 5 }), "refuse"), /not now/);
        assertFailed(await call("empty", "door", {}), /no handler for door/);
      }),
    );

    it(
      "a service that nobody answers in time is refused",
      bench.carries(["service-invoke", "service-invoke-reply"], async () => {
        await assertTooLate(call("hasty", "reboot", { delay: 1 }), /no answer within/);
      }),
    );
  });

  describe("a changed topology", () => {
    const change = () =>
      bench.cloud.changeTopology({ ...THING, subDevices: [thing("empty"), thing("hasty")] });

    it(
      "a change of the topology comes whole, and is answered",
      bench.carries(["topo-change", "topo-change-reply"], async () => {
        assert.equal((await answered(change(), "answer")).code, 0);
        assert.deepEqual((await bench.received("asked"))["payload"], [thing("empty"), thing("hasty")]);
      }),
    );

    it(
      "a change of the topology is refused by the flow, or where no node takes it",
      bench.carries(["topo-change", "topo-change-reply"], async () => {
        assertFailed(await answered(change(), "refuse"), /not now/);
        assertFailed(await bench.cloud.changeTopology({ ...thing("empty"), subDevices: [] }), /no handler/);
      }),
    );
  });

  describe("a notice of an upgrade", () => {
    const inform = (device = THING) => bench.cloud.informOta({ ...device, params: { target: "1.1" } });

    it(
      "a notice of an upgrade comes, and is answered",
      bench.carries(["ota-inform", "ota-inform-reply"], async () => {
        assert.equal((await answered(inform(), "answer")).code, 0);
        assert.equal((await inform(meter("meter"))).code, 0);
        assert.deepEqual((await bench.received("meter"))["payload"], { target: "1.1" });
      }),
    );

    it(
      "a notice of an upgrade is refused by the flow",
      bench.carries(["ota-inform", "ota-inform-reply"], async () => {
        assertFailed(await answered(inform(), "refuse"), /not now/);
      }),
    );

    it(
      "a notice of an upgrade is not answered in the platform's time",
      bench.carries(["ota-inform", "ota-inform-reply"], async () => {
        const asking = inform();
        const msg = await bench.received("asked");
        assertFailed(await asking, /超时/);
        assert.deepEqual(
          bench.sim.events.filter(({ event }) => event === "publish"),
          [],
        );
        const refused = bench.sim.next("refused");
        await feedWell(bench.nodeRed, "answer", msg);
        assert.equal((await refused).code, 1023, "too late, says the platform's log");
      }),
    );
  });

  describe("raw data of a script product", () => {
    const send = (device = THING) =>
      bench.cloud.sendCustom({ ...device, body: Buffer.from([0x7b, 0, 0xff]) });

    it(
      "raw data come down as bytes, and are answered with bytes",
      bench.carries(["custome-down", "custome-down-reply"], async () => {
        for (const [device, id] of [
          [THING, "asked"],
          [meter("meter"), "meter"],
        ] as const) {
          const reply = replyOf(await answered(send(device), "answer", Buffer.from("taken"), id));
          assert.equal(reply, "taken");
          assert.deepEqual((await bench.received(id))["payload"], Buffer.from([0x7b, 0, 0xff]));
        }
      }),
    );

    it(
      "raw data are refused by the flow, when nobody answers in time, or where no node takes them",
      bench.carries(["custome-down", "custome-down-reply"], async () => {
        const reply = JSON.parse(replyOf(await answered(send(), "refuse")));
        assert.deepEqual([reply.code, reply.msg], [7, "not now"]);
        assert.equal(JSON.parse(replyOf(await send(thing("hasty")))).code, 100);
        await waitForCaught(bench.nodeRed, "ONENET_COMMAND_UNANSWERED", { source: "hasty" });
      }),
    );
  });
});
