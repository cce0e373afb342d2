import type { Pack } from "./in-flight";

/** A link that closes within this after a publish is suspected to be closed because of it. */
const SUSPICIOUS_CLOSE_MS = 2000;
const CLOSES_TO_ISOLATE = 2;
const CLOSES_TO_CONVICT = 3;

/**
 * Finds the message that makes the platform close the link (wrong kind, oversize): at the head of a queue it
 * would log in and be thrown out for ever. Twice the oldest unanswered one when the link closes: it is sent
 * alone. A third time: it was it.
 */
export class LinkCloserFinder {
  #isolated: Pack | undefined;
  #lastPublishMs = Number.NEGATIVE_INFINITY;

  /** The pack that must be sent alone. */
  get isolated(): Pack | undefined {
    return this.#isolated;
  }

  published(nowMs: number): void {
    this.#lastPublishMs = nowMs;
  }

  /** It was answered, or has failed otherwise. */
  acquit(pack: Pack): void {
    if (this.#isolated === pack) this.#isolated = undefined;
  }

  /** The other side closed the link while `oldest` was the oldest that was not answered. */
  linkClosed(oldest: Pack | undefined, nowMs: number): "unsuspected" | "suspected" | "convicted" {
    if (oldest === undefined || nowMs - this.#lastPublishMs > SUSPICIOUS_CLOSE_MS) return "unsuspected";
    oldest.closedLinks += 1;
    if (oldest === this.#isolated && oldest.closedLinks >= CLOSES_TO_CONVICT) {
      this.#isolated = undefined;
      return "convicted";
    }
    if (oldest.closedLinks < CLOSES_TO_ISOLATE || oldest.isAnswer) return "unsuspected";
    this.#isolated = oldest;
    return "suspected";
  }
}
