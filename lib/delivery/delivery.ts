import type { Clock, Timer } from "../clock";
import { OneNetError } from "../errors";
import type { DeliveryOptions, Draft, Publish, QueuedMessage, Receipt, Rejection } from "./message";
import type { OutboxLimits } from "./outbox";
import { Outbox } from "./outbox";
import type { Packer } from "./packer";
import { Sender } from "./sender";
import type { LateFailure } from "./settlement";
import { Settlement } from "./settlement";

/** A living MQTT connection, as delivery needs it. After it is down it calls back no more. */
export interface DeliveryLink {
  /** The most PUBLISHes of QoS 1 and 2 the server takes unanswered (MQTT 5 Receive Maximum). */
  readonly receiveMaximum: number;
  /** Calls back once: QoS 0 when written, QoS 1 at PUBACK, QoS 2 at PUBCOMP; with an error when refused. */
  publish(publish: Publish, dup: boolean, callback: (error?: OneNetError) => void): void;
  /** Monotonic ms at which something last came from the other side. */
  readonly lastHeardMs: number;
  /** Asks the other side for a sign of life; the link goes down by itself if none comes. */
  probe(): void;
  /** Gives the connection up; it goes down with this reason. */
  cut(reason: OneNetError): void;
}

export interface DeliverySettings {
  readonly limits: OutboxLimits;
  /** Most packs sent and not answered; answers to commands do not count. */
  readonly inFlightMax: number;
  /** How long an acknowledgement or reply is waited for, each attempt. */
  readonly ackTimeoutMs: number;
  readonly ackAttempts: number;
  /** Names the connection in errors: `product/device` or `host:port`. */
  readonly label: string;
  readonly host: string;
}

const EXPIRY_SWEEP_MS = 1000;

/**
 * Carries messages from the outbox to the other side and the outcome back to whoever sent them: each sender is
 * told exactly once. It survives any number of links; what was not answered on one is repeated on the next.
 */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #settlement: Settlement;
  readonly #sender: Sender;
  #sweep: Timer | undefined;
  #closed: OneNetError | undefined;

  constructor(settings: DeliverySettings, packer: Packer, clock: Clock, onLateFailure: LateFailure) {
    this.#settings = settings;
    this.#clock = clock;
    this.#outbox = new Outbox(settings.limits);
    this.#settlement = new Settlement(this.#outbox, clock, onLateFailure);
    this.#sender = new Sender(settings, packer, clock, this.#outbox, this.#settlement);
  }

  /** Messages not settled yet: waiting and in flight. */
  get held(): number {
    return this.#outbox.messages;
  }

  get heldBytes(): number {
    return this.#outbox.bytes;
  }

  /** Packs sent and not answered. */
  get inFlight(): number {
    return this.#sender.inFlight;
  }

  /**
   * Takes a message.
   *
   * @param bytes what it counts against the bounds
   * @param tell called exactly once, later or before this returns (`completeWhen` *queued*)
   * @throws {OneNetError} ONENET_QUEUE_FULL, or what the delivery was closed with; then `tell` is not called
   */
  enqueue(draft: Draft, bytes: number, options: DeliveryOptions, tell: QueuedMessage["tell"]): void {
    if (this.#closed !== undefined) throw this.#closed;
    const message: QueuedMessage = {
      draft,
      options,
      bytes,
      tell,
      queuedAt: this.#clock.nowMs(),
      queuedAtMonotonicMs: this.#clock.monotonicMs(),
      state: "queued",
      attempts: 0,
      told: false,
      settled: false,
    };
    this.#reportDropped(this.#outbox.push(message, this.#settings.label));
    this.#settlement.tellIfReached(message);
    if (options.expiryMs !== undefined) this.#watchExpiry();
    if (options.answer !== true) this.#sender.scheduleDrain();
    else if (this.#sender.isLinkUp) this.#sender.drain();
    else this.#failAnswers();
  }

  linkUp(link: DeliveryLink): void {
    this.#sender.linkUp(link);
  }

  /**
   * @param closedByPeer the other side closed it, as the platform does with a publish it does not like
   * @returns whether a publish looks to blame for it
   */
  linkDown(closedByPeer: boolean): boolean {
    const isPublishToBlame = this.#sender.linkDown(closedByPeer);
    this.#failAnswers();
    return isPublishToBlame;
  }

  /** The platform's reply came. @returns false when nothing waits for it (a late or foreign one) */
  settleReply(replyKey: string, rejection?: Rejection): boolean {
    return this.#sender.settleReply(replyKey, rejection);
  }

  /** Gives away all that is not settled, oldest first, for the delivery that takes this one's place. */
  handOver(): QueuedMessage[] {
    this.linkDown(false);
    const messages = this.#takeAll(new OneNetError("ONENET_CLOSED"));
    for (const message of messages) this.#outbox.forget(message);
    return messages;
  }

  /** Takes over what another delivery held; its bounds were kept there already. */
  adopt(messages: readonly QueuedMessage[]): void {
    for (const message of messages) this.#outbox.adopt(message);
    if (messages.some((message) => message.options.expiryMs !== undefined)) this.#watchExpiry();
    this.#sender.scheduleDrain();
  }

  /** Ends all: what is held fails with `reason`, and so does whatever is enqueued later. */
  close(reason: OneNetError): void {
    for (const message of this.#takeAll(reason))
      this.#settlement.fail(message, { kind: "other", error: reason });
  }

  #takeAll(reason: OneNetError): QueuedMessage[] {
    this.#closed = reason;
    this.#sweep?.cancel();
    const sent = this.#sender.takeAll().flatMap((pack) => pack.messages);
    return [...sent, ...this.#outbox.takeOut(() => true)].filter((message) => !message.settled);
  }

  /** An answer that cannot leave now would come too late. */
  #failAnswers(): void {
    for (const message of this.#outbox.takeOut((waiting) => waiting.options.answer === true)) {
      this.#settlement.fail(message, { kind: "link-lost" });
    }
  }

  #reportDropped(dropped: readonly QueuedMessage[]): void {
    const { maxMessages, maxBytes } = this.#settings.limits;
    for (const message of dropped) {
      const params = { device: this.#settings.label, maxMessages, maxBytes };
      const error = new OneNetError("ONENET_QUEUE_FULL.dropped", params);
      this.#settlement.fail(message, { kind: "other", error });
    }
  }

  /** What waits for a link must expire in time all the same. */
  #watchExpiry(): void {
    this.#sweep ??= this.#clock.startTimer(EXPIRY_SWEEP_MS, () => {
      this.#sweep = undefined;
      this.#outbox.takeOut((message) => this.#settlement.failIfExpired(message));
      this.#sender.failExpired();
      if (this.#outbox.messages > 0) this.#watchExpiry();
    });
  }
}

/** The promise form of {@link Delivery.enqueue}: resolves or rejects once. */
export function deliver(
  delivery: Delivery,
  draft: Draft,
  bytes: number,
  options: DeliveryOptions,
): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    delivery.enqueue(draft, bytes, options, (error, receipt) => {
      if (error === undefined) resolve(receipt);
      else reject(error);
    });
  });
}
