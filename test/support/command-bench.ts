import assert from "node:assert/strict";
import type {
  AskedCommand,
  CommandFailure,
  CommandHandler,
  CommandKind,
  CommandReference,
  IncomingCommand,
} from "../../lib/client/command";
import type { EncodedAnswer } from "../../lib/client/command-answer";
import type { CommandDeskSettings, CommandRequest } from "../../lib/client/command-desk";
import { CommandDesk } from "../../lib/client/command-desk";
import type { Receipt } from "../../lib/delivery/message";
import { asOneNetError, type OneNetError } from "../../lib/errors";
import { ManualClock } from "./manual-clock";

const DEVICE = { productId: "pid", deviceName: "dev" };

/** What becomes of an answer, unless the test says otherwise. */
export const RECEIPT: Receipt = { state: "accepted", attempts: 1, queuedAt: 0 };

/** A handler that notes what it gets. */
export class RecordingHandler implements CommandHandler {
  readonly kinds: ReadonlySet<CommandKind>;
  readonly identifiers: ReadonlySet<string> | undefined;
  readonly answersItself: boolean;
  readonly deadlineMs: number;
  readonly unhandled: "fail" | "ignore";
  readonly failure: CommandFailure;
  readonly devices: NonNullable<CommandHandler["devices"]>;
  readonly answersGets: "flow" | "last-values";
  readonly #deadlineMsFor: CommandHandler["deadlineMsFor"];
  readonly got: IncomingCommand[] = [];
  readonly missed: OneNetError[] = [];

  constructor(
    kinds: readonly CommandKind[],
    options: Partial<Omit<CommandHandler, "identifiers">> & { identifiers?: readonly string[] } = {},
  ) {
    this.kinds = new Set(kinds);
    this.identifiers = options.identifiers && new Set(options.identifiers);
    this.answersItself = options.answersItself ?? false;
    this.deadlineMs = options.deadlineMs ?? 4000;
    this.unhandled = options.unhandled ?? "fail";
    this.failure = options.failure ?? { kind: "standard" };
    this.devices = options.devices ?? "own";
    this.answersGets = options.answersGets ?? "flow";
    this.#deadlineMsFor = options.deadlineMsFor;
  }

  deadlineMsFor(asked: AskedCommand): number | undefined {
    return this.#deadlineMsFor?.(asked);
  }

  /** What a part is refused for, before anything is handed out. */
  refusal: OneNetError | undefined;

  check(): void {
    if (this.refusal !== undefined) throw this.refusal;
  }

  deliver(command: IncomingCommand): void {
    this.got.push(command);
  }

  unanswered(error: OneNetError): void {
    this.missed.push(error);
  }

  /** The command it got last. */
  get command(): IncomingCommand {
    const command = this.got.at(-1);
    assert.ok(command, "no command came");
    return command;
  }
}

/** A command desk with a clock moved by hand, and a record of what it sends and reports. */
export class CommandBench {
  readonly clock = new ManualClock();
  readonly sent: { answer: EncodedAnswer; expiryMs: number; reference: CommandReference }[] = [];
  readonly reported: OneNetError[] = [];
  /** What becomes of the answers that are sent. */
  outcome: () => Promise<Receipt> = async () => RECEIPT;
  /** What was accepted last, unless the test says otherwise. */
  lastValues: CommandDeskSettings["lastValues"] = () => ({});
  readonly desk = new CommandDesk({
    connection: "key",
    device: DEVICE,
    label: "pid/dev",
    clock: this.clock,
    send: (answer, expiryMs, reference, tell) => {
      this.sent.push({ answer, expiryMs, reference });
      this.outcome().then(
        (receipt) => tell(undefined, receipt),
        (thrown) => tell(asOneNetError(thrown), undefined),
      );
    },
    registered: () => () => undefined,
    lastValues: (device, identifiers) => this.lastValues(device, identifiers),
    report: (error) => this.reported.push(error),
  });

  handler(...args: ConstructorParameters<typeof RecordingHandler>): RecordingHandler {
    const handler = new RecordingHandler(...args);
    this.desk.register(handler);
    return handler;
  }

  receive(kind: CommandKind, about: Partial<CommandRequest> = {}): void {
    const { values = {} } = about;
    const identifiers = about.identifiers ?? Object.keys(values);
    this.desk.receive({ kind, id: "1", topic: "t", identifiers, values, body: Buffer.from("on"), ...about });
  }

  /** Topics and bodies of what was answered. */
  get answers(): [topic: string, body: unknown][] {
    return this.sent.map(({ answer }) => {
      const text = answer.payload.toString();
      return [answer.topic.replace("$sys/pid/dev/", ""), text.startsWith("{") ? JSON.parse(text) : text];
    });
  }

  assertIdle(): void {
    assert.equal(this.clock.running, 0, "timers running");
  }
}
