import assert from "node:assert/strict";
import { BUILD_DATE_MS } from "../../../lib/client/build-date";
import {
  brokerProfile,
  deviceProfile,
  type RawServer,
  startRawServer,
  type TestConnection,
  takeLogin,
  testConnection,
  type Waiting,
} from "../../support/connections";
import { ManualClock } from "../../support/manual-clock";
import { CONNACK, frame, publishFrame } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy";

const CONNECT = 1;
const DISCONNECT = 14;
const CONNACK_OK = frame(CONNACK << 4, Buffer.of(0, 0));
const CENTURY_MS = 100 * 365 * 24 * 3_600_000;

describe("Link to the simulator", () => {
  let simulator: TestSimulator;
  let test: TestConnection | undefined;
  let proxy: TcpProxy | undefined;

  beforeEach(async () => {
    simulator = await startTestSimulator();
  });
  afterEach(async () => {
    await test?.connection.close();
    await proxy?.close();
    await simulator.stop();
    test = undefined;
    proxy = undefined;
  });

  const lamp = (port = simulator.simulator.port) => deviceProfile(THING, "lamp", port);
  const post = (connection: TestConnection, stream: string) =>
    connection.connection.device?.post([{ stream, value: 1 }], { qos: 1, completeWhen: "accepted" });

  it("logs in, subscribes, and is online without a timer", async () => {
    test = testConnection(lamp());
    await test.online();
    assert.deepEqual(
      test.states.all.map(({ phase }) => phase),
      ["connecting", "online"],
    );
    assert.deepEqual(test.connection.state, { phase: "online" });
    assert.equal(test.connection.logins, 1);
    assert.equal(test.clock.running, 0);
    const [login] = simulator.events.all.flatMap((event) => (event.event === "login" ? [event] : []));
    assert.equal(login?.keepAliveSeconds, 60);
    const [subscribed] = simulator.events.all.flatMap((event) =>
      event.event === "subscribed" ? [event] : [],
    );
    assert.deepEqual(subscribed?.filters, ["$sys/Th1ngM0del/lamp/thing/#"]);
  });

  it("says DISCONNECT when it is closed, and nothing after it", async () => {
    test = testConnection(lamp());
    await test.online();
    const closed = simulator.next("closed");
    await test.connection.close();
    assert.equal((await closed).reason, "disconnect");
    assert.equal(test.connection.state.phase, "closed");
    assert.equal(test.states.all.at(-1)?.phase, "online");
    assert.equal(test.clock.running, 0);
    await test.connection.close();
    test.connection.reconnect();
    assert.equal(test.clock.running, 0);
  });

  it("says DISCONNECT at the exit of the process", async () => {
    test = testConnection(lamp());
    await test.online();
    const closed = simulator.next("closed");
    assert.equal(test.connection.closeNow(), 0);
    assert.equal((await closed).reason, "disconnect");
  });

  it("logs in again when it is told to, as soon as the pace allows", async () => {
    test = testConnection(lamp());
    await test.online();
    const closed = simulator.next("closed");
    test.connection.reconnect();
    assert.deepEqual(test.connection.state, { phase: "connecting" });
    assert.equal((await closed).reason, "disconnect");
    assert.equal(test.clock.nextInMs, 1000, "the time to say DISCONNECT");
    test.clock.advance(1999);
    assert.equal(test.connection.logins, 1);
    const online = test.next("online");
    test.clock.advance(1);
    await online;
    assert.equal(test.connection.logins, 2);
  });

  it("logs in again at once when it waited for long", async () => {
    const fault = simulator.simulator.faults.refuseLogin();
    test = testConnection(lamp());
    test.connection.start();
    for (let round = 0; round < 6; round += 1) await test.retry("waiting");
    fault.end();
    test.clock.advance(3000);
    const online = test.next("online");
    test.connection.reconnect();
    assert.equal(test.clock.nextInMs, 0);
    test.clock.advance(0);
    await online;
  });

  it("names another login that throws it out, and backs off", async () => {
    const { faults } = simulator.simulator;
    test = testConnection(lamp());
    await test.online();
    const seen: string[] = [];
    const delays: number[] = [];
    for (let times = 1; times <= 4; times += 1) {
      const waiting: Promise<Waiting> = test.next("waiting");
      faults.evict();
      const { problem, retryInMs } = await waiting;
      seen.push(`${problem.key} ${problem.params["times"] ?? ""}`.trim());
      delays.push(retryInMs);
      await test.retry("online");
    }
    assert.deepEqual(seen, [
      "ONENET_LINK_LOST.closed",
      "ONENET_KICKED 2",
      "ONENET_KICKED 3",
      "ONENET_KICKED 4",
    ]);
    assert.deepEqual(delays, [2000, 3000, 6000, 12_000]);
  });

  it("really is thrown out by another login of the same device, and not by one of another product", async () => {
    test = testConnection(lamp());
    await test.online();
    const other = await simulator.login(STREAM, "lamp");
    const waiting = test.next("waiting");
    await simulator.login(THING, "lamp");
    assert.equal((await waiting).problem.key, "ONENET_LINK_LOST.closed");
    await other.settle();
  });

  it("forgets an old trouble after a long life", async () => {
    test = testConnection(lamp());
    await test.online();
    for (const key of ["ONENET_LINK_LOST.closed", "ONENET_LINK_LOST.closed"]) {
      test.clock.advance(61_000);
      const waiting: Promise<Waiting> = test.next("waiting");
      simulator.simulator.faults.cutLink();
      assert.equal((await waiting).problem.key, key);
      await test.retry("online");
    }
  });

  it("publishes nothing while a subscription is refused, and everything once it is not", async () => {
    const fault = simulator.simulator.faults.refuseSubscription();
    test = testConnection(lamp());
    const outcome = post(test, "early");
    test.connection.start();
    for (const retryInMs of [3750, 7500]) {
      const { problem, ...waiting }: Waiting = await test.retry("waiting");
      assert.equal(problem.key, "ONENET_SUBSCRIBE_REFUSED");
      assert.deepEqual(problem.params, {
        host: "127.0.0.1",
        filter: "$sys/Th1ngM0del/lamp/thing/#",
        returnCode: 128,
      });
      assert.equal(waiting.retryInMs, retryInMs);
    }
    assert.equal(test.connection.held, 1);
    assert.equal(simulator.events.filter(({ event }) => event === "publish").length, 0);
    fault.end();
    await test.retry("online");
    assert.equal((await outcome)?.receipt?.state, "accepted");
  });

  it("is refused the subscription of the other product kind", async () => {
    test = testConnection({ ...lamp(), productKind: "data-stream" });
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_SUBSCRIBE_REFUSED");
  });

  describe("through a black hole", () => {
    beforeEach(async () => {
      proxy = await startTcpProxy({ port: simulator.simulator.port });
    });

    it("finds out by asking when a message stays unanswered, and delivers it afterwards", async () => {
      assert.ok(proxy);
      test = testConnection(lamp(proxy.port));
      await test.online();
      test.clock.advance(60_000);
      proxy.setMode("black-hole");
      const outcome = post(test, "a");
      await new Promise(setImmediate);
      test.clock.advance(10_000);
      const waiting = test.next("waiting");
      test.clock.advance(5000);
      const { problem, retryInMs }: Waiting = await waiting;
      assert.equal(problem.key, "ONENET_LINK_LOST.silent");
      assert.equal(problem.params["seconds"], 75);
      assert.ok(retryInMs <= 1000);
      proxy.setMode("forward");
      await test.retry("online");
      const receipt = (await outcome)?.receipt;
      assert.deepEqual([receipt?.state, receipt?.attempts], ["accepted", 2]);
    });

    it("finds out by the keep alive when there is nothing to send", async () => {
      const server = await startRawServer((client) => {
        void client.frames.waitFor(({ type }) => type === CONNECT).then(() => client.send(CONNACK_OK));
      });
      // The keep alive is MQTT.js's own and runs in real time; no PINGRESP comes.
      test = testConnection(brokerProfile(server.port, { keepAliveSeconds: 1 }));
      await test.online();
      const { problem } = await test.next("waiting");
      assert.equal(problem.key, "ONENET_LINK_LOST.silent");
      await server.close();
    });

    it("gives up an address that takes the connection and says nothing", async () => {
      assert.ok(proxy);
      proxy.setMode("black-hole");
      test = testConnection({ ...lamp(proxy.port), connectTimeoutMs: 50 });
      test.connection.start();
      const { problem } = await test.retry("waiting");
      assert.equal(problem.key, "ONENET_UNREACHABLE.timeout");
      assert.equal(problem.params["timeoutSeconds"], 0.05);
      proxy.setMode("forward");
      await test.retry("online");
    });
  });

  describe("with a clock before the build date", () => {
    const old = () => {
      const profile = lamp();
      // The simulator's clock is right: the token must reach up to it.
      return { ...profile, credential: { ...profile.credential, tokenLifetimeMs: CENTURY_MS } };
    };

    it("logs in with a token signed from the build date on, and warns", async () => {
      test = testConnection(old(), { clock: new ManualClock(0) });
      await test.online();
      const { state } = test.connection;
      assert.equal(state.phase === "online" && state.warning?.key, "ONENET_CLOCK_WRONG");
      const [login] = simulator.events.all.flatMap((event) => (event.event === "login" ? [event] : []));
      assert.equal(login?.tokenExpiresAtMs, BUILD_DATE_MS + CENTURY_MS);
    });

    it("logs in again when the clock is set, without a warning", async () => {
      test = testConnection(old(), { clock: new ManualClock(0) });
      await test.online();
      test.clock.advance(60_000);
      assert.equal(test.connection.logins, 1);
      test.clock.setWall(Date.now());
      const online = test.next("online");
      test.clock.advance(5000);
      test.clock.advance(0);
      assert.deepEqual(await online, { phase: "online" });
      assert.equal(test.connection.logins, 2);
      assert.equal(simulator.events.filter((event) => event.event === "closed").length, 1);
      await test.connection.close();
      assert.equal(test.clock.running, 0);
    });

    it("watches the clock while it waits, too", async () => {
      simulator.simulator.faults.refuseLogin({ count: 3 });
      test = testConnection(old(), { clock: new ManualClock(0) });
      test.connection.start();
      await test.retry("waiting");
      test.clock.setWall(Date.now());
      const { phase } = await test.retry("waiting");
      assert.equal(phase, "waiting");
      await test.connection.close();
      assert.equal(test.clock.running, 0);
    });
  });

  it("does not come back when a listener closes it at a failure", async () => {
    simulator.simulator.faults.refuseLogin();
    const own = testConnection(lamp());
    test = own;
    own.connection.listen({
      stateChanged: ({ phase }) => {
        if (phase === "waiting") void own.connection.close();
      },
      failed: () => undefined,
    });
    own.connection.start();
    await own.retry("waiting");
    assert.equal(own.clock.running, 0);
  });

  it("sends nothing when a listener closes it as it comes online", async () => {
    const own = testConnection(lamp());
    test = own;
    const outcome = post(own, "a");
    own.connection.listen({
      stateChanged: ({ phase }) => {
        if (phase === "online") void own.connection.close();
      },
      failed: () => undefined,
    });
    const closed = simulator.next("closed");
    await own.online();
    assert.equal((await closed).reason, "disconnect");
    assert.equal((await outcome)?.failed[0]?.error.code, "ONENET_CLOSED");
    assert.equal(simulator.events.filter(({ event }) => event === "publish").length, 0);
  });
});

