import assert from "node:assert/strict";
import { statusesOf } from "../support/feed";
import {
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  node,
  SINK,
} from "../support/flows";
import { loadFlow } from "../support/helper";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { nodeRedVersion } from "../support/node-red-version";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy";

const THINGS = makeProduct("thing-model", "lamp", "fan");
/** Who wanted to know of *queued* only is told of the broker's acknowledgement, or of the platform's reply. */
const HAS_IT = /^(acknowledged|accepted)$/;
const OUTPUTS = ["report", "state", "queue", "outcome"];

const statusNode = (id: string, connection: string, fields: Fields = {}) =>
  node("onenet-connection-status", id, {
    connection,
    queueHighMessages: "5",
    queueLowMessages: "2",
    outcomes: "all",
    wires: OUTPUTS.map(() => [SINK]),
    ...fields,
  });

type Payload = Readonly<Record<string, unknown>>;

describe("onenet-connection-status", function () {
  this.timeout(60_000);
  let sim: TestSimulator;
  let proxy: TcpProxy;
  let nodeRed: NodeRed;

  /** What the node has told of this topic, each at the output of its own. */
  const told = (topic: string, id = "status"): readonly Payload[] =>
    nodeRed.events.all.flatMap((event) => {
      if (event.event !== "send" || event.node !== id || event.msg["topic"] !== topic) return [];
      assert.equal(event.port, OUTPUTS.indexOf(topic), `output of ${topic}`);
      return [event.msg["payload"] as Payload];
    });
  const waitFor = async (topic: string, matches: (payload: Payload) => boolean, id = "status") => {
    const { msg } = await nodeRed.waitForSend(
      id,
      (sent) => sent.msg["topic"] === topic && matches(sent.msg["payload"] as Payload),
      { timeoutMs: 20_000, what: `${topic} of ${id}` },
    );
    return msg["payload"] as Payload;
  };
  const give = async (id: string, count: number, msg: Payload = {}) => {
    for (let i = 0; i < count; i += 1) {
      await nodeRed.receive(id, { ...msg, payload: { a: i } });
    }
  };

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS] });
    proxy = await startTcpProxy({ port: sim.simulator.port });
    nodeRed = await startNodeRed({
      flows: flowOf(
        deviceConnection("c", { port: proxy.port }, THINGS, "lamp"),
        datapointPublish("publish", "c", { completeWhen: "queued" }),
        statusNode("status", "c"),
        statusNode("failures", "c", { outcomes: "failed", queueHighMessages: "" }),
        statusNode("silent", "c", { outcomes: "none", queueHighMessages: "" }),
        statusNode("upside-down", "c", { queueHighMessages: "5", queueLowMessages: "5" }),
        statusNode("alone", "", {}),
      ),
    });
    await nodeRed.waitForStatus("status", "connected");
  });

  after(async () => {
    await nodeRed?.stop();
    await proxy?.close();
    await sim?.stop();
  });

  it("answers any message with the report, and keeps the rest of the message", async () => {
    await nodeRed.receive("status", { _msgid: "asked", topic: "mine", payload: "how are you?", more: 7 });
    const { msg, port } = await nodeRed.waitForSend("status", (sent) => sent.msg["_msgid"] === "asked");
    assert.deepEqual([port, msg["topic"], msg["more"]], [0, "report", 7]);
    const report = msg["payload"] as Payload;
    assert.deepEqual(
      [report["label"], report["phase"], report["store"], report["queuedMessages"], report["logins"]],
      [`${THINGS.productId}/lamp`, "online", "memory", 0, 1],
    );
  });

  it("tells each change of the state once", async () => {
    const before = told("state").length;
    proxy.setMode("refuse");
    proxy.cut();
    const waiting = await waitFor("state", ({ phase, problem }) => phase === "waiting" && problem !== null);
    assert.equal(waiting["label"], `${THINGS.productId}/lamp`);
    assert.ok(Number(waiting["retryInMs"]) >= 0 && Number(waiting["at"]) > 0);
    const { code, message } = waiting["problem"] as { code: string; message: string };
    assert.match(code, /^ONENET_(LINK_LOST|UNREACHABLE)$/);
    assert.ok(message.length > 20, message);
    // Several attempts fail in the same way.
    await proxy.events.waitForCount(3, ({ event }) => event === "refused", { timeoutMs: 30_000 });
    proxy.setMode("forward");
    const online = await waitFor(
      "state",
      ({ phase, at }) => phase === "online" && Number(at) > Number(waiting["at"]),
    );
    assert.equal(online["problem"], undefined);
    const changes = told("state").slice(before);
    const said = changes.map(({ phase, problem }) => `${phase} ${(problem as { code?: string })?.code}`);
    assert.equal(new Set(said).size, said.length, said.join(", "));
    assert.equal(changes.at(-1)?.["phase"], "online");
  });

  it("tells when the queue crosses its marks, once each, and shows it", async () => {
    await proxy.stopListening();
    proxy.cut();
    await waitFor("state", ({ phase, at }) => phase === "waiting" && Number(at) > Date.now() - 10_000);
    await give("publish", 7);
    const high = await waitFor("queue", ({ mark }) => mark === "high");
    assert.deepEqual([high["highMessages"], high["lowMessages"], high["queuedMessages"]], [5, 2, 7]);
    assert.ok(Number(high["queuedBytes"]) > 0 && Number(high["oldestAgeMs"]) >= 0);
    await nodeRed.waitForStatus("status", ({ text }) => /· queued 7, oldest [1-9]\d* s$/.test(text ?? ""));
    await nodeRed.waitForStatus("publish", ({ text }) => /· queued 7, oldest [1-9]\d* s$/.test(text ?? ""));
    await give("publish", 2);
    await proxy.listenAgain();
    const low = await waitFor("queue", ({ mark }) => mark === "low");
    assert.ok(Number(low["queuedMessages"]) <= 2);
    assert.deepEqual(
      told("queue").map(({ mark }) => mark),
      ["high", "low"],
    );
    assert.deepEqual(told("queue", "failures"), []);
  });

  it("tells what became of messages whose senders heard queued only", async () => {
    const delivered = () => told("outcome").filter((payload) => payload["delivered"] === true);
    await nodeRed.events.waitFor(() => delivered().length >= 9);
    for (const outcome of delivered()) {
      assert.match(String(outcome["state"]), HAS_IT);
      assert.ok(Number(outcome["acknowledgedAt"]) >= Number(outcome["queuedAt"]));
      assert.equal(outcome["error"], undefined);
    }
    assert.deepEqual([told("outcome", "failures"), told("outcome", "silent")], [[], []]);
  });

  it("tells of those that failed, with the reason", async () => {
    await proxy.stopListening();
    proxy.cut();
    await give("publish", 1, { expiry: 0.2 });
    for (const id of ["status", "failures"]) {
      const outcome = await waitFor("outcome", (payload) => payload["delivered"] === false, id);
      assert.equal((outcome["error"] as { code: string }).code, "ONENET_EXPIRED");
      assert.equal(outcome["state"], "queued");
    }
    assert.deepEqual(told("outcome", "silent"), []);
    await proxy.listenAgain();
  });

  it("fails every input where its settings are wrong", async () => {
    for (const [id, code] of [
      ["upside-down", "ONENET_CONFIG_INVALID"],
      ["alone", "ONENET_CONNECTION_MISSING"],
    ] as const) {
      await nodeRed.receive(id, { payload: 1 });
      const { error } = await nodeRed.waitForComplete(id);
      assert.equal(error?.code, code, error?.message);
      assert.equal(statusesOf(nodeRed, id).at(-1)?.fill, "red");
      assert.deepEqual(told("outcome", id), []);
    }
  });
});

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const hasDiskStores = major > 22 || (major === 22 && minor >= 13);

