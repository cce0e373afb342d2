import assert from "node:assert/strict";
import { pool } from "../../lib/client/pool";
import { assertDoneOnce, feed, feedBadly, feedWell, waitForCaught } from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const STREAMS = makeProduct("data-stream", "meter");

interface Onenet {
  readonly state: string;
  readonly heldBack?: unknown;
  readonly failed?: readonly { readonly stream: string }[];
}

const onenetOf = (msg: Record<string, unknown>) => msg["onenet"] as Onenet;
const row = (stream: string, fields: Readonly<Record<string, string>> = {}) => ({
  stream,
  when: "change",
  deadband: "",
  atMostEverySeconds: "",
  atLeastEverySeconds: "",
  ...fields,
});

describe("onenet-datapoint-publish: report by exception", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  beforeEach(async () => {
    process.env["ONENET_TEST_DEADBAND"] = "0.5";
    sim = await startTestSimulator({ products: [STREAMS] });
    const rules = [
      row("*"),
      row("temp", { when: "absolute", deadband: `\${ONENET_TEST_DEADBAND}` }),
      row("slow", { when: "always", atMostEverySeconds: "60", atLeastEverySeconds: "3600" }),
    ];
    flow = await loadFlow(
      flowOf(
        deviceConnection("c-meter", sim.simulator, STREAMS, "meter"),
        datapointPublish("publish", "c-meter", { reportRules: rules }),
        datapointPublish("bad", "c-meter", {
          reportRules: [row("x", { when: "percent", deadband: "much" })],
        }),
        datapointPublish("empty", "c-meter", { reportRules: [row("x", { when: "percent" })] }),
      ),
    );
  });
  afterEach(async () => {
    delete process.env["ONENET_TEST_DEADBAND"];
    await flow?.unload();
    await sim?.stop();
  });

  const sent = () =>
    sim.events
      .filter((event) => event.event === "publish")
      .map((event) => ("payload" in event ? Object.keys(JSON.parse(String(event.payload)).dp) : []));

  it("holds back what is not worth a message, says so, and ends every input", async () => {
    const first = onenetOf(await feedWell(flow, "publish", { payload: { temp: 20, door: "shut", slow: 1 } }));
    assert.equal(first.state, "accepted");
    assert.equal("heldBack" in first, false);
    const second = onenetOf(
      await feedWell(flow, "publish", { payload: { temp: 20.4, door: "open", slow: 2 } }),
    );
    assert.equal(second.state, "accepted");
    assert.deepEqual(second.heldBack, [
      { stream: "temp", reason: "unchanged" },
      { stream: "slow", reason: "too-soon" },
    ]);
    const third = await feedWell(flow, "publish", { payload: { temp: 20.4, door: "open" }, kept: "yes" });
    assert.deepEqual(third["onenet"], {
      state: "unchanged",
      heldBack: [
        { stream: "temp", reason: "unchanged" },
        { stream: "door", reason: "unchanged" },
      ],
    });
    assert.equal(third["kept"], "yes");
    assert.deepEqual(sent(), [["temp", "door", "slow"], ["door"]]);
    assertDoneOnce(flow, "publish", 3);
  });

  it("tells what failed beside what was held back", async () => {
    await feedWell(flow, "publish", { payload: { temp: 20 } });
    const { error, sent: on } = await feed(flow, "publish", { payload: { temp: 20, "no name": 1 } });
    assert.equal(error?.code, "ONENET_DATAPOINT_INVALID");
    const { failed, ...rest } = onenetOf(on[0] ?? {});
    assert.deepEqual(rest, { state: "unchanged", heldBack: [{ stream: "temp", reason: "unchanged" }] });
    assert.equal(failed?.[0]?.stream, "no name");
  });

  it("lets the next value go when one that counted as reported has failed", async () => {
    sim.simulator.faults.rejectStream({ stream: "temp", count: 1 });
    await feedBadly(flow, "publish", { payload: { temp: 20 } }, "ONENET_REJECTED");
    const { state } = onenetOf(await feedWell(flow, "publish", { payload: { temp: 20 } }));
    assert.equal(state, "accepted");
  });

  describe("a value that fails when it was done as queued", () => {
    const queue = async (payload: object, more: object = {}) =>
      onenetOf(await feedWell(flow, "queue", { payload, ...more })).state;

    async function start(port: number, connection: Fields = {}): Promise<void> {
      await flow.unload();
      const fields = { completeWhen: "queued", reportRules: [row("*")] };
      flow = await loadFlow(
        flowOf(
          deviceConnection("c-meter", { port }, STREAMS, "meter", connection),
          datapointPublish("queue", "c-meter", fields),
        ),
      );
    }

    it("rejected: the next equal one goes", async () => {
      await start(sim.simulator.port);
      sim.simulator.faults.rejectStream({ stream: "temp", count: 1 });
      assert.equal(await queue({ temp: 20 }), "queued");
      await waitForCaught(flow, "ONENET_REJECTED");
      assert.equal(await queue({ temp: 20 }), "queued");
      await sim.events.waitForCount(2, ({ event }) => event === "publish");
      assert.equal(await queue({ temp: 20 }), "unchanged");
    });

    it("expired: the next equal one goes", async () => {
      await start(await findFreePort());
      await queue({ temp: 20 }, { expiry: 0.05 });
      assert.equal(await queue({ door: "shut" }), "queued");
      await waitForCaught(flow, "ONENET_EXPIRED");
      assert.equal(await queue({ temp: 20 }), "queued");
      assert.equal(await queue({ door: "shut" }), "unchanged");
    });

    it("dropped for newer ones: the next equal one goes", async () => {
      await start(await findFreePort(), { queueMaxMessages: "2", queueWhenFull: "drop-oldest" });
      for (const stream of ["temp", "door", "slow"]) await queue({ [stream]: 1 });
      await waitForCaught(flow, "ONENET_QUEUE_FULL");
      assert.equal(await queue({ slow: 1 }), "unchanged");
      assert.equal(await queue({ temp: 1 }), "queued");
    });

    it("purged: the next equal one goes", async () => {
      await start(await findFreePort());
      await queue({ temp: 20 });
      assert.equal(await queue({ temp: 20 }), "unchanged");
      assert.equal(await pool.find(pool.keys.at(-1) ?? "")?.purge(), 1);
      assert.equal(await queue({ temp: 20 }), "queued");
    });
  });

  it("refuses a deadband that is none, at deploy and with every message", async () => {
    const { error } = await waitForCaught(flow, "ONENET_CONFIG_INVALID", { source: "bad" });
    assert.equal(error.cause?.key, "ONENET_CONFIG_INVALID.number");
    await feedBadly(flow, "empty", { payload: 1, topic: "x" }, "ONENET_CONFIG_INVALID");
  });
});
