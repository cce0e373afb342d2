import type { Clock } from "../clock";

/** Who is at the other side: the platform, our simulator, or any broker. */
export type FlapKind = "device" | "simulator" | "broker";

/**
 * Tells whether connections end because another login throws them out. MQTT 3.1.1 gives no reason: what can be
 * seen is that the other side closes one connection after the other soon after it is up, again and again.
 */
export class FlapDetector {
  readonly #clock: Clock;
  readonly #shortLifeMs: number;
  readonly #suspiciousTimes: number;
  #onlineSinceMs: number | undefined;
  #shortLives = 0;

  constructor(kind: FlapKind, clock: Clock) {
    this.#clock = clock;
    // A broker or a simulator closes connections too when it starts again; OneNET hardly ever does.
    this.#shortLifeMs = kind === "device" ? 60_000 : 3000;
    this.#suspiciousTimes = kind === "broker" ? 4 : 2;
  }

  online(): void {
    this.#onlineSinceMs = this.#clock.monotonicMs();
  }

  /** @returns how many times it was thrown out in a row, or 0 when that is not what it looks like */
  ended(closedByPeer: boolean, takenOver: boolean): number {
    const livedMs = this.#clock.monotonicMs() - (this.#onlineSinceMs ?? Number.NEGATIVE_INFINITY);
    if (!closedByPeer || (!takenOver && livedMs > this.#shortLifeMs)) {
      this.#shortLives = 0;
      return 0;
    }
    this.#shortLives += 1;
    return takenOver || this.#shortLives >= this.#suspiciousTimes ? this.#shortLives : 0;
  }
}
