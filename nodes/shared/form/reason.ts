import { type ErrorParams, OneNetError } from "../../../lib/errors";
import type { ChosenConnection } from "./connection-choice";
import type { Range } from "./ranges";

/** Why a field's value is refused: a key of the node's catalogue and what fills its text. */
export interface Reason {
  readonly key: string;
  readonly params?: ErrorParams;
}

/** Reads another field of the same node, from the open form or else as saved. */
export type ReadField = (field: string) => unknown;

/** The connection that is chosen in the same form, or undefined. */
export type FindConnection = () => ChosenConnection | undefined;

/** Judges one field. `undefined`: the value is good. */
export type Rule = (value: unknown, read: ReadField, find: FindConnection) => Reason | undefined;
/** A rule that needs nothing but the value. */
export type ValueRule = (value: unknown) => Reason | undefined;
export type Rules = Readonly<Record<string, Rule>>;

/** What Node-RED sends to the editor in place of a stored password. */
export const STORED_PASSWORD = "__PWRD__";

/** The value as trimmed text; everything that is not text or a number is empty. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}

/** True if the value contains `${NAME}` or `$(NAME)`: only the runtime knows what it is. */
export function holdsEnv(value: unknown): boolean {
  return /\$\{[^{}]+\}|^\$\([A-Za-z_]\w*\)$/.test(textOf(value));
}

/** Runs a check of `lib/protocol` that throws, and gives its error as a reason. */
export function reasonOf(check: () => unknown): Reason | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof OneNetError) return { key: `errors.${thrown.key}`, params: thrown.params };
    throw thrown;
  }
}

/** A field that a flow file does not have at all: the node takes its default. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

export function oneOf(choices: readonly string[]): ValueRule {
  return (value) =>
    isAbsent(value) || holdsEnv(value) || choices.includes(textOf(value))
      ? undefined
      : { key: "reason.choice" };
}

export function numberIn({ min, max, integer = false, optional = false }: Range): ValueRule {
  return (value) => {
    const text = textOf(value);
    if (isAbsent(value) || holdsEnv(text) || (optional && text === "")) return undefined;
    const number = text === "" ? Number.NaN : Number(text);
    const good = number >= min && number <= max && (!integer || Number.isInteger(number));
    return good ? undefined : { key: integer ? "reason.integer" : "reason.number", params: { min, max } };
  };
}
