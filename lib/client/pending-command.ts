import type { Timer } from "../clock";
import type { Receipt } from "../delivery/message";
import type { JsonObject } from "../protocol/json";
import type { CommandRequest, Part } from "./command-parts";
import { needsAllParts } from "./command-parts";

/** A request that is handed out and not answered yet. */
export class PendingCommand {
  readonly request: CommandRequest;
  readonly parts: readonly Part[];
  /** Ms since the Unix epoch. */
  readonly deadlineAt: number;
  /** Settles with the delivery of the one answer; undefined where silence was the answer. */
  readonly outcome: Promise<Receipt | undefined>;
  timer: Timer | undefined;
  /** What the parts answered so far have read. */
  values: JsonObject = {};
  #settle: (outcome: Promise<Receipt | undefined>) => void = () => undefined;

  constructor(request: CommandRequest, parts: readonly Part[], deadlineAt: number) {
    this.request = request;
    this.parts = parts;
    this.deadlineAt = deadlineAt;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Nobody may be waiting, as when the deadline passes.
    this.outcome.catch(() => undefined);
  }

  /** A set or get is answered when all its parts are; anything else by whoever answers first. */
  isLastPart(part: Part): boolean {
    return (
      !needsAllParts(this.request.kind) || this.parts.every((other) => other === part || other.isAnswered)
    );
  }

  addSuccess(part: Part, values: JsonObject): void {
    part.isAnswered = true;
    this.values = { ...this.values, ...values };
  }

  settle(outcome: Promise<Receipt | undefined>): void {
    this.#settle(outcome);
  }
}
