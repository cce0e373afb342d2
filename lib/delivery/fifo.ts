/** All empty ones share it: most lines of most connections stay empty. */
const NOTHING: never[] = [];

/** A first-in first-out queue with cheap `push` and `shift`, whatever its length. */
export class Fifo<T> {
  #items: (T | undefined)[] = NOTHING;
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    if (this.#items === NOTHING) this.#items = [item];
    else this.#items.push(item);
  }

  /** Puts items before all others, in their order. */
  unshift(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#items = [...items, ...this];
    this.#head = 0;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    // What has been given away must not be kept alive: it may be 256 KB.
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Keeps what `wanted` says, in order, and returns what it dropped. */
  filter(wanted: (item: T) => boolean): T[] {
    const dropped: T[] = [];
    const kept: T[] = [];
    for (const item of this) (wanted(item) ? kept : dropped).push(item);
    this.#items = kept;
    this.#head = 0;
    return dropped;
  }

  /** Empties it. @returns what was in it, in order */
  takeAll(): T[] {
    return this.filter(() => false);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = this.#head; index < this.#items.length; index += 1) {
      const item = this.#items[index];
      if (item !== undefined) yield item;
    }
  }
}
