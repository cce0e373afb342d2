import type { Clock } from "../clock";
import type { Receipt } from "../delivery/message";
import { asOneNetError, OneNetError } from "../errors";
import type { JsonObject } from "../protocol/json";
import { DEVICE_FAILURE_CODE } from "../protocol/limits";
import type { DeviceIdentity } from "../protocol/topic";
import type { Answer, CommandHandler, CommandKind, CommandReference, IncomingCommand } from "./command";
import { contestedKind } from "./command";
import type { EncodedAnswer } from "./command-answer";
import { encodeAnswerFor, readGetValues } from "./command-answer";
import type { Part } from "./pending-command";
import { PendingCommand } from "./pending-command";

/** A request as it came from the platform. */
export interface CommandRequest {
  readonly kind: CommandKind;
  readonly id: string;
  readonly topic: string;
  readonly identifiers: readonly string[];
  readonly values: JsonObject;
  readonly body: Buffer;
}

export interface CommandDeskSettings {
  readonly connection: string;
  readonly device: DeviceIdentity;
  readonly label: string;
  readonly clock: Clock;
  /** Sends an answer ahead of everything; it must be on its way by the deadline. */
  readonly send: (answer: EncodedAnswer, expiryMs: number, request: CommandReference) => Promise<Receipt>;
  /** Something went wrong that no handler can be told. */
  readonly report: (error: OneNetError) => void;
}

/** An answer given at the last moment is still worth sending. */
const MIN_ANSWER_LIFE_MS = 1000;

/** How many answered or expired ids are remembered, to tell *twice* from *too late*. */
const REMEMBERED = 1000;

/**
 * Where commands are handed out and answers are handed in. Each request is answered once: with success when all
 * its parts succeeded, with the first failure at once, with a failure when the deadline passes.
 */
export class CommandDesk {
  readonly #settings: CommandDeskSettings;
  readonly #handlers = new Set<CommandHandler>();
  readonly #pending = new Map<string, PendingCommand>();
  readonly #closed = new Map<string, "answered" | "expired">();

  constructor(settings: CommandDeskSettings) {
    this.#settings = settings;
  }

