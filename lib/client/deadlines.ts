import type { Clock, Timer } from "../clock";

/** Deadlines of many with one timer for all of them: most are met long before. */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #onDue: (item: T) => void;
  /** In monotonic ms. */
  readonly #due = new Map<T, number>();
  #timer: Timer | undefined;
  #timerDueMs = 0;

  /** @param onDue the deadline of this one has passed; it has none any more */
  constructor(clock: Clock, onDue: (item: T) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  set(item: T, delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    this.#due.set(item, dueMs);
    if (this.#timer === undefined || dueMs < this.#timerDueMs) this.#wakeAt(dueMs);
  }

  delete(item: T): void {
    this.#due.delete(item);
    if (this.#due.size === 0) this.#stop();
  }

  #wakeAt(dueMs: number): void {
    this.#stop();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.startTimer(dueMs - this.#clock.monotonicMs(), () => this.#wake());
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wake(): void {
    this.#timer = undefined;
    // A timer may fire a fraction of a millisecond early.
    const nowMs = this.#clock.monotonicMs() + 1;
    for (const [item, dueMs] of [...this.#due]) {
      if (dueMs <= nowMs && this.#due.delete(item)) this.#onDue(item);
    }
    if (this.#due.size > 0) this.#wakeAt(Math.min(...this.#due.values()));
  }
}
