import { createServer, type Server, type Socket } from "node:net";
import { Connection, type ConnectionContext } from "../../lib/client/connection";
import type { LinkState, LoginLog } from "../../lib/client/link";
import type { BrokerProfile, ConnectionProfile, DeviceProfile } from "../../lib/client/profile";
import { DEFAULT_BATCHING } from "../../lib/delivery/delivery-settings";
import type { DeliveryOptions, Publish, Receipt } from "../../lib/delivery/message";
import { countMessageIds } from "../../lib/delivery/message-id";
import type { OneNetError } from "../../lib/errors";
import type { SimulatedProduct } from "../../lib/simulator/options";
import { EventLog } from "./events";
import { ManualClock } from "./manual-clock";
import { CONNACK, frame, RawMqtt, SUBACK } from "./raw-mqtt";
import { keyOf } from "./simulated";

const COMMON = {
  tlsTrust: { kind: "system-ca" },
  keepAliveSeconds: 60,
  connectTimeoutMs: 5000,
  limits: { maxMessages: 1000, maxBytes: 16_000_000, whenFull: "refuse-new" },
  order: "strict",
  store: { mode: "memory" },
  waitingSendersMax: 2000,
  messagesPerSecond: undefined,
  inFlightMax: 100,
  ackTimeoutMs: 10_000,
  ackAttempts: 3,
} as const;

/** A device of a simulator at 127.0.0.1. */
export function deviceProfile(
  product: SimulatedProduct,
  deviceName: string,
  port: number,
  changes: Partial<DeviceProfile> = {},
): DeviceProfile {
  return {
    ...COMMON,
    kind: "device",
    platform: "simulator",
    endpoint: { transport: "mqtt", host: "127.0.0.1", port },
    device: { productId: product.productId, deviceName },
    clientIdSuffix: "",
    productKind: product.kind,
    batching: DEFAULT_BATCHING,
    credential: {
      kind: "device-key",
      secret: product.devices.some((device) => device.deviceName === deviceName)
        ? keyOf(product, deviceName)
        : Buffer.alloc(32).toString("base64"),
      signMethod: "sha256",
      tokenLifetimeMs: 3_600_000,
    },
    ...changes,
  };
}

/** A client of a plain broker at 127.0.0.1. */
export function brokerProfile(port: number, changes: Partial<BrokerProfile> = {}): BrokerProfile {
  return {
    ...COMMON,
    kind: "broker",
    platform: "mqtt",
    endpoint: { transport: "mqtt", host: "127.0.0.1", port },
    protocolVersion: 4,
    clientId: "test-client",
    username: "",
    password: "",
    cleanSession: true,
    sessionExpirySeconds: undefined,
    will: undefined,
    birth: undefined,
    ...changes,
  };
}

export type Waiting = Extract<LinkState, { phase: "waiting" }>;

/** A connection whose retries and deadlines happen when the test says so, and what it tells. */
export interface TestConnection {
  readonly connection: Connection;
  readonly clock: ManualClock;
  readonly states: EventLog<LinkState>;
  readonly failures: EventLog<OneNetError>;
  /** Opens it and waits until it is online. */
  online(): Promise<void>;
  /** The next state of this phase from now on. */
  next<P extends LinkState["phase"]>(phase: P): Promise<Extract<LinkState, { phase: P }>>;
  /** Lets the present retry delay pass, and waits for what comes of it. */
  retry<P extends LinkState["phase"]>(phase: P): Promise<Extract<LinkState, { phase: P }>>;
  publish(publish: Partial<Publish>, options?: Partial<DeliveryOptions>): Promise<Receipt>;
}

export interface TestConnectionOptions {
  readonly clock?: ManualClock;
  readonly loginLog?: LoginLog;
  /** From 0 to under 1; default 0, the shortest of all delays. */
  readonly random?: number;
  readonly nextMessageId?: () => number;
}

/** Makes a connection; it is not started. Close it in `afterEach`. */
export function testConnection(
  profile: ConnectionProfile,
  options: TestConnectionOptions = {},
): TestConnection {
  const { clock = new ManualClock(), loginLog = { lastLoginMs: undefined }, random = 0 } = options;
  const nextMessageId = options.nextMessageId ?? countMessageIds();
  const context: ConnectionContext = { clock, random: () => random, loginLog, nextMessageId };
  const connection = new Connection(profile, context);
  return { ...observe(connection, clock), clock };
}

/** What a connection of a pool tells. */
export function observe(connection: Connection, clock: ManualClock): TestConnection {
  const states = new EventLog<LinkState>("states");
  const failures = new EventLog<OneNetError>("failures");
  connection.listen({
    stateChanged: (state) => states.push(state),
    failed: (error) => failures.push(error),
  });
  async function next<P extends LinkState["phase"]>(phase: P) {
    const found = await states.waitForNext((state) => state.phase === phase, { what: `state ${phase}` });
    return found as Extract<LinkState, { phase: P }>;
  }
  return {
    connection,
    clock,
    states,
    failures,
    next,
    online: async () => {
      const online = next("online");
      connection.start();
      clock.advance(0);
      await online;
    },
    retry: async (phase) => {
      const found = next(phase);
      const { state } = connection;
      clock.advance(state.phase === "waiting" ? state.retryInMs : (clock.nextInMs ?? 0));
      return await found;
    },
    publish: (publish, rest = {}) =>
      connection.publish(
        { topic: "topic", payload: "payload", qos: 1, retain: false, ...publish },
        { completeWhen: "acknowledged", ...rest },
      ),
  };
}

/** A TCP server whose every connection the test answers byte by byte. */
export interface RawServer {
  readonly port: number;
  /** Connections so far, in order. */
  readonly accepted: EventLog<RawMqtt>;
  close(): Promise<void>;
}

/** @param answer is called with each connection; packets that come are in its `frames` */
export async function startRawServer(
  answer: (client: RawMqtt, socket: Socket) => void = () => undefined,
): Promise<RawServer> {
  const accepted = new EventLog<RawMqtt>("accepted");
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const client = RawMqtt.over(socket);
    answer(client, socket);
    accepted.push(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    accepted,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const CONNECT = 1;
const SUBSCRIBE = 8;

/** Takes the login on this connection and grants every filter; `together` is sent in one piece with the SUBACK. */
export function takeLogin(client: RawMqtt, together: Buffer = Buffer.alloc(0)): void {
  const ended = () => undefined;
  client.frames
    .waitFor(({ type }) => type === CONNECT)
    .then(() => client.send(frame(CONNACK << 4, Buffer.of(0, 0))), ended);
  client.frames
    .waitFor(({ type }) => type === SUBSCRIBE)
    .then(({ body }) => client.send(frame(SUBACK << 4, grantAll(body)), together), ended);
}

function grantAll(subscribe: Buffer): Buffer {
  const codes: number[] = [];
  for (let at = 2; at < subscribe.length; at += 3 + subscribe.readUInt16BE(at)) codes.push(0);
  return Buffer.concat([subscribe.subarray(0, 2), Buffer.from(codes)]);
}