  /**
   * @returns what takes the handler away again
   * @throws {OneNetError} ONENET_COMMAND_AMBIGUOUS when a second handler would answer the same by itself
   */
  register(handler: CommandHandler): () => void {
    if (handler.answersItself) this.#checkUnambiguous(handler);
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Hands a request to whoever takes it, and sees that it is answered in time. */
  receive(request: CommandRequest): void {
    const key = keyOf(request);
    // The same request again, while it is being worked on.
    if (this.#pending.has(key)) return;
    this.#closed.delete(key);
    const takers = this.#takersOf(request);
    const nobodys = this.#unhandledOf(request, takers);
    if (nobodys.length > 0 || takers.length === 0) {
      const isIgnored = [...this.#handlers].some(
        (handler) => handler.kinds.has(request.kind) && handler.unhandled === "ignore",
      );
      if (!isIgnored) return this.#refuseUnhandled(request, nobodys);
      if (takers.length === 0) return;
    }
    this.#open(key, request, takers);
  }

  /** Answers a request that cannot be read or handed out, with failure 100 and the reason. */
  refuse(kind: CommandKind, id: string, reason: string): void {
    const request = { kind, id, topic: "", identifiers: [], values: {}, body: Buffer.alloc(0) };
    const handler = [...this.#handlers].find((candidate) => candidate.kinds.has(kind));
    this.#fail(new PendingCommand(request, [], 0), reason, handler);
  }

  /**
   * Hands in the answer to one part. Resolves when the answer to the whole request is on the platform: accepted
   * where there is a reply, else PUBACK.
   *
   * @throws {OneNetError} ONENET_COMMAND_EXPIRED, ONENET_COMMAND_ANSWERED, ONENET_ANSWER_INVALID,
   *   ONENET_ANSWER_REJECTED, ONENET_PAYLOAD_INVALID; after the last two and an invalid one it may be answered again
   */
  async answer(reference: CommandReference, answer: Answer): Promise<Receipt | undefined> {
    const key = keyOf(reference);
    const pending = this.#pending.get(key);
    const part = pending?.parts[reference.part];
    if (pending === undefined || part === undefined) throw this.#tooLate(reference, key);
    if (part.isAnswered) throw new OneNetError("ONENET_COMMAND_ANSWERED", { id: reference.id });
    const isGet = reference.kind === "property-get" && answer.success;
    const values = isGet ? readGetValues(reference.id, answer.body) : {};
    if (!answer.success || pending.isLastPart(part)) {
      this.#finish(pending, answer, { ...pending.values, ...values }, part.handler);
    } else pending.addSuccess(part, values);
    return await pending.outcome;
  }

  /** The link is gone, and with it the platform's wait: what was not answered cannot be any more. */
  abandonAll(): void {
    for (const pending of [...this.#pending.values()]) {
      this.#close(pending, "expired");
      pending.settle(Promise.reject(this.#expired(pending.request.id, pending.deadlineAt)));
    }
  }

  #checkUnambiguous(handler: CommandHandler): void {
    for (const other of this.#handlers) {
      const kind = other.answersItself ? contestedKind(handler, other) : undefined;
      if (kind !== undefined) {
        throw new OneNetError("ONENET_COMMAND_AMBIGUOUS", { nodes: 2, device: this.#settings.label, kind });
      }
    }
  }

  #takersOf({ kind, identifiers }: CommandRequest): Part[] {
    const takers = [...this.#handlers].filter((handler) => handler.kinds.has(kind));
    const parts = takers.map((handler) => ({
      handler,
      identifiers: identifiers.filter((name) => handler.identifiers?.has(name) ?? true),
      isAnswered: false,
    }));
    return kind === "command" ? parts : parts.filter((part) => part.identifiers.length > 0);
  }

  #unhandledOf({ identifiers }: CommandRequest, takers: readonly Part[]): string[] {
    return identifiers.filter((name) => !takers.some((part) => part.identifiers.includes(name)));
  }

  /** Nothing is handed out when a part would be done and the rest not. */
  #refuseUnhandled({ kind, id }: CommandRequest, nobodys: readonly string[]): void {
    const identifiers = nobodys.join(", ") || kind;
    this.#settings.report(new OneNetError("ONENET_COMMAND_UNHANDLED", { identifiers, kind, id }));
    this.refuse(kind, id, `no handler for ${identifiers}`);
  }

  #open(key: string, request: CommandRequest, parts: readonly Part[]): void {
    const { clock, connection } = this.#settings;
    const receivedAt = clock.nowMs();
    const deadlineMs = Math.min(...parts.map((part) => part.handler.deadlineMs));
    const deadlineAt = receivedAt + deadlineMs;
    const pending = new PendingCommand(request, parts, deadlineAt);
    pending.timer = clock.startTimer(deadlineMs, () => this.#expire(pending, deadlineMs));
    this.#pending.set(key, pending);
    const { kind, id, topic, body } = request;
    parts.forEach((part, index) => {
      const { identifiers, handler } = part;
      const values = Object.fromEntries(
        Object.entries(request.values).filter(([name]) => identifiers.includes(name)),
      );
      const reference = { connection, kind, id, part: index };
      part.command = { ...reference, topic, body, identifiers, values, receivedAt, deadlineAt };
      this.#handOut(handler, part.command);
    });
  }

  #handOut(handler: CommandHandler, command: IncomingCommand): void {
    let answer: Answer | undefined =
      handler.answersItself && command.kind !== "property-get" ? { success: true } : undefined;
    try {
      handler.deliver(command);
    } catch (thrown) {
      answer = { success: false, code: DEVICE_FAILURE_CODE, message: asOneNetError(thrown).message };
    }
    if (answer === undefined) return;
    this.answer(command, answer).catch((thrown) => this.#settings.report(asOneNetError(thrown)));
  }

  #finish(
    pending: PendingCommand,
    answer: Answer,
    values: JsonObject,
    handler: CommandHandler | undefined,
  ): void {
    const { device, clock, send } = this.#settings;
    const { kind, id } = pending.request;
    // Throws before anything is settled: the command can still be answered properly.
    const failure = handler?.failure ?? { kind: "standard" };
    const encoded = encodeAnswerFor({ kind, id, device }, answer, values, failure);
    this.#close(pending, "answered");
    if (encoded === undefined) return pending.settle(Promise.resolve(undefined));
    const expiryMs = Math.max(MIN_ANSWER_LIFE_MS, pending.deadlineAt - clock.nowMs());
    pending.settle(send(encoded, expiryMs, { connection: this.#settings.connection, kind, id, part: 0 }));
  }

  #expire(pending: PendingCommand, deadlineMs: number): void {
    const { kind, id, identifiers } = pending.request;
    const late = pending.parts.filter((part) => !part.isAnswered);
    const seconds = deadlineMs / 1000;
    const params = { kind, id, seconds, identifiers: identifiers.join(", ") || kind };
    const error = new OneNetError("ONENET_COMMAND_UNANSWERED", params);
    this.#fail(pending, `no answer within ${seconds} s`, late[0]?.handler);
    this.#closed.set(keyOf(pending.request), "expired");
    for (const { handler, command } of late) {
      // Its node may be gone: then the connection tells.
      if (!this.#handlers.has(handler)) this.#settings.report(error);
      else if (command !== undefined) handler.unanswered(error, command);
    }
  }

  /** Answers with failure 100 when no node does; nobody waits for the outcome, so what goes wrong is reported. */
  #fail(pending: PendingCommand, message: string, handler: CommandHandler | undefined): void {
    try {
      this.#finish(pending, { success: false, code: DEVICE_FAILURE_CODE, message }, {}, handler);
    } catch (thrown) {
      this.#close(pending, "answered");
      pending.settle(Promise.reject(thrown));
    }
    pending.outcome.catch((thrown) => this.#settings.report(asOneNetError(thrown)));
  }

  #close(pending: PendingCommand, how: "answered" | "expired"): void {
    const key = keyOf(pending.request);
    pending.timer?.cancel();
    this.#pending.delete(key);
    this.#closed.set(key, how);
    const oldest = this.#closed.keys().next().value;
    if (this.#closed.size > REMEMBERED && oldest !== undefined) this.#closed.delete(oldest);
  }

  #tooLate({ id }: CommandReference, key: string): OneNetError {
    if (this.#closed.get(key) === "answered") return new OneNetError("ONENET_COMMAND_ANSWERED", { id });
    return this.#expired(id, undefined);
  }

  #expired(id: string, deadlineAt: number | undefined): OneNetError {
    const deadline = deadlineAt === undefined ? "passed" : new Date(deadlineAt).toISOString();
    return new OneNetError("ONENET_COMMAND_EXPIRED", { id, deadline });
  }
}

function keyOf({ kind, id }: { readonly kind: CommandKind; readonly id: string }): string {
  return `${kind}:${id}`;
}
