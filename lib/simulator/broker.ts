import { once } from "node:events";
import type { Socket } from "node:net";
import type { Aedes, AuthenticateError, Client, ConnectPacket, PublishPacket, Subscription } from "aedes";
import { parseClientId } from "../protocol/hardware";
import { checkDeviceFilter } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { ClosedReason } from "./events";
import { judgeConnect } from "./gate";
import { Link } from "./link";
import { LinkFaults } from "./link-faults";
import { obeysTopicLaw, receive } from "./receive";
import { lowerSubscribedQos, type WirePacket, watchAnnouncedLength, watchPackets } from "./wire";
import { isOverfull, MAX_PACKET_BYTES, packetViolation } from "./wire-law";

/** Where uplinks go inside aedes: nobody can subscribe there, so no device gets its own or another's posts. */
const NOWHERE = "uplink";
/** Messages that may wait for their turn before no more are read from the socket. */
const MAX_WAITING_UPLINKS = 200;
/** Packets that may come before the CONNACK is out. */
const MAX_EARLY_PACKETS = 1000;
/** aedes answers CONNACK 1 to it. */
const OTHER_PROTOCOL_VERSION = 5;

/** The platform's MQTT side: aedes under OneNET's law. */
export class Broker {
  readonly #aedes: Aedes;
  readonly #context: SimulatorContext;
  readonly #links = new Map<Client, Link>();
  /** Subscriptions of packets with too many filters. */
  readonly #overfull = new WeakSet<object>();
  readonly #linkFaults: LinkFaults;
  #loginNumber = 0;

  private constructor(aedes: Aedes, context: SimulatorContext) {
    this.#aedes = aedes;
    this.#context = context;
    this.#linkFaults = new LinkFaults(context.faults, () => [...this.#links.values()]);
    aedes.preConnect = (client, packet, callback) => this.#preConnect(client, packet, callback);
    aedes.authenticate = (client, _user, _password, callback) => this.#authenticate(client, callback);
    aedes.authorizeSubscribe = (client, subscription, callback) =>
      callback(null, this.#grants(client, subscription) ? subscription : null);
    aedes.authorizePublish = (client, packet, callback) => this.#publish(client, packet, callback);
    aedes.on("connackSent", ({ returnCode }, client) => {
      if (returnCode === 0) this.#loggedIn(client);
    });
    aedes.on("subscribe", (subscriptions, client) => this.#subscribed(client, subscriptions));
    aedes.on("unsubscribe", (filters, client) => {
      for (const filter of filters) this.#links.get(client)?.filters.delete(filter);
    });
    const failed = (client: Client, error: Error) => this.#links.get(client)?.doom(...becauseOf(error));
    aedes.on("clientError", failed);
    aedes.on("connectionError", failed);
  }

  static async open(context: SimulatorContext): Promise<Broker> {
    const { Aedes } = await import("aedes");
    const { connectTimeoutMs } = context.rules;
    const aedes = await Aedes.createBroker({
      connectTimeout: connectTimeoutMs,
      queueLimit: MAX_EARLY_PACKETS,
    });
    return new Broker(aedes, context);
  }

  /** Takes over a connection; of a TLS one its decrypted side. */
  accept(socket: Socket, tls: boolean): void {
    const client = this.#aedes.handle(socket);
    const link = new Link(socket, client, tls);
    this.#links.set(client, link);
    watchPackets(client, (packet) => this.#inspect(link, packet));
    watchAnnouncedLength(client, MAX_PACKET_BYTES, () => link.close("payload-too-large"));
    socket.on("close", () => this.#ended(client, link));
  }

  /** Ends every connection and the broker. */
  async close(): Promise<void> {
    const ended = [...this.#links.values()].map(async (link) => {
      const closed = once(link.socket, "close");
      link.close("stopped");
      await closed;
    });
    await Promise.all(ended);
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
  }

  #inspect(link: Link, packet: WirePacket): void {
    if (packet.cmd === "connect") {
      link.connects += 1;
      if (link.connects > 1) link.close("second-connect");
      return;
    }
    if (packet.cmd === "disconnect") link.saidDisconnect = true;
    const violation = packetViolation(packet, this.#context.rules);
    if (violation) return link.close(violation);
    lowerSubscribedQos(packet);
    if (isOverfull(packet))
      for (const subscription of packet.subscriptions ?? []) this.#overfull.add(subscription);
  }

  #preConnect(
    client: Client,
    packet: ConnectPacket,
    callback: (error: Error | null, ok: boolean) => void,
  ): void {
    const link = this.#links.get(client);
    if (!link?.isOpen) return callback(new Error("closed"), false);
    const verdict = judgeConnect(this.#context, link, packet);
    link.verdict = verdict;
    if (verdict.kind === "closed") return callback(new Error("closed"), false);
    if (verdict.kind === "version") packet.protocolVersion = OTHER_PROTOCOL_VERSION;
    // Names are unique within a product only; and who is evicted is decided here, not in aedes.
    packet.clientId = `${packet.username}/${packet.clientId}#${this.#loginNumber++}`;
    packet.clean = true;
    delete packet.will;
    // aedes closes after 1.5 × keep alive of silence.
    packet.keepalive = ((packet.keepalive ?? 0) * this.#context.rules.silenceFactor) / 1.5;
    const device = verdict.kind === "granted" ? verdict.login.device : undefined;
    this.#linkFaults.holdLogin(device, () => callback(null, true));
  }

  #authenticate(client: Client, callback: (error: AuthenticateError | null, ok: boolean) => void): void {
    const link = this.#links.get(client);
    if (link?.verdict?.kind !== "granted") {
      link?.doom("login-refused");
      const returnCode = link?.verdict?.kind === "refused" ? link.verdict.returnCode : 5;
      return callback(Object.assign(new Error("refused"), { returnCode }), false);
    }
    const { device } = link.verdict.login;
    device.link?.close("evicted");
    device.link = link;
    link.device = device;
    device.activatedAtMs ??= Date.now();
    device.lastAtMs = Date.now();
    const { hardware } = parseClientId(link.verdict.connect.clientIdSuffix);
    if (Object.keys(hardware).length > 0) device.hardware = hardware;
    callback(null, true);
  }

  #loggedIn(client: Client): void {
    const link = this.#links.get(client);
    if (link?.verdict?.kind !== "granted") return;
    const { login, connect } = link.verdict;
    const { device, keyKind, token } = login;
    this.#context.hub.emit({
      event: "login",
      productId: device.productId,
      deviceName: device.deviceName,
      address: link.address,
      ...connect,
      tls: link.tls,
      keyKind,
      tokenVersion: token.version,
      tokenMethod: token.method,
      tokenExpiresAtMs: token.expiresAtMs,
    });
    this.#linkFaults.strike(link, "login");
  }

