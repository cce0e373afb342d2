import { Fifo } from "./fifo";
import type { QueuedMessage } from "./message";

/** Where a lane keeps what does not have to be at hand: as bytes in memory, or on disk. First in, first out. */
export interface Backlog {
  readonly size: number;
  /** What its messages count against the bounds; as `size`, an upper bound right after a restart. */
  readonly bytes: number;
  append(message: QueuedMessage): void;
  /** Lets go of everything that is in memory, oldest first; what is on disk stays there. */
  takeAll(): readonly QueuedMessage[];
  /** Takes the oldest out, at most `limit`; calls back now or later. Not called again before it has called back. */
  take(limit: number, callback: (messages: readonly QueuedMessage[]) => void): void;
}

/** So many messages of a lane are at hand as objects; the rest lie in its backlog. */
export const HEAD_MAX = 2000;
const REFILL_BELOW = HEAD_MAX / 2;

/** Messages of one priority in their order: a head at hand, and behind it a backlog of any length. */
export class Lane {
  readonly #backlog: Backlog;
  readonly #onRefilled: () => void;
  readonly #head = new Fifo<QueuedMessage>();
  #isRefilling = false;

  constructor(backlog: Backlog, onRefilled: () => void) {
    this.#backlog = backlog;
    this.#onRefilled = onRefilled;
  }

  get size(): number {
    return this.#head.size + this.#backlog.size;
  }

  /** What cannot be had at once: nothing is at hand, and all of it has to be fetched. */
  get awaited(): { readonly messages: number; readonly bytes: number } | undefined {
    const { size, bytes } = this.#backlog;
    return this.#head.size > 0 || size === 0 ? undefined : { messages: size, bytes };
  }

  /** Whether the next message stays at hand. */
  get isHeadOpen(): boolean {
    return this.#backlog.size === 0 && !this.#isRefilling && this.#head.size < HEAD_MAX;
  }

  push(message: QueuedMessage): void {
    if (this.isHeadOpen) this.#head.push(message);
    else this.#backlog.append(message);
  }

  /** The next message; undefined also while it is being fetched from the backlog. */
  peek(): QueuedMessage | undefined {
    if (this.#head.size < REFILL_BELOW) this.#refill();
    return this.#head.peek();
  }

  shift(): QueuedMessage | undefined {
    const message = this.#head.shift();
    if (this.#head.size < REFILL_BELOW) this.#refill();
    return message;
  }

  /** Takes out what is wanted of what is at hand. */
  pick(isWanted: (message: QueuedMessage) => boolean): readonly QueuedMessage[] {
    const picked = this.#head.filter((message) => !isWanted(message));
    if (this.#head.size < REFILL_BELOW) this.#refill();
    return picked;
  }

  /** Puts messages that were out before all others. */
  putBack(messages: readonly QueuedMessage[]): void {
    this.#head.unshift(messages);
  }

  takeAll(): QueuedMessage[] {
    return [...this.#head.takeAll(), ...this.#backlog.takeAll()];
  }

  /** Shows what is at hand, and what moves up from memory meanwhile, and lets go of what is settled then. */
  sweep(visit: (message: QueuedMessage) => void): void {
    let kept: number;
    do {
      for (const message of this.#head) visit(message);
      this.#head.filter((message) => !message.settled);
      kept = this.#head.size;
      if (kept < REFILL_BELOW) this.#refill();
    } while (this.#head.size > kept);
  }

  /** What is at hand, oldest first. */
  get head(): Iterable<QueuedMessage> {
    return this.#head;
  }

  #refill(): void {
    if (this.#isRefilling || this.#backlog.size === 0) return;
    this.#isRefilling = true;
    this.#backlog.take(HEAD_MAX - this.#head.size, (messages) => {
      this.#isRefilling = false;
      for (const message of messages) this.#head.push(message);
      this.#onRefilled();
    });
  }
}
