import type { Node, NodeAPI } from "node-red";
import { OneNetError } from "../../lib/errors";
import { hideSecret } from "../../lib/protocol/access-key";
import type { Range } from "./form/ranges";

/** What a flow file holds for a node: texts and switches, maybe of an old version, maybe with `${ENV}` in them. */
export type Def = Readonly<Record<string, unknown>>;

/** `${NAME}` anywhere in a text, and `$(NAME)`, Node-RED's old form, as the whole of it. */
const VARIABLE = /\$\{([^}]+)\}|^\$\(([A-Za-z_]\w*)\)$/g;

/** Reads the fields of a {@link Def}, with `${NAME}` replaced by environment variables, each checked. */
export class FieldReader {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #def: Def;

  constructor(RED: NodeAPI, node: Node, def: Def) {
    this.#RED = RED;
    this.#node = node;
    this.#def = def;
  }

  /** Reads a row of a table, which is one of the fields. */
  of(row: Def): FieldReader {
    return new FieldReader(this.#RED, this.#node, row);
  }

  /** @throws {OneNetError} ONENET_ENV_UNSET */
  text(field: string, fallback = ""): string {
    const value = this.#def[field];
    if (value === undefined || value === null || value === "") return fallback;
    return this.fillEnvironment(String(value), field);
  }

  /** The field as it stands: an expression in a language of its own. */
  raw(field: string): string {
    const value = this.#def[field];
    return value === undefined || value === null ? "" : String(value);
  }

  /** Text without blanks at its ends, as for anything that was pasted. */
  word(field: string, fallback = ""): string {
    return this.text(field, fallback).trim();
  }

  /** @throws {OneNetError} ONENET_CONFIG_INVALID.missing when empty */
  required(field: string): string {
    const value = this.word(field);
    if (value === "") throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field });
    return value;
  }

  /** A credential; blanks at its ends are a pasting accident, except in a password. */
  secret(field: string): string {
    const credentials: unknown = Reflect.get(this.#node, "credentials");
    const value: unknown =
      typeof credentials === "object" && credentials !== null ? Reflect.get(credentials, field) : "";
    return this.fillEnvironment(value === undefined || value === null ? "" : String(value), field);
  }

  /** @throws {OneNetError} ONENET_CONFIG_INVALID.number, .integer */
  number(field: string, range: Range, fallback: number): number {
    return this.optionalNumber(field, range) ?? fallback;
  }

  optionalNumber(field: string, { min, max, integer = false }: Range): number | undefined {
    const text = this.word(field);
    if (text === "") return undefined;
    const value = Number(text);
    if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
    const reason = integer ? "integer" : "number";
    throw new OneNetError(`ONENET_CONFIG_INVALID.${reason}`, { field, min, max, got: hideSecret(text) });
  }

  /** @throws {OneNetError} ONENET_CONFIG_INVALID.choice */
  choice<T extends string>(field: string, choices: readonly T[], fallback: T): T {
    const text = this.word(field, fallback);
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const expected = choices.join(", ");
    throw new OneNetError("ONENET_CONFIG_INVALID.choice", { field, expected, got: hideSecret(text) });
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.#def[field];
    if (value === undefined || value === null || value === "") return fallback;
    if (typeof value === "boolean") return value;
    const text = this.word(field).toLowerCase();
    if (text === "true" || text === "false") return text === "true";
    const got = hideSecret(text);
    throw new OneNetError("ONENET_CONFIG_INVALID.choice", { field, expected: "true, false", got });
  }

  /**
   * Replaces each `${NAME}` in a text. Node-RED has replaced one that is the whole field and whose variable is set;
   * what is still there is a part of a longer text, or not set.
   *
   * @throws {OneNetError} ONENET_ENV_UNSET
   */
  fillEnvironment(text: string, field: string): string {
    return text.replace(VARIABLE, (_whole, inside: string | undefined, old: string | undefined) => {
      const name = inside ?? old ?? "";
      const value: unknown = this.#RED.util.getSetting(this.#node, name);
      if (value === undefined || value === null) throw new OneNetError("ONENET_ENV_UNSET", { name, field });
      return String(value);
    });
  }
}
