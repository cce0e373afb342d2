import type { HandshakeMark } from "./link";
import type { QueuedMessage } from "./message";
import type { Outbox } from "./outbox";
import type { WaitingLine } from "./packer";
import type { Settlement } from "./settlement";

/** For one that goes alone. */
export const NOTHING_BEHIND: WaitingLine = {
  waiting: 0,
  peek: () => undefined,
  shift: () => undefined,
  pick: () => [],
  keepMark: (_message, _mark, kept) => kept(),
};

/** The outbox as a packer sees it: what has expired by the time it comes to the head fails, and the next one is shown. */
export class UnexpiredLine implements WaitingLine {
  /** What was taken from it; whoever wants to know begins a new list. */
  taken: QueuedMessage[] = [];
  readonly #outbox: Outbox;
  readonly #settlement: Settlement;

  constructor(outbox: Outbox, settlement: Settlement) {
    this.#outbox = outbox;
    this.#settlement = settlement;
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  peek(): QueuedMessage | undefined {
    for (let next = this.#outbox.peek(); next !== undefined; next = this.#outbox.peek()) {
      if (!this.#settlement.failIfExpired(next)) return next;
      this.#outbox.shift();
    }
    return undefined;
  }

  shift(): QueuedMessage | undefined {
    const message = this.#outbox.shift();
    if (message !== undefined) this.taken.push(message);
    return message;
  }

  pick(isWanted: (message: QueuedMessage) => boolean): readonly QueuedMessage[] {
    const picked = this.#outbox.pick(isWanted);
    this.taken.push(...picked);
    return picked;
  }

  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void {
    this.#outbox.keepMark(message, mark, kept);
  }
}
