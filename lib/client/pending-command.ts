import type { JsonObject } from "../protocol/json";
import type { TellAnswered } from "./command";
import type { CommandRequest, Part } from "./command-parts";
import { needsAllParts } from "./command-parts";

/** A request that is handed out and not answered yet. */
export class PendingCommand {
  /** {@link keyOf} the request. */
  readonly key: string;
  readonly request: CommandRequest;
  readonly parts: readonly Part[];
  readonly deadlineMs: number;
  /** Ms since the Unix epoch. */
  readonly deadlineAt: number;
  /** What the parts answered so far have read. */
  values: JsonObject = {};
  readonly #waiting: TellAnswered[] = [];

  constructor(
    key: string,
    request: CommandRequest,
    parts: readonly Part[],
    { deadlineMs, deadlineAt }: Pick<PendingCommand, "deadlineMs" | "deadlineAt">,
  ) {
    this.key = key;
    this.request = request;
    this.parts = parts;
    this.deadlineMs = deadlineMs;
    this.deadlineAt = deadlineAt;
  }

  /** What of the request somebody takes: the rest may be left unanswered. */
  get taken(): readonly string[] {
    return this.parts.flatMap(({ identifiers }) => identifiers);
  }

  /** A set or get is answered when all its parts are; anything else by whoever answers first. */
  isLastPart(part: Part): boolean {
    return (
      !needsAllParts(this.request.kind) || this.parts.every((other) => other === part || other.isAnswered)
    );
  }

  addSuccess(part: Part, values: JsonObject, tell: TellAnswered): void {
    part.isAnswered = true;
    this.values = { ...this.values, ...values };
    this.tellLater(tell);
  }

  /** Somebody wants to know what becomes of the one answer. */
  tellLater(tell: TellAnswered): void {
    this.#waiting.push(tell);
  }

  /** The one answer has been delivered, or has not. */
  readonly settle: TellAnswered = (error, receipt) => {
    for (const tell of this.#waiting) tell(error, receipt);
  };
}
