/** How the parts of a thing-model file are read: liberal in form, exact about what cannot be understood. */
import { type ErrorKey, type ErrorParams, OneNetError } from "../errors";
import { clip, describeValue, exactInteger, isJsonObject, type JsonObject, type JsonValue } from "./json";
import type { ModelNote } from "./thing-model";
import { isStreamName } from "./value";

type Reason<Code extends string> = ErrorKey extends infer K
  ? K extends `${Code}.${infer R}`
    ? R
    : never
  : never;

/** A place in the file, and what was noted on the way there. */
export class Place {
  readonly value: JsonValue | undefined;
  readonly path: string;
  readonly #notes: ModelNote[];

  constructor(value: JsonValue | undefined, path: string, notes: ModelNote[]) {
    this.value = value;
    this.path = path;
    this.#notes = notes;
  }

  /** Whether there is nothing here: absent, null or an empty text. */
  get isEmpty(): boolean {
    return this.value === undefined || this.value === null || this.value === "";
  }

  /** The first of these members that is there; else the first, empty. */
  member(...names: readonly [string, ...string[]]): Place {
    const object = isJsonObject(this.value) ? this.value : {};
    const name = names.find((known) => Object.hasOwn(object, known)) ?? names[0];
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new Place(value, this.path === "" ? name : `${this.path}.${name}`, this.#notes);
  }

  error(reason: Reason<"ONENET_MODEL_INVALID">, params: ErrorParams = {}): OneNetError {
    return new OneNetError(`ONENET_MODEL_INVALID.${reason}`, { path: this.path || "model", ...params });
  }

  note(reason: Reason<"ONENET_MODEL_NOTE">, params: ErrorParams = {}): void {
    const path = this.path || "model";
    this.#notes.push({ key: `ONENET_MODEL_NOTE.${reason}`, path, params: { path, ...params } });
  }

  /** Notes that what stands here is not what belongs here, and will not be used. */
  ignore(expected: string): void {
    this.note("ignored", { expected, got: describeValue(this.value) });
  }

  /** @throws {OneNetError} ONENET_MODEL_INVALID.missing, .type */
  object(): JsonObject {
    if (isJsonObject(this.value)) return this.value;
    throw this.wrong("object");
  }

  /** The items of a list; an absent one has none. */
  items(): readonly Place[] {
    if (this.isEmpty) return [];
    if (!Array.isArray(this.value)) throw this.wrong("array");
    return this.value.map((item, index) => new Place(item, `${this.path}[${index}]`, this.#notes));
  }

  /** What is not what it must be: missing or of another type. */
  wrong(expected: string): OneNetError {
    if (this.isEmpty) return this.error("missing", { expected });
    return this.error("type", { expected, got: describeValue(this.value) });
  }

  /** A text that is for people only; "" where there is none. */
  text(): string {
    const { value } = this;
    if (typeof value === "string") return value.trim();
    if (typeof value === "number") return String(value);
    if (!this.isEmpty) this.ignore("string");
    return "";
  }

  identifier(): string {
    const { value } = this;
    if (typeof value !== "string" || value === "") throw this.wrong("string");
    if (!isStreamName(value, "thing-model")) throw this.error("identifier", { got: clip(value) });
    return value;
  }

  /** One of the words of a table, which may know several for one thing; the first is taken where there is none. */
  choice<T extends string>(words: Readonly<Record<string, T>>, assumed: T): T {
    if (this.isEmpty) {
      this.note("assumed", { assumed });
      return assumed;
    }
    const key = String(this.value).toLowerCase();
    const word = Object.hasOwn(words, key) ? words[key] : undefined;
    if (word !== undefined) return word;
    const expected = Object.keys(words).join(", ");
    throw this.error("choice", { expected, got: describeValue(this.value) });
  }

  /** A number, also as text; undefined where there is none. */
  number(): number | undefined {
    if (this.isEmpty) return undefined;
    const { value } = this;
    const number = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
    if (typeof number === "bigint") return Number(number);
    if (typeof number === "number" && Number.isFinite(number)) return number;
    throw this.error("number", { expected: "number", got: describeValue(value) });
  }

  /** A whole number, also as text; a bigint beyond 2^53. */
  integer(): number | bigint | undefined {
    const { value } = this;
    if (typeof value === "bigint") return value;
    if (typeof value === "string" && INTEGER.test(value)) return exactInteger(BigInt(value.trim()));
    const number = this.number();
    if (number === undefined || Number.isInteger(number)) return number;
    throw this.error("number", { expected: "integer", got: describeValue(value) });
  }

  /** How many there may be, at least 1; undefined where nothing is said. */
  length(): number | undefined {
    const length = this.integer();
    if (length === undefined) return undefined;
    if (length >= 1) return Number(length);
    throw this.error("number", { expected: "integer ≥ 1", got: describeValue(this.value) });
  }
}

const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const INTEGER = /^\s*-?\d{1,20}\s*$/;
