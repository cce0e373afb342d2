/** A burst is gathered no longer than this, … */
const MAX_GATHER_MS = 5;
/** … and up to this many entries. */
const MAX_GATHER_ENTRIES = 512;
/** From one commit's start to the next: each costs as much as a hundred records, and wears out flash memory; … */
const MIN_INTERVAL_MS = 2;
/** … but for so many entries it is worth its price at once. */
const WORTHWHILE_ENTRIES = 128;
/** What is only to be removed is in no hurry. */
const REMOVAL_DELAY_MS = 10;
/** On a disk that is full, say. */
const RETRY_DELAY_MS = 1000;

/**
 * Says when to commit: at once when the input is quiet, a little later while more keeps coming, and never while
 * a commit runs.
 */
export class CommitPacer {
  readonly #entries: () => number;
  readonly #commit: () => void;
  readonly #nowMs: () => number;
  #isCommitting = false;
  #isGathering = false;
  #gatheringSinceMs = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #seenEntries = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param entries how many wait to be committed
   * @param commit is to be called now; call {@link started} and {@link finished}
   * @param nowMs monotonic
   */
  constructor(entries: () => number, commit: () => void, nowMs: () => number = () => performance.now()) {
    this.#entries = entries;
    this.#commit = commit;
    this.#nowMs = nowMs;
  }

  /** Something waits that somebody waits for. */
  hurry(): void {
    if (this.#isCommitting || this.#isGathering) return;
    this.#isGathering = true;
    this.#gatheringSinceMs = this.#nowMs();
    this.#seenEntries = 0;
    setImmediate(this.#look);
  }

  /** Something waits that can ride with the next commit, or go alone a little later. */
  inTime(isRetry = false): void {
    if (this.#isCommitting || this.#isGathering || this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#commitNow, isRetry ? RETRY_DELAY_MS : REMOVAL_DELAY_MS);
  }

  started(): void {
    this.#isCommitting = true;
    this.#isGathering = false;
    this.#startedAtMs = this.#nowMs();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  finished(): void {
    this.#isCommitting = false;
  }

  /** Once a turn while it gathers: has the input gone quiet? */
  readonly #look = (): void => {
    if (this.#isCommitting || !this.#isGathering) return;
    const entries = this.#entries();
    const nowMs = this.#nowMs();
    const isGrowing = entries > this.#seenEntries;
    this.#seenEntries = entries;
    const mayGrow = entries < MAX_GATHER_ENTRIES && nowMs - this.#gatheringSinceMs < MAX_GATHER_MS;
    if (isGrowing && mayGrow) setImmediate(this.#look);
    else if (nowMs - this.#startedAtMs < MIN_INTERVAL_MS && entries < WORTHWHILE_ENTRIES)
      setTimeout(this.#look, 1);
    else this.#commitNow();
  };

  readonly #commitNow = (): void => {
    this.#timer = undefined;
    if (!this.#isCommitting) this.#commit();
  };
}
