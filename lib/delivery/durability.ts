import type { Clock, Timer } from "../clock";
import type { OneNetError } from "../errors";
import type { HandshakeMark } from "./link";
import type { QueuedMessage } from "./message";
import { encodeMessage } from "./message-codec";
import type { Committed, StoredQueue } from "./store";

/**
 * Where a connection keeps what it holds.
 *
 * - `memory`: nothing survives the end of the process
 * - `disk-behind`: what has waited longer than 250 ms is on disk; live traffic never touches it
 * - `disk-always`: a message is on disk before its sender hears *queued*, and before it is sent
 */
export type StoreMode = "memory" | "disk-behind" | "disk-always";

/** What has waited this long is written, with `disk-behind`. */
export const BEHIND_AFTER_MS = 250;
/** What the disk did not take is tried again after this. */
export const STORE_AGAIN_MS = 1000;

/** Puts the messages of one connection on disk, and takes them off it. */
export class Durability {
  readonly mode: Exclude<StoreMode, "memory">;
  readonly #queue: StoredQueue;
  readonly #clock: Clock;
  /** The message stays in memory, and will have a later number than others behind it. */
  readonly onUnstored: (message: QueuedMessage) => void;
  /** Held in memory only, oldest first (`disk-behind`). */
  #unstored = new Set<QueuedMessage>();
  /** Of these, what is being written. */
  readonly #writing = new Set<QueuedMessage>();
  /** What the disk did not take, oldest first: before anything newer is written, it is tried again. */
  readonly #refused = new Set<QueuedMessage>();
  #problem: OneNetError | undefined;
  #timer: Timer | undefined;
  #againTimer: Timer | undefined;

  constructor(
    mode: Exclude<StoreMode, "memory">,
    queue: StoredQueue,
    clock: Clock,
    onUnstored: (message: QueuedMessage) => void,
  ) {
    this.mode = mode;
    this.#queue = queue;
    this.#clock = clock;
    this.onUnstored = onUnstored;
  }

  /** Messages that would be lost if the process ended now, though nobody was promised otherwise. */
  get unstored(): number {
    return this.#unstored.size + this.#writing.size + this.#refused.size;
  }

  /** Stores a message now. @param committed with an error when it is not on disk */
  store(message: QueuedMessage, committed: Committed): void {
    this.#unstored.delete(message);
    const problem = this.#problem;
    // On a disk that has just refused older ones it would get a smaller number than they will.
    if (problem !== undefined && this.mode === "disk-behind") queueMicrotask(() => committed(problem));
    else this.#append(message, committed);
  }

  #append(message: QueuedMessage, committed: Committed): void {
    const { queuedAt, bytes, options } = message;
    const { expiryMs } = options;
    message.seq = this.#queue.append(
      {
        lane: options.priority === "high" ? 1 : 0,
        queuedAtMs: queuedAt,
        bytes,
        body: encodeMessage(message),
        ...(expiryMs === undefined ? {} : { expiresAtMs: queuedAt + expiryMs }),
      },
      committed,
    );
  }

  /** A message stays in memory for now; if it is still there in a while, it is stored. */
  storeWhenBehind(message: QueuedMessage): void {
    this.#unstored.add(message);
    this.#watch();
  }

  /** Everything that is in memory only, oldest first, is stored. */
  storeAll(): void {
    this.tryAgain();
    for (const message of this.#unstored) this.#storeBehind(message);
  }

  /** Stores what is older than this message and in memory only; the message itself is the caller's to store. */
  storeAllBefore(message: QueuedMessage): void {
    if (this.#problem !== undefined) return;
    for (const older of this.#unstored) {
      if (older === message) return;
      this.#storeBehind(older);
    }
  }

  /** There may be room now: what was refused stands first in the line again. */
  tryAgain(): void {
    this.#againTimer?.cancel();
    this.#againTimer = undefined;
    this.#problem = undefined;
    if (this.#refused.size === 0) return;
    this.#unstored = new Set([...this.#refused, ...this.#unstored]);
    this.#refused.clear();
  }

  /** Resolves when all that was given so far is on the disk, and off it, or has failed. */
  async settle(): Promise<void> {
    await this.#queue.tally().catch(() => undefined);
  }

  /**
   * Keeps a step of a QoS 2 handshake. A message in memory only has nothing to resume after a restart; a step that
   * a full disk refuses is taken all the same: waiting would not make it safer.
   */
  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void {
    if (message.seq === undefined) kept();
    else this.#queue.markInFlight(message.seq, mark, () => kept());
  }

  /** The message is delivered or has failed. */
  forget(message: QueuedMessage): void {
    this.#unstored.delete(message);
    if (this.#refused.size > 0) this.#refused.delete(message);
    if (this.#writing.size > 0) this.#writing.delete(message);
    if (message.seq !== undefined) this.#queue.remove(message.seq);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#againTimer?.cancel();
  }

  #watch(): void {
    const oldest = this.#unstored.values().next().value;
    if (this.#timer !== undefined || this.#problem !== undefined || oldest === undefined) return;
    const dueInMs = oldest.queuedAtMonotonicMs + BEHIND_AFTER_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.startTimer(Math.max(1, dueInMs), () => {
      this.#timer = undefined;
      this.#storeOld();
      this.#watch();
    });
  }

  #storeOld(): void {
    if (this.#problem !== undefined) return;
    const behindMs = this.#clock.monotonicMs() - BEHIND_AFTER_MS;
    for (const message of this.#unstored) {
      if (message.queuedAtMonotonicMs > behindMs) return;
      this.#storeBehind(message);
    }
  }

  /** What memory holds is copied to the disk; where that is full, memory keeps it as it did before. */
  #storeBehind(message: QueuedMessage): void {
    this.#unstored.delete(message);
    this.#writing.add(message);
    this.#append(message, (error) => {
      const isHeld = this.#writing.delete(message) && !message.settled;
      if (error === undefined || !isHeld) return;
      delete message.seq;
      this.#refused.add(message);
      this.onUnstored(message);
      this.#problem = error;
      this.#tryAgainLater();
    });
  }

  #tryAgainLater(): void {
    this.#againTimer ??= this.#clock.startTimer(
      STORE_AGAIN_MS,
      () => {
        this.tryAgain();
        this.#storeOld();
        this.#watch();
      },
      true,
    );
  }
}
