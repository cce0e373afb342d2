import type { Admission } from "./admission";
import { Fifo } from "./fifo";
import { Lane } from "./lane";
import { MemoryBacklog } from "./memory-backlog";
import type { QueuedMessage } from "./message";
import type { Held, OutboxShelf } from "./outbox-settings";

/** So many messages that may not go yet are set aside; with more of them the line stands. */
const ASIDE_MAX = 5000;

/**
 * What waits on one connection, by kind: answers to commands, then messages of high priority, then transient ones, then
 * (if wanted) live ones, then the rest.
 */
export class WaitingLines {
  readonly answers = new Fifo<QueuedMessage>();
  /** In memory only, whatever the store. */
  readonly transient = new Fifo<QueuedMessage>();
  readonly high: Lane;
  readonly live = new Fifo<QueuedMessage>();
  readonly normal: Lane;
  readonly #admission: Admission | undefined;
  /** What may not go yet, in its order. */
  readonly #aside = new Fifo<QueuedMessage>();

  /**
   * @param onRefilled messages came from a backlog that were not at hand before, or may go now
   * @param admission says of each message whether it may go; when it does not, others pass it
   */
  constructor(shelf: OutboxShelf | undefined, onRefilled: () => void, admission?: Admission) {
    this.#admission = admission;
    if (admission !== undefined) {
      admission.onRelease = () => {
        this.#putBackAside();
        onRefilled();
      };
    }
    this.high = new Lane(shelf?.high ?? new MemoryBacklog(), onRefilled);
    this.normal = new Lane(shelf?.normal ?? new MemoryBacklog(), onRefilled);
  }

  /** Messages, answers and those set aside apart; an upper bound right after a restart. */
  get size(): number {
    return this.high.size + this.transient.size + this.live.size + this.normal.size;
  }

  /** When the oldest message at hand was queued, in ms since the Unix epoch; answers apart. */
  get oldestQueuedAt(): number | undefined {
    let oldest: number | undefined;
    for (const message of [this.high.peek(), this.normal.peek(), this.live.peek(), this.#aside.peek()]) {
      if (message === undefined) continue;
      oldest = oldest === undefined ? message.queuedAt : Math.min(oldest, message.queuedAt);
    }
    return oldest;
  }

  /** The lane of its priority. */
  laneOf({ options }: QueuedMessage): Lane {
    return options.priority === "high" ? this.high : this.normal;
  }

  /** The next one that may go, answers apart. */
  peek(): QueuedMessage | undefined {
    for (;;) {
      const line = this.#first();
      const next = line.peek();
      if (next === undefined || this.#admission?.admits(next) !== false) return next;
      if (this.#aside.size >= ASIDE_MAX) return this.transient.peek();
      line.shift();
      this.#aside.push(next);
    }
  }

  shift(): QueuedMessage | undefined {
    const next = this.peek();
    if (next === undefined) return undefined;
    if (next === this.transient.peek()) return this.transient.shift();
    const line = this.#first();
    if (line !== this.normal && this.normal.size > 0) next.overtakes = true;
    return line.shift();
  }

  #first(): Lane | Fifo<QueuedMessage> {
    if (this.high.peek() !== undefined) return this.high;
    if (this.transient.size > 0) return this.transient;
    return this.live.size > 0 ? this.live : this.normal;
  }

  /** They are the oldest of their lanes; the next look may set them aside again. */
  #putBackAside(): void {
    if (this.#aside.size > 0) this.putBack(this.#aside.takeAll());
  }

  /** Takes out what is wanted of the normal ones, when these are next. */
  pick(isWanted: (message: QueuedMessage) => boolean): readonly QueuedMessage[] {
    const ahead = this.high.peek() ?? this.transient.peek() ?? this.live.peek();
    return ahead === undefined ? this.normal.pick(isWanted) : [];
  }

  /**
   * What is dropped first: the oldest of the normal ones, of the high ones only when no other is left. Undefined also
   * while it is being fetched: see {@link awaited}.
   */
  shiftLeast(): QueuedMessage | undefined {
    this.#putBackAside();
    const normal = this.normal.shift();
    if (normal !== undefined || this.normal.awaited !== undefined) return normal;
    return this.live.shift() ?? this.high.shift();
  }

  /** What can be dropped, but has to be fetched for that. */
  get awaited(): Held {
    return this.normal.awaited ?? this.high.awaited ?? { messages: 0, bytes: 0 };
  }

  /** Puts messages that had left before all others of their priority. */
  putBack(messages: readonly QueuedMessage[]): void {
    this.high.putBack(messages.filter((message) => message.options.priority === "high"));
    this.normal.putBack(messages.filter((message) => message.options.priority !== "high"));
  }

  /** Lets go of everything at hand but answers. */
  takeAll(): QueuedMessage[] {
    this.#putBackAside();
    const live = this.live.takeAll();
    return [...this.high.takeAll(), ...this.transient.takeAll(), ...this.normal.takeAll(), ...live];
  }

  /** Lets go of what is settled, among the messages at hand, once `visit` has seen them all. */
  sweep(visit: (message: QueuedMessage) => void): void {
    this.#putBackAside();
    for (const line of [this.answers, this.transient, this.live]) {
      for (const message of line) visit(message);
      line.filter((message) => !message.settled);
    }
    for (const lane of [this.high, this.normal]) lane.sweep(visit);
  }
}
