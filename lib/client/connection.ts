import type { Clock } from "../clock";
import { Delivery } from "../delivery/delivery";
import { DeliveryGate } from "../delivery/gate";
import type { DeliveryLink } from "../delivery/link";
import type { DeliveryOptions, Publish, QueuedMessage, Receipt, Tell } from "../delivery/message";
import type { OutboxShelf } from "../delivery/outbox-settings";
import { publishPacker } from "../delivery/packer";
import type { Outcome } from "../delivery/settlement";
import { OneNetError } from "../errors";
import type { ConnectionContext, ConnectionListener } from "./connection-context";
import { ConnectionListeners } from "./connection-listeners";
import type { ConnectionReport } from "./connection-report";
import { connectionReport } from "./connection-report";
import { ConnectionStore } from "./connection-store";
import { Device } from "./device";
import type { LinkState } from "./link";
import { Link } from "./link";
import type { ConnectionProfile, StatusMessage } from "./profile";
import { deliverySettings, poolKey, profileLabel } from "./profile";
import { Subscriptions } from "./subscriptions";

export type { ConnectionContext, ConnectionListener } from "./connection-context";
export { processMessageIds } from "./connection-context";

/** A client of a broker, or a device of the platform: a link, an outbox before it, and a device's side of OneNET. */
export class Connection {
  readonly key: string;
  readonly label: string;
  /** Missing on a plain broker. */
  readonly device: Device | undefined;
  readonly #gate = new DeliveryGate();
  readonly #clock: Clock;
  readonly #profile: ConnectionProfile;
  readonly #link: Link;
  readonly #store: ConnectionStore | undefined;
  #isClosed = false;
  readonly #listeners = new ConnectionListeners();

