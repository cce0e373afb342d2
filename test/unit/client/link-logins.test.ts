import assert from "node:assert/strict";
import type { Socket } from "node:net";
import {
  brokerProfile,
  deviceProfile,
  type RawServer,
  startRawServer,
  type TestConnection,
  testConnection,
  type Waiting,
} from "../../support/connections";
import { findFreePort } from "../../support/free-port";
import { ManualClock } from "../../support/manual-clock";
import { CONNACK, frame, type RawMqtt, SUBACK } from "../../support/raw-mqtt";
import { deviceToken, keyOf, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const CONNECT = 1;
const SUBSCRIBE = 8;

const connack = (returnCode: number) => frame(CONNACK << 4, Buffer.of(0, returnCode));
const suback = (packetId: Buffer, returnCode: number) =>
  frame(SUBACK << 4, Buffer.concat([packetId, Buffer.of(returnCode)]));

/** What the other side does, and what the connection must make of it each time. */
interface Behaviour {
  readonly what: string;
  readonly onConnect: (client: RawMqtt, socket: Socket) => void;
  readonly onSubscribe?: (client: RawMqtt, packetId: Buffer, socket: Socket) => void;
  /** The error's key, for each login. */
  readonly keys: readonly string[];
  readonly connectTimeoutMs?: number;
}

const gaps = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0));

const granted = (client: RawMqtt) => client.send(connack(0));

