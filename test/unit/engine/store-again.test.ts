import assert from "node:assert/strict";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { REOPEN_LOST_MS, REOPEN_MS } from "../../../lib/client/connection-store";
import { Pool } from "../../../lib/client/pool";
import type { DeviceProfile } from "../../../lib/client/profile";
import { deviceProfile, observe } from "../../support/connections";
import { testEngine } from "../../support/engine";
import { ManualClock } from "../../support/manual-clock";
import { startProcess } from "../../support/process";
import { startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { describeStore, TestStores } from "../../support/stores";

describeStore("a disk that is to be had again", () => {
  let simulator: TestSimulator;
  let stores: TestStores;
  beforeEach(async () => {
    simulator = await startTestSimulator();
    stores = new TestStores();
  });
  afterEach(async () => {
    await stores.close();
    await simulator.stop();
  });

  function profile(mode: "disk-always" | "disk-behind" = "disk-always"): DeviceProfile {
    const store = { mode, file: stores.file } as const;
    return deviceProfile(THING, "lamp", simulator.simulator.port, { store });
  }

  /** Another process has the file, until the function is called. */
  async function lockFile(): Promise<() => Promise<unknown>> {
    const script = path.join(__dirname, "../../support/store-child.js");
    const other = startProcess(process.execPath, [script, stores.file]);
    await other.lines.waitFor((line) => line === "open");
    return () => other.stop("SIGKILL");
  }

  const OPTIONS = { qos: 1, completeWhen: "accepted" } as const;
  const post = [{ stream: "a", value: 1 }];

  for (const how of ["reconnect", "drain", "in a while"] as const) {
    it(`opens what another process had: ${how}`, async () => {
      const unlock = await lockFile();
      const clock = new ManualClock();
      const { connection, states } = testEngine(profile(), clock);
      connection.start();
      await states.waitFor(({ phase }) => phase === "refused");
      const refused = states.waitForNext(({ phase }) => phase === "refused");
      if (how === "in a while") clock.advance(REOPEN_MS);
      else connection[how]();
      await refused;
      await unlock();
      const connecting = states.waitForNext(({ phase }) => phase === "connecting");
      if (how === "in a while") clock.advance(REOPEN_MS);
      else connection[how]();
      await connecting;
      clock.advance(0);
      await states.waitFor(({ phase }) => phase === "online");
      const outcome = await connection.device?.post(post, OPTIONS);
      assert.equal(outcome?.receipt?.state, "accepted");
      await connection.close();
    });
  }

  it("opens what another process had at the next deploy", async () => {
    const unlock = await lockFile();
    const clock = new ManualClock();
    const pool = new Pool(clock, () => 0);
    const first = pool.acquire(profile());
    const { states } = observe(first.connection, clock);
    await states.waitFor(({ phase }) => phase === "refused");
    await first.release();
    await unlock();
    const second = pool.acquire(profile());
    assert.equal(second.connection, first.connection);
    await states.waitFor(({ phase }) => phase === "connecting");
    clock.advance(0);
    await states.waitFor(({ phase }) => phase === "online");
    await second.release();
    await pool.closeIdle();
  });

  for (const mode of ["disk-always", "disk-behind"] as const) {
    it(`${mode}: says that it lost its thread, keeps what was promised and opens the file again`, async () => {
      const threads = watchThreads();
      const clock = new ManualClock();
      const { connection, states, outcomes } = testEngine(profile(mode), clock);
      simulator.simulator.faults.refuseLogin({ count: 1 });
      connection.start();
      // One login is refused, so that nothing is sent yet.
      await states.waitFor(({ phase }) => phase === "connecting");
      clock.advance(0);
      await states.waitFor(({ phase }) => phase === "waiting");
      const queued = [0, 1, 2].map((value) =>
        connection.device?.post([{ stream: "a", value }], { qos: 1, completeWhen: "queued" }),
      );
      await Promise.all(queued);
      const [thread] = [...threads.stop()].slice(-1);
      const refused = states.waitForNext(({ phase }) => phase === "refused");
      await thread?.terminate();
      const state = await refused;
      assert.equal("problem" in state && state.problem.code, "ONENET_STORE_FAILED");
      const outcome = await connection.device?.post(post, OPTIONS);
      assert.equal(outcome?.failed[0]?.error.code, "ONENET_STORE_FAILED");
      const connecting = states.waitForNext(({ phase }) => phase === "connecting");
      clock.advance(REOPEN_LOST_MS);
      await connecting;
      assert.equal(connection.held, 3);
      clock.advance(60_000);
      await states.waitFor(({ phase }) => phase === "online");
      for (let pause = 0; pause < 3; pause += 1) {
        await outcomes.waitForCount(pause + 1, ({ error }) => error === undefined);
        clock.advance(1000);
      }
      assert.equal(connection.held, 0);
      await connection.close();
    });
  }
});

/** The threads that are asked something from now on. */
function watchThreads(): { stop(): Set<Worker> } {
  const threads = new Set<Worker>();
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...message: Parameters<typeof postMessage>) {
    threads.add(this);
    return postMessage.apply(this, message);
  };
  return {
    stop() {
      Worker.prototype.postMessage = postMessage;
      return threads;
    },
  };
}
