import { OneNetError } from "../errors";
import type { CommandHandler, CommandKind } from "./command";
import { type CommandRequest, contestedKind, type Part, partsOf, takesDevice } from "./command-parts";

/** Who takes commands of one device. */
export class CommandHandlers {
  readonly #label: string;
  readonly #handlers = new Set<CommandHandler>();

  /** @param label names the device in errors */
  constructor(label: string) {
    this.#label = label;
  }

  /** @throws {OneNetError} ONENET_COMMAND_AMBIGUOUS when a second handler would answer the same by itself */
  add(handler: CommandHandler): void {
    if (handler.answersItself) this.#checkUnambiguous(handler);
    this.#handlers.add(handler);
  }

  delete(handler: CommandHandler): void {
    this.#handlers.delete(handler);
  }

  has(handler: CommandHandler): boolean {
    return this.#handlers.has(handler);
  }

  /** One that takes requests of this kind, of whichever device. */
  find(kind: CommandKind): CommandHandler | undefined {
    return [...this.#handlers].find((handler) => handler.kinds.has(kind));
  }

  /** Who takes the request, and what of it. */
  partsOf(request: CommandRequest): Part[] {
    return partsOf(request, this.#handlers);
  }

  /** Whether one of those that are asked would leave what nobody takes unanswered. */
  isIgnored({ kind, device }: CommandRequest): boolean {
    for (const handler of this.#handlers) {
      const isAsked = handler.kinds.has(kind) && takesDevice(handler, device);
      if (isAsked && handler.unhandled === "ignore") return true;
    }
    return false;
  }

  #checkUnambiguous(handler: CommandHandler): void {
    for (const other of this.#handlers) {
      const kind = other.answersItself ? contestedKind(handler, other) : undefined;
      if (kind !== undefined) {
        throw new OneNetError("ONENET_COMMAND_AMBIGUOUS", { nodes: 2, device: this.#label, kind });
      }
    }
  }
}
