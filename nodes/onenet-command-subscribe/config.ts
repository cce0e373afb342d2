import type { CommandFailure, CommandKind } from "../../lib/client/command";
import { COMMAND_DEADLINE_DEFAULT_MS } from "../../lib/protocol/limits";
import type { ProductKind } from "../../lib/protocol/platform";
import type { FieldReader } from "../shared/config";
import { MESSAGE_RANGES } from "../shared/form/ranges";

export type PayloadForm = "auto" | "json" | "text" | "buffer";

export interface Config {
  /** undefined: every property. */
  readonly identifiers: ReadonlySet<string> | undefined;
  readonly receivesSets: boolean;
  readonly receivesGets: boolean;
  readonly payloadAs: PayloadForm;
  readonly answersItself: boolean;
  readonly deadlineMs: number;
  readonly unhandled: "fail" | "ignore";
  readonly failure: CommandFailure;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const identifiers = fields
    .word("identifiers")
    .split(/[\s,;，；、]+/)
    .filter((name) => name !== "");
  const defaultSeconds = COMMAND_DEADLINE_DEFAULT_MS / 1000;
  return {
    identifiers: identifiers.length === 0 ? undefined : new Set(identifiers),
    receivesSets: fields.flag("receiveSets", true),
    receivesGets: fields.flag("receiveGets", false),
    payloadAs: fields.choice("payloadAs", ["auto", "json", "text", "buffer"], "auto"),
    answersItself: fields.flag("autoAnswer", false),
    deadlineMs: fields.number("deadlineSeconds", MESSAGE_RANGES.deadlineSeconds, defaultSeconds) * 1000,
    unhandled: fields.choice("unhandled", ["fail", "ignore"], "fail"),
    failure: readFailure(fields),
  };
}

function readFailure(fields: FieldReader): CommandFailure {
  if (fields.choice("failureAnswer", ["body", "silence"], "body") === "silence") return { kind: "silence" };
  const text = fields.text("failureBody");
  return text === "" ? { kind: "standard" } : { kind: "text", text };
}

/** What a node takes on a product of this kind. */
export function commandKinds(config: Config, productKind: ProductKind): ReadonlySet<CommandKind> {
  if (productKind === "data-stream") return new Set(["command"]);
  const kinds = new Set<CommandKind>();
  if (config.receivesSets) kinds.add("property-set");
  if (config.receivesGets) kinds.add("property-get");
  return kinds;
}