(hasDiskStores ? () => undefined : describe)("onenet-connection-status below Node.js 22.13", () => {
  it("says why a disk store is refused, and so does every message", async () => {
    const flow = await loadFlow(
      flowOf(
        deviceConnection("c", { port: 9 }, THINGS, "lamp", { store: "disk-always" }),
        datapointPublish("publish", "c", { completeWhen: "queued" }),
        statusNode("status", "c"),
      ),
    );
    try {
      await flow.waitForStatus("status", "status.store-unsupported");
      flow.node("status").receive({ payload: "?" });
      const { msg } = await flow.waitForSend("status");
      const { phase, problem } = msg["payload"] as { phase: string; problem: { code: string } };
      assert.deepEqual([phase, problem.code], ["refused", "ONENET_STORE_UNSUPPORTED"]);
      flow.node("publish").receive({ payload: { a: 1 } });
      const { error } = await flow.waitForComplete("publish");
      assert.equal((error as { code: string }).code, "ONENET_STORE_UNSUPPORTED");
    } finally {
      await flow.unload();
    }
  });
});

// The disk store needs Node.js 22.13; Node-RED 4.1 is tested on Node.js 20.
(nodeRedVersion === "5" ? describe : () => undefined)("onenet-connection-status after a crash", function () {
  this.timeout(60_000);

  it("tells what became of messages that the crash left on disk", async () => {
    const sim = await startTestSimulator({ products: [THINGS] });
    const proxy = await startTcpProxy({ port: sim.simulator.port });
    await proxy.stopListening();
    const flows = flowOf(
      deviceConnection("c", { port: proxy.port }, THINGS, "fan", { store: "disk-always" }),
      datapointPublish("publish", "c", { completeWhen: "queued" }),
      statusNode("status", "c", { queueHighMessages: "3", queueLowMessages: "" }),
    );
    const first = await startNodeRed({ flows });
    try {
      for (let a = 0; a < 3; a += 1) {
        await first.receive("publish", { _msgid: `m${a}`, payload: { a } });
        await first.waitForComplete("publish", ({ msg }) => msg["_msgid"] === `m${a}`);
      }
      first.kill("SIGKILL");
      await first.exited;
      const second = await startNodeRed({ userDir: first.userDir });
      try {
        await second.waitForSend("status", ({ msg }) => msg["topic"] === "queue");
        await proxy.listenAgain();
        const isOutcome = (event: (typeof second.events.all)[number]) =>
          event.event === "send" && event.node === "status" && event.msg["topic"] === "outcome";
        const outcomes = await second.events.waitForCount(3, isOutcome, { timeoutMs: 30_000 });
        for (const event of outcomes) {
          const payload = event.event === "send" ? (event.msg["payload"] as Payload) : {};
          assert.equal(payload["delivered"], true);
          assert.match(String(payload["state"]), HAS_IT);
          assert.deepEqual(payload["streams"], ["a"]);
        }
      } finally {
        await second.stop({ keep: true });
      }
    } finally {
      await first.stop();
      await proxy.close();
      await sim.stop();
    }
  });
});
