import type { Clock } from "../clock";
import type { Receipt } from "../delivery/message";
import { asOneNetError, OneNetError } from "../errors";
import type { JsonObject } from "../protocol/json";
import { DEVICE_FAILURE_CODE } from "../protocol/limits";
import type { DeviceIdentity } from "../protocol/topic";
import { ClosedCommands, expiredError } from "./closed-commands";
import type { Answer, CommandHandler, CommandReference, IncomingCommand, TellAnswered } from "./command";
import type { EncodedAnswer } from "./command-answer";
import { encodeAnswerFor, readAnswerValues } from "./command-answer";
import { CommandHandlers } from "./command-handlers";
import type { CommandRequest, LastValuesOf, Part } from "./command-parts";
import {
  commandOf,
  deadlineMsOf,
  keyOf,
  ownAnswerOf,
  referenceTo,
  refusalOf,
  unhandledOf,
} from "./command-parts";
import { Deadlines } from "./deadlines";
import { PendingCommand } from "./pending-command";

export type { CommandRequest } from "./command-parts";

export interface CommandDeskSettings {
  readonly connection: string;
  readonly device: DeviceIdentity;
  readonly label: string;
  readonly clock: Clock;
  /** Sends an answer ahead of everything; it must be on its way by the deadline. Tells once, or throws. */
  readonly send: (
    answer: EncodedAnswer,
    expiryMs: number,
    request: CommandReference,
    tell: TellAnswered,
  ) => void;
  readonly lastValues: LastValuesOf;
  /** A handler has come. @returns what is called when it goes */
  readonly registered: (handler: CommandHandler) => () => void;
  /** Something went wrong that no handler can be told. */
  readonly report: (error: OneNetError) => void;
}

/** An answer given at the last moment is still worth sending. */
const MIN_ANSWER_LIFE_MS = 1000;

/**
 * Where commands are handed out and answers are handed in. Each request is answered once: with success when all
 * its parts succeeded, with the first failure at once, with a failure when the deadline passes.
 */
export class CommandDesk {
  readonly #settings: CommandDeskSettings;
  readonly #handlers: CommandHandlers;
  readonly #pending = new Map<string, PendingCommand>();
  readonly #deadlines: Deadlines<PendingCommand>;
  readonly #closed = new ClosedCommands();

  constructor(settings: CommandDeskSettings) {
    this.#settings = settings;
    this.#handlers = new CommandHandlers(settings.label);
    this.#deadlines = new Deadlines(settings.clock, (pending) => this.#expire(pending));
  }

  /**
   * @returns what takes the handler away again
   * @throws {OneNetError} ONENET_COMMAND_AMBIGUOUS when a second handler would answer the same by itself
   */
  register(handler: CommandHandler): () => void {
    this.#handlers.add(handler);
    const gone = this.#settings.registered(handler);
    return () => {
      this.#handlers.delete(handler);
      gone();
    };
  }

