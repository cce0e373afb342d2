import type { Receipt } from "../delivery/message";
import type { OneNetError } from "../errors";
import type { JsonObject } from "../protocol/json";
import type { DeviceIdentity } from "../protocol/topic";

/**
 * What the cloud can ask of a device.
 *
 * - `command`: 命令 of a data-stream product
 * - `property-set`, `property-get`, `service`: of a thing model, the device's own or a sub-device's
 * - `topo-change`: the whole list of a gateway's sub-devices is another one now
 * - `ota`: an upgrade waits
 * - `custom`: bytes for a product whose data a script reads (`custome/down`)
 */
export type CommandKind =
  | "command"
  | "property-set"
  | "property-get"
  | "service"
  | "topo-change"
  | "ota"
  | "custom";

/** What an answer needs to find its way; plain values, so that it survives every clone of the message. */
export interface CommandReference {
  /** The pool key of the connection it came on. */
  readonly connection: string;
  readonly kind: CommandKind;
  /** The platform's id: of the command or of the request. */
  readonly id: string;
  /** Which of the request's parts this is; each is answered once. */
  readonly part: number;
  /** The sub-device that is asked; missing: the connection's own device. */
  readonly device?: DeviceIdentity;
  /** The service that is invoked, or the id of a custom down. */
  readonly identifier?: string;
  /** These are desired values that were fetched, handed out as if set; the answer stays here. */
  readonly desired?: true;
}

/** A command, or the part of it that one handler gets. */
export interface IncomingCommand extends CommandReference {
  readonly topic: string;
  /** The properties to set or to read, or the service; empty for other kinds. */
  readonly identifiers: readonly string[];
  /**
   * The values to set, by identifier; the inputs of a service; `{subList: [{productID, deviceName}, …]}` of a changed
   * topology; `{params}` of an upgrade notice, as they came.
   */
  readonly values: JsonObject;
  /** The bytes that came. */
  readonly body: Buffer;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
  readonly deadlineAt: number;
}

/** What goes out as the failure of a data-stream or custom command: text of the user's, the standard body, or nothing. */
export type CommandFailure =
  | { readonly kind: "standard" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "silence" };

/** What is asked, as far as a deadline may depend on it. */
export type AskedCommand = Pick<IncomingCommand, "kind" | "identifiers" | "device">;

/** Somebody who takes commands. */
export interface CommandHandler {
  readonly kinds: ReadonlySet<CommandKind>;
  /** The properties and services it takes; all when undefined. */
  readonly identifiers: ReadonlySet<string> | undefined;
  /**
   * Whose commands it takes: the own device's (when undefined, too), everybody's, or those of some sub-devices, each
   * by its `deviceKey` `pid/name`, or by `pid/*` for all of a product.
   */
  readonly devices?: "own" | "all" | ReadonlySet<string>;
  /** Success is answered at once, before the flow has done anything. Never for a get. */
  readonly answersItself: boolean;
  /**
   * Who answers a property get: the flow (when undefined, too), or this package at once, with the values that the
   * platform has accepted last. What has none is left out of the answer; without any it is a failure.
   */
  readonly answersGets?: "flow" | "last-values";
  readonly deadlineMs: number;
  /** Another deadline in ms than {@link deadlineMs}: an application waits longer for an asynchronous service, say. */
  deadlineMsFor?(asked: AskedCommand): number | undefined;
  /** What becomes of identifiers that nobody takes. */
  readonly unhandled: "fail" | "ignore";
  readonly failure: CommandFailure;
  /**
   * Looks at its part before any part of the request is handed out.
   *
   * @throws {OneNetError} when it cannot take it: the whole request is answered with a failure
   */
  check?(command: IncomingCommand): void;
  /** @throws {OneNetError} when it cannot take the command after all: that is answered with a failure */
  deliver(command: IncomingCommand): void;
  /** The deadline passed without its answer; a failure was answered in its place. */
  unanswered(error: OneNetError, command: IncomingCommand): void;
}

/** Tells, once, what became of the answer to a whole request; without a receipt silence was the answer. */
export type TellAnswered = (error: OneNetError | undefined, receipt: Receipt | undefined) => void;

/**
 * A device's answer. `body` is the object of values for a get, the object of outputs for a service (none when undefined),
 * and what is sent back for a command and a custom down; other kinds have none.
 */
export type Answer =
  | { readonly success: true; readonly body?: unknown }
  | { readonly success: false; readonly code?: number; readonly message?: string; readonly body?: unknown };
