/**
 * Calls `send(0)`, `send(1)`, … at a steady rate, each in its own turn, and catches up when the process was late. At up
 * to 1,000 a second it rather falls back than send two at once: the second would wait behind the first one's Nagle.
 */
export class Pace {
  readonly #perSecond: number;
  readonly #count: number;
  readonly #send: (n: number) => void;
  #startedMs = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number, count: number, send: (n: number) => void) {
    this.#perSecond = perSecond;
    this.#count = count;
    this.#send = send;
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#startedMs) / 1000) * this.#perSecond) + 1;
    const most = this.#perSecond > 1000 ? this.#count : this.#sent + 1;
    const until = Math.min(due, most, this.#count);
    for (; this.#sent < until; this.#sent += 1) {
      const n = this.#sent;
      setImmediate(() => this.#send(n));
    }
    if (this.#sent === this.#count) this.stop();
  }
}
