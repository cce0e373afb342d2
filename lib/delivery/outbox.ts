import { DiskIntake } from "./disk-intake";
import { Fifo } from "./fifo";
import { HeldCount } from "./held-count";
import type { HandshakeMark } from "./link";
import type { QueuedMessage } from "./message";
import type { OutboxEvents, OutboxSettings, OutboxShelf } from "./outbox-settings";
import type { Pack } from "./pack";
import type { WaitingLine } from "./packer";
import { RoomMaker } from "./room";
import { purgeShelf, takeExpired, takeWaitingSenders } from "./shelf";
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
  readonly #intake: DiskIntake | undefined;
  readonly #room: RoomMaker;
  readonly pick: WaitingLine["pick"] = (isWanted) => this.#lines.pick(isWanted);
  #isLinkUp = false;
  #isSessionLost = false;
  readonly #held: HeldCount;

  constructor(settings: OutboxSettings, events: OutboxEvents, shelf?: OutboxShelf) {
    this.#settings = settings;
    this.#events = events;
    this.#shelf = shelf;
    this.#held = new HeldCount(shelf?.recovered);
    this.#lines = new WaitingLines(shelf, () => this.#refilled(), settings.admission);
    this.#room = new RoomMaker(settings, this.again, this.#lines);
    this.#intake = shelf === undefined ? undefined : this.#openIntake(shelf);
  }

  /** Messages held: waiting and in flight. */
  get messages(): number {
    return this.#held.messages;
  }

  get bytes(): number {
    return this.#held.bytes;
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

  /** Messages that would be lost if the process ended now. */
  get heldInMemory(): number {
    if (this.#shelf === undefined) return this.#held.messages;
    return this.#shelf.durability.unstored + (this.#intake?.size ?? 0);
  }

  /** When the oldest message at hand was queued, in ms since the Unix epoch. */
  get oldestQueuedAt(): number | undefined {
    return this.#lines.oldestQueuedAt;
  }

  /**
   * Takes a message; `queued` follows, at once or when it is on disk. Answers and transient messages are always taken:
   * they are few and short-lived, and never written.
   *
   * @returns the messages dropped for it, oldest first (with `drop-oldest`)
   * @throws {OneNetError} ONENET_QUEUE_FULL when it does not fit
   */
  push(message: QueuedMessage): readonly QueuedMessage[] {
    const isAnswer = message.options.answer === true;
    const dropped =
      isAnswer || message.options.transient === true ? NONE : this.#room.make(this.#held, message);
    this.#held.add(message);
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
      if (message.seq === undefined && this.#mustStoreFirst(message)) this.#intake?.take(message);
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
    this.#held.remove(1, message.bytes);
    if (this.#shelf === undefined) return;
    this.#shelf.durability.forget(message);
    this.#shelf.normal.forget(message);
    this.#shelf.high.forget(message);
  }

  /** A message that was delivered for its sender, and has left the disk, has to be sent again. */
  takeBack(message: QueuedMessage): void {
    this.#held.add(message);
    this.#shelf?.durability.onUnstored(message);
    this.#shelf?.durability.storeWhenBehind(message);
  }

  /** It is on its way to the disk: `queued` or `refused` follows. */
  isCommitting(message: QueuedMessage): boolean {
    return this.#intake?.has(message) ?? false;
  }

  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void {
    if (this.#shelf === undefined) kept();
    else this.#shelf.durability.keepMark(message, mark, kept);
  }

  /** Lets go of everything but answers, in the order of sending; what is on disk only stays there. */
  takeAll(): QueuedMessage[] {
    return [...this.#lines.takeAll(), ...(this.#intake?.all ?? [])];
  }

  /** Who waits for messages that are on disk only. */
  takeWaitingSenders(): WaitingSender[] {
    return this.#shelf === undefined ? [] : takeWaitingSenders(this.#shelf);
  }

  /** Throws away what is on disk but not in flight. @returns how much that was, and who waits for it, oldest first */
  async purgeShelf(
    inFlight: Iterable<QueuedMessage>,
  ): Promise<{ messages: number; senders: WaitingSender[] }> {
    if (this.#shelf === undefined) return { messages: 0, senders: [] };
    const senders = this.takeWaitingSenders();
    const { messages, bytes } = await purgeShelf(this.#shelf, inFlight);
    this.#held.remove(messages, bytes);
    return { messages, senders };
  }

  /** Lets go of what has expired on disk. */
  async takeExpired(): Promise<ExpiredOnDisk[]> {
    const expired = this.#shelf === undefined ? [] : await takeExpired(this.#shelf);
    for (const { record } of expired) this.#held.remove(1, record.bytes);
    return expired;
  }

  /** What is in memory only goes to the disk, where there is one. */
  storeAll(): void {
    this.#shelf?.durability.storeAll();
  }

  /** Takes a message that another outbox held, whatever the bounds: they were kept there. */
  adopt(message: QueuedMessage): void {
    this.#held.add(message);
    this.#enterOrStore(message);
  }

  /** Lets go of what is settled, among the messages at hand, once `visit` has seen them all. */
  sweep(visit: (message: QueuedMessage) => void): void {
    this.#lines.sweep(visit);
  }

  #enterOrStore(message: QueuedMessage): void {
    if (this.#mustStoreFirst(message)) return this.#intake?.take(message);
    // A sender that is told before its message goes to the backlog need not be remembered there.
    this.#events.queued(message);
    if (message.options.transient === true) return this.#lines.transient.push(message);
    this.#enter(message);
    this.#shelf?.durability.storeWhenBehind(message);
  }

  #mustStoreFirst(message: QueuedMessage): boolean {
    if (this.#shelf === undefined || message.options.transient === true) return false;
    if (this.#shelf.durability.mode === "disk-always") return true;
    if (this.#isLive(message)) return false;
    return (this.#intake?.size ?? 0) > 0 || !this.#lines.laneOf(message).isHeadOpen;
  }

  #openIntake({ durability }: OutboxShelf): DiskIntake {
    return new DiskIntake(durability, this.#room, {
      kept: (message) => {
        this.#events.queued(message);
        this.#enter(message);
        this.#events.refilled();
      },
      refused: (message, error) => this.#events.refused(message, error),
      dropped: (messages) => this.#events.dropped(messages),
    });
  }

  #refilled(): void {
    const dropped = this.#room.pay(this.#held);
    if (dropped.length > 0) this.#events.dropped(dropped);
    this.#intake?.makeRoom();
    this.#events.refilled();
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
}
