import { Fifo } from "./fifo";
import type { HandshakeMark } from "./link";
import type { QueuedMessage } from "./message";
import type { OutboxEvents, OutboxSettings, OutboxShelf } from "./outbox-settings";
import type { Pack } from "./pack";
import type { WaitingLine } from "./packer";
import { fits, makeRoom } from "./room";
import { takeExpired, takeWaitingSenders } from "./shelf";
import type { ExpiredOnDisk, WaitingSender } from "./stored-backlog";
import { WaitingLines } from "./waiting-lines";

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
  readonly #lines: WaitingLines;
  /** Appended to the disk and not committed yet. */
  readonly #committing = new Set<QueuedMessage>();
  #isLinkUp = false;
  #isSessionLost = false;
  #messages = 0;
  #bytes = 0;

  constructor(settings: OutboxSettings, events: OutboxEvents, shelf?: OutboxShelf) {
    this.#settings = settings;
    this.#events = events;
    this.#shelf = shelf;
    this.#lines = new WaitingLines(shelf, events.refilled);
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
    return this.#lines.size;
  }

  /** Packet ids of QoS 2 handshakes that an earlier run has left. */
  get handshakesLeft(): readonly number[] {
    return this.#shelf?.handshakesLeft ?? [];
  }

  /** The server knows nothing of the handshakes that an earlier run has left. */
  beginHandshakesAgain(): void {
    if (!this.#isSessionLost) this.#shelf?.beginHandshakesAgain();
    this.#isSessionLost = true;
  }

  /** When the oldest message at hand was queued, in ms since the Unix epoch. */
  get oldestQueuedAt(): number | undefined {
    return this.#lines.oldestQueuedAt;
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
      this.#lines.answers.push(message);
    } else this.#enterOrStore(message);
    return dropped;
  }

  linkUp(): void {
    this.#isLinkUp = true;
  }

  /** What was live has grown old. */
  linkDown(): void {
    this.#isLinkUp = false;
    for (const message of this.#lines.live.takeAll()) {
      this.#shelf?.normal.include(message);
      // A backlog on disk takes only what is there already.
      if (message.seq === undefined && this.#mustStoreFirst(message)) this.#storeFirst(message);
      else this.#lines.normal.push(message);
    }
  }

  /** Answers to commands: ahead of everything. */
  get answers(): Fifo<QueuedMessage> {
    return this.#lines.answers;
  }

  peek(): QueuedMessage | undefined {
    return this.#lines.peek();
  }

  shift(): QueuedMessage | undefined {
    const message = this.#lines.shift();
    const mark = message?.handshakeMark;
    if (message !== undefined && mark !== undefined && this.#isSessionLost) {
      message.handshakeMark = { packetId: mark.packetId, phase: "published" };
    }
    return message;
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

  /** Lets go of everything but answers, in the order of sending; what is on disk only stays there. */
  takeAll(): QueuedMessage[] {
    return [...this.#lines.takeAll(), ...this.#committing];
  }

  /** Who waits for messages that are on disk only. */
  takeWaitingSenders(): WaitingSender[] {
    return this.#shelf === undefined ? [] : takeWaitingSenders(this.#shelf);
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
    if (this.#shelf === undefined) return [];
    const expired = await takeExpired(this.#shelf);
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
    this.#lines.sweep(visit);
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
    return this.#committing.size > 0 || !this.#lines.laneOf(message).isHeadOpen;
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
    if (this.#isLive(message)) {
      this.#lines.live.push(message);
      this.#shelf?.normal.exclude(message);
    } else this.#lines.laneOf(message).push(message);
  }

  /** Whether it goes before what has gathered. */
  #isLive(message: QueuedMessage): boolean {
    if (this.#settings.order !== "live-first" || message.options.priority === "high") return false;
    return this.#isLinkUp && this.#lines.normal.size > 0;
  }

  #makeRoom(message: QueuedMessage): readonly QueuedMessage[] {
    const held = { messages: this.#messages, bytes: this.#bytes };
    if (fits(held, message, this.#settings.limits)) return NONE;
    return makeRoom(held, message, this.#settings, this.again, this.#lines);
  }
}
