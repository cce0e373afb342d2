import { OneNetError } from "../errors";
import type { Durability } from "./durability";
import { Fifo } from "./fifo";
import { Lane } from "./lane";
import type { HandshakeMark } from "./link";
import { MemoryBacklog } from "./memory-backlog";
import type { QueuedMessage } from "./message";
import type { Pack } from "./pack";
import type { WaitingLine } from "./packer";
import type { ExpiredOnDisk, StoredBacklog, WaitingSender } from "./stored-backlog";

/** What an outbox may hold, waiting and in flight together, and what happens when it is full. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: "refuse-new" | "drop-oldest";
}

/** `live-first`: what is measured now goes before what has gathered while the link was down. */
export type SendOrder = "strict" | "live-first";

export interface OutboxSettings {
  readonly limits: OutboxLimits;
  readonly order: SendOrder;
  /** Names the connection in errors. */
  readonly label: string;
}

export interface OutboxEvents {
  /** The message is *queued*: held, and on disk where that was promised. */
  queued(message: QueuedMessage): void;
  /** The disk did not take it. */
  refused(message: QueuedMessage, error: OneNetError): void;
  /** Messages came from a backlog that were not at hand before. */
  refilled(): void;
}

/** The disk side of an outbox. */
export interface OutboxShelf {
  readonly durability: Durability;
  readonly high: StoredBacklog;
  readonly normal: StoredBacklog;
  /** Packet ids of QoS 2 handshakes that an earlier run has left. */
  readonly handshakesLeft: readonly number[];
  /** The next step of each of them is the first one again. */
  readonly beginHandshakesAgain: () => void;
  readonly purge: () => Promise<{ readonly messages: number; readonly bytes: number }>;
  /** What an earlier run has left. */
  readonly recovered: { readonly messages: number; readonly bytes: number };
}

const NONE: readonly QueuedMessage[] = [];

/**
 * What waits on one connection, in the order of sending: answers to commands, then messages of high priority,
 * then (if wanted) live ones, then the rest. A message counts against the limits until it is {@link forget}-ed, so
 * that what is in flight is bounded too.
 */
export class Outbox implements WaitingLine {
  /** What was sent on a link that is lost, and not answered: it goes again before anything new, and is the oldest. */
  readonly again = new Fifo<Pack>();
  readonly #settings: OutboxSettings;
  readonly #events: OutboxEvents;
  readonly #shelf: OutboxShelf | undefined;
  readonly #answers = new Fifo<QueuedMessage>();
  readonly #high: Lane;
  readonly #live = new Fifo<QueuedMessage>();
  readonly #normal: Lane;
  /** Appended to the disk and not committed yet. */
  readonly #committing = new Set<QueuedMessage>();
  #isLinkUp = false;
  /** Since an earlier run. */
  #isSessionLost = false;
  #messages = 0;
  #bytes = 0;

  constructor(settings: OutboxSettings, events: OutboxEvents, shelf?: OutboxShelf) {
    this.#settings = settings;
    this.#events = events;
    this.#shelf = shelf;
    this.#high = new Lane(shelf?.high ?? new MemoryBacklog(), events.refilled);
    this.#normal = new Lane(shelf?.normal ?? new MemoryBacklog(), events.refilled);
    this.#messages = shelf?.recovered.messages ?? 0;
    this.#bytes = shelf?.recovered.bytes ?? 0;
  }

  /** Messages held: waiting and in flight. */
  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages not packed yet, answers apart; an upper bound right after a restart. */
  get waiting(): number {
    return this.#high.size + this.#live.size + this.#normal.size;
  }

  /** Packet ids of QoS 2 handshakes that an earlier run has left. */
  get handshakesLeft(): readonly number[] {
    return this.#shelf?.handshakesLeft ?? [];
  }

