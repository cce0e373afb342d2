import type { Answer, CommandKind, CommandReference } from "../../lib/client/command";
import { OneNetError } from "../../lib/errors";
import { isPlainObject } from "../../lib/protocol/json";
import type { DeviceIdentity } from "../../lib/protocol/topic";
import type { Message } from "../shared/runtime";
import type { Config } from "./config";

const KINDS: readonly CommandKind[] = [
  "command",
  "property-set",
  "property-get",
  "service",
  "topo-change",
  "ota",
  "custom",
];

/** Kinds whose answer carries something besides success or failure. */
const WITH_BODY: ReadonlySet<CommandKind> = new Set<CommandKind>([
  "command",
  "property-get",
  "service",
  "custom",
]);

/**
 * Which command the message answers.
 *
 * @throws {OneNetError} ONENET_COMMAND_MISSING when `msg.command` is not what a command subscribe node made
 */
export function readReference(message: Message): CommandReference {
  const command: unknown = message["command"];
  if (isPlainObject(command)) {
    const { connection, kind, id, part, identifier, desired } = command;
    const known = KINDS.find((candidate) => candidate === kind);
    const device = readDevice(command["device"]);
    if (
      typeof connection === "string" &&
      known !== undefined &&
      typeof id === "string" &&
      typeof part === "number"
    ) {
      return {
        connection,
        kind: known,
        id,
        part,
        ...(device === undefined ? {} : { device }),
        ...(desired === true ? { desired } : {}),
        ...(typeof identifier === "string" ? { identifier } : {}),
      };
    }
  }
  throw new OneNetError("ONENET_COMMAND_MISSING");
}

function readDevice(device: unknown): DeviceIdentity | undefined {
  if (!isPlainObject(device)) return undefined;
  const { productId, deviceName } = device;
  const isDevice = typeof productId === "string" && typeof deviceName === "string";
  return isDevice ? { productId, deviceName } : undefined;
}

/** Whether the message carries an error that this very node reported, as behind a Catch node for the whole flow. */
export function isOwnFailure(message: Message, nodeId: string): boolean {
  const source: unknown = Reflect.get(Object(message["error"]), "source");
  return Reflect.get(Object(source), "id") === nodeId;
}

/**
 * The answer in a message: a failure when the form says so, or (auto) `msg.success` is false or `msg.error` is set,
 * as behind a Catch node. A success carries `msg.payload`: the values read, a service's outputs, or what the command
 * returns. What a failed data-stream command returns is set in its command subscribe node.
 */
export function readAnswer(message: Message, config: Config, kind: CommandKind): Answer {
  const isAutoFailure = message["success"] === false || Boolean(message["error"]);
  if (config.outcome === "failure" || (config.outcome === "auto" && isAutoFailure)) {
    return { success: false, code: config.failureCode, message: failureText(message, config) };
  }
  return WITH_BODY.has(kind) ? { success: true, body: message.payload } : { success: true };
}

function failureText(message: Message, config: Config): string {
  if (config.failureMessage !== "") return config.failureMessage;
  const error: unknown = message["error"];
  const text: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : error;
  return typeof text === "string" && text !== "" ? text : "failure";
}
