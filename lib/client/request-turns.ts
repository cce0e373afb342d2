import type { Clock } from "../clock";

/** Of so many messages that the pace lets through, one is a gateway's own request. */
const SHARE = 2;

/**
 * When a gateway may ask something on its own account (log a sub-device in, add it to the topology): with a limited
 * pace not more often than every other message, all such requests together, so that values have their turns in between.
 */
export class RequestTurns {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #nextAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, messagesPerSecond: number | undefined) {
    this.#clock = clock;
    this.#intervalMs = messagesPerSecond === undefined ? 0 : (SHARE * 1000) / messagesPerSecond;
  }

  /** Calls back when it is the caller's turn; at once where the pace is free, or nobody had one for a while. */
  take(go: () => void): void {
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = atMs + this.#intervalMs;
    if (atMs === nowMs) go();
    else this.#clock.startTimer(atMs - nowMs, go, true);
  }
}
