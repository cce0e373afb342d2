import type { CommandFailure, CommandKind } from "../../lib/client/command";
import { COMMAND_DEADLINE_DEFAULT_MS } from "../../lib/protocol/limits";
import type { FieldReader } from "../shared/config";
import { splitIdentifiers } from "../shared/form/node-rules";
import { MESSAGE_RANGES } from "../shared/form/ranges";

export type PayloadForm = "auto" | "json" | "text" | "buffer";

export interface Config {
  /** Properties and services; empty: all of them. */
  readonly identifiers: readonly string[];
  /** What is received besides the commands of a data-stream product. */
  readonly receives: ReadonlySet<CommandKind>;
  /** An output for each identifier. */
  readonly hasOutputEach: boolean;
  readonly payloadAs: PayloadForm;
  readonly answersItself: boolean;
  readonly answersGets: "flow" | "last-values";
  /** Topology changes and upgrade notices are answered at once. */
  readonly answersNotices: boolean;
  readonly deadlineMs: number;
  /** Of a service that the model calls asynchronous. */
  readonly asyncDeadlineMs: number;
  readonly unhandled: "fail" | "ignore";
  readonly failure: CommandFailure;
}

const ASYNC_DEFAULT_SECONDS = 60;

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const { deadlineSeconds } = MESSAGE_RANGES;
  const defaultSeconds = COMMAND_DEADLINE_DEFAULT_MS / 1000;
  return {
    identifiers: splitIdentifiers(fields.text("identifiers")),
    receives: readReceives(fields),
    hasOutputEach: fields.choice("outputMode", ["one", "each"], "one") === "each",
    payloadAs: fields.choice("payloadAs", ["auto", "json", "text", "buffer"], "auto"),
    answersItself: fields.flag("autoAnswer", false),
    answersGets: fields.choice("getAnswer", ["flow", "last"], "flow") === "last" ? "last-values" : "flow",
    answersNotices: fields.flag("answerNotices", true),
    deadlineMs: fields.number("deadlineSeconds", deadlineSeconds, defaultSeconds) * 1000,
    asyncDeadlineMs: fields.number("asyncSeconds", deadlineSeconds, ASYNC_DEFAULT_SECONDS) * 1000,
    unhandled: fields.choice("unhandled", ["fail", "ignore"], "fail"),
    failure: readFailure(fields),
  };
}

function readReceives(fields: FieldReader): ReadonlySet<CommandKind> {
  const kinds: Readonly<Record<string, boolean>> & Partial<Record<CommandKind, boolean>> = {
    "property-set": fields.flag("receiveSets", true),
    "property-get": fields.flag("receiveGets", false),
    service: fields.flag("receiveServices", false),
    "topo-change": fields.flag("receiveTopology", false),
    ota: fields.flag("receiveOta", false),
    custom: fields.flag("receiveCustom", false),
  };
  return new Set((Object.keys(kinds) as CommandKind[]).filter((kind) => kinds[kind]));
}

function readFailure(fields: FieldReader): CommandFailure {
  if (fields.choice("failureAnswer", ["body", "silence"], "body") === "silence") return { kind: "silence" };
  const text = fields.text("failureBody");
  return text === "" ? { kind: "standard" } : { kind: "text", text };
}