  /** Hands a request to whoever takes it, and sees that it is answered in time. */
  receive(request: CommandRequest): void {
    const key = keyOf(request);
    // The same request again, while it is being worked on.
    if (this.#pending.has(key)) return;
    this.#closed.delete(key);
    const parts = this.#handlers.partsOf(request);
    const nobodys = unhandledOf(request, parts);
    if (nobodys.length > 0 || parts.length === 0) {
      if (!this.#handlers.isIgnored(request)) return this.#refuseUnhandled(request, nobodys);
      if (parts.length === 0)
        return request.told?.({ success: false, message: `no handler for ${request.kind}` }, []);
    }
    this.#open(key, request, parts);
  }

  /** Answers a request that cannot be read or handed out, with failure 100 and the reason. */
  refuse(request: CommandRequest, reason: string): void {
    const pending = new PendingCommand(keyOf(request), request, [], { deadlineMs: 0, deadlineAt: 0 });
    this.#fail(pending, reason, this.#handlers.find(request.kind));
  }

  /** The promise form of {@link handIn}. */
  answer(reference: CommandReference, answer: Answer): Promise<Receipt | undefined> {
    return new Promise((resolve, reject) => {
      this.handIn(reference, answer, (error, receipt) => {
        if (error === undefined) resolve(receipt);
        else reject(error);
      });
    });
  }

  /**
   * Hands in the answer to one part.
   *
   * @param tell called once, now or when the answer to the whole request is on the platform (accepted where there is a
   *   reply, else PUBACK) or failed: ONENET_COMMAND_EXPIRED, ONENET_COMMAND_ANSWERED, ONENET_ANSWER_INVALID,
   *   ONENET_PAYLOAD_INVALID, ONENET_ANSWER_REJECTED; after an invalid one it may be answered again
   */
  handIn(reference: CommandReference, answer: Answer, tell: TellAnswered): void {
    const key = keyOf(reference);
    const pending = this.#pending.get(key);
    const part = pending?.parts[reference.part];
    const { kind, id } = reference;
    try {
      if (pending === undefined || part === undefined) throw this.#closed.tooLate(key, id);
      if (part.isAnswered) throw new OneNetError("ONENET_COMMAND_ANSWERED", { id });
      const values = answer.success ? readAnswerValues(kind, id, answer.body) : {};
      const isLast = !answer.success || pending.isLastPart(part);
      if (!isLast) return pending.addSuccess(part, values, tell);
      this.#finish(pending, answer, { ...pending.values, ...values }, part.handler, tell);
    } catch (thrown) {
      tell(asOneNetError(thrown), undefined);
    }
  }

  /** The link is gone, and with it the platform's wait: what it asked and was not answered cannot be any more. */
  linkDown(): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.request.told === undefined) this.#abandon(pending);
    }
  }

  /** The connection ends. */
  abandonAll(): void {
    for (const pending of [...this.#pending.values()]) this.#abandon(pending);
  }

  #abandon(pending: PendingCommand): void {
    const { id, told } = pending.request;
    this.#close(pending, "expired");
    told?.({ success: false, message: "the connection was closed" }, []);
    pending.settle(expiredError(id, pending.deadlineAt), undefined);
  }

  /** Nothing is handed out when a part would be done and the rest not. */
  #refuseUnhandled(request: CommandRequest, nobodys: readonly string[]): void {
    const { kind, id } = request;
    const identifiers = nobodys.join(", ") || kind;
    this.#settings.report(new OneNetError("ONENET_COMMAND_UNHANDLED", { identifiers, kind, id }));
    this.refuse(request, `no handler for ${identifiers}`);
  }

  #open(key: string, request: CommandRequest, parts: readonly Part[]): void {
    const { clock, connection } = this.#settings;
    const receivedAt = clock.nowMs();
    const deadlineMs = deadlineMsOf(request, parts);
    const times = { receivedAt, deadlineMs, deadlineAt: receivedAt + deadlineMs };
    parts.forEach((part, index) => {
      part.command = commandOf(request, connection, index, part.identifiers, times);
    });
    const refusal = refusalOf(parts);
    if (refusal !== undefined) return this.refuse(request, refusal);
    const pending = new PendingCommand(key, request, parts, times);
    this.#pending.set(key, pending);
    this.#deadlines.set(pending, deadlineMs);
    for (const { handler, command } of parts) if (command !== undefined) this.#handOut(handler, command);
  }

  #handOut(handler: CommandHandler, command: IncomingCommand): void {
    // One of the others may have answered for all.
    const isOpen = this.#pending.has(keyOf(command));
    let answer = isOpen ? ownAnswerOf(handler, command, this.#settings.lastValues) : undefined;
    try {
      handler.deliver(command);
    } catch (thrown) {
      answer = { success: false, code: DEVICE_FAILURE_CODE, message: asOneNetError(thrown).message };
    }
    if (answer !== undefined) this.handIn(command, answer, this.#reportFailure);
  }

  readonly #reportFailure: TellAnswered = (error) => {
    if (error !== undefined) this.#settings.report(error);
  };

  #finish(
    pending: PendingCommand,
    answer: Answer,
    values: JsonObject,
    handler: CommandHandler | undefined,
    tell: TellAnswered,
  ): void {
    const { connection, device: own, clock, send } = this.#settings;
    const { request } = pending;
    // Throws before anything is settled: the command can still be answered properly.
    const failure = handler?.failure ?? { kind: "standard" };
    const encoded = request.told ? undefined : encodeAnswerFor({ ...request, own }, answer, values, failure);
    this.#close(pending, "answered");
    pending.tellLater(tell);
    request.told?.(answer, pending.taken);
    if (encoded === undefined) return pending.settle(undefined, undefined);
    const expiryMs = Math.max(MIN_ANSWER_LIFE_MS, pending.deadlineAt - clock.nowMs());
    try {
      send(encoded, expiryMs, referenceTo(request, connection, 0), pending.settle);
    } catch (thrown) {
      pending.settle(asOneNetError(thrown), undefined);
    }
  }

  #expire(pending: PendingCommand): void {
    const { kind, id, identifiers } = pending.request;
    const late = pending.parts.filter((part) => !part.isAnswered);
    const seconds = pending.deadlineMs / 1000;
    const params = { kind, id, seconds, identifiers: identifiers.join(", ") || kind };
    const error = new OneNetError("ONENET_COMMAND_UNANSWERED", params);
    this.#fail(pending, `no answer within ${seconds} s`, late[0]?.handler);
    this.#closed.add(pending.key, "expired");
    for (const { handler, command } of late) {
      // Its node may be gone: then the connection tells.
      if (!this.#handlers.has(handler)) this.#settings.report(error);
      else if (command !== undefined) handler.unanswered(error, command);
    }
  }

  /** Answers with failure 100 when no node does; nobody waits for the outcome, so what goes wrong is reported. */
  #fail(pending: PendingCommand, message: string, handler: CommandHandler | undefined): void {
    try {
      const answer = { success: false, code: DEVICE_FAILURE_CODE, message } as const;
      this.#finish(pending, answer, {}, handler, this.#reportFailure);
    } catch (thrown) {
      this.#close(pending, "answered");
      pending.tellLater(this.#reportFailure);
      pending.settle(asOneNetError(thrown), undefined);
    }
  }

  #close(pending: PendingCommand, how: "answered" | "expired"): void {
    this.#deadlines.delete(pending);
    this.#pending.delete(pending.key);
    this.#closed.add(pending.key, how);
  }
}