  #grants(client: Client, subscription: Subscription): boolean {
    const { rates, faults } = this.#context;
    const link = this.#links.get(client);
    const device = link?.device;
    if (!link || !device || this.#overfull.has(subscription)) return false;
    const { topic } = subscription;
    const granted =
      checkDeviceFilter(topic, device, device.kind) &&
      (link.filters.has(topic) || link.filters.size < rates.filtersPerSession) &&
      !faults.strike("refuseSubscription", device, ({ filter = topic }) => filter === topic);
    if (granted) link.filters.add(topic);
    return granted;
  }

  #subscribed(client: Client, subscriptions: readonly Subscription[]): void {
    const device = this.#links.get(client)?.device;
    if (!device) return;
    const about = { productId: device.productId, deviceName: device.deviceName };
    const granted = subscriptions.filter(({ qos }) => qos === 0).map(({ topic }) => topic);
    if (granted.length > 0) this.#context.hub.emit({ event: "subscribed", ...about, filters: granted });
    for (const { qos, topic } of subscriptions) {
      if (qos === 0) continue;
      const message = "SUBACK 0x80";
      this.#context.hub.emit({ event: "refused", what: "subscribe", code: 0x80, message, ...about, topic });
    }
  }

  #publish(client: Client | null, packet: PublishPacket, callback: (error?: Error | null) => void): void {
    const link = client ? this.#links.get(client) : undefined;
    const { device } = link ?? {};
    if (!link?.isOpen || !device || !obeysTopicLaw(this.#context, link, device, packet.topic)) {
      return callback(new Error("refused"));
    }
    const { topic, qos } = packet;
    const packetId = qos === 1 ? packet.messageId : undefined;
    const uplink = { topic, qos, packetId, payload: Buffer.from(packet.payload) };
    Object.assign(packet, { topic: NOWHERE, payload: "", retain: false });
    // At QoS 0 aedes sends no PUBACK: it is ours, and waits its turn.
    if (qos === 1) packet.qos = 0;
    const isFull = link.uplinks.length >= MAX_WAITING_UPLINKS;
    link.uplinks.push(this.#context.rates.uplinkAt(device, qos), () => {
      receive(this.#context, link, device, uplink);
      if (isFull) callback(null);
    });
    if (!isFull) callback(null);
  }

  #ended(client: Client, link: Link): void {
    this.#links.delete(client);
    link.drop();
    const { device, detail, address } = link;
    const reason = link.reason ?? (link.saidDisconnect ? "disconnect" : "connection-lost");
    link.doom(reason);
    if (device?.link === link) device.link = undefined;
    const about = device ? { productId: device.productId, deviceName: device.deviceName } : {};
    this.#context.hub.emit({ event: "closed", ...about, address, reason, ...(detail ? { detail } : {}) });
  }
}

/** What an error of aedes means; where the simulator closed the link itself, the reason stands already. */
function becauseOf(error: NodeJS.ErrnoException): [reason: ClosedReason, detail?: string] {
  if (error.message === "keep alive timeout") return ["keep-alive-timeout"];
  if (error.message === "connect did not arrive in time") return ["no-connect"];
  if (error.code !== undefined) return ["connection-lost", error.code];
  return ["malformed", error.message];
}
