import { asOneNetError } from "../errors";
import { deviceKey } from "../protocol/identity";
import type { JsonObject } from "../protocol/json";
import type { DeviceIdentity } from "../protocol/topic";
import type { Answer, CommandHandler, CommandKind, CommandReference, IncomingCommand } from "./command";

/** A request as it came from the platform. */
export interface CommandRequest {
  readonly kind: CommandKind;
  readonly id: string;
  readonly topic: string;
  readonly identifiers: readonly string[];
  readonly values: JsonObject;
  readonly body: Buffer;
  /** The sub-device that is asked. */
  readonly device?: DeviceIdentity;
  /** As of the reference. */
  readonly identifier?: string;
  /** Of a request of our own: the answer is told here, once, and not sent; and for which identifiers that is. */
  readonly told?: (answer: Answer, taken: readonly string[]) => void;
}

/** The share of a request that one handler has taken. */
export interface Part {
  readonly handler: CommandHandler;
  readonly identifiers: readonly string[];
  isAnswered: boolean;
  command?: IncomingCommand;
}

/** Kinds that name what they are for: handlers share them by that. */
const NAMED: ReadonlySet<CommandKind> = new Set<CommandKind>(["property-set", "property-get", "service"]);

/** Whether it takes all its handlers to answer it; any other kind is answered by whoever is first. */
export function needsAllParts(kind: CommandKind): boolean {
  return kind === "property-set" || kind === "property-get";
}

/** Tells requests that wait for an answer apart. */
export function keyOf({ kind, id, device, identifier }: CommandRequest | CommandReference): string {
  if (device === undefined && identifier === undefined) return `${kind}:${id}`;
  return `${kind}:${id}:${identifier ?? ""}:${device === undefined ? "" : deviceKey(device)}`;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A request's reference, for one of its parts. */
export function referenceTo(request: CommandRequest, connection: string, part: number): CommandReference {
  const { kind, id } = request;
  return withOptional({ connection, kind, id, part }, request);
}

/** What a handler gets of a request. */
export function commandOf(
  request: CommandRequest,
  connection: string,
  part: number,
  identifiers: readonly string[],
  { receivedAt, deadlineAt }: Pick<IncomingCommand, "receivedAt" | "deadlineAt">,
): IncomingCommand {
  const { kind, id, topic, body } = request;
  const values = valuesOf(request, identifiers);
  const reference = { connection, kind, id, part };
  return withOptional({ ...reference, topic, body, identifiers, values, receivedAt, deadlineAt }, request);
}

/** Made for each command: plain assignments cost a fraction of conditional spreads. */
function withOptional<T extends CommandReference>(
  command: Mutable<T>,
  { device, identifier, told }: CommandRequest,
): T {
  const reference: Mutable<CommandReference> = command;
  if (device !== undefined) reference.device = device;
  if (identifier !== undefined) reference.identifier = identifier;
  if (told !== undefined) reference.desired = true;
  return command;
}

/** Who takes the request, and what of it. */
export function partsOf(request: CommandRequest, handlers: Iterable<CommandHandler>): Part[] {
  const parts: Part[] = [];
  for (const handler of handlers) {
    if (!handler.kinds.has(request.kind) || !takesDevice(handler, request.device)) continue;
    const identifiers = request.identifiers.filter((name) => handler.identifiers?.has(name) ?? true);
    if (identifiers.length > 0 || !NAMED.has(request.kind)) {
      parts.push({ handler, identifiers, isAnswered: false });
    }
  }
  return parts;
}

/** What of the request nobody takes. */
export function unhandledOf({ identifiers }: CommandRequest, parts: readonly Part[]): string[] {
  return identifiers.filter((name) => !parts.some((part) => part.identifiers.includes(name)));
}

/** The earliest deadline of all parts. */
export function deadlineMsOf(request: CommandRequest, parts: readonly Part[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { handler } of parts) {
    earliest = Math.min(earliest, handler.deadlineMsFor?.(request) ?? handler.deadlineMs);
  }
  return earliest;
}

/** Why one of the handlers cannot take its part; then nothing is handed out, for half a request is worse than none. */
export function refusalOf(parts: readonly Part[]): string | undefined {
  try {
    for (const { handler, command } of parts) if (command !== undefined) handler.check?.(command);
    return undefined;
  } catch (thrown) {
    return asOneNetError(thrown).message;
  }
}

/** The last values that the platform has accepted, of those identifiers that have one. */
export type LastValuesOf = (device: DeviceIdentity | undefined, identifiers: readonly string[]) => JsonObject;

/** What is answered before the flow has done anything. */
export function ownAnswerOf(
  handler: CommandHandler,
  { kind, device, identifiers }: IncomingCommand,
  lastValues: LastValuesOf,
): Answer | undefined {
  if (kind !== "property-get") return handler.answersItself ? { success: true } : undefined;
  if (handler.answersGets !== "last-values") return undefined;
  const body = lastValues(device, identifiers);
  if (Object.keys(body).length > 0) return { success: true, body };
  return { success: false, message: "no value has been accepted yet" };
}

/** The values that a handler of these identifiers gets. */
function valuesOf({ kind, values }: CommandRequest, identifiers: readonly string[]): JsonObject {
  if (kind !== "property-set") return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => identifiers.includes(name)));
}

/** A kind that both handlers would answer by themselves, for the same: one of them would be too much. */
export function contestedKind(one: CommandHandler, other: CommandHandler): CommandKind | undefined {
  if (!shareDevices(one.devices, other.devices)) return undefined;
  return [...one.kinds].find((kind) => {
    if (kind === "property-get" || !other.kinds.has(kind)) return false;
    return !NAMED.has(kind) || shareIdentifiers(one.identifiers, other.identifiers);
  });
}

function shareIdentifiers(one: CommandHandler["identifiers"], other: CommandHandler["identifiers"]): boolean {
  return one === undefined || other === undefined || [...one].some((name) => other.has(name));
}

/** Whether the handler takes commands of this device; undefined is the connection's own. */
export function takesDevice(
  { devices = "own" }: CommandHandler,
  device: DeviceIdentity | undefined,
): boolean {
  if (typeof devices === "string") return devices === "all" || device === undefined;
  return device !== undefined && hasDevice(devices, deviceKey(device));
}

function hasDevice(devices: ReadonlySet<string>, key: string): boolean {
  return devices.has(key) || devices.has(`${key.slice(0, key.indexOf("/"))}/*`);
}

function shareDevices(one: CommandHandler["devices"] = "own", other: typeof one = "own"): boolean {
  if (one === "all" || other === "all" || one === other) return true;
  if (typeof one === "string" || typeof other === "string") return false;
  // A product's wildcard meets the devices of the product, whichever side has it.
  const meets = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((key) => hasDevice(b, key));
  return meets(one, other) || meets(other, one);
}