  constructor(profile: ConnectionProfile, context: ConnectionContext) {
    this.key = poolKey(profile);
    this.label = profileLabel(profile);
    this.#profile = profile;
    const { clock, random, loginLog, nextMessageId } = context;
    const report = (error: OneNetError) => this.#report(error);
    const subscriptions = new Subscriptions(profile.endpoint.host, report);
    this.#clock = clock;
    if (profile.kind === "device") {
      const parts = { subscriptions, delivery: this.#gate, clock, report, nextMessageId };
      this.device = new Device(profile, parts);
    }
    const events = {
      up: (session: DeliveryLink) => this.#onUp(session),
      down: (closedByPeer: boolean) => this.#onDown(closedByPeer),
      stateChanged: (state: LinkState) => this.#listeners.tell((listener) => listener.stateChanged(state)),
    };
    this.#link = new Link(profile, subscriptions, events, loginLog, clock, random);
    this.#store = this.#newStore();
  }

  /** No field: it holds the secret, and whoever prints a connection must not print that. */
  get profile(): ConnectionProfile {
    return this.#profile;
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get held(): number {
    return this.#gate.held;
  }

  get heldBytes(): number {
    return this.#gate.heldBytes;
  }

  /** When the oldest message that waits at hand was queued, in ms since the Unix epoch. */
  get oldestQueuedAt(): number | undefined {
    return this.#gate.oldestQueuedAt;
  }

  /** Refused ones included. */
  get logins(): number {
    return this.#link.logins;
  }

  listen(listener: ConnectionListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Opens what must be opened and logs in; what comes meanwhile waits. */
  start(): void {
    if (this.#store === undefined) this.#onOpened(undefined);
    else this.#store.open();
  }

  #newStore(): ConnectionStore | undefined {
    const { store } = this.#profile;
    if (store.mode === "memory") return undefined;
    return new ConnectionStore(store, this.key, this.#clock, {
      opened: (shelf) => this.#onOpened(shelf),
      refused: (problem) => this.#suspend(problem),
      lost: (problem) => this.#suspend(problem),
      warned: (warning) => this.#report(warning),
    });
  }

  #onOpened(shelf: OutboxShelf | undefined): void {
    this.#gate.open(this.#newDelivery(shelf));
    if (!this.#isClosed) this.#link.start();
  }

  /** Nothing is taken that could not be kept as promised. */
  #suspend(problem: OneNetError): void {
    this.#gate.suspend(problem);
    this.#link.refuse(problem);
  }

  #newDelivery(shelf: OutboxShelf | undefined): Delivery {
    const outcome: Outcome = (error, receipt, subject) => {
      this.tellOutcome(error, receipt, subject);
      if (error !== undefined) this.#report(error, receipt);
    };
    const packer = this.device?.packer ?? publishPacker;
    const settings = { ...deliverySettings(this.#profile), admission: this.device?.admission };
    return new Delivery(settings, packer, this.#clock, outcome, shelf);
  }

  /** Drops the link and logs in again at once, as far as the login pace allows; where the disk was refused, opens it. */
  reconnect(): void {
    if (this.state.phase === "refused") this.#store?.open();
    else this.#link.reconnect();
  }

  /** Ends the wait before the next attempt. */
  drain(): void {
    if (this.state.phase === "waiting" || this.state.phase === "refused") this.reconnect();
  }

  /** Throws away what waits, on disk as well. @returns how many messages that were */
  async purge(): Promise<number> {
    const messages = await this.#gate.purge();
    this.#listeners.tell((listener) => listener.purged?.());
    return messages;
  }

  /** How the connection fares, in numbers; holds no secret. */
  report(): ConnectionReport {
    return connectionReport(this.key, this.label, this.profile, this.#link, this.#gate, this.#clock);
  }

  /**
   * Publishes a message, at once or when the link is there.
   *
   * @param tell called once, with what became of it or the error instead: ONENET_EXPIRED, ONENET_PUBLISH_REFUSED,
   *   ONENET_ACK_TIMEOUT, ONENET_PUBLISH_CLOSED_LINK, ONENET_PURGED, ONENET_CLOSED
   * @throws {OneNetError} ONENET_QUEUE_FULL, ONENET_CLOSED, ONENET_STORE_…; then `tell` is not called
   */
  enqueue(publish: Publish, options: DeliveryOptions, tell: Tell): void {
    const bytes = Buffer.byteLength(publish.topic) + Buffer.byteLength(publish.payload);
    this.#gate.enqueue({ kind: "publish", publish }, bytes, options, tell);
  }

  /** The promise form of {@link enqueue}. */
  publish(publish: Publish, options: DeliveryOptions): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.enqueue(publish, options, (error, receipt) => {
        if (error === undefined) resolve(receipt);
        else reject(error);
      });
    });
  }

  /** Says DISCONNECT; what is held fails with ONENET_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.device?.releaseHeld();
    this.#gate.storeAll();
    if (this.#store !== undefined) await this.#store.flush();
    this.#gate.refuse(new OneNetError("ONENET_CLOSED"));
    await this.#end();
  }

  /**
   * Nobody holds the connection for the moment: what is in memory only goes to the disk, where there is one.
   * Resolves when it is there.
   */
  async settleDown(): Promise<void> {
    this.device?.releaseHeld();
    this.#gate.storeAll();
    await this.#store?.flush();
  }

  /** For the exit of the process, after {@link settleDown}. @returns the number of messages lost */
  closeNow(): number {
    const lost = this.#gate.heldInMemory;
    this.#link.closeNow();
    return lost;
  }

  /** Ends this connection and gives what it holds to the one that takes its place. */
  async handOver(heir: (messages: readonly QueuedMessage[]) => void): Promise<void> {
    this.device?.releaseHeld();
    heir(this.#gate.handOver());
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    this.device?.commands.abandonAll();
    await this.#link.close();
    await this.#store?.close();
  }

  adopt(messages: readonly QueuedMessage[]): void {
    this.#gate.adopt(messages);
  }

  #onUp(session: DeliveryLink): void {
    this.device?.linkUp();
    this.#gate.linkUp(session);
    this.device?.loggedIn();
    if (this.#profile.kind === "broker" && this.#profile.birth !== undefined) {
      this.#announce(this.#profile.birth);
    }
  }

  /** The birth message goes ahead of all that waits, once for each login. */
  #announce(birth: StatusMessage): void {
    this.enqueue(birth, { completeWhen: "acknowledged", answer: true }, (error) => {
      // Lost with the link it is said again on the next one.
      if (error !== undefined && error.code !== "ONENET_CLOSED") this.#report(error);
    });
  }

  #onDown(closedByPeer: boolean): boolean {
    this.device?.linkDown();
    return this.#gate.linkDown(closedByPeer);
  }

  /** Tells whoever watches what became of a message that nobody waits for any more. */
  tellOutcome(...outcome: Parameters<Outcome>): void {
    this.#listeners.tell((listener) => listener.outcome?.(...outcome));
  }

  #report(error: OneNetError, receipt?: Receipt): void {
    this.#listeners.tell((listener) => listener.failed?.(error, receipt));
  }
}
