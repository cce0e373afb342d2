import type { Pack } from "./pack";

/** A link that closes within this after a publish is suspected to be closed because of it. */
const SUSPICIOUS_CLOSE_MS = 2000;
const CLOSES_TO_ISOLATE = 2;
const CLOSES_TO_CONVICT = 3;

/**
 * Finds the message that makes the platform close the link (wrong kind, oversize): at the head of a queue it
 * would log in and be thrown out for ever. Whatever was unanswered at two such closes is suspected (a reset takes
 * acknowledgements along, so the oldest need not be it) and sent alone, one after the other, until the link closes
 * again: that one was it. A post of many messages is sent message by message then.
 */
export class LinkCloserFinder {
  #isolated: Pack | undefined;
  /** What the isolated one was taken from: suspect next if that one is innocent. */
  #rest: Pack | undefined;
  /** Suspects that follow, in order of sending. */
  #suspects: Pack[] = [];
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
    if (this.#isolated === undefined) return;
    if (this.#rest === pack) this.#rest = undefined;
    this.#suspects = this.#suspects.filter((suspect) => suspect !== pack);
    if (this.#isolated !== pack) return;
    this.#isolated = this.#rest ?? this.#suspects.shift();
    this.#rest = undefined;
  }

  /**
   * The other side closed the link.
   *
   * @param unanswered in order of sending; answers to commands are not sent again, and cannot be to blame for long
   * @returns *convicted*: the pack that was {@link isolated}
   */
  linkClosed(unanswered: readonly Pack[], nowMs: number): "unsuspected" | "suspected" | "convicted" {
    if (unanswered.length === 0 || nowMs - this.#lastPublishMs > SUSPICIOUS_CLOSE_MS) return "unsuspected";
    for (const pack of unanswered) pack.closedLinks += 1;
    const isolated = this.#isolated;
    if (
      isolated !== undefined &&
      unanswered.includes(isolated) &&
      isolated.closedLinks >= CLOSES_TO_CONVICT
    ) {
      this.#acquitOthers();
      return "convicted";
    }
    this.#suspects = unanswered.filter(({ closedLinks }) => closedLinks >= CLOSES_TO_ISOLATE);
    this.#rest = undefined;
    this.#isolated = this.#suspects.shift();
    return this.#isolated === undefined ? "unsuspected" : "suspected";
  }

  #acquitOthers(): void {
    if (this.#rest !== undefined) this.#rest.closedLinks = 0;
    for (const suspect of this.#suspects) suspect.closedLinks = 0;
    this.#isolated = undefined;
    this.#rest = undefined;
    this.#suspects = [];
  }
}
