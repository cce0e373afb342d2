/** A running timer. Cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from; tests put one in whose time they move by hand. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  nowMs(): number;
  /** Milliseconds that only grow, for deadlines and ages. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`. With `background` the timer holds no process open. */
  startTimer(delayMs: number, callback: () => void, background?: boolean): Timer;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  startTimer(delayMs, callback, background = false) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    if (background) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