const BEHAVIOURS: readonly Behaviour[] = [
  ...[2, 4, 5].map((code) => ({
    what: `CONNACK ${code}`,
    onConnect: (client: RawMqtt) => client.send(connack(code)),
    keys: ["ONENET_AUTH_FAILED.device"],
  })),
  { what: "CONNACK 1", onConnect: (client) => client.send(connack(1)), keys: ["ONENET_PROTOCOL_VERSION"] },
  { what: "CONNACK 3", onConnect: (client) => client.send(connack(3)), keys: ["ONENET_SERVER_BUSY"] },
  {
    what: "closing without CONNACK",
    onConnect: (_, socket) => socket.end(),
    keys: ["ONENET_UNREACHABLE.closed"],
  },
  {
    what: "a reset without CONNACK",
    onConnect: (_, socket) => socket.resetAndDestroy(),
    keys: ["ONENET_UNREACHABLE.closed"],
  },
  {
    what: "no CONNACK",
    onConnect: () => undefined,
    keys: ["ONENET_UNREACHABLE.timeout"],
    connectTimeoutMs: 40,
  },
  {
    what: "something that is not MQTT",
    onConnect: (_, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    keys: ["ONENET_LINK_LOST.protocol"],
  },
  {
    what: "closing after CONNACK",
    onConnect: (client, socket) => {
      granted(client);
      socket.end();
    },
    keys: ["ONENET_LINK_LOST.closed"],
  },
  {
    what: "a refused subscription",
    onConnect: granted,
    onSubscribe: (client, packetId) => client.send(suback(packetId, 0x80)),
    keys: ["ONENET_SUBSCRIBE_REFUSED"],
  },
  {
    what: "a SUBACK with a code too many",
    onConnect: granted,
    onSubscribe: (client, packetId) =>
      client.send(frame(SUBACK << 4, Buffer.concat([packetId, Buffer.of(0, 0)]))),
    keys: ["ONENET_LINK_LOST.protocol"],
  },
  {
    what: "a second CONNACK",
    onConnect: granted,
    onSubscribe: (client, packetId) => client.send(Buffer.concat([suback(packetId, 0), connack(0)])),
    keys: ["ONENET_LINK_LOST.protocol"],
  },
  {
    what: "closing right after SUBACK, again and again",
    onConnect: granted,
    onSubscribe: (client, packetId, socket) => {
      client.send(suback(packetId, 0));
      socket.end();
    },
    keys: ["ONENET_LINK_LOST.closed", "ONENET_KICKED"],
  },
];

describe("logins", () => {
  let server: RawServer;
  let test: TestConnection | undefined;

  /** A server that behaves like this, and the monotonic times at which CONNECTs came. */
  async function serve(behaviour: Behaviour, clock: ManualClock): Promise<number[]> {
    const times: number[] = [];
    server = await startRawServer((client, socket) => {
      void client.frames
        .waitFor(({ type }) => type === CONNECT)
        .then(() => {
          times.push(clock.monotonicMs());
          behaviour.onConnect(client, socket);
        });
      void client.frames
        .waitFor(({ type }) => type === SUBSCRIBE)
        .then(
          ({ body }) => behaviour.onSubscribe?.(client, body.subarray(0, 2), socket),
          () => undefined,
        );
    });
    return times;
  }

  afterEach(async () => {
    await test?.connection.close();
    await server?.close();
  });

  for (const behaviour of BEHAVIOURS) {
    const { what, keys, connectTimeoutMs = 5000 } = behaviour;
    it(`of a device are two seconds apart and counted when the answer is ${what}`, async () => {
      const clock = new ManualClock();
      const times = await serve(behaviour, clock);
      const profile = deviceProfile(THING, "lamp", server.port, { connectTimeoutMs });
      const loginLog = { lastLoginMs: undefined };
      test = testConnection(profile, { clock, loginLog });
      const found: string[] = [];
      test.connection.start();
      for (let round = 0; round < 4; round += 1) {
        const { problem, retryInMs }: Waiting = await test.retry("waiting");
        found.push(problem.key);
        assert.equal(clock.nextInMs, retryInMs);
      }
      const last = keys.at(-1);
      assert.deepEqual(found, [...keys, last, last, last].slice(0, 4));
      assert.equal(times.length, 4);
      assert.ok(
        gaps(times).every((gap) => gap >= 2000),
        `${gaps(times)} ms between logins`,
      );
      assert.equal(test.connection.logins, 4);
      await test.connection.close();
      assert.equal(clock.running, 0, "timers running");
    });
  }

  it("are given up when the subscription is not answered in time", async () => {
    const clock = new ManualClock();
    await serve({ what: "", keys: [], onConnect: granted }, clock);
    test = testConnection(deviceProfile(THING, "lamp", server.port), { clock });
    test.connection.start();
    clock.advance(0);
    const client = await server.accepted.waitFor(() => true);
    await client.frames.waitFor(({ type }) => type === SUBSCRIBE);
    const waiting = test.next("waiting");
    clock.advance(5000);
    assert.equal((await waiting).problem.key, "ONENET_UNREACHABLE.timeout");
    await client.closed;
  });

  it("of a device are two seconds apart when somebody reconnects it like mad", async () => {
    const clock = new ManualClock();
    const times = await serve({ what: "", keys: [], onConnect: () => undefined }, clock);
    test = testConnection(deviceProfile(THING, "lamp", server.port), { clock });
    test.connection.start();
    for (let round = 0; round < 3; round += 1) {
      clock.advance(clock.nextInMs ?? 0);
      const client = await server.accepted.waitForCount(round + 1, () => true);
      await client.at(-1)?.frames.waitFor(({ type }) => type === CONNECT);
      test.connection.reconnect();
      test.connection.reconnect();
    }
    assert.ok(
      gaps(times).every((gap) => gap >= 2000),
      String(gaps(times)),
    );
    assert.deepEqual([times.length, test.connection.logins], [3, 3]);
  });

  it("of a device keep their distance over a new connection of it", async () => {
    const clock = new ManualClock();
    const loginLog = { lastLoginMs: undefined };
    const times = await serve({ what: "", keys: [], onConnect: () => undefined }, clock);
    for (let round = 0; round < 2; round += 1) {
      test = testConnection(deviceProfile(THING, "lamp", server.port), { clock, loginLog });
      test.connection.start();
      clock.advance(clock.nextInMs ?? 0);
      const clients = await server.accepted.waitForCount(round + 1, () => true);
      await clients.at(-1)?.frames.waitFor(({ type }) => type === CONNECT);
      await test.connection.close();
      await clients.at(-1)?.closed;
    }
    assert.equal((times[1] ?? 0) - (times[0] ?? 0), 2000);
  });

  it("of a broker's client need not wait", async () => {
    const clock = new ManualClock();
    const behaviour = BEHAVIOURS.find(({ what }) => what === "a reset without CONNACK");
    assert.ok(behaviour);
    const times = await serve(behaviour, clock);
    test = testConnection(brokerProfile(server.port), { clock });
    test.connection.start();
    for (let round = 0; round < 4; round += 1) await test.retry("waiting");
    assert.ok(
      gaps(times).every((gap) => gap <= 1000),
      String(gaps(times)),
    );
  });

  describe("that were no logins", () => {
    let simulator: TestSimulator | undefined;
    afterEach(async () => {
      await test?.connection.close();
      await simulator?.stop();
      simulator = undefined;
    });

    for (const host of ["127.0.0.1", "localhost"]) {
      it(`(nothing listens at ${host}) are tried again within a second, and succeed at once`, async () => {
        const port = await findFreePort();
        const endpoint = { transport: "mqtt", host, port } as const;
        test = testConnection(deviceProfile(THING, "lamp", port, { endpoint }), { random: 0.999 });
        test.connection.start();
        for (let round = 0; round < 3; round += 1) {
          const { problem, retryInMs }: Waiting = await test.retry("waiting");
          assert.equal(problem.key, "ONENET_UNREACHABLE.refused");
          assert.ok(retryInMs <= 1000, `${retryInMs} ms`);
        }
        assert.equal(test.connection.logins, 0);
        simulator = await startTestSimulator({ port });
        await test.retry("online");
        assert.equal(test.connection.logins, 1);
      });
    }

    it("(a name that does not exist) say so", async () => {
      const endpoint = { transport: "mqtt", host: "does-not-exist.invalid", port: 1883 } as const;
      test = testConnection(deviceProfile(THING, "lamp", 1883, { endpoint }));
      test.connection.start();
      const { problem } = await test.retry("waiting");
      assert.equal(problem.key, "ONENET_UNREACHABLE.dns");
      assert.equal(test.connection.logins, 0);
    });

    const tokens = [
      { what: "expired", options: { expiresAtSeconds: 1 }, key: "ONENET_TOKEN_EXPIRED" },
      {
        what: "for another device",
        options: { res: "products/x/devices/y" },
        key: "ONENET_TOKEN_INVALID.resource",
      },
    ];
    for (const { what, options, key } of tokens) {
      it(`(a ready-made token ${what}) open no connection at all`, async () => {
        server = await startRawServer();
        const profile = deviceProfile(THING, "lamp", server.port);
        const secret = deviceToken(THING, "lamp", options);
        const credential = { ...profile.credential, kind: "token", secret } as const;
        test = testConnection({ ...profile, credential });
        test.connection.start();
        for (const retryInMs of [3750, 7500]) {
          const state: Waiting = await test.retry("waiting");
          assert.equal(state.problem.key, key);
          assert.equal(state.retryInMs, retryInMs);
        }
        assert.deepEqual([server.accepted.length, test.connection.logins], [0, 0]);
      });
    }
  });

  describe("to the simulator", () => {
    let simulator: TestSimulator;
    beforeEach(async () => {
      simulator = await startTestSimulator();
    });
    afterEach(async () => {
      await test?.connection.close();
      await simulator.stop();
    });

    it("that it refuses back off, doubling to five minutes, and start anew after success", async () => {
      const fault = simulator.simulator.faults.refuseLogin();
      test = testConnection(deviceProfile(THING, "lamp", simulator.simulator.port));
      test.connection.start();
      const delays: number[] = [];
      for (let round = 0; round < 9; round += 1) delays.push((await test.retry("waiting")).retryInMs);
      assert.deepEqual(delays, [3750, 7500, 15_000, 30_000, 60_000, 120_000, 225_000, 225_000, 225_000]);
      assert.equal(simulator.events.filter(({ event }) => event === "refused").length, 9);
      fault.end();
      await test.retry("online");
      simulator.simulator.faults.cutLink();
      await test.next("waiting");
      simulator.simulator.faults.refuseLogin();
      assert.equal((await test.retry("waiting")).retryInMs, 3750);
    });

    const wrong = [
      {
        what: "a wrong key",
        profile: () => deviceProfile({ ...THING, devices: [] }, "lamp", simulator.simulator.port),
      },
      { what: "an unknown device", profile: () => deviceProfile(THING, "nobody", simulator.simulator.port) },
      {
        what: "an unknown product",
        profile: () => deviceProfile({ ...THING, productId: "None" }, "lamp", simulator.simulator.port),
      },
    ];
    for (const { what, profile } of wrong) {
      it(`with ${what} are refused, and the error says what the login said`, async () => {
        test = testConnection(profile());
        test.connection.start();
        const { problem } = await test.retry("waiting");
        assert.equal(problem.key, "ONENET_AUTH_FAILED.device");
        assert.equal(problem.params["returnCode"], 4);
        assert.doesNotMatch(problem.message, /\{\{/);
      });
    }

    for (const kind of ["device-key", "product-key"] as const) {
      it(`with a ${kind} and a suffix succeed, each with a fresh token`, async () => {
        const profile = deviceProfile(THING, "lamp", simulator.simulator.port, {
          clientIdSuffix: "network=0&sn=1",
        });
        const secret = kind === "product-key" ? THING.productKey : keyOf(THING, "lamp");
        const credential = { ...profile.credential, kind, secret };
        test = testConnection({ ...profile, credential });
        await test.online();
        simulator.simulator.faults.cutLink();
        await test.next("waiting");
        test.clock.advance(60_000);
        await test.next("online");
        const logins = simulator.events.all.flatMap((event) => (event.event === "login" ? [event] : []));
        assert.deepEqual(
          logins.map((login) => [login.keyKind, login.clientIdSuffix]),
          [
            [kind, "?network=0&sn=1"],
            [kind, "?network=0&sn=1"],
          ],
        );
        const [first, second] = logins.map((login) => login.tokenExpiresAtMs);
        assert.ok((second ?? 0) - (first ?? 0) >= 2000, "the same token again");
      });
    }
  });
});