  /** The server knows nothing of the handshakes that an earlier run has left. */
  beginHandshakesAgain(): void {
    if (this.#isSessionLost) return;
    this.#isSessionLost = true;
    this.#shelf?.beginHandshakesAgain();
  }

  /** When the oldest message at hand was queued, in ms since the Unix epoch. */
  get oldestQueuedAt(): number | undefined {
    const times = [this.#high.peek(), this.#normal.peek(), this.#live.peek()].map(
      (message) => message?.queuedAt,
    );
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /**
   * Takes a message; `queued` follows, at once or when it is on disk. Answers are always taken: they are few and
   * short-lived, and never written.
   *
   * @returns the messages dropped for it, oldest first (with `drop-oldest`)
   * @throws {OneNetError} ONENET_QUEUE_FULL when it does not fit
   */
  push(message: QueuedMessage): readonly QueuedMessage[] {
    const isAnswer = message.options.answer === true;
    const dropped = isAnswer ? NONE : this.#makeRoom(message);
    this.#count(message);
    if (isAnswer) {
      this.#events.queued(message);
      this.#answers.push(message);
    } else this.#enterOrStore(message);
    return dropped;
  }

  linkUp(): void {
    this.#isLinkUp = true;
  }

  /** What was live has grown old. */
  linkDown(): void {
    this.#isLinkUp = false;
    for (const message of this.#live.takeAll()) {
      this.#shelf?.normal.include(message);
      // A backlog on disk takes only what is there already.
      if (message.seq === undefined && this.#mustStoreFirst(message)) this.#storeFirst(message);
      else this.#normal.push(message);
    }
  }

  peekAnswer(): QueuedMessage | undefined {
    return this.#answers.peek();
  }

  shiftAnswer(): QueuedMessage | undefined {
    return this.#answers.shift();
  }

  peek(): QueuedMessage | undefined {
    return this.#high.peek() ?? this.#live.peek() ?? this.#normal.peek();
  }

  shift(): QueuedMessage | undefined {
    const message =
      this.#high.peek() === undefined ? (this.#live.shift() ?? this.#normal.shift()) : this.#high.shift();
    const mark = message?.handshakeMark;
    if (message !== undefined && mark !== undefined && this.#isSessionLost) {
      message.handshakeMark = { packetId: mark.packetId, phase: "published" };
    }
    return message;
  }

  /** Puts messages that had left before all others of their priority; they are still counted. */
  putBack(messages: readonly QueuedMessage[]): void {
    this.#high.putBack(messages.filter((message) => message.options.priority === "high"));
    this.#normal.putBack(messages.filter((message) => message.options.priority !== "high"));
  }

  /** The message is delivered or has failed: it counts no more, and leaves the disk. */
  forget(message: QueuedMessage): void {
    this.#uncount(1, message.bytes);
    this.#shelf?.durability.forget(message);
    this.#shelf?.normal.forget(message);
  }

  /** A message that was delivered for its sender, and has left the disk, has to be sent again. */
  takeBack(message: QueuedMessage): void {
    this.#count(message);
    this.#shelf?.durability.storeWhenBehind(message);
  }

  #count(message: QueuedMessage): void {
    this.#messages += 1;
    this.#bytes += message.bytes;
  }

  /** It is on its way to the disk: `queued` or `refused` follows. */
  isCommitting(message: QueuedMessage): boolean {
    return this.#committing.has(message);
  }

  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void {
    if (this.#shelf === undefined) kept();
    else this.#shelf.durability.keepMark(message, mark, kept);
  }

  takeAnswers(): QueuedMessage[] {
    return this.#answers.takeAll();
  }

  /** Lets go of everything but answers, in the order of sending; what is on disk only stays there. */
  takeAll(): QueuedMessage[] {
    const live = this.#live.takeAll();
    return [...this.#high.takeAll(), ...this.#normal.takeAll(), ...live, ...this.#committing];
  }

  /** Who waits for messages that are on disk only. */
  takeWaitingSenders(): WaitingSender[] {
    if (this.#shelf === undefined) return [];
    return [...this.#shelf.high.takeWaiting(), ...this.#shelf.normal.takeWaiting()];
  }

  /** Throws away what is on disk. @returns who waits for it, oldest first */
  async purgeShelf(): Promise<WaitingSender[]> {
    if (this.#shelf === undefined) return [];
    const senders = this.takeWaitingSenders();
    this.#shelf.high.clear();
    this.#shelf.normal.clear();
    const { messages, bytes } = await this.#shelf.purge();
    this.#uncount(messages, bytes);
    return senders;
  }

  /** Lets go of what has expired on disk. */
  async takeExpired(): Promise<ExpiredOnDisk[]> {
    if (this.#shelf === undefined || (this.#shelf.normal.size === 0 && this.#shelf.high.size === 0))
      return [];
    const expired = [...(await this.#shelf.high.takeExpired()), ...(await this.#shelf.normal.takeExpired())];
    for (const { record } of expired) this.#uncount(1, record.bytes);
    return expired;
  }

  /** What was purged from the disk may have been in flight: it is not counted down twice. */
  #uncount(messages: number, bytes: number): void {
    this.#messages = Math.max(0, this.#messages - messages);
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** What is in memory only goes to the disk, where there is one. */
  storeAll(): void {
    this.#shelf?.durability.storeAll();
  }

  /** Takes a message that another outbox held, whatever the bounds: they were kept there. */
  adopt(message: QueuedMessage): void {
    this.#count(message);
    this.#enterOrStore(message);
  }

  /** Lets go of what is settled, among the messages at hand, once `visit` has seen them all. */
  sweep(visit: (message: QueuedMessage) => void): void {
    for (const line of [this.#answers, this.#live]) {
      for (const message of line) visit(message);
      line.filter((message) => !message.settled);
    }
    for (const lane of [this.#high, this.#normal]) lane.sweep(visit);
  }

  #enterOrStore(message: QueuedMessage): void {
    if (this.#mustStoreFirst(message)) return this.#storeFirst(message);
    // A sender that is told before its message goes to the backlog need not be remembered there.
    this.#events.queued(message);
    this.#enter(message);
    this.#shelf?.durability.storeWhenBehind(message);
  }

  #mustStoreFirst(message: QueuedMessage): boolean {
    if (this.#shelf === undefined) return false;
    if (this.#shelf.durability.mode === "disk-always") return true;
    if (this.#isLive(message)) return false;
    return (
      this.#committing.size > 0 ||
      !(message.options.priority === "high" ? this.#high : this.#normal).isHeadOpen
    );
  }

  /** Commits come in the order of the calls, so that the lane keeps the order of the inputs. */
  #storeFirst(message: QueuedMessage): void {
    const durability = this.#shelf?.durability;
    // What is older and in memory only gets the smaller numbers: a restart must find the same order.
    durability?.storeAllBefore(message);
    this.#committing.add(message);
    durability?.store(message, (error) => {
      if (!this.#committing.delete(message) || message.settled) return;
      if (error !== undefined) return this.#events.refused(message, error);
      this.#events.queued(message);
      this.#enter(message);
      this.#events.refilled();
    });
  }

  #enter(message: QueuedMessage): void {
    if (message.options.priority === "high") this.#high.push(message);
    else if (this.#isLive(message)) {
      this.#live.push(message);
      this.#shelf?.normal.exclude(message);
    } else this.#normal.push(message);
  }

  /** Whether it goes before what has gathered. */
  #isLive(message: QueuedMessage): boolean {
    if (this.#settings.order !== "live-first" || message.options.priority === "high") return false;
    return this.#isLinkUp && this.#normal.size > 0;
  }

  #makeRoom(message: QueuedMessage): readonly QueuedMessage[] {
    const { maxMessages, maxBytes, whenFull } = this.#settings.limits;
    if (this.#messages < maxMessages && this.#bytes + message.bytes <= maxBytes) return NONE;
    const repeated = this.#messagesAgain();
    const dropped: QueuedMessage[] = [];
    const shifted: QueuedMessage[] = [];
    let messages = this.#messages + 1;
    let bytes = this.#bytes + message.bytes;
    const fits = () => messages <= maxMessages && bytes <= maxBytes;
    const mayDrop = whenFull === "drop-oldest" && message.bytes <= maxBytes;
    while (mayDrop && !fits()) {
      const next = repeated.next().value ?? this.#shiftOldest(shifted);
      if (next === undefined) break;
      dropped.push(next);
      messages -= 1;
      bytes -= next.bytes;
    }
    if (fits()) return dropped;
    // Nothing that waits is left: the rest is on its way and cannot go.
    this.putBack(shifted);
    const { label } = this.#settings;
    const params = { messages: this.#messages, bytes: this.#bytes, maxMessages, maxBytes, device: label };
    throw new OneNetError("ONENET_QUEUE_FULL.refused", params);
  }

  /** What waits to be repeated, message by message: a post may hold thousands, and one may be enough. */
  *#messagesAgain(): Generator<QueuedMessage, undefined> {
    const seen = new Set<QueuedMessage>();
    for (const pack of this.again) {
      for (const { message } of pack.parts) {
        if (message.settled || seen.has(message)) continue;
        seen.add(message);
        yield message;
      }
    }
    return undefined;
  }

  /** What is dropped for a new message: the oldest of the normal ones, of the high ones only when no other is left. */
  #shiftOldest(shifted: QueuedMessage[]): QueuedMessage | undefined {
    const message = this.#normal.shift() ?? this.#live.shift() ?? this.#high.shift();
    if (message !== undefined) shifted.push(message);
    return message;
  }
}
