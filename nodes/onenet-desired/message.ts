import { OneNetError } from "../../lib/errors";
import { describeValue, isPlainObject } from "../../lib/protocol/json";
import type { Message } from "../shared/runtime";
import type { Config, DesiredAction } from "./config";

/** The version of each identifier's desired value to delete; undefined deletes it whatever its version is. */
export type DesiredVersions = ReadonlyMap<string, number | undefined>;

/**
 * What the message asks for: the form's word goes first.
 *
 * @throws {OneNetError} ONENET_MESSAGE_INVALID
 */
export function readAction(message: Message, config: Config): DesiredAction {
  const action = config.action ?? (message["action"] || "get");
  if (action === "get" || action === "delete") return action;
  throw invalid("msg.action", '"get" or "delete"', action);
}

/**
 * The identifiers to get: those of the form, else of the payload (a list, or one), else all of the model that the
 * cloud can set.
 *
 * @param settable the model's properties of access mode `rw`; undefined without a model
 * @throws {OneNetError} ONENET_MESSAGE_INVALID when none of them says any
 */
export function readIdentifiers(
  payload: unknown,
  config: Config,
  settable: readonly string[] | undefined,
): readonly string[] {
  if (config.identifiers.length > 0) return config.identifiers;
  const named = namesIn(payload) ?? settable;
  if (named !== undefined && named.length > 0) return named;
  throw invalid("msg.payload", "a list of identifiers, for the connection has no thing model", payload);
}

/**
 * What to delete: `{identifier: version}` or `{identifier: {version}}`, as *get* gives it, or a list of identifiers,
 * which are deleted whatever their version is. Identifiers in the form leave out all others; alone they are the list.
 *
 * @throws {OneNetError} ONENET_MESSAGE_INVALID
 */
export function readVersions(payload: unknown, config: Config): DesiredVersions {
  const isWanted = (name: string) => config.identifiers.length === 0 || config.identifiers.includes(name);
  if (isPlainObject(payload)) {
    const entries = Object.entries(payload).filter(([name]) => isWanted(name));
    return new Map(entries.map(([name, value]) => [name, readVersion(name, value)]));
  }
  const names = namesIn(payload)?.filter(isWanted) ?? config.identifiers;
  if (names.length > 0) return new Map(names.map((name) => [name, undefined]));
  throw invalid("msg.payload", "{identifier: {version}} or a list of identifiers", payload);
}

function namesIn(payload: unknown): readonly string[] | undefined {
  if (typeof payload === "string" && payload !== "") return [payload];
  if (!Array.isArray(payload)) return undefined;
  if (payload.every((name): name is string => typeof name === "string" && name !== "")) return payload;
  throw invalid("msg.payload", "a list of identifiers", payload);
}

function readVersion(name: string, value: unknown): number | undefined {
  const version = isPlainObject(value) ? value["version"] : value;
  if (version === undefined || version === null) return undefined;
  if (typeof version === "number" && Number.isSafeInteger(version) && version >= 1) return version;
  throw invalid(`msg.payload.${name}`, "a version, a whole number from 1", version);
}

function invalid(property: string, expected: string, value: unknown): OneNetError {
  return new OneNetError("ONENET_MESSAGE_INVALID", { property, expected, got: describeValue(value) });
}
