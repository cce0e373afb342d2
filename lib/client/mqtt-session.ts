import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import { connect } from "mqtt";
import type { Clock, Timer } from "../clock";
import type { Answered, DeliveryLink, Handshake } from "../delivery/link";
import type { Publish, Qos } from "../delivery/message";
import { asOneNetError, OneNetError } from "../errors";
import { clientOptions } from "./client-options";
import { gatherWrites, writeGathered } from "./gather-writes";
import { Handshakes } from "./handshakes";
import type { ErrorContext } from "./mqtt-error";
import { closedError, connectionError, reasonText, SESSION_TAKEN_OVER } from "./mqtt-error";
import { setNoDelay } from "./no-delay";
import type { SessionEnd, SessionEvents, SessionOptions } from "./session";

const PROBE_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 1000;
const DISCONNECT_PACKET = Buffer.from([0xe0, 0x00]);

/**
 * One MQTT connection: one login, from CONNECT to the end of the socket. Whoever wants another one opens
 * another session. Nothing is queued in it and nothing is repeated by it.
 */
export class MqttSession implements DeliveryLink {
  receiveMaximum = 65_535;
  resumesSession = false;
  readonly #clock: Clock;
  /** What is needed once it is connected; the rest, secrets among it, is let go of. */
  readonly #options: Pick<SessionOptions, "endpoint" | "connectTimeoutMs" | "clean">;
  readonly #events: SessionEvents;
  readonly #client: MqttClient;
  readonly #handshakes = new Handshakes();
  #isLoggingIn = false;
  #isOnline = false;
  #isDown = false;
  #lastHeardMs: number;
  #takenOver = false;
  /** What ended the stream; MQTT.js passes on only some of it. */
  #streamError: unknown;
  #probe: Timer | undefined;