describe("Link to a server that is none", () => {
  let server: RawServer;
  let test: TestConnection | undefined;
  afterEach(async () => {
    await test?.connection.close();
    await server?.close();
  });

  it("leaves nothing behind when it is closed while it connects", async () => {
    server = await startRawServer();
    for (const transport of ["mqtt", "mqtts", "ws", "wss"] as const) {
      const endpoint = { transport, host: "127.0.0.1", port: server.port };
      test = testConnection(brokerProfile(server.port, { endpoint }));
      test.connection.start();
      const accepted = server.accepted.waitForNext(() => true);
      test.clock.advance(0);
      const client = await accepted;
      await test.connection.close();
      await client.closed;
      assert.deepEqual([test.clock.running, test.states.length], [0, 1]);
    }
  });

  it("leaves nothing behind when it is closed before it connects", async () => {
    server = await startRawServer();
    test = testConnection(brokerProfile(server.port));
    test.connection.start();
    await test.connection.close();
    test.clock.advance(60_000);
    assert.deepEqual([test.clock.running, server.accepted.length], [0, 0]);
  });

  it("closes in a second though the other side does not", async () => {
    server = await startRawServer((client, socket) => {
      socket.allowHalfOpen = true;
      void client.frames.waitFor(({ type }) => type === CONNECT).then(() => client.send(CONNACK_OK));
    });
    test = testConnection(brokerProfile(server.port));
    await test.online();
    const [client] = server.accepted.all;
    assert.ok(client);
    client.socket.allowHalfOpen = true;
    const closing = test.connection.close();
    await client.frames.waitFor(({ type }) => type === DISCONNECT);
    test.clock.advance(1000);
    await closing;
    assert.equal(test.clock.running, 0);
  });

  it("gives up a CONNACK that says neither yes nor no", async () => {
    server = await startRawServer((client) => {
      void client.frames
        .waitFor(({ type }) => type === CONNECT)
        .then(() => client.send(frame(CONNACK << 4, Buffer.of(0))));
    });
    test = testConnection(brokerProfile(server.port));
    test.connection.start();
    test.clock.advance(0);
    const client = await server.accepted.waitFor(() => true);
    await client.frames.waitFor(({ type }) => type === CONNECT);
    const waiting = test.next("waiting");
    test.clock.advance(5000);
    assert.equal((await waiting).problem.key, "ONENET_UNREACHABLE.timeout");
  });

  const garbage: readonly (readonly [what: string, bytes: Buffer])[] = [
    ["an HTTP answer", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["zeros", Buffer.alloc(64)],
    ["ones", Buffer.alloc(64, 0xff)],
    ["a TLS alert", Buffer.of(0x15, 3, 3, 0, 2, 2, 70)],
    ["a PUBLISH with an empty body", frame(0x30, Buffer.alloc(0))],
    ["a length without an end", Buffer.of(0x20, 0xff, 0xff, 0xff, 0xff, 0xff)],
  ];
  for (const [what, bytes] of garbage) {
    for (const when of ["instead of CONNACK", "once online"] as const) {
      it(`survives ${what} ${when}, and says what it is`, async () => {
        server = await startRawServer((client, socket) => {
          void client.frames
            .waitFor(({ type }) => type === CONNECT)
            .then(() => socket.write(when === "once online" ? CONNACK_OK : bytes));
        });
        test = testConnection(brokerProfile(server.port));
        if (when === "once online") {
          await test.online();
          const waiting = test.next("waiting");
          server.accepted.all[0]?.socket.end(bytes);
          assert.match((await waiting).problem.key, /^ONENET_LINK_LOST\.(protocol|closed)$/);
        } else {
          test.connection.start();
          const { problem }: Waiting = await test.retry("waiting");
          assert.match(problem.key, /^ONENET_(LINK_LOST\.protocol|UNREACHABLE\.closed)$/);
          assert.doesNotMatch(problem.message, /\{\{/);
        }
      });
    }
  }

  it("answers a command that comes together with the SUBACK", async () => {
    const request = publishFrame("$sys/Str3amPr0d/lamp/cmd/request/77", "on");
    server = await startRawServer((client) => takeLogin(client, request));
    test = testConnection(deviceProfile(STREAM, "lamp", server.port));
    test.connection.device?.commands.register({
      kinds: new Set(["command"]),
      identifiers: undefined,
      answersItself: true,
      deadlineMs: 4000,
      unhandled: "fail",
      failure: { kind: "standard" },
      deliver: () => undefined,
      unanswered: () => undefined,
    });
    await test.online();
    const [client] = server.accepted.all;
    const answer = await client?.frames.waitFor(({ type }) => type === 3);
    assert.match(String(answer?.body), /cmd\/response\/77/);
    assert.deepEqual(test.failures.all, []);
  });

  it("turns settings that cannot even be tried into a state, not into a crash", async () => {
    server = await startRawServer();
    const endpoint = { transport: "mqtts", host: "127.0.0.1", port: server.port } as const;
    const tlsTrust = { kind: "options", options: { cert: "no PEM", key: "no PEM" } } as const;
    test = testConnection(brokerProfile(server.port, { endpoint, tlsTrust }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_TLS_FAILED.other");
  });

  it("does the same with a path that no WebSocket takes", async () => {
    server = await startRawServer();
    const endpoint = { transport: "ws", host: "127.0.0.1", port: server.port, path: "/mqtt#x" } as const;
    test = testConnection(brokerProfile(server.port, { endpoint }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.code, "ONENET_LINK_LOST");
  });

  it("reaches for an IPv6 address over WebSocket, too", async () => {
    server = await startRawServer();
    const endpoint = { transport: "ws", host: "::1", port: server.port, path: "/mqtt" } as const;
    test = testConnection(brokerProfile(server.port, { endpoint }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.code, "ONENET_UNREACHABLE");
  });

  it("warns of the clock only where something is signed by it", async () => {
    server = await startRawServer((client) => {
      void client.frames.waitFor(({ type }) => type === CONNECT).then(() => client.send(CONNACK_OK));
    });
    test = testConnection(brokerProfile(server.port), { clock: new ManualClock(0) });
    await test.online();
    assert.deepEqual(test.connection.state, { phase: "online" });
    assert.equal(test.clock.running, 0);
  });
});
