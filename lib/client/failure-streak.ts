import type { ErrorCode } from "../errors";
import type { Failure } from "./backoff";

/** Counts failures in a row, for the delay before the next attempt. */
export class FailureStreak {
  #lastCode: ErrorCode | undefined;
  #timesInARow = 0;
  #failingSinceMs: number | undefined;

  /**
   * A failure more.
   *
   * @param wasHealthy it ended a connection that was up: what failed before is forgotten, unless it is thrown out again and again
   * @param nowMs monotonic
   */
  add(code: ErrorCode, wasHealthy: boolean, nowMs: number): Failure {
    if (wasHealthy && code !== "ONENET_KICKED") this.#lastCode = undefined;
    this.#timesInARow = this.#lastCode === code ? this.#timesInARow + 1 : 1;
    this.#lastCode = code;
    if (wasHealthy || this.#failingSinceMs === undefined) this.#failingSinceMs = nowMs;
    return { code, timesInARow: this.#timesInARow, failingForMs: nowMs - this.#failingSinceMs };
  }
}
