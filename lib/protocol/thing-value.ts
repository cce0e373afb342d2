/**
 * Values checked against the thing model before they are sent, and after they came.
 *
 * Three modes: `strict` takes only what is exactly of its type, `coerce` brings to its type what clearly means
 * something (and says so), `off` lets everything pass as it came.
 *
 * @see device-mqtt.md §6.3, §7
 */
import { type ErrorKey, type ErrorParams, OneNetError } from "../errors";
import { clip, describeValue, exactInteger, type JsonValue } from "./json";
import { nearestNames } from "./near-name";
import { coerce, type ValueChange } from "./thing-coercion";
import { type Fault, findFault, type LengthUnit } from "./thing-fault";
import type { DataType, Parameter, ThingModel } from "./thing-model";

export type { ValueChange } from "./thing-coercion";
export type { LengthUnit, ValueRule } from "./thing-fault";
export { judgeEvent, judgeProperty } from "./thing-judge";

export type CheckMode = "strict" | "coerce" | "off";

export interface CheckRules {
  readonly mode: CheckMode;
  /** With `coerce`: a number off its step goes to the nearest one on it, and one that must be whole is rounded. */
  readonly snapToStep: boolean;
  /** How the length of a text is counted. No document says; absent: characters, as a Java program would. */
  readonly lengthUnit?: LengthUnit;
}

export interface CheckedValue {
  readonly value: JsonValue;
  /** What `coerce` did; empty where nothing was to be done. */
  readonly changes: readonly ValueChange[];
}

const NO_CHANGES: readonly ValueChange[] = [];

/**
 * Checks one value by its type. What is valid comes back as it is.
 *
 * - int32, int64, float, double: a number; coerced from text. An int64 beyond 2^53 is a bigint (from a BigInt, or
 *   from digits as text); a number of that size has lost digits and is refused. float: noise of a 32-bit float
 *   (23.600000381 for 23.6) is taken off when coerced
 * - enum: a labelled number; coerced from the label or from digits
 * - bool: coerced from 1, 0, "1", "0", "true", "false", "on", "off" and the model's labels
 * - string: coerced from number and boolean · bitMap: coerced from digits
 * - date: milliseconds since 1970; coerced from Date, ISO 8601 text and digits
 * - struct, array: their members and elements
 *
 * @param path names the value in errors and changes: an identifier
 * @throws {OneNetError} ONENET_VALUE_INVALID.required, .type, .whole, .precision, .min, .max, .step, .label, .length,
 *   .items, .date, .member-missing, .member-unknown; params: identifier (`pos.lat`), rule, limit, value
 */
export function checkValue(type: DataType, value: unknown, path: string, rules: CheckRules): CheckedValue {
  const exact = typeof value === "bigint" ? asNumber(type, value) : value;
  const fault = rules.mode === "off" ? undefined : findFault(type, exact, rules.lengthUnit);
  // Off: whether it has a JSON form at all is for checkDatapoint to say.
  if (fault === undefined) return { value: exact as JsonValue, changes: NO_CHANGES };
  if (rules.mode === "strict") throw errorOf(fault, path);
  const changes: ValueChange[] = [];
  const coerced = coerce(type, exact, path, rules, changes);
  const left = findFault(type, coerced, rules.lengthUnit);
  if (left !== undefined) throw errorOf(left, path);
  return { value: coerced as JsonValue, changes };
}

/** A bigint is for what no number holds; a fraction's type has no such values. */
function asNumber({ type }: DataType, value: bigint): number | bigint {
  return type === "float" || type === "double" ? Number(value) : exactInteger(value);
}

/**
 * Checks a property's value.
 *
 * @param direction `post`: the device reports it; `set`: it is to be set, which `accessMode` `r` does not allow
 * @throws {OneNetError} as {@link checkValue}, and ONENET_VALUE_INVALID.unknown, .read-only
 */
export function checkProperty(
  model: ThingModel,
  identifier: string,
  value: unknown,
  rules: CheckRules,
  direction: "post" | "set",
): CheckedValue {
  const property = model.properties.get(identifier);
  if (property === undefined) return unknown("unknown", identifier, model.properties, value, rules);
  if (direction === "set" && property.accessMode === "r" && rules.mode !== "off") {
    throw invalid("read-only", { identifier, limit: "r", value: shortText(value) });
  }
  return checkValue(property.dataType, value, identifier, rules);
}

/**
 * Checks an event's outputs, `{output: value}`: all of them, and no other.
 *
 * @throws {OneNetError} as {@link checkValue}, and ONENET_VALUE_INVALID.unknown-event
 */
export function checkEvent(
  model: ThingModel,
  identifier: string,
  outputs: unknown,
  rules: CheckRules,
): CheckedValue {
  const event = model.events.get(identifier);
  if (event === undefined) return unknown("unknown-event", identifier, model.events, outputs, rules);
  return checkParameters(event.outputs, outputs, identifier, rules);
}

/**
 * Checks what a service is invoked with; every input is mandatory.
 *
 * @throws {OneNetError} as {@link checkValue}, and ONENET_VALUE_INVALID.unknown-service
 * @see cloud-api.md §1.3, call-service
 */
export function checkServiceInput(
  model: ThingModel,
  identifier: string,
  input: unknown,
  rules: CheckRules,
): CheckedValue {
  const service = model.services.get(identifier);
  if (service === undefined) return unknown("unknown-service", identifier, model.services, input, rules);
  return checkParameters(service.inputs, input, identifier, rules);
}

/**
 * Checks what a service answers.
 *
 * @throws {OneNetError} as {@link checkValue}, and ONENET_VALUE_INVALID.unknown-service
 */
export function checkServiceOutput(
  model: ThingModel,
  identifier: string,
  output: unknown,
  rules: CheckRules,
): CheckedValue {
  const service = model.services.get(identifier);
  if (service === undefined) return unknown("unknown-service", identifier, model.services, output, rules);
  return checkParameters(service.outputs, output, identifier, rules);
}

function checkParameters(
  members: ReadonlyMap<string, Parameter>,
  values: unknown,
  identifier: string,
  rules: CheckRules,
): CheckedValue {
  return checkValue({ type: "struct", members }, values, identifier, rules);
}

type Reason = ErrorKey extends infer K ? (K extends `ONENET_VALUE_INVALID.${infer R}` ? R : never) : never;

function unknown(
  rule: Reason,
  identifier: string,
  known: ReadonlyMap<string, unknown>,
  value: unknown,
  rules: CheckRules,
): CheckedValue {
  if (rules.mode === "off") return { value: value as JsonValue, changes: NO_CHANGES };
  const name = clip(identifier);
  throw invalid(rule, {
    identifier: name,
    limit: nearestNames(name, known.keys()),
    value: shortText(value),
  });
}

function errorOf({ rule, limit, value, path }: Fault, identifier: string): OneNetError {
  return invalid(rule, {
    identifier: `${identifier}${clip(path)}`,
    limit: clip(limit),
    value: shortText(value),
  });
}

function invalid(rule: Reason, params: ErrorParams): OneNetError {
  return new OneNetError(`ONENET_VALUE_INVALID.${rule}`, { ...params, rule });
}

function shortText(value: unknown): string {
  return typeof value === "bigint" ? String(value) : describeValue(value);
}
