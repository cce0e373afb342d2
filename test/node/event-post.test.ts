import assert from "node:assert/strict";
import type { PublishEvent } from "../../lib/simulator/events";
import { feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import { deviceConnection, eventPost, flowOf, makeProduct } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { stationModel } from "../support/station-model";

const THINGS = makeProduct("thing-model", "station", "plain");
const STREAMS = makeProduct("data-stream", "meter");
const AT = 1_700_000_000_000;

interface Onenet {
  readonly state: string;
  readonly eventType?: string;
  readonly changed?: readonly Readonly<Record<string, unknown>>[];
}

const onenetOf = (msg: Record<string, unknown>) => msg["onenet"] as Onenet;

describe("onenet-event-post", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c-station", sim.simulator, THINGS, "station", {
          modelSource: "pasted",
          model: stationModel(),
        }),
        deviceConnection("c-plain", sim.simulator, THINGS, "plain"),
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        eventPost("fixed", "c-station", { event: "overheat" }),
        eventPost("open", "c-station"),
        eventPost("unstamped", "c-station", { stampAtInput: false }),
        eventPost("unchecked", "c-plain"),
        eventPost("stream", "c-meter"),
      ),
    );
  });
  after(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  const isEvent = ({ topic }: PublishEvent) => topic.endsWith("/thing/event/post");

  /** What goes over the wire for one message, and what the message is sent on with. */
  async function post(
    id: string,
    msg: Record<string, unknown>,
  ): Promise<[params: Record<string, { value: unknown; time?: number }>, onenet: Onenet]> {
    const came = sim.next("publish", isEvent);
    const sent = await feedWell(flow, id, msg);
    return [JSON.parse((await came).payload).params, onenetOf(sent)];
  }

  it("posts an event with its outputs and the time it happened, and tells its type", async () => {
    const [params, onenet] = await post("fixed", { payload: { level: 3, source: "motor" }, at: AT });
    assert.deepEqual(params, { overheat: { value: { level: 3, source: "motor" }, time: AT } });
    assert.equal(onenet.state, "accepted");
    assert.equal(onenet.eventType, "alert");
    assert.equal("changed" in onenet, false);
  });

  it("takes the event from msg.event, then msg.topic; the form goes first", async () => {
    const outputs = { level: 1, source: "x" };
    const names = [
      await post("open", { payload: outputs, event: "overheat", topic: "started" }),
      await post("open", { topic: "started" }),
      await post("fixed", { payload: outputs, event: "started" }),
    ].map(([params]) => Object.keys(params)[0]);
    assert.deepEqual(names, ["overheat", "started", "overheat"]);
  });

  it("stamps it unless told otherwise; ISO text and a Date are times", async () => {
    const beforeMs = Date.now();
    const [stamped] = await post("open", { topic: "started", payload: "" });
    assert.ok((stamped["started"]?.time ?? 0) >= beforeMs);
    const [unstamped] = await post("unstamped", { topic: "started", payload: {} });
    assert.deepEqual(unstamped, { started: { value: {} } });
    for (const at of [new Date(AT), new Date(AT).toISOString()]) {
      const [params] = await post("unstamped", { topic: "started", at });
      assert.equal(params["started"]?.time, AT);
    }
    await feedBadly(flow, "open", { topic: "started", at: "noon" }, "ONENET_DATAPOINT_INVALID");
  });

  it("corrects outputs by the model, and says so", async () => {
    const [params, { changed }] = await post("fixed", { payload: { level: "3", source: 7 } });
    assert.deepEqual(params["overheat"]?.value, { level: 3, source: "7" });
    assert.deepEqual(
      changed?.map(({ stream, path, to }) => [stream, path, to]),
      [
        ["overheat", "overheat.level", 3],
        ["overheat", "overheat.source", "7"],
      ],
    );
  });

  it("refuses before the wire what the model does not know", async () => {
    const good = { level: 1, source: "x" };
    const cases: readonly (readonly [msg: Record<string, unknown>, key: string])[] = [
      [{ event: "overheet", payload: good }, "unknown-event"],
      [{ event: "temp", payload: good }, "is-property"],
      [{ event: "overheat", payload: { level: 1 } }, "member-missing"],
      [{ event: "overheat", payload: { ...good, extra: 1 } }, "member-unknown"],
      [{ event: "overheat", payload: { ...good, level: 10 } }, "max"],
    ];
    for (const [msg, key] of cases) {
      const { cause } = await feedBadly(flow, "open", msg, "ONENET_VALUE_INVALID");
      assert.equal(cause?.key, `ONENET_VALUE_INVALID.${key}`);
    }
  });

  it("refuses a message without an event, and outputs that are no object", async () => {
    const nameless = await feedBadly(flow, "open", { payload: {} }, "ONENET_DATAPOINT_INVALID");
    assert.equal(nameless.cause?.key, "ONENET_DATAPOINT_INVALID.event-missing");
    assert.match(nameless.message, /form \(Event\).*msg\.topic/);
    await feedBadly(flow, "open", { payload: {}, event: 7 }, "ONENET_MESSAGE_INVALID");
    const flat = await feedBadly(flow, "open", { payload: 3, event: "overheat" }, "ONENET_MESSAGE_INVALID");
    assert.equal(flat.cause?.params["property"], "msg.payload");
  });

  it("posts without a model what OneNET is to judge", async () => {
    const [params, onenet] = await post("unchecked", { topic: "anything", payload: { a: 1 } });
    assert.deepEqual(params["anything"]?.value, { a: 1 });
    assert.equal("eventType" in onenet, false);
  });

  it("has nothing to do on a data-stream product, and says so at deploy", async () => {
    const { error } = await waitForCaught(flow, "ONENET_CONFIG_INVALID", { source: "stream" });
    assert.match(String(error.cause?.params["expected"]), /thing-model/);
    assert.equal((await waitForLastStatus(flow, "stream", "status.config-error")).shape, "ring");
    await feedBadly(flow, "stream", { topic: "x" }, "ONENET_CONFIG_INVALID");
  });
});
