import type { Clock } from "../clock";
import type { DeliverySettings } from "../delivery/delivery";
import { Delivery, deliver } from "../delivery/delivery";
import type { DeliveryOptions, Publish, QueuedMessage, Receipt } from "../delivery/message";
import { countMessageIds } from "../delivery/message-id";
import { devicePacker, publishPacker } from "../delivery/packer";
import { asOneNetError, OneNetError } from "../errors";
import { utf8Bytes } from "../protocol/json";
import { Device } from "./device";
import type { LinkState, LoginLog } from "./link";
import { Link } from "./link";
import type { ConnectionProfile, StatusMessage } from "./profile";
import { poolKey, profileLabel } from "./profile";
import { Subscriptions } from "./subscriptions";

/** Whoever wants to know how a connection fares. */
export interface ConnectionListener {
  stateChanged(state: LinkState): void;
  /** Something went wrong that belongs to no message of a living node: one's outcome that came too late to be told. */
  failed(error: OneNetError, receipt?: Receipt): void;
}

/** What a connection needs from outside; tests put their own in. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly loginLog: LoginLog;
  readonly nextMessageId: () => number;
}

/** Ids run through all connections of a process, from a random start. */
export const processMessageIds = countMessageIds();

/**
 * One client of one broker, or one device of the platform, as the nodes see it: a link that keeps itself up, an
 * outbox in front of it, and for a device its datapoints and commands.
 */
export class Connection {
  readonly key: string;
  readonly label: string;
  /** Missing on a plain broker. */
  readonly device: Device | undefined;
  readonly #profile: ConnectionProfile;
  readonly #delivery: Delivery;
  readonly #link: Link;
  readonly #listeners = new Set<ConnectionListener>();

  constructor(profile: ConnectionProfile, context: ConnectionContext) {
    this.key = poolKey(profile);
    this.label = profileLabel(profile);
    this.#profile = profile;
    const { clock, random, loginLog, nextMessageId } = context;
    const subscriptions = new Subscriptions();
    const packer =
      profile.kind === "device"
        ? devicePacker(profile.device, profile.productKind, nextMessageId)
        : publishPacker;
    this.#delivery = new Delivery(deliverySettings(profile), packer, clock, (error, receipt) =>
      this.#report(error, receipt),
    );
    if (profile.kind === "device") {
      const report = (error: OneNetError) => this.#report(error);
      this.device = new Device(profile, subscriptions, this.#delivery, clock, report);
    }
    const events = {
      up: (session: Parameters<Delivery["linkUp"]>[0]) => this.#onUp(session),
      down: (closedByPeer: boolean) => this.#onDown(closedByPeer),
      stateChanged: (state: LinkState) => {
        for (const listener of [...this.#listeners]) listener.stateChanged(state);
      },
    };
    this.#link = new Link(profile, subscriptions, events, loginLog, clock, random);
  }

  /** No field: it holds the secret, and whoever prints a connection must not print that. */
  get profile(): ConnectionProfile {
    return this.#profile;
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Messages that are neither delivered nor failed. */
  get held(): number {
    return this.#delivery.held;
  }

  get heldBytes(): number {
    return this.#delivery.heldBytes;
  }

  /** Logins so far, refused ones included. */
  get logins(): number {
    return this.#link.logins;
  }

  listen(listener: ConnectionListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    this.#link.start();
  }

  reconnect(): void {
    this.#link.reconnect();
  }

  /**
   * Publishes a message, at once or when the link is there.
   *
   * @throws {OneNetError} what became of it instead: ONENET_QUEUE_FULL, ONENET_EXPIRED, ONENET_PUBLISH_REFUSED,
   *   ONENET_ACK_TIMEOUT, ONENET_PUBLISH_CLOSED_LINK, ONENET_CLOSED
   */
  async publish(publish: Publish, options: DeliveryOptions): Promise<Receipt> {
    const bytes = utf8Bytes(publish.topic) + Buffer.byteLength(publish.payload);
    return await deliver(this.#delivery, { kind: "publish", publish }, bytes, options);
  }

  /** Says DISCONNECT; what is held fails with ONENET_CLOSED. */
  async close(): Promise<void> {
    this.#delivery.close(new OneNetError("ONENET_CLOSED"));
    this.device?.commands.abandonAll();
    await this.#link.close();
  }

  /** The same when the process exits. @returns the number of messages lost */
  closeNow(): number {
    const lost = this.#delivery.held;
    this.#link.closeNow();
    return lost;
  }

  /** Ends this connection and gives what it holds to the one that takes its place. */
  async handOver(heir: (messages: readonly QueuedMessage[]) => void): Promise<void> {
    heir(this.#delivery.handOver());
    this.device?.commands.abandonAll();
    await this.#link.close();
  }

  adopt(messages: readonly QueuedMessage[]): void {
    this.#delivery.adopt(messages);
  }

  #onUp(session: Parameters<Delivery["linkUp"]>[0]): void {
    this.#delivery.linkUp(session);
    if (this.#profile.kind === "broker" && this.#profile.birth !== undefined)
      this.#announce(this.#profile.birth);
  }

  /** The birth message goes ahead of all that waits, once for each login. */
  #announce(birth: StatusMessage): void {
    this.publish(birth, { completeWhen: "acknowledged", answer: true }).catch((thrown) => {
      // Lost with the link it is said again on the next one.
      if (this.#link.state.phase === "online") this.#report(asOneNetError(thrown));
    });
  }

  #onDown(closedByPeer: boolean): boolean {
    this.device?.commands.abandonAll();
    return this.#delivery.linkDown(closedByPeer);
  }

  #report(error: OneNetError, receipt?: Receipt): void {
    for (const listener of [...this.#listeners]) listener.failed(error, receipt);
  }
}

function deliverySettings(profile: ConnectionProfile): DeliverySettings {
  const { limits, inFlightMax, ackTimeoutMs, ackAttempts, endpoint } = profile;
  return {
    limits,
    inFlightMax,
    ackTimeoutMs,
    ackAttempts,
    label: profileLabel(profile),
    host: endpoint.host,
  };
}
