import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { BrokerProfile } from "../../../lib/client/profile";
import { brokerProfile } from "../../support/connections";
import { FastClock, type TestEngine, testEngine } from "../../support/engine";
import { type Mosquitto, startMosquitto } from "../../support/mosquitto";
import { needs } from "../../support/needs";
import { startProcess } from "../../support/process";
import { describeStore, TestStores } from "../../support/stores";
import { type Subscriber, subscribe } from "../../support/subscriber";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy";

const CHILD = path.join(__dirname, "../../support/engine-child.js");
const KILLS = 8;

/** How often each payload came. */
function countLines(subscriber: Subscriber): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of subscriber.output().split("\n")) {
    if (line !== "") counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}

function assertOnce(subscriber: Subscriber, expected: Iterable<string>): void {
  const counts = countLines(subscriber);
  const twice = [...counts].filter(([, count]) => count > 1).map(([line]) => line);
  assert.deepEqual(twice, [], "delivered more than once");
  const missing = [...expected].filter((line) => !counts.has(line));
  assert.deepEqual(missing, [], "not delivered");
}

describe("QoS 2 on a broker", () => {
  let broker: Mosquitto;
  let proxy: TcpProxy;
  let engine: TestEngine | undefined;
  let subscriber: Subscriber;

  before(function () {
    needs(this, "mosquitto", "mosquitto-clients");
  });
  async function start(conf: readonly string[] = []): Promise<void> {
    broker = await startMosquitto({ conf: ["max_inflight_messages 1000", ...conf] });
    proxy = await startTcpProxy({ port: broker.port });
  }
  afterEach(async () => {
    await engine?.connection.close();
    engine = undefined;
    await subscriber?.stop();
    await proxy?.close();
    await broker?.stop();
  });

  function open(changes: Partial<BrokerProfile>, clock?: FastClock): TestEngine {
    const profile = brokerProfile(proxy.port, {
      clientId: "engine",
      cleanSession: false,
      limits: { maxMessages: 100_000, maxBytes: 2 ** 30, whenFull: "refuse-new" },
      ackTimeoutMs: 1_000_000,
      ...changes,
    });
    engine = testEngine(profile, clock);
    return engine;
  }

  function publishAll(count: number): Promise<unknown> {
    const connection = engine?.connection;
    const publishOne = (_: unknown, id: number) =>
      connection?.publish(
        { topic: "t", payload: `${id}`, qos: 2, retain: false },
        { completeWhen: "acknowledged" },
      );
    return Promise.all(Array.from({ length: count }, publishOne));
  }

  function numbers(count: number): string[] {
    return Array.from({ length: count }, (_, id) => `${id}`);
  }

  it("is exactly once over links that are cut at random points", async () => {
    await start();
    subscriber = await subscribe(broker, "t", "%p");
    // The way back after a cut is walked a hundred times as fast.
    const { online, connection } = open({}, new FastClock(100));
    await online();
    const all = publishAll(2000);
    let isDone = false;
    const cutAgain = async (): Promise<void> => {
      let bytes = 500 + Math.floor(Math.random() * 6000);
      await proxy.events
        .waitForNext(
          (event) => {
            if (event.event === "bytes") bytes -= event.bytes;
            return bytes <= 0 || isDone;
          },
          { timeoutMs: 15_000 },
        )
        .catch(() => undefined);
      if (isDone) return;
      proxy.cut(Math.random() < 0.5 ? "reset" : "end");
      await cutAgain();
    };
    void cutAgain();
    await all;
    isDone = true;
    assert.ok(connection.report().reconnections >= 5, `${connection.report().reconnections} reconnections`);
    await subscriber.line("1999");
    assertOnce(subscriber, numbers(2000));
    assert.equal(connection.held, 0);
  });

  it("publishes again what a server has lost with its session", async () => {
    await start();
    open({}, new FastClock(100));
    await engine?.online();
    const all = publishAll(1000);
    await proxy.events.waitForCount(5, (event) => event.event === "bytes" && event.direction === "down");
    await broker.halt("kill");
    await broker.start();
    subscriber = await subscribe(broker, "t", "%p");
    // What was complete before the kill is gone with it; the last ones were not.
    await all;
    await subscriber.line("999");
    assert.equal(engine?.connection.held, 0);
    const counts = countLines(subscriber);
    assert.ok([...counts.values()].every((count) => count === 1));
  });

  it("delivers 3,000 messages to a server that takes twenty at a time", async () => {
    await start(["max_inflight_messages 20"]);
    subscriber = await subscribe(broker, "t", "%p");
    open({ protocolVersion: 5, sessionExpirySeconds: 3600 });
    const online = engine?.online();
    const all = publishAll(3000);
    await online;
    await all;
    await subscriber.line("2999");
    assertOnce(subscriber, numbers(3000));
  });

  describeStore("with disk-always", () => {
    it("is exactly once over kill -9 of the process", async function () {
      this.timeout(40_000);
      const stores = new TestStores();
      await start();
      subscriber = await subscribe(broker, "kill", "%p");
      const notes = path.join(path.dirname(stores.file), "notes");
      writeFileSync(notes, "");
      const queued = () => readFileSync(notes, "utf8").split("\n").filter(Boolean);
      for (let kill = 0; kill < KILLS; kill += 1) {
        const child = startProcess(process.execPath, [
          CHILD,
          stores.file,
          `${proxy.port}`,
          notes,
          `${kill * 1_000_000}`,
        ]);
        await child.lines.waitFor((line) => line === "online");
        const turns = 1 + Math.floor(Math.random() * 300);
        const isTurn = (line: string) => line === "turn";
        await child.lines.waitForCount(child.lines.filter(isTurn).length + turns, isTurn);
        await child.stop("SIGKILL");
        assert.doesNotMatch(child.output(), /failed/);
      }
      const last = startProcess(process.execPath, [CHILD, stores.file, `${proxy.port}`]);
      await last.lines.waitFor((line) => line === "empty", { timeoutMs: 20_000 });
      await last.stop("SIGKILL");
      const promised = queued();
      assert.ok(promised.length > 100, `${promised.length} queued`);
      const lastPromised = promised.at(-1) ?? "";
      await subscriber.line(lastPromised);
      assertOnce(subscriber, promised);
    });
  });
});
