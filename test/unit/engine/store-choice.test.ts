import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { Pool } from "../../../lib/client/pool";
import type { DeviceProfile } from "../../../lib/client/profile";
import { checkNode } from "../../../lib/delivery/store-registry";
import type { OneNetError } from "../../../lib/errors";
import { brokerProfile, deviceProfile } from "../../support/connections";
import { testEngine, watchEngine } from "../../support/engine";
import { findFreePort } from "../../support/free-port";
import { startProcess } from "../../support/process";
import { startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { describeStore, hasStore, TestStores } from "../../support/stores";

const PUBLISH = { topic: "t", payload: "p", qos: 1, retain: false } as const;

describe("a connection whose disk is refused", () => {
  async function assertRefused(file: string, code: string): Promise<void> {
    const { connection, states } = testEngine(
      brokerProfile(await findFreePort(), { store: { mode: "disk-always", file } }),
    );
    connection.start();
    const isRefusal = (error: OneNetError) => error.code === code;
    const early = assert.rejects(connection.publish(PUBLISH, { completeWhen: "acknowledged" }), isRefusal);
    const state = await states.waitFor(({ phase }) => phase === "refused");
    assert.equal("problem" in state && state.problem.code, code);
    await early;
    await assert.rejects(connection.publish(PUBLISH, { completeWhen: "queued" }), isRefusal);
    assert.equal(connection.held, 0);
    assert.equal(connection.logins, 0);
    await connection.close();
  }

  if (!hasStore()) {
    it("says so, below Node.js 22.13", async () => {
      const stores = new TestStores();
      await assertRefused(stores.file, "ONENET_STORE_UNSUPPORTED");
    });
  }

  it("knows which Node.js has what it needs", () => {
    for (const version of ["20.19.0", "22.12.9"])
      assert.throws(() => checkNode(version), { code: "ONENET_STORE_UNSUPPORTED" });
    for (const version of ["22.13.0", "24.0.0"]) checkNode(version);
  });

  describeStore("by the system", () => {
    it("because another process has it: every message fails with that", async () => {
      const stores = new TestStores();
      const script = path.join(__dirname, "../../support/store-child.js");
      const other = startProcess(process.execPath, [script, stores.file]);
      await other.lines.waitFor((line) => line === "open");
      await assertRefused(stores.file, "ONENET_STORE_LOCKED");
      await other.stop("SIGKILL");
    });

    it("because the folder cannot be made", async () => {
      const stores = new TestStores();
      const inTheWay = path.join(path.dirname(stores.file), "file");
      writeFileSync(inTheWay, "");
      await assertRefused(path.join(inTheWay, "outbox.sqlite"), "ONENET_STORE_UNWRITABLE");
    });
  });
});

describeStore("a connection while its file is opening", () => {
  let test: TestSimulator;
  let stores: TestStores;
  beforeEach(async () => {
    test = await startTestSimulator();
    stores = new TestStores();
  });
  afterEach(async () => {
    await stores.close();
    await test.stop();
  });

  function profile(changes: Partial<DeviceProfile> = {}): DeviceProfile {
    const store = { mode: "disk-always", file: stores.file } as const;
    return deviceProfile(THING, "lamp", test.simulator.port, { store, ...changes });
  }

  const ACCEPTED = { completeWhen: "accepted", qos: 1 } as const;

  it("fails what does not fit, and only that", async () => {
    const limits = { maxMessages: 2, maxBytes: 1_000_000, whenFull: "refuse-new" } as const;
    const { connection, online } = testEngine(profile({ limits }));
    const isOnline = online();
    const posts = ["a", "b", "c"].map((stream) => connection.device?.post([{ stream, value: 1 }], ACCEPTED));
    const outcomes = await Promise.all(posts);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.failed.map(({ error }) => error.code)),
      [[], [], ["ONENET_QUEUE_FULL"]],
    );
    await isOnline;
    await connection.close();
  });

  it("does not log in any more when it is closed meanwhile", async () => {
    const { connection } = testEngine(profile());
    connection.start();
    const post = connection.device?.post([{ stream: "a", value: 1 }], ACCEPTED);
    await connection.close();
    assert.equal((await post)?.failed[0]?.error.code, "ONENET_CLOSED");
    // Whoever opens it now waits for the other one to let go of it.
    const store = await stores.open();
    await store.flush();
    assert.equal(connection.logins, 0);
    assert.equal(connection.state.phase, "closed");
    assert.equal(test.events.filter(({ event }) => event === "login").length, 0);
  });

  it("delivers after a changed key what was queued before, nothing twice", async () => {
    const pool = new Pool();
    const wrong = profile({
      credential: {
        kind: "device-key",
        secret: Buffer.alloc(32).toString("base64"),
        signMethod: "sha256",
        tokenLifetimeMs: 3_600_000,
      },
    });
    const first = pool.acquire(wrong);
    const { states } = watchEngine(first.connection);
    await states.waitFor(({ phase }) => phase === "waiting");
    const posts = Array.from({ length: 20 }, (_, value) =>
      first.connection.device?.post([{ stream: "a", value }], ACCEPTED),
    );
    first.release();
    const second = pool.acquire(profile({ messagesPerSecond: undefined }));
    const heir = watchEngine(second.connection);
    for (const outcome of await Promise.all(posts)) {
      assert.deepEqual(outcome?.failed, []);
      assert.equal(outcome?.receipt?.state, "queued");
    }
    await heir.outcomes.waitForCount(
      20,
      ({ error, receipt }) => error === undefined && receipt.state === "accepted",
      {
        timeoutMs: 15_000,
      },
    );
    const values = test.events.all.flatMap((event) =>
      event.event === "publish" && event.values !== undefined ? [event.values["a"]] : [],
    );
    assert.deepEqual(
      values,
      Array.from({ length: 20 }, (_, value) => value),
    );
    assert.equal(heir.connection.held, 0);
    second.release();
    await pool.closeIdle();
  });
});
