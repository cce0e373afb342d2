import type { Clock, Timer } from "../clock";

const SWEEP_MS = 1000;

/** What waits for a link must expire in time all the same: looks every second, as long as there is need. */
export class ExpirySweep {
  readonly #clock: Clock;
  readonly #sweep: () => boolean;
  #timer: Timer | undefined;

  /** @param sweep fails what has expired; returns whether to look again */
  constructor(clock: Clock, sweep: () => boolean) {
    this.#clock = clock;
    this.#sweep = sweep;
  }

  start(): void {
    this.#timer ??= this.#clock.startTimer(SWEEP_MS, () => {
      this.#timer = undefined;
      if (this.#sweep()) this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
