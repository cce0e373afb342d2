import type { OneNetError } from "../errors";
import type { JsonObject } from "../protocol/json";

/** What the cloud can ask of a device: 命令 of a data-stream product, or set and get of a thing-model property. */
export type CommandKind = "command" | "property-set" | "property-get";

/** What an answer needs to find its way; plain values, so that it survives every clone of the message. */
export interface CommandReference {
  /** The pool key of the connection it came on. */
  readonly connection: string;
  readonly kind: CommandKind;
  /** The platform's id: of the command or of the request. */
  readonly id: string;
  /** Which of the request's parts this is; each is answered once. */
  readonly part: number;
}

/** A command, or the part of it that one handler gets. */
export interface IncomingCommand extends CommandReference {
  readonly topic: string;
  /** The properties to set or to read; empty for a data-stream command. */
  readonly identifiers: readonly string[];
  /** The values to set, by identifier. */
  readonly values: JsonObject;
  /** The command's bytes. */
  readonly body: Buffer;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
  readonly deadlineAt: number;
}

/** What goes out as the failure of a data-stream command: text of the user's, the standard body, or nothing. */
export type CommandFailure =
  | { readonly kind: "standard" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "silence" };

/** Somebody who takes commands. */
export interface CommandHandler {
  readonly kinds: ReadonlySet<CommandKind>;
  /** The properties it takes; all when undefined. */
  readonly identifiers: ReadonlySet<string> | undefined;
  /** Success is answered at once, before the flow has done anything. Never for a get. */
  readonly answersItself: boolean;
  readonly deadlineMs: number;
  /** What becomes of identifiers that nobody takes. */
  readonly unhandled: "fail" | "ignore";
  readonly failure: CommandFailure;
  /** @throws {OneNetError} when it cannot take the command after all: that is answered with a failure */
  deliver(command: IncomingCommand): void;
  /** The deadline passed without its answer; a failure was answered in its place. */
  unanswered(error: OneNetError, command: IncomingCommand): void;
}

/** A device's answer. For a get, `body` is the object of values; for a command, what is sent back. */
export type Answer =
  | { readonly success: true; readonly body?: unknown }
  | { readonly success: false; readonly code?: number; readonly message?: string; readonly body?: unknown };

/** A kind that both handlers would answer by themselves, for the same identifiers: one of them would be too much. */
export function contestedKind(one: CommandHandler, other: CommandHandler): CommandKind | undefined {
  return [...one.kinds].find((kind) => {
    if (kind === "property-get" || !other.kinds.has(kind)) return false;
    return kind !== "property-set" || shareIdentifiers(one.identifiers, other.identifiers);
  });
}

function shareIdentifiers(one: CommandHandler["identifiers"], other: CommandHandler["identifiers"]): boolean {
  return one === undefined || other === undefined || [...one].some((name) => other.has(name));
}
