import assert from "node:assert/strict";
import path from "node:path";
import { inspect } from "node:util";
import type { Connection } from "../../../lib/client/connection";
import { LINGER_MS, Pool } from "../../../lib/client/pool";
import type { ConnectionProfile, DeviceProfile } from "../../../lib/client/profile";
import { OneNetError } from "../../../lib/errors";
import {
  brokerProfile,
  deviceProfile,
  observe,
  type RawServer,
  startRawServer,
  takeLogin,
} from "../../support/connections";
import { ManualClock, nextTurn } from "../../support/manual-clock";
import { startProcess } from "../../support/process";
import { assertNoSecrets, plantSecrets } from "../../support/secrets";
import { keyOf, STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const LIB = path.join(__dirname, "../../../lib");

describe("Pool", () => {
  let simulator: TestSimulator;
  let clock: ManualClock;
  let pool: Pool;

  beforeEach(async () => {
    simulator = await startTestSimulator();
    clock = new ManualClock();
    pool = new Pool(clock, () => 0);
  });
  afterEach(async () => {
    pool.closeNow();
    await pool.closeIdle();
    await simulator.stop();
  });

  const lamp = (changes: Partial<DeviceProfile> = {}) =>
    deviceProfile(THING, "lamp", simulator.simulator.port, changes);
  const logins = () => simulator.events.filter(({ event }) => event === "login").length;
  const wrongKey = () => {
    const { credential } = lamp();
    return lamp({ credential: { ...credential, secret: plantSecrets().deviceKey } });
  };
  const throughLocalhost = () =>
    lamp({ endpoint: { transport: "mqtt", host: "localhost", port: simulator.simulator.port } });

  /** Takes a lease and waits until it is online. */
  async function online(profile: ConnectionProfile) {
    const lease = pool.acquire(profile);
    const test = observe(lease.connection, clock);
    if (lease.connection.state.phase !== "online") {
      const up = test.next("online");
      clock.advance(clock.nextInMs ?? 0);
      await up;
    }
    return { ...lease, test };
  }

  /** The connection logs in two seconds after the last login, and not before. */
  async function afterLoginPause(connection: Connection): Promise<void> {
    const up = observe(connection, clock).next("online");
    clock.advance(1999);
    await nextTurn();
    assert.equal(connection.logins, 0);
    clock.advance(1);
    await up;
  }

  it("has one login for two leases of a device", async () => {
    const first = await online(lamp());
    const second = await online(lamp());
    assert.equal(first.connection, second.connection);
    assert.equal(logins(), 1);
    first.release();
    clock.advance(60_000);
    assert.equal(first.connection.state.phase, "online");
  });

  it("has one login for two host names of a device, also while others hold it", async () => {
    const first = await online(lamp());
    const second = await online(throughLocalhost());
    assert.equal(first.connection, second.connection);
    assert.equal(logins(), 1);
  });

  it("has two logins for equal device names in two products", async () => {
    const first = await online(lamp());
    const second = await online(deviceProfile(STREAM, "lamp", simulator.simulator.port));
    assert.notEqual(first.connection, second.connection);
    assert.equal(logins(), 2);
    assert.deepEqual(pool.keys, [first.connection.key, second.connection.key]);
    assert.equal(pool.find(first.connection.key), first.connection);
    assert.equal(pool.find("unknown"), undefined);
  });

  it("keeps a connection for a redeploy, and closes it after the linger", async () => {
    const lease = await online(lamp());
    lease.release();
    clock.advance(LINGER_MS - 1);
    const again = await online(lamp());
    assert.equal(again.connection, lease.connection);
    assert.equal(logins(), 1);
    clock.advance(60_000);
    const closed = simulator.next("closed");
    again.release();
    clock.advance(LINGER_MS);
    assert.equal((await closed).reason, "disconnect");
    assert.deepEqual(pool.keys, []);
    await pool.closeIdle();
    assert.equal(clock.running, 0);
  });

  it("counts a release once per lease", async () => {
    const [first, second] = [await online(lamp()), await online(lamp())];
    first.release();
    first.release();
    clock.advance(60_000);
    assert.equal(second.connection.state.phase, "online");
    second.release();
    second.release();
    assert.equal(clock.running, 1);
    clock.advance(LINGER_MS);
    assert.deepEqual(pool.keys, []);
  });

  it("refuses other settings while the connection is held, naming fields and no secret", async () => {
    const { connection, release } = await online(lamp());
    const secrets = plantSecrets();
    const { credential } = lamp();
    const other = lamp({ credential: { ...credential, secret: secrets.deviceKey }, keepAliveSeconds: 99 });
    assert.throws(
      () => pool.acquire(other),
      (error) => {
        assert.ok(error instanceof OneNetError);
        assert.equal(error.key, "ONENET_PROFILE_CONFLICT");
        assert.deepEqual(error.params, {
          device: "Th1ngM0del/lamp",
          differences: "keepAliveSeconds, credential",
        });
        assertNoSecrets(secrets, JSON.stringify([error, error.message]), "the conflict");
        return true;
      },
    );
    assert.equal(connection.state.phase, "online");
    release();
    clock.advance(LINGER_MS);
    assert.deepEqual(pool.keys, []);
  });

  describe("whose connection only lingers", () => {
    it("replaces it when the settings have changed, and what was queued is delivered", async () => {
      const wrong = pool.acquire(wrongKey());
      const seen = observe(wrong.connection, clock);
      await seen.retry("waiting");
      const outcome = wrong.connection.device?.post([{ stream: "a", value: 1 }], {
        qos: 1,
        completeWhen: "accepted",
      });
      assert.equal(wrong.connection.held, 1);
      wrong.release();
      const right = await online(lamp());
      assert.notEqual(right.connection, wrong.connection);
      assert.equal((await outcome)?.receipt?.state, "accepted");
      assert.deepEqual([wrong.connection.held, right.connection.held], [0, 0]);
      assert.equal(wrong.connection.state.phase, "closed");
      assert.equal(pool.keys.length, 1);
    });

    it("replaces it when it is to be reached by another way", async () => {
      const { connection, release } = await online(lamp());
      release();
      const closed = simulator.next("closed");
      const moved = pool.acquire(throughLocalhost());
      assert.notEqual(moved.connection, connection);
      assert.equal((await closed).reason, "disconnect");
      await afterLoginPause(moved.connection);
      assert.equal(logins(), 2);
    });

    it("keeps the pace of logins over a replacement and over an end", async () => {
      const first = await online(lamp());
      const startMs = clock.monotonicMs();
      first.release();
      const second = pool.acquire(lamp({ keepAliveSeconds: 30 }));
      await afterLoginPause(second.connection);
      second.release();
      await pool.closeIdle();
      await afterLoginPause(pool.acquire(lamp()).connection);
      assert.equal(clock.monotonicMs() - startMs, 4000);
      assert.equal(logins(), 3);
    });

    it("closes it at once where that is asked for, and no other", async () => {
      const idle = await online(lamp());
      const busy = await online(deviceProfile(STREAM, "lamp", simulator.simulator.port));
      idle.release();
      const closed = simulator.next("closed");
      await pool.closeIdle();
      assert.equal((await closed).productId, THING.productId);
      assert.deepEqual(pool.keys, [busy.connection.key]);
    });

    it("fails what waits with ONENET_CLOSED when it ends", async () => {
      const lease = pool.acquire(wrongKey());
      const outcome = lease.connection.publish(
        { topic: "t", payload: "p", qos: 1, retain: false },
        { completeWhen: "acknowledged" },
      );
      lease.release();
      clock.advance(LINGER_MS);
      await assert.rejects(outcome, { code: "ONENET_CLOSED" });
    });
  });

  it("has connections that can be printed", async () => {
    const { connection } = await online(lamp());
    const text = inspect(connection, { depth: 10, showHidden: true }) + JSON.stringify(connection);
    assert.ok(!text.includes(keyOf(THING, "lamp")), "the key shows");
  });

  it("tells at the exit how many messages are lost", async () => {
    const { connection } = await online(lamp());
    simulator.simulator.faults.dropReply();
    const [closed, published] = [simulator.next("closed"), simulator.next("publish")];
    void connection.device?.post([{ stream: "a", value: 1 }], { qos: 1, completeWhen: "accepted" });
    await published;
    const waiting = pool.acquire(deviceProfile(STREAM, "lamp", simulator.simulator.port)).connection;
    void waiting.device?.post([{ stream: "b", value: 1 }], { qos: 1, completeWhen: "accepted" });
    assert.equal(pool.closeNow(), 2);
    assert.equal((await closed).reason, "disconnect");
    assert.deepEqual(pool.keys, []);
  });

  describe("of plain brokers", () => {
    let server: RawServer;
    beforeEach(async () => {
      server = await startRawServer((client) => takeLogin(client));
    });
    afterEach(() => server.close());

    it("shares a client id, and has a connection for each other one", async () => {
      const [a, again, b] = [
        await online(brokerProfile(server.port, { clientId: "a" })),
        await online(brokerProfile(server.port, { clientId: "a" })),
        await online(brokerProfile(server.port, { clientId: "b" })),
      ];
      assert.equal(a.connection, again.connection);
      assert.notEqual(a.connection, b.connection);
      assert.equal(server.accepted.length, 2);
      for (const lease of [a, again, b]) lease.release();
      await pool.closeIdle();
    });
  });
});

describe("the end of a process", () => {
  let simulator: TestSimulator;
  before(async () => {
    simulator = await startTestSimulator({ tlsPort: 0 });
  });
  after(() => simulator.stop());

  const script = (profile: DeviceProfile, released: boolean) => `
    const { pool } = require(${JSON.stringify(path.join(LIB, "client/pool"))});
    process.once("exit", () => pool.closeNow());
    process.once("SIGTERM", () => process.exit(0));
    const lease = pool.acquire(${JSON.stringify(profile)});
    lease.connection.listen({
      failed: () => undefined,
      stateChanged: ({ phase }) => {
        if (phase !== "online") return;
        ${released ? "lease.release();" : ""}
        console.log("online");
      },
    });
  `;

  for (const transport of ["mqtt", "mqtts"] as const) {
    for (const released of [false, true]) {
      it(`says DISCONNECT over ${transport}${released ? ", also of a connection that only lingers" : ""}`, async () => {
        const { port, tlsPort = 0, rootCertificatePem = "" } = simulator.simulator;
        const profile = deviceProfile(THING, "lamp", port, {
          endpoint: { transport, host: "127.0.0.1", port: transport === "mqtt" ? port : tlsPort },
          tlsTrust: { kind: "pinned-root", rootPem: rootCertificatePem, checkHostname: false },
        });
        const child = startProcess(process.execPath, ["-e", script(profile, released)]);
        await child.lines.waitFor((line) => line === "online");
        const closed = simulator.next("closed");
        await child.stop();
        assert.equal((await closed).reason, "disconnect", child.output());
      });
    }
  }

  it("shows no key and no token, whatever DEBUG asks for", async () => {
    const { port } = simulator.simulator;
    const profile = deviceProfile(THING, "lamp", port);
    const options = { env: { ...process.env, DEBUG: "*" } };
    const child = startProcess(process.execPath, ["-e", script(profile, false)], options);
    await child.lines.waitFor((line) => line === "online");
    await child.stop();
    assert.match(child.output(), /mqtt/, "nothing was debugged at all");
    assert.doesNotMatch(child.output(), /sign=|2018-10-31/);
    assert.ok(!child.output().includes("76 65 72 73 69 6f 6e"), "the token's bytes show");
    assert.ok(!child.output().includes(keyOf(THING, "lamp")));
  });

  it("is not put off by a background timer", async () => {
    const clock = JSON.stringify(path.join(LIB, "clock"));
    const child = startProcess(process.execPath, [
      "-e",
      `require(${clock}).systemClock.startTimer(60_000, () => undefined, true)`,
    ]);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});
