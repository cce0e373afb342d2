import type { Pack } from "./pack";

/** So many answers acknowledged, and nothing said of any: this server says nothing. */
const MUTE_AFTER = 500;

/**
 * Whether the server tells what it makes of answers to commands. A plain broker in the place of a private deployment
 * never does: once that is known, nothing but PUBACK is waited for. It is known when an answer has waited in vain for
 * all its time, or many wait at once; the first reply to anything ends it for good.
 */
export class AnswerReplies {
  #unreplied: number;

  /** @param mayBeMute the server may be one that never replies */
  constructor(mayBeMute: boolean) {
    this.#unreplied = mayBeMute ? 0 : Number.NEGATIVE_INFINITY;
  }

  /**
   * An answer was acknowledged; its reply may come.
   *
   * @returns those in flight for which nothing more will come
   */
  acknowledged(pack: Pack, inFlight: Iterable<Pack>): readonly Pack[] {
    const wasMute = this.#isMute;
    this.#unreplied += 1;
    if (wasMute) return [pack];
    return this.#isMute ? [...inFlight].filter((each) => each.isAnswer && each.acknowledged) : [];
  }

  get #isMute(): boolean {
    return this.#unreplied >= MUTE_AFTER;
  }

  /** The reply to an acknowledged answer has not come in time. */
  timedOut(): void {
    this.#unreplied += MUTE_AFTER;
  }

  /** A reply came, to whatever. */
  heard(): void {
    this.#unreplied = Number.NEGATIVE_INFINITY;
  }
}
