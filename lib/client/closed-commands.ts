import { OneNetError } from "../errors";

/** How many answered or expired requests are remembered, to tell *twice* from *too late*. */
const REMEMBERED = 1000;

/** What became of requests that can be answered no more. */
export class ClosedCommands {
  readonly #closed = new Map<string, "answered" | "expired">();
  /** Goes on where it was; from the start it would pass all that has been deleted. */
  readonly #oldest = this.#closed.keys();

  add(key: string, how: "answered" | "expired"): void {
    this.#closed.set(key, how);
    if (this.#closed.size > REMEMBERED) this.#closed.delete(this.#oldest.next().value ?? key);
  }

  /** The request is asked again. */
  delete(key: string): void {
    this.#closed.delete(key);
  }

  /** Why it can not be answered. */
  tooLate(key: string, id: string): OneNetError {
    if (this.#closed.get(key) === "answered") return new OneNetError("ONENET_COMMAND_ANSWERED", { id });
    return expiredError(id, undefined);
  }
}

/** @param deadlineAt in ms since the Unix epoch; undefined when it is not known any more */
export function expiredError(id: string, deadlineAt: number | undefined): OneNetError {
  const deadline = deadlineAt === undefined ? "passed" : new Date(deadlineAt).toISOString();
  return new OneNetError("ONENET_COMMAND_EXPIRED", { id, deadline });
}
