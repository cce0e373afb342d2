import type { Clock } from "../clock";
import { OneNetError } from "../errors";
import { BadStreams } from "./bad-streams";
import type { DeliveryFigures } from "./counters";
import { DeliveryCounters } from "./counters";
import type { DeliverySettings } from "./delivery-settings";
import { ExpirySweep } from "./expiry-sweep";
import type { DeliveryLink } from "./link";
import type { DeliveryOptions, Draft, QueuedMessage, Rejection, Tell } from "./message";
import { partsOf } from "./message";
import { Outbox } from "./outbox";
import type { OutboxShelf } from "./outbox-settings";
import type { Packer } from "./packer";
import { Sender } from "./sender";
import type { Outcome } from "./settlement";
import { Settlement } from "./settlement";

/**
 * Carries messages from the outbox to the other side and the outcome back to whoever sent them: each sender is
 * told exactly once. It survives any number of links; what was not answered on one is repeated on the next.
 */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #clock: Clock;
  readonly #isDurable: boolean;
  readonly #outbox: Outbox;
  readonly #counters = new DeliveryCounters();
  /** What the platform has said against streams and identifiers lately. */
  readonly badStreams: BadStreams;
  readonly #settlement: Settlement;
  readonly #sender: Sender;
  readonly #sweep: ExpirySweep;
  #closed: OneNetError | undefined;

  /**
   * @param onLateOutcome the outcome of messages whose sender had been told earlier, or is gone
   * @param shelf the disk side; memory only without it
   */
  constructor(
    settings: DeliverySettings,
    packer: Packer,
    clock: Clock,
    onLateOutcome: Outcome,
    shelf?: OutboxShelf,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#isDurable = shelf !== undefined;
    const events = {
      queued: (message: QueuedMessage) => {
        if (this.#closed === undefined) this.#settlement.tellIfReached(message);
        else this.#settlement.tellNow(message);
      },
      refused: (message: QueuedMessage, error: OneNetError) =>
        this.#settlement.fail(message, { kind: "other", error }),
      dropped: (messages: readonly QueuedMessage[]) => this.#settlement.failDropped(messages, settings),
      refilled: () => this.#sender.scheduleDrain(),
    };
    this.#outbox = new Outbox(settings, events, shelf);
    this.badStreams = new BadStreams(clock);
    this.#settlement = new Settlement(this.#outbox, clock, this.#counters, onLateOutcome);
    this.#sender = new Sender({
      settings,
      packer,
      clock,
      outbox: this.#outbox,
      settlement: this.#settlement,
      counters: this.#counters,
      badStreams: this.badStreams,
    });
    this.#sweep = new ExpirySweep(clock, () => this.#sweepExpired());
    if (this.#outbox.messages > 0) this.#sweep.start();
  }

  /** Messages not settled yet: waiting and in flight. */
  get held(): number {
    return this.#outbox.messages;
  }

  get heldBytes(): number {
    return this.#outbox.bytes;
  }

  /** Messages that would be lost if the process ended now. */
  get heldInMemory(): number {
    return this.#outbox.heldInMemory;
  }

  get oldestQueuedAt(): number | undefined {
    return this.#outbox.oldestQueuedAt;
  }

  /** Packs sent and not answered. */
  get inFlight(): number {
    return this.#sender.inFlight;
  }

  get figures(): DeliveryFigures {
    return this.#counters.figures();
  }

  /**
   * Takes a message.
   *
   * @param bytes what it counts against the bounds
   * @param tell called exactly once, later or before this returns (`completeWhen` *queued*)
   * @throws {OneNetError} ONENET_QUEUE_FULL, or what the delivery was closed with; then `tell` is not called
   */
  enqueue(draft: Draft, bytes: number, options: DeliveryOptions, tell: Tell): void {
    if (this.#closed !== undefined) throw this.#closed;
    const message: QueuedMessage = {
      draft,
      options: this.#withinPatience(options),
      bytes,
      tell,
      queuedAt: this.#clock.nowMs(),
      queuedAtMonotonicMs: this.#clock.monotonicMs(),
      state: "queued",
      attempts: 0,
      told: false,
      isOutcomeOpen: false,
      settled: false,
      partsLeft: partsOf(draft),
      failed: undefined,
    };
    this.#settlement.expect();
    try {
      this.#settlement.failDropped(this.#outbox.push(message), this.#settings);
    } catch (thrown) {
      this.#settlement.unexpect();
      throw thrown;
    }
    if (options.expiryMs !== undefined) this.#sweep.start();
    if (options.answer !== true) this.#sender.scheduleDrain();
    else if (this.#sender.isLinkUp) this.#sender.drain();
    else this.#failAnswers();
  }

  linkUp(link: DeliveryLink): void {
    this.#outbox.linkUp();
    this.#sender.linkUp(link);
  }

  /**
   * @param closedByPeer the other side closed it, as the platform does with a publish it does not like
   * @returns whether a publish looks to blame for it
   */
  linkDown(closedByPeer: boolean): boolean {
    const isPublishToBlame = this.#sender.linkDown(closedByPeer);
    this.#outbox.linkDown();
    this.#failAnswers();
    return isPublishToBlame;
  }

  /** The platform's reply came. @returns false when nothing waits for it (a late or foreign one) */
  settleReply(replyKey: string, rejection?: Rejection): boolean {
    return this.#sender.settleReply(replyKey, rejection);
  }

  /** What is in memory only goes to the disk, where there is one: nobody may be there to send it for a while. */
  storeAll(): void {
    this.#outbox.storeAll();
  }

  /**
   * Gives away what is held in memory, oldest first, for the delivery that takes this one's place. What is on disk
   * is found there again; its senders hear that it is *queued*. What is transient fails: its reply would find nobody.
   */
  handOver(): QueuedMessage[] {
    this.linkDown(false);
    const error = new OneNetError("ONENET_CLOSED");
    return this.#takeAll(error).filter((message) => {
      if (message.options.transient === true) this.#settlement.fail(message, { kind: "other", error });
      else this.#outbox.forget(message);
      return message.options.transient !== true;
    });
  }

  /** Takes over what another delivery held; its bounds were kept there already. */
  adopt(messages: readonly QueuedMessage[]): void {
    for (const message of messages) {
      if (!message.told) this.#settlement.expect();
      // Of a post that was taken apart, what was answered is not known here: it goes again as a whole.
      message.partsLeft = partsOf(message.draft);
      message.failed = undefined;
      this.#outbox.adopt(message);
    }
    if (messages.some((message) => message.options.expiryMs !== undefined)) this.#sweep.start();
    this.#sender.scheduleDrain();
  }

  /**
   * Throws away what waits, on disk as well; what is in flight is seen through. Senders that still wait are told
   * ONENET_PURGED.
   *
   * @returns how many messages were thrown away
   */
  async purge(): Promise<number> {
    const error = new OneNetError("ONENET_PURGED", { device: this.#settings.label });
    const again = this.#sender.takeAgain().flatMap((pack) => pack.parts.map(({ message }) => message));
    const waiting = [...new Set([...again, ...this.#outbox.takeAll()])].filter(({ settled }) => !settled);
    for (const message of waiting) this.#settlement.discard(message, error);
    const { messages, senders } = await this.#outbox.purgeShelf(this.#sender.messagesInFlight);
    for (const sender of senders) this.#settlement.tellWaiting(sender, error);
    return waiting.length + messages;
  }

  /** Ends all: what is held in memory only fails with `reason`, and so does whatever is enqueued later. */
  close(reason: OneNetError): void {
    for (const message of this.#takeAll(reason)) {
      this.#settlement.fail(message, { kind: "other", error: reason });
    }
  }

  #takeAll(reason: OneNetError): QueuedMessage[] {
    this.#closed = reason;
    this.#sweep.stop();
    const sent = this.#sender.takeAll().flatMap((pack) => pack.parts.map(({ message }) => message));
    for (const sender of this.#outbox.takeWaitingSenders()) this.#settlement.tellWaiting(sender, undefined);
    const all = new Set([...this.#outbox.answers.takeAll(), ...sent, ...this.#outbox.takeAll()]);
    return [...all].filter((message) => !message.settled && !this.#isKeptOnDisk(message));
  }

  #isKeptOnDisk(message: QueuedMessage): boolean {
    if (message.seq === undefined) return false;
    if (!this.#outbox.isCommitting(message)) this.#settlement.tellNow(message);
    return true;
  }

  /** On a disk a long queue is safe: whoever comes late hears *queued* instead of holding a message for hours. */
  #withinPatience(options: DeliveryOptions): DeliveryOptions {
    if (!this.#isDurable || options.answer === true || options.transient === true) return options;
    if (this.#settlement.waitingSenders < this.#settings.waitingSendersMax) return options;
    return { ...options, completeWhen: "queued" };
  }

  /** An answer that cannot leave now would come too late. */
  #failAnswers(): void {
    for (const message of this.#outbox.answers.takeAll())
      this.#settlement.fail(message, { kind: "link-lost" });
  }

  #sweepExpired(): boolean {
    this.#outbox.sweep((message) => this.#settlement.failIfExpired(message));
    this.#sender.failExpired();
    void this.#outbox.takeExpired().then((expired) => this.#settlement.failExpiredOnDisk(expired));
    return this.#outbox.messages > 0;
  }
}
