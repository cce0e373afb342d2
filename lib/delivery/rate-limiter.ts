import type { Clock } from "../clock";

/**
 * A token bucket: messages at a steady rate, with a short burst after a pause. Without a rate it never waits.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #perMs: number | undefined;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;
  #hasRefused = false;

  /**
   * @param perSecond messages a second; undefined does not limit
   * @param burst messages that may leave at once after a pause, 1 or more
   */
  constructor(clock: Clock, perSecond: number | undefined, burst = 1) {
    this.#clock = clock;
    this.#perMs = perSecond === undefined ? undefined : perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  get isLimited(): boolean {
    return this.#perMs !== undefined;
  }

  /** Milliseconds until the next message may leave; 0 when it may leave now. */
  get waitMs(): number {
    if (this.#perMs === undefined) return 0;
    this.#fill(this.#perMs);
    if (this.#tokens >= 1) return 0;
    this.#hasRefused = true;
    return Math.ceil((1 - this.#tokens) / this.#perMs);
  }

  /** Whether {@link waitMs} has made somebody wait since the last call: by now it may be 0. */
  takeRefusal(): boolean {
    const hasRefused = this.#hasRefused;
    this.#hasRefused = false;
    return hasRefused;
  }

  /** A message leaves. */
  take(): void {
    if (this.#perMs === undefined) return;
    this.#fill(this.#perMs);
    this.#tokens -= 1;
  }

  #fill(perMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledAtMs) * perMs);
    this.#filledAtMs = nowMs;
  }
}
