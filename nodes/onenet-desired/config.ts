import type { FieldReader } from "../shared/config";
import { splitIdentifiers } from "../shared/form/node-rules";
import { MESSAGE_RANGES } from "../shared/form/ranges";

export type DesiredAction = "get" | "delete";

export interface Config {
  /** undefined: `msg.action`. */
  readonly action: DesiredAction | undefined;
  /** Empty: what the message names, else all of the model. */
  readonly identifiers: readonly string[];
  readonly getsAfterLogin: boolean;
  /** How desired values are handed to the command subscribe nodes: not at all, as one set, or each as one of its own. */
  readonly apply: "no" | "together" | "each";
  readonly deletesApplied: boolean;
  readonly timeoutMs: number;
}

const TIMEOUT_DEFAULT_SECONDS = 30;

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const action = fields.choice("action", ["", "get", "delete"], "");
  return {
    action: action === "" ? undefined : action,
    identifiers: splitIdentifiers(fields.text("identifiers")),
    getsAfterLogin: fields.flag("afterLogin", true),
    apply: fields.choice("apply", ["no", "together", "each"], "no"),
    deletesApplied: fields.flag("deleteApplied", true),
    timeoutMs: fields.number("timeoutSeconds", MESSAGE_RANGES.timeoutSeconds, TIMEOUT_DEFAULT_SECONDS) * 1000,
  };
}
