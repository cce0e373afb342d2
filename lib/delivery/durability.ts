import type { Clock, Timer } from "../clock";
import type { OneNetError } from "../errors";
import type { HandshakeMark } from "./link";
import type { QueuedMessage } from "./message";
import { encodeMessage } from "./message-codec";
import type { StoredQueue } from "./store";

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

/** Puts the messages of one connection on disk, and takes them off it. */
export class Durability {
  readonly mode: Exclude<StoreMode, "memory">;
  readonly #queue: StoredQueue;
  readonly #clock: Clock;
  /** Held in memory only, oldest first (`disk-behind`). */
  readonly #unstored = new Set<QueuedMessage>();
  #timer: Timer | undefined;

  constructor(mode: Exclude<StoreMode, "memory">, queue: StoredQueue, clock: Clock) {
    this.mode = mode;
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Stores a message now. @param committed with an error when it is not on disk */
  store(message: QueuedMessage, committed?: (error?: OneNetError) => void): void {
    this.#unstored.delete(message);
    const { queuedAt, bytes, options } = message;
    const expiresAtMs = options.expiryMs === undefined ? undefined : queuedAt + options.expiryMs;
    message.seq = this.#queue.append(
      {
        lane: options.priority === "high" ? 1 : 0,
        queuedAtMs: queuedAt,
        bytes,
        body: encodeMessage(message),
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
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
    for (const message of this.#unstored) this.store(message, (error) => this.#stillUnstored(message, error));
  }

  /** Stores what is older than this message and in memory only; the message itself is the caller's to store. */
  storeAllBefore(message: QueuedMessage): void {
    for (const older of this.#unstored) {
      if (older === message) return;
      this.store(older, (error) => this.#stillUnstored(older, error));
    }
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
    if (message.seq !== undefined) this.#queue.remove(message.seq);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    const oldest = this.#unstored.values().next().value;
    if (this.#timer !== undefined || oldest === undefined) return;
    const dueInMs = oldest.queuedAtMonotonicMs + BEHIND_AFTER_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.startTimer(Math.max(1, dueInMs), () => {
      this.#timer = undefined;
      this.#storeBehind();
      this.#watch();
    });
  }

  #storeBehind(): void {
    const behindMs = this.#clock.monotonicMs() - BEHIND_AFTER_MS;
    for (const message of this.#unstored) {
      if (message.queuedAtMonotonicMs > behindMs) return;
      this.store(message, (error) => this.#stillUnstored(message, error));
    }
  }

  /** A full disk: memory keeps it, as it did before; nothing was promised. */
  #stillUnstored(message: QueuedMessage, error: OneNetError | undefined): void {
    if (error === undefined || message.settled) return;
    delete message.seq;
  }
}
