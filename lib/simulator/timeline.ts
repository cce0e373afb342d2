/** What a page of a timeline is to hold. */
export interface PageRequest {
  /** Milliseconds since 1970, both included. */
  readonly startMs: number;
  readonly endMs: number;
  /** The latest first. Default false. */
  readonly descending?: boolean;
  readonly offset?: number;
  readonly limit?: number;
}

export interface Moment<T> {
  readonly atMs: number;
  readonly item: T;
}

/** How many are dropped at once: moving a long list for each one would cost more than all the rest. */
const SLACK = 1024;

/** Things that happened, in the order of their times; of equal times in the order they came. The oldest go first. */
export class Timeline<T> {
  readonly #times: number[] = [];
  readonly #items: T[] = [];
  #isFull = false;

  /** @param limit how many are kept at most */
  constructor(readonly limit: number) {}

  get count(): number {
    return Math.min(this.#times.length, this.limit);
  }

  /** @returns whether the oldest had to go for it, for the first time */
  add(atMs: number, item: T): boolean {
    const place = this.#firstAfter(atMs);
    if (place === this.#times.length) {
      this.#times.push(atMs);
      this.#items.push(item);
    } else {
      this.#times.splice(place, 0, atMs);
      this.#items.splice(place, 0, item);
    }
    if (this.#times.length <= this.limit) return false;
    const wasFull = this.#isFull;
    this.#isFull = true;
    if (this.#times.length >= this.limit + SLACK) {
      const gone = this.#gone;
      this.#times.splice(0, gone);
      this.#items.splice(0, gone);
    }
    return !wasFull;
  }

  /** What lies between two times and is wanted. */
  page(
    { startMs, endMs, descending = false, offset = 0, limit = this.limit }: PageRequest,
    isWanted: (item: T) => boolean = () => true,
  ): Moment<T>[] {
    const first = Math.max(this.#gone, this.#firstAfter(startMs - 1));
    const end = this.#firstAfter(endMs);
    const found: Moment<T>[] = [];
    let skipped = 0;
    for (let index = first; index < end && found.length < limit; index += 1) {
      const at = descending ? end - 1 - (index - first) : index;
      const item = this.#items[at] as T;
      if (!isWanted(item)) continue;
      if (skipped < offset) skipped += 1;
      else found.push({ atMs: this.#times[at] ?? 0, item });
    }
    return found;
  }

  /** How many at the front are only not yet dropped. */
  get #gone(): number {
    return this.#times.length - this.count;
  }

  /** The place behind everything up to a time. */
  #firstAfter(atMs: number): number {
    let low = 0;
    let high = this.#times.length;
    // Most things come in the order of their times.
    if (high === 0 || (this.#times[high - 1] ?? 0) <= atMs) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
