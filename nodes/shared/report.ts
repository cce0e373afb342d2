import type { NodeAPI } from "node-red";
import type { ErrorCode, ErrorParams } from "../../lib/errors";
import { asOneNetError, fillText } from "../../lib/errors";

/**
 * An error as Node-RED shows it: its text in the runtime's language. A Catch flow finds `msg.error.code`, and
 * `msg.error.cause` with the parts of the text: `{key, params}`.
 */
export class ReportedError extends Error {
  // An empty name keeps Node-RED's `toString()` from putting the class before the text.
  override readonly name = "";
  readonly code: ErrorCode;
  /** Plain values: it travels in messages. `failed` lists the parts where several failed. */
  override readonly cause: {
    readonly key: string;
    readonly params: ErrorParams;
    readonly failed?: readonly object[];
  };

  constructor(text: string, code: ErrorCode, key: string, params: ErrorParams, failed?: readonly object[]) {
    super(text);
    this.code = code;
    this.cause = { key, params, ...(failed === undefined ? {} : { failed }) };
  }
}

/** Puts any thrown value in the language of the runtime; what has been put already stays as it is. */
export function inRuntimeLanguage(RED: NodeAPI, thrown: unknown): ReportedError {
  if (thrown instanceof ReportedError) return thrown;
  const error = asOneNetError(thrown);
  const params = nameField(RED, error.params);
  return new ReportedError(
    translate(RED, `errors.${error.key}`, params) ?? error.message,
    error.code,
    error.key,
    params,
  );
}

/** A field is called in a text what the form calls it. */
function nameField(RED: NodeAPI, params: ErrorParams): ErrorParams {
  const { field } = params;
  if (typeof field !== "string") return params;
  return { ...params, field: translate(RED, `label.${field}`, {}) ?? field };
}

/** Node-RED's typing of `RED._` knows texts and numbers only. */
function textParams(params: ErrorParams): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === "boolean" ? String(value) : value]),
  );
}

/** A text of the node set's catalogue, or undefined where there is none. */
export function translate(RED: NodeAPI, key: string, params: ErrorParams): string | undefined {
  const text: unknown = RED._(key, textParams(params));
  if (typeof text !== "string" || text === key || text.endsWith(`:${key}`)) return undefined;
  return fillText(text, params);
}
