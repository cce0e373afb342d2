import assert from "node:assert/strict";
import { Socket } from "node:net";
import { loginOptions } from "../../../lib/client/login";
import { MqttSession } from "../../../lib/client/mqtt-session";
import type { BrokerProfile } from "../../../lib/client/profile";
import { OneNetError } from "../../../lib/errors";
import {
  brokerProfile,
  type RawServer,
  startRawServer,
  type TestConnection,
  takeLogin,
  testConnection,
  type Waiting,
} from "../../support/connections";
import { EventLog } from "../../support/events";
import { collectGarbage } from "../../support/garbage";
import { nextTurn } from "../../support/manual-clock";
import { type Mosquitto, startMosquitto } from "../../support/mosquitto";
import { needs } from "../../support/needs";
import { frame, PUBACK, PUBLISH, publishFrame } from "../../support/raw-mqtt";

const CONNECT = 1;
const CONNACK_5 = frame(0x20, Buffer.of(0, 0, 0));

describe("a client of mosquitto", () => {
  let broker: Mosquitto;
  const opened: TestConnection[] = [];

  before(async function () {
    needs(this, "mosquitto");
    broker = await startMosquitto({ conf: ["max_inflight_messages 3"] });
  });
  after(() => broker?.stop());
  afterEach(async () => {
    for (const { connection } of opened.splice(0)) await connection.close();
  });

  async function open(changes: Partial<BrokerProfile> = {}): Promise<TestConnection> {
    const test = testConnection(brokerProfile(broker.port, changes));
    opened.push(test);
    await test.online();
    return test;
  }

  for (const protocolVersion of [4, 5] as const) {
    for (const qos of [0, 1, 2] as const) {
      it(`publishes at QoS ${qos} with MQTT ${protocolVersion === 4 ? "3.1.1" : "5"}`, async () => {
        const test = await open({ protocolVersion, clientId: `v${protocolVersion}` });
        const topic = `t/${protocolVersion}/${qos}`;
        const receipt = await test.publish({ topic, qos, payload: Buffer.from([0, 255]) });
        assert.equal(receipt.state, qos === 0 ? "sent" : "acknowledged");
        await broker.waitForLine(
          new RegExp(
            `Received PUBLISH from v${protocolVersion} \\(d0, q${qos}, .*'${topic}', ... \\(2 bytes`,
          ),
        );
        if (qos === 2) await broker.waitForLine(new RegExp(`Sending PUBCOMP to v${protocolVersion}`));
      });
    }
  }

  it("obeys Receive Maximum: a flood at QoS 2 is delivered, and the link stands", async () => {
    const test = await open({ protocolVersion: 5, clientId: "flood" });
    const all = Array.from({ length: 500 }, (_, index) => test.publish({ qos: 2, payload: String(index) }));
    const states = (await Promise.all(all)).map(({ state }) => state);
    assert.ok(states.every((state) => state === "acknowledged"));
    assert.equal(test.connection.logins, 1);
  });

  it("counts the birth message against Receive Maximum", async () => {
    const birth = { topic: "birth", payload: "here", qos: 2, retain: true } as const;
    const test = testConnection(brokerProfile(broker.port, { protocolVersion: 5, clientId: "born", birth }));
    opened.push(test);
    const all = Array.from({ length: 50 }, () => test.publish({ qos: 2 }));
    await test.online();
    await Promise.all(all);
    await broker.waitForLine(/Received PUBLISH from born \(d0, q2, r1, .*'birth'/);
    assert.equal(test.connection.logins, 1);
  });

  it("reports a birth message that was not acknowledged in time, and one that was lost with its link not", async () => {
    const birth = { topic: "birth", payload: "here", qos: 1, retain: false } as const;
    const server = await startRawServer((client) => takeLogin(client));
    const test = testConnection(brokerProfile(server.port, { birth }));
    opened.push(test);
    await test.online();
    const [first] = server.accepted.all;
    await first?.frames.waitFor(({ type }) => type === PUBLISH);
    const waiting = test.next("waiting");
    first?.close();
    await waiting;
    await test.retry("online");
    const second = await server.accepted.all[1]?.frames.waitFor(({ type }) => type === PUBLISH);
    assert.equal((second?.flags ?? 0) & 0x08, 0, "said anew, not again");
    test.clock.advance(5000);
    // A sign of life: its PUBACK shows that it has been seen.
    const seen = server.accepted.all[1]?.next(PUBACK);
    server.accepted.all[1]?.send(publishFrame("any", "", { qos: 1 }));
    await seen;
    assert.deepEqual(test.failures.all, []);
    test.clock.advance(5000);
    const { key } = await test.failures.waitFor(() => true);
    assert.equal(key, "ONENET_ACK_TIMEOUT.puback");
    await test.connection.close();
    await server.close();
  });

  it("carries MQTT 5 properties", async () => {
    const test = await open({ protocolVersion: 5, clientId: "props" });
    const properties = {
      contentType: "application/json",
      responseTopic: "answers",
      correlationData: Buffer.from("c"),
      userProperties: { a: "1", b: ["2", "3"] },
      messageExpiryInterval: 60,
    };
    assert.equal((await test.publish({ properties })).state, "acknowledged");
    assert.equal((await test.publish({})).state, "acknowledged");
  });

  it("fails what cannot be encoded alone, and delivers the rest", async () => {
    const test = await open({ protocolVersion: 5, clientId: "strange" });
    // Typed as wrong as JavaScript lets them be.
    const throws = { userProperties: { a: null as unknown as string } };
    const breaksStream = { contentType: 5 as unknown as string };
    const first = assert.rejects(test.publish({ properties: throws }), { code: "ONENET_INTERNAL" });
    const poison = test.publish({ properties: breaksStream });
    poison.catch(() => undefined);
    const good = test.publish({ payload: "good" });
    await first;
    for (let login = 1; login <= 3; login += 1) {
      if (test.connection.state.phase === "online") await test.next("waiting");
      await test.retry("online");
    }
    await assert.rejects(poison, { code: "ONENET_PUBLISH_CLOSED_LINK" });
    assert.equal((await good).state, "acknowledged");
  });

  it("leaves its will, and says DISCONNECT so that it is not used", async () => {
    const will = { topic: "will", payload: "gone", qos: 1, retain: true } as const;
    const test = await open({ clientId: "mortal", will });
    await broker.waitForLine(/New client connected from .* as mortal/);
    await test.connection.close();
    await broker.waitForLine(/Received DISCONNECT from mortal/);
  });

  it("keeps a session for as long as MQTT 5 is told to", async () => {
    await open({ protocolVersion: 5, clientId: "kept", cleanSession: false, sessionExpirySeconds: 3600 });
    await broker.waitForLine(/as kept \(p5, c0, k60\)/);
  });

  it("goes on by itself when the broker was killed, and delivers what waited", async () => {
    const own = await startMosquitto();
    const test = testConnection(brokerProfile(own.port));
    opened.push(test);
    await test.online();
    const waiting = test.next("waiting");
    await own.halt("kill");
    await waiting;
    const outcome = test.publish({ qos: 1 });
    assert.equal((await test.retry("waiting")).problem.key, "ONENET_UNREACHABLE.refused");
    await own.start();
    await test.retry("online");
    assert.equal((await outcome).state, "acknowledged");
    await own.stop();
  });
});

describe("a client that a broker refuses", () => {
  let broker: Mosquitto;
  let test: TestConnection | undefined;
  before(async function () {
    needs(this, "mosquitto");
    broker = await startMosquitto({ users: { me: "secret" } });
  });
  after(() => broker?.stop());
  afterEach(() => test?.connection.close());

  for (const protocolVersion of [4, 5] as const) {
    for (const [what, username, password] of [
      ["no user", "", ""],
      ["a wrong password", "me", "wrong"],
      ["a password without a user", "", "secret"],
    ] as const) {
      it(`for ${what}, MQTT ${protocolVersion}, is told so`, async () => {
        test = testConnection(brokerProfile(broker.port, { protocolVersion, username, password }));
        test.connection.start();
        const { problem }: Waiting = await test.retry("waiting");
        assert.equal(problem.key, "ONENET_AUTH_FAILED.broker");
        assert.doesNotMatch(problem.message, /\{\{|secret|wrong/);
      });
    }
  }
});

describe("a client over WebSocket", () => {
  let broker: Mosquitto;
  let test: TestConnection | undefined;
  before(async function () {
    needs(this, "mosquitto");
    broker = await startMosquitto({ websockets: true });
  });
  after(() => broker?.stop());
  afterEach(() => test?.connection.close());

  for (const protocolVersion of [4, 5] as const) {
    it(`publishes and says DISCONNECT, MQTT ${protocolVersion}`, async () => {
      const endpoint = { transport: "ws", host: "127.0.0.1", port: broker.port, path: "/mqtt" } as const;
      const clientId = `web${protocolVersion}`;
      test = testConnection(brokerProfile(broker.port, { endpoint, protocolVersion, clientId }));
      await test.online();
      assert.equal((await test.publish({ qos: 2 })).state, "acknowledged");
      assert.equal(test.connection.logins, 1);
      const closing = test.connection.close();
      await broker.waitForLine(new RegExp(`Received DISCONNECT from ${clientId}`));
      test.clock.advance(1000);
      await closing;
    });
  }
});

describe("a session with a server the test plays", () => {
  let server: RawServer;
  let test: TestConnection;
  afterEach(async () => {
    await test.connection.close();
    await server.close();
  });

  async function open(changes: Partial<BrokerProfile> = {}) {
    test = testConnection(brokerProfile(server.port, changes));
    await test.online();
    const client = await server.accepted.waitFor(() => true);
    return client;
  }

  it("tells the broker's refusal of a publish, with the words of MQTT 5", async () => {
    server = await startRawServer((client) => {
      client.frames
        .waitFor(({ type }) => type === CONNECT)
        .then(
          () => client.send(CONNACK_5),
          () => undefined,
        );
    });
    const client = await open({ protocolVersion: 5 });
    const refused = test.publish({ topic: "secret/topic" });
    const { body } = await client.frames.waitFor(({ type }) => type === PUBLISH);
    const packetIdAt = 2 + body.readUInt16BE(0);
    client.send(
      frame(PUBACK << 4, Buffer.concat([body.subarray(packetIdAt, packetIdAt + 2), Buffer.of(135, 0)])),
    );
    await assert.rejects(refused, {
      key: "ONENET_PUBLISH_REFUSED",
      params: { topic: "secret/topic", reasonCode: 135, reason: "not authorized" },
    });
    const matched = test.publish({ topic: "nobody/listens" });
    const second = await client.frames.waitForNext(({ type }) => type === PUBLISH);
    const at = 2 + second.body.readUInt16BE(0);
    client.send(frame(PUBACK << 4, Buffer.concat([second.body.subarray(at, at + 2), Buffer.of(16, 0)])));
    assert.equal((await matched).state, "acknowledged");
  });

  for (const how of ["end", "reset"] as const) {
    it(`knows from MQTT 5 that another client took its id over, when ${how} follows`, async () => {
      server = await startRawServer((client) => {
        client.frames
          .waitFor(({ type }) => type === CONNECT)
          .then(
            () => client.send(CONNACK_5),
            () => undefined,
          );
      });
      const client = await open({ protocolVersion: 5 });
      test.clock.advance(3_600_000);
      const waiting: Promise<Waiting> = test.next("waiting");
      client.socket.write(frame(0xe0, Buffer.of(142, 0)), () => {
        if (how === "end") client.socket.end();
        else client.socket.resetAndDestroy();
      });
      const { problem, retryInMs } = await waiting;
      assert.deepEqual([problem.key, problem.params["times"], retryInMs], ["ONENET_KICKED", 1, 3000]);
    });
  }

  it("obeys the Receive Maximum of the CONNACK", async () => {
    const connack5 = frame(0x20, Buffer.of(0, 0, 3, 0x21, 0, 2));
    server = await startRawServer((client) => {
      client.frames
        .waitFor(({ type }) => type === CONNECT)
        .then(
          () => client.send(connack5),
          () => undefined,
        );
    });
    const client = await open({ protocolVersion: 5 });
    const all = ["a", "b", "c"].map((payload) =>
      test.publish({ payload }).catch((error: OneNetError) => error),
    );
    const sent = await client.frames.waitForCount(2, ({ type }) => type === PUBLISH);
    await client.frames.waitForCount(2, ({ type }) => type === PUBLISH);
    assert.equal(client.frames.filter(({ type }) => type === PUBLISH).length, 2);
    const at = 2 + (sent[0]?.body.readUInt16BE(0) ?? 0);
    client.send(frame(PUBACK << 4, sent[0]?.body.subarray(at, at + 2) ?? Buffer.alloc(2)));
    await client.frames.waitForCount(3, ({ type }) => type === PUBLISH);
    await test.connection.close();
    await Promise.all(all);
  });

  it("marks DUP what it sends again, and keeps one login per link", async () => {
    server = await startRawServer((client) => takeLogin(client));
    const first = await open();
    const outcome = test.publish({ payload: "once" });
    await first.frames.waitFor(({ type }) => type === PUBLISH);
    const waiting = test.next("waiting");
    first.close();
    await waiting;
    await test.retry("online");
    const second = server.accepted.all[1];
    const { flags, body } = (await second?.frames.waitFor(({ type }) => type === PUBLISH)) ?? {
      flags: 0,
      body: Buffer.alloc(0),
    };
    assert.equal(flags & 0x08, 0x08);
    const at = 2 + body.readUInt16BE(0);
    second?.send(frame(PUBACK << 4, body.subarray(at, at + 2)));
    assert.equal((await outcome).attempts, 2);
    assert.equal(test.connection.logins, 2);
  });

  for (const end of ["closed by the other side", "closed by this side", "cut"] as const) {
    it(`leaves nothing behind when it was ${end}`, async () => {
      server = await startRawServer((client) => takeLogin(client));
      await open();
      const sessions: WeakRef<MqttSession>[] = [];
      for (let index = 0; index < 5; index += 1) sessions.push(await endOne(end, `session${index}`));
      const countAlive = () => sessions.filter((session) => session.deref() !== undefined).length;
      let alive = sessions.length;
      // The socket's own last callbacks come some turns after its end.
      for (let turn = 0; turn < 100 && alive > 1; turn += 1) {
        await collectGarbage();
        alive = countAlive();
      }
      assert.ok(alive <= 1, `${alive} of 5 sessions alive; the engine itself may hold the last`);
    });
  }

  /** One session from its login to its end. */
  async function endOne(end: string, clientId: string): Promise<WeakRef<MqttSession>> {
    const options = loginOptions(brokerProfile(server.port, { clientId }), Date.now());
    const events = new EventLog<"online" | "down">();
    const session = new MqttSession(
      options,
      {
        loggingIn: () => undefined,
        message: () => undefined,
        online: () => events.push("online"),
        down: () => events.push("down"),
      },
      test.clock,
    );
    await events.waitFor((event) => event === "online");
    session.publish({ topic: "t", payload: "p", qos: 1, retain: false }, false, () => undefined);
    if (end === "closed by this side") await session.close();
    else {
      if (end === "cut") session.cut(new OneNetError("ONENET_CLOSED"));
      else server.accepted.all.at(-1)?.close();
      await events.waitFor((event) => event === "down");
    }
    return new WeakRef(session);
  }

  it("does not warn of listeners when a window full of QoS 0 waits for the socket", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on("warning", note);
    server = await startRawServer((client) => takeLogin(client));
    const limits = { maxMessages: 3000, maxBytes: 100_000_000, whenFull: "refuse-new" } as const;
    const client = await open({ inFlightMax: 3000, limits });
    client.socket.pause();
    const payload = Buffer.alloc(10_000);
    const all = Array.from({ length: 3000 }, () =>
      test.publish({ qos: 0, payload }, { completeWhen: "sent" }),
    );
    await nextTurn();
    client.socket.resume();
    await Promise.all(all);
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });

  it("does not wait for more to send: TCP_NODELAY is set", async () => {
    const { setNoDelay } = Socket.prototype;
    const set: (boolean | undefined)[] = [];
    Socket.prototype.setNoDelay = function (noDelay) {
      if (this.remotePort === server.port) set.push(noDelay);
      return setNoDelay.call(this, noDelay);
    };
    try {
      server = await startRawServer((client) => takeLogin(client));
      await open();
    } finally {
      Socket.prototype.setNoDelay = setNoDelay;
    }
    assert.deepEqual(set, [true]);
  });

  it("says what a web server answered", async () => {
    server = await startRawServer((_, socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    });
    const endpoint = { transport: "ws", host: "127.0.0.1", port: server.port, path: "/mqtt" } as const;
    test = testConnection(brokerProfile(server.port, { endpoint }));
    test.connection.start();
    const { problem }: Waiting = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_LINK_LOST.protocol");
    assert.match(problem.message, /404/);
  });
});
