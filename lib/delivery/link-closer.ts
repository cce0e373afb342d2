import type { Pack } from "./pack";

/** A link that closes within this after a publish is suspected to be closed because of it. */
const SUSPICIOUS_CLOSE_MS = 2000;
const CLOSES_TO_ISOLATE = 2;
const CLOSES_TO_CONVICT = 3;

/**
 * Finds the message that makes the platform close the link (wrong kind, oversize): at the head of a queue it
 * would log in and be thrown out for ever. Twice the oldest unanswered one when the link closes: it is sent
 * alone. A third time: it was it. A post of many messages is sent alone message by message, on one link, until
 * it closes.
 */
export class LinkCloserFinder {
  #isolated: Pack | undefined;
  /** What the isolated one was taken from: suspect next if that one is innocent. */
  #rest: Pack | undefined;
  #lastPublishMs = Number.NEGATIVE_INFINITY;

  /** The pack that must be sent alone. */
  get isolated(): Pack | undefined {
    return this.#isolated;
  }

  /** The isolated pack has been taken apart. */
  narrow(first: Pack, rest: Pack | undefined): void {
    this.#isolated = first;
    this.#rest = rest;
  }

  published(nowMs: number): void {
    this.#lastPublishMs = nowMs;
  }

  /** It was answered, or has failed otherwise. */
  acquit(pack: Pack): void {
    if (this.#rest === pack) this.#rest = undefined;
    if (this.#isolated !== pack) return;
    this.#isolated = this.#rest;
    this.#rest = undefined;
  }

  /** The other side closed the link while `oldest` was the oldest that was not answered. */
  linkClosed(oldest: Pack | undefined, nowMs: number): "unsuspected" | "suspected" | "convicted" {
    if (oldest === undefined || nowMs - this.#lastPublishMs > SUSPICIOUS_CLOSE_MS) return "unsuspected";
    oldest.closedLinks += 1;
    if (oldest === this.#isolated && oldest.closedLinks >= CLOSES_TO_CONVICT) {
      if (this.#rest !== undefined) this.#rest.closedLinks = 0;
      this.#isolated = undefined;
      this.#rest = undefined;
      return "convicted";
    }
    if (oldest.closedLinks < CLOSES_TO_ISOLATE || oldest.isAnswer) return "unsuspected";
    this.#isolated = oldest;
    this.#rest = undefined;
    return "suspected";
  }
}
