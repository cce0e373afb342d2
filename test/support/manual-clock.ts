import type { Clock, Timer } from "../../lib/clock";

interface Running {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. Timers fire inside {@link ManualClock.advance}, in their order. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 1_000_000;
  #started = 0;
  readonly #timers = new Set<Running>();

  /** @param nowMs what the wall clock shows; default the real time, which tokens are judged by */
  constructor(nowMs: number = Date.now()) {
    this.#wallMs = nowMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    this.#started += 1;
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#started, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Timers that are started and have neither fired nor been cancelled. */
  get running(): number {
    return this.#timers.size;
  }

  /** In how many ms the next timer fires; undefined when none runs. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Lets time pass; 0 fires what is due already. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) {
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
    }
    this.#moveTo(endMs);
  }

  /** The wall clock is set; nothing passes. */
  setWall(nowMs: number): void {
    this.#wallMs = nowMs;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #next(): Running | undefined {
    let next: Running | undefined;
    for (const timer of this.#timers) {
      const isEarlier =
        next === undefined ||
        timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order);
      if (isEarlier) next = timer;
    }
    return next;
  }
}

/** Resolves when everything that waits for the next turn of the event loop (`setImmediate`) has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
