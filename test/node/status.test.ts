import assert from "node:assert/strict";
import { assertDoneOnce, statusesOf, waitForLastStatus } from "../support/feed";
import {
  CATCH,
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type HelperEvent, type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp");
const STREAMS = makeProduct("data-stream", "meter");
const FLOOD = 5000;
/** The nodes show at most one status in this time. */
const INTERVAL_MS = 300;

/** The values of a property, as the platform has filed them. */
async function storedValues({ simulator }: TestSimulator, identifier: string): Promise<readonly string[]> {
  const about = { productId: THINGS.productId, deviceName: "lamp" };
  const whole = { ...about, identifier, startMs: 0, endMs: Number.POSITIVE_INFINITY };
  const { data } = await simulator.cloud.propertyHistory(whole);
  return (data as { readonly list: readonly { readonly value: string }[] }).list.map(({ value }) => value);
}

describe("floods", () => {
  let sim: TestSimulator | undefined;
  let flow: LoadedFlow;

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
    sim = undefined;
  });

  async function load(port: number, connection = {}): Promise<void> {
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", { port }, THINGS, "lamp", connection),
        deviceConnection("c-meter", { port }, STREAMS, "meter"),
        datapointPublish("pub", "c", { stream: "s" }),
        mqttOut("out", "c", {
          topic: `$sys/${THINGS.productId}/lamp/thing/property/post`,
          completeWhen: "sent",
        }),
        commandSubscribe("sub", "c-meter", { wires: [["answer"]] }),
        commandResponse("answer"),
        node("complete", "completed", { scope: ["pub", "out", "answer"] }),
      ),
    );
  }

  const count = (kind: HelperEvent["event"], id: string) =>
    flow.events.filter((event) => event.event === kind && event.node === id).length;

  /** Hands 5,000 messages in, waits for all of them, and counts what was shown meanwhile. */
  async function flood(id: string, payload: (i: number) => unknown): Promise<void> {
    const startedAtMs = performance.now();
    const before = statusesOf(flow, id).length;
    for (let i = 0; i < FLOOD; i += 1) flow.node(id).receive({ payload: payload(i), _msgid: `${id}-${i}` });
    await flow.events.waitForCount(FLOOD, (event) => event.event === "complete" && event.node === id, {
      timeoutMs: 20_000,
      what: `${FLOOD} done of ${id}`,
    });
    const shown = statusesOf(flow, id).length - before;
    const allowed = 2 + (performance.now() - startedAtMs) / INTERVAL_MS;
    assert.ok(shown <= allowed, `${shown} statuses of ${id}, at most ${allowed.toFixed(0)}`);
    assertDoneOnce(flow, id, FLOOD);
  }

  it("of good messages: each is done and completed once, in order, and the status hardly moves", async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    await load(sim.simulator.port);
    await waitForLastStatus(flow, "pub", "connected");
    await flood("pub", (i) => i);
    await flow.events.waitForCount(FLOOD, (event) => event.event === "send" && event.node === "completed");
    assert.equal(count("send", CATCH), 0);
    assert.deepEqual(
      await storedValues(sim, "s"),
      Array.from({ length: FLOOD }, (_, i) => String(i)),
    );
    await waitForLastStatus(flow, "pub", "connected");
  });

  it("of bad messages: each reaches Catch once, and the status does not flicker", async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    await load(sim.simulator.port);
    await waitForLastStatus(flow, "pub", "connected");
    await flood("pub", () => Number.NaN);
    await flow.events.waitForCount(FLOOD, (event) => event.event === "send" && event.node === CATCH);
    assert.equal(count("send", "completed"), 0);
    await waitForLastStatus(flow, "pub", "status.error");
  });

  it("of good and bad in turn: as many Complete and Catch events as messages", async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    await load(sim.simulator.port);
    await waitForLastStatus(flow, "out", "connected");
    await flood("out", (i) => (i % 2 === 0 ? "{}" : undefined));
    const ends = (event: HelperEvent) => event.event === "send" && ["completed", CATCH].includes(event.node);
    await flow.events.waitForCount(FLOOD, ends);
    assert.deepEqual([count("send", "completed"), count("send", CATCH)], [FLOOD / 2, FLOOD / 2]);
  });

  it("without a link: what does not fit fails at once, the rest waits and goes when there is one", async function () {
    this.timeout(60_000);
    const port = await findFreePort();
    await load(port, { queueMaxMessages: "4000" });
    await waitForLastStatus(flow, "pub", "status.unreachable");
    const before = statusesOf(flow, "pub").length;
    const startedAtMs = performance.now();
    for (let i = 0; i < FLOOD; i += 1) flow.node("pub").receive({ payload: i, _msgid: `${i}` });
    await flow.events.waitForCount(FLOOD - 4000, (event) => event.event === "send" && event.node === CATCH);
    sim = await startTestSimulator({ port, products: [THINGS, STREAMS] });
    await flow.events.waitForCount(FLOOD, (event) => event.event === "complete" && event.node === "pub", {
      timeoutMs: 20_000,
    });
    assertDoneOnce(flow, "pub", FLOOD);
    assert.equal(count("send", "pub"), 4000);
    assert.equal(count("send", "completed"), 4000);
    const allowed = 3 + (performance.now() - startedAtMs) / INTERVAL_MS;
    assert.ok(statusesOf(flow, "pub").length - before <= allowed);
    await waitForLastStatus(flow, "pub", "connected");
  });

  it("of commands: each is answered, and the status hardly moves", async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    await load(sim.simulator.port);
    await waitForLastStatus(flow, "sub", "connected");
    const device = { productId: STREAMS.productId, deviceName: "meter" };
    const { cloud } = sim.simulator;
    const startedAtMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        cloud.sendCommand({ ...device, body: `${i}`, timeoutSeconds: 30 }),
      ),
    );
    assert.ok(answers.every(({ code }) => code === 0));
    const texts = answers.map(({ data }) =>
      Buffer.from((data as { cmd_resp: string }).cmd_resp, "base64").toString(),
    );
    assert.deepEqual(
      texts,
      answers.map((_, i) => `${i}`),
      "each its own",
    );
    await flow.events.waitForCount(1000, (event) => event.event === "complete" && event.node === "answer");
    assertDoneOnce(flow, "answer", 1000);
    const allowed = 3 + (performance.now() - startedAtMs) / INTERVAL_MS;
    for (const id of ["sub", "answer"]) assert.ok(statusesOf(flow, id).length <= allowed, id);
  });
});

describe("statuses", () => {
  it("follow Node-RED's conventions from the first to the last", async function () {
    this.timeout(30_000);
    const port = await findFreePort();
    const flow = await loadFlow(
      flowOf(deviceConnection("c", { port }, THINGS, "lamp"), datapointPublish("pub", "c", { stream: "s" })),
    );
    await waitForLastStatus(flow, "pub", "status.unreachable");
    const sim = await startTestSimulator({ port, products: [THINGS] });
    await waitForLastStatus(flow, "pub", "connected");
    await sim.stop();
    await waitForLastStatus(flow, "pub", "status.unreachable");
    const shown = statusesOf(flow, "pub").map(({ fill, shape, text }) => `${fill} ${shape} ${text}`);
    await flow.unload();
    assert.deepEqual(
      shown.filter((line) => !line.includes("link-lost")),
      [
        "yellow ring node-red:common.status.connecting",
        "red ring status.unreachable",
        "green dot node-red:common.status.connected",
        "red ring status.unreachable",
      ],
    );
  });
});
