/** Does things one after the other, each not before its time. With nothing waiting, what is due is done at once. */
export class Lane {
  readonly #waiting: { readonly dueAtMs: number; readonly run: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  get length(): number {
    return this.#waiting.length;
  }

  /** @param dueAtMs milliseconds since 1970; a later task never overtakes an earlier one */
  push(dueAtMs: number, run: () => void): void {
    if (this.#waiting.length === 0 && dueAtMs <= Date.now()) {
      run();
      return;
    }
    this.#waiting.push({ dueAtMs, run });
    this.#schedule();
  }

  /** Forgets what waits. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #schedule(): void {
    const [next] = this.#waiting;
    if (this.#timer || !next) return;
    this.#timer = setTimeout(() => this.#runDue(), Math.max(0, next.dueAtMs - Date.now()));
  }

  #runDue(): void {
    this.#timer = undefined;
    for (let next = this.#waiting[0]; next && next.dueAtMs <= Date.now(); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.run();
    }
    this.#schedule();
  }
}