  /** @throws {OneNetError} when the options cannot even be tried (a client key that is none, say) */
  constructor(options: SessionOptions, events: SessionEvents, clock: Clock) {
    const { endpoint, connectTimeoutMs, clean } = options;
    this.#options = { endpoint, connectTimeoutMs, clean };
    this.#events = events;
    this.#clock = clock;
    this.#lastHeardMs = clock.monotonicMs();
    try {
      this.#client = connect({ ...clientOptions(options), ...stores(this.#handshakes) });
    } catch (thrown) {
      throw connectionError(thrown, this.#context());
    }
    this.#listen();
  }

  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  publish(publish: Publish, dup: boolean, callback: Answered, handshake?: Handshake): void {
    if (handshake?.mark !== undefined && this.#handshakes.isReleased(handshake)) {
      this.#client.stream.write(this.#handshakes.release(handshake.mark.packetId, callback));
      return;
    }
    if (handshake !== undefined) this.#handshakes.begin(handshake);
    const { topic, payload, qos, retain, properties } = publish;
    const options = { qos, retain, dup, ...(properties === undefined ? {} : { properties }) };
    try {
      this.#client.publish(topic, payload, options, (thrown) => this.#onPublished(topic, thrown, callback));
    } catch (thrown) {
      // mqtt-packet could not encode it.
      callback(asOneNetError(thrown));
    }
  }

  reservePacketIds(packetIds: readonly number[]): void {
    this.#handshakes.packetIds.reserve(packetIds);
  }

  /**
   * Subscribes and reads the SUBACK.
   *
   * @returns the code for each filter: 0, 1, 2 as granted, 128 and above as refused
   * @throws {OneNetError} ONENET_LINK_LOST when the connection ends before the SUBACK, or that is none
   */
  subscribe(filters: readonly string[], qos: Qos): Promise<number[]> {
    return new Promise((resolve, reject) => {
      this.#client.subscribe([...filters], { qos }, (error, _granted, packet) => {
        const codes = packet?.granted;
        if (!Array.isArray(codes)) return reject(closedError(this.#context()));
        if (codes.length === filters.length) return resolve(codes.map(Number));
        reject(connectionError(error, this.#context()));
      });
    });
  }

  probe(): void {
    if (this.#probe !== undefined || this.#isDown) return;
    const askedMs = this.#clock.monotonicMs();
    this.#client.sendPing();
    this.#probe = this.#clock.startTimer(PROBE_TIMEOUT_MS, () => {
      this.#probe = undefined;
      if (this.#lastHeardMs >= askedMs) return;
      const { host } = this.#options.endpoint;
      const seconds = Math.round((this.#clock.monotonicMs() - this.#lastHeardMs) / 1000);
      this.cut(new OneNetError("ONENET_LINK_LOST.silent", { host, seconds }));
    });
  }

  cut(reason: OneNetError): void {
    this.#goDown({ error: reason, closedByPeer: false, takenOver: false });
  }

  /** Says DISCONNECT and closes; calls no event. Resolves when the socket is closed, after a second at most. */
  async close(): Promise<void> {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#handshakes.linkDown();
    this.#probe?.cancel();
    if (this.#isOnline) {
      const { stream } = this.#client;
      await new Promise<void>((resolve) => {
        const timer = this.#clock.startTimer(CLOSE_TIMEOUT_MS, resolve);
        stream.once("close", () => {
          timer.cancel();
          resolve();
        });
        stream.end(DISCONNECT_PACKET);
      });
    }
    this.#client.end(true);
  }

  /** For the exit of the process, when nothing asynchronous runs any more. */
  sayDisconnectNow(): void {
    if (!this.#isOnline || this.#isDown) return;
    const { stream } = this.#client;
    stream.write(DISCONNECT_PACKET);
    writeGathered(stream);
  }

  #listen(): void {
    const client = this.#client;
    const { stream } = client;
    // Each QoS 0 message of the window may wait for room in the socket.
    stream.setMaxListeners(0);
    const { transport } = this.#options.endpoint;
    if (transport === "mqtt" || transport === "mqtts") {
      stream.once(transport === "mqtt" ? "connect" : "secureConnect", () => this.#onLoggingIn());
    }
    stream.on("error", (thrown) => {
      this.#streamError = thrown;
    });
    client.on("connect", (connack) => {
      this.#onLoggingIn();
      this.#isOnline = true;
      setNoDelay(client.stream);
      const receiveMaximum = connack.properties?.receiveMaximum;
      if (receiveMaximum !== undefined) this.receiveMaximum = receiveMaximum;
      this.resumesSession = connack.sessionPresent && !this.#options.clean;
      this.#events.online(connack.sessionPresent);
    });
    client.on("packetreceive", (packet) => {
      this.#lastHeardMs = this.#clock.monotonicMs();
      if (packet.cmd === "publish" || packet.cmd === "pubrec") gatherWrites(client.stream);
      if (packet.cmd === "pubcomp" && !this.#isDown) this.#handshakes.onPubcomp(packet.messageId);
      if (packet.cmd === "disconnect") this.#takenOver = packet.reasonCode === SESSION_TAKEN_OVER;
    });
    client.on("message", (topic, payload, packet) => this.#onMessage(topic, payload, packet));
    client.on("error", (thrown) => this.#onError(thrown));
    client.on("close", () => {
      const isHandshake = this.#streamError !== undefined && !this.#isOnline;
      const error = isHandshake
        ? connectionError(this.#streamError, this.#context())
        : closedError(this.#context());
      this.#goDown({ error, closedByPeer: true, takenOver: this.#takenOver });
    });
  }

  #onLoggingIn(): void {
    if (this.#isLoggingIn || this.#isDown) return;
    this.#isLoggingIn = true;
    this.#events.loggingIn();
  }

  #onMessage(topic: string, payload: Buffer, packet: IPublishPacket): void {
    if (!this.#isDown) this.#events.message({ topic, payload, qos: packet.qos, retain: packet.retain });
  }

  #onPublished(topic: string, thrown: unknown, callback: (error?: OneNetError) => void): void {
    if (this.#isDown) return;
    if (thrown === undefined || thrown === null) return callback();
    const reasonCode: unknown = Reflect.get(Object(thrown), "code");
    // Any other failure takes the connection down, which is reported by that.
    if (typeof reasonCode !== "number") return;
    callback(
      new OneNetError("ONENET_PUBLISH_REFUSED", { topic, reasonCode, reason: reasonText(reasonCode) }),
    );
  }

  #onError(thrown: unknown): void {
    const code: unknown =
      typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, "code") : undefined;
    if (typeof code === "number" && !this.#isOnline) {
      const error = new OneNetError("ONENET_SERVER_BUSY", {
        host: this.#options.endpoint.host,
        returnCode: code,
      });
      this.#goDown({ error, returnCode: code, closedByPeer: true, takenOver: false });
      return;
    }
    const error = connectionError(thrown, this.#context());
    const closedByPeer = error.key === "ONENET_LINK_LOST.closed" || error.key === "ONENET_UNREACHABLE.closed";
    this.#goDown({ error, closedByPeer, takenOver: this.#takenOver });
  }

  #goDown(end: SessionEnd): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#handshakes.linkDown();
    this.#probe?.cancel();
    this.#client.end(true);
    this.#events.down(end);
  }

  #context(): ErrorContext {
    const { endpoint, connectTimeoutMs } = this.#options;
    const silentForMs = this.#clock.monotonicMs() - this.#lastHeardMs;
    return { endpoint, connectTimeoutMs, silentForMs, isOnline: this.#isOnline };
  }
}

/** Our own store and packet ids, in the types of MQTT.js, which asks for a stream of `readable-stream`. */
function stores(handshakes: Handshakes): Pick<IClientOptions, "outgoingStore" | "messageIdProvider"> {
  type Store = NonNullable<IClientOptions["outgoingStore"]>;
  return { outgoingStore: handshakes as unknown as Store, messageIdProvider: handshakes.packetIds };
}
