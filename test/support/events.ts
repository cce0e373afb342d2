import { patient } from "./patience";

export interface WaitOptions {
  /** How long to wait, longer in CI. Default 10,000 ms: a limit for a failing test, not a pause. */
  readonly timeoutMs?: number;
  /** What is waited for, for the message of the time-out. */
  readonly what?: string;
}

interface Waiter<T> {
  readonly matches: (event: T) => boolean;
  readonly resolve: (event: T) => void;
  readonly reject: (error: Error) => void;
}

/** What happened so far, and promises for what will. Nothing is polled and nothing sleeps. */
export class EventLog<T> {
  readonly #events: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  readonly #name: string;

  constructor(name = "events") {
    this.#name = name;
  }

  /** Everything so far, oldest first. */
  get all(): readonly T[] {
    return this.#events;
  }

  get length(): number {
    return this.#events.length;
  }

  push(event: T): void {
    this.#events.push(event);
    for (const waiter of [...this.#waiters]) {
      if (waiter.matches(event)) waiter.resolve(event);
    }
  }

  /** The events that match, oldest first. */
  filter(matches: (event: T) => boolean): readonly T[] {
    return this.#events.filter(matches);
  }

  /** Forgets what happened so far (who waits goes on waiting). */
  clear(): void {
    this.#events.length = 0;
  }

  /** The first event that matches, of the past or the future. Rejects after the time-out, saying what came instead. */
  waitFor(matches: (event: T) => boolean, options: WaitOptions = {}): Promise<T> {
    const past = this.#events.find(matches);
    return past === undefined ? this.waitForNext(matches, options) : Promise.resolve(past);
  }

  /** Resolves when `count` events match, of the past or the future, with all of them. */
  async waitForCount(
    count: number,
    matches: (event: T) => boolean,
    options: WaitOptions = {},
  ): Promise<readonly T[]> {
    let found = this.filter(matches).length;
    if (found < count) {
      const what = options.what ?? `${count} events`;
      const isLast = (event: T) => {
        if (matches(event)) found += 1;
        return found >= count;
      };
      await this.waitForNext(isLast, { ...options, what });
    }
    return this.filter(matches);
  }

  /** The first event from now on that matches. */
  waitForNext(matches: (event: T) => boolean, options: WaitOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<T> = {
        matches,
        resolve: (event) => {
          finish();
          resolve(event);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      };
      const timeoutMs = patient(options.timeoutMs ?? 10_000);
      const timer = setTimeout(() => waiter.reject(this.#timeoutError(options.what, timeoutMs)), timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  /** Rejects everyone who waits: the source of events has ended. */
  end(reason: string): void {
    for (const waiter of [...this.#waiters])
      waiter.reject(new Error(`${this.#name}: ${reason}. ${this.#history()}`));
  }

  #timeoutError(what: string | undefined, timeoutMs: number): Error {
    return new Error(
      `${this.#name}: no ${what ?? "matching event"} within ${timeoutMs} ms. ${this.#history()}`,
    );
  }

  #history(): string {
    const last = this.#events.slice(-8).map((event) => `  ${describe(event)}`);
    return last.length === 0 ? "Nothing happened." : `Last of ${this.length}:\n${last.join("\n")}`;
  }
}

function describe(event: unknown): string {
  if (typeof event === "string") return event.slice(0, 300);
  try {
    return (JSON.stringify(event) ?? String(event)).slice(0, 300);
  } catch {
    return String(event);
  }
}

/** Rejects after `limitMs`, longer in CI, unless `promise` settles first. */
export async function within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  const timeoutMs = patient(limitMs);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
