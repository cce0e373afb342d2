import type { AskedCommand, CommandHandler, CommandKind } from "../../lib/client/command";
import { OTA_REPLY_TIMEOUT_MS } from "../../lib/protocol/limits";
import type { ProductKind } from "../../lib/protocol/platform";
import type { CommandOutput } from "../shared/form/command-outputs";
import { commandOutputs, UNNAMED_KINDS } from "../shared/form/command-outputs";
import type { Config } from "./config";

/** What one output takes, and how: a handler without what it does. */
export type HandlerPlan = Omit<CommandHandler, "deliver" | "unanswered" | "deadlineMsFor"> & {
  readonly deadlineMsFor: (asked: AskedCommand) => number | undefined;
  /** Counted from 0. */
  readonly output: number;
  /** The payload of a set is the value itself. */
  readonly isBare: boolean;
};

/** Whose commands are taken, and what is known of them. */
export interface Asked {
  readonly productKind: ProductKind;
  readonly devices: NonNullable<CommandHandler["devices"]>;
  /** Whether the model calls a service asynchronous. */
  readonly isAsync: (asked: AskedCommand) => boolean;
}

/** Kinds that name properties or a service, and the only ones that reach a sub-device. */
const NAMED: ReadonlySet<CommandKind> = new Set<CommandKind>(["property-set", "property-get", "service"]);

/** Before the platform's own time is up. */
const OTA_DEADLINE_MS = OTA_REPLY_TIMEOUT_MS - 2000;

const NOTICES: readonly CommandKind[] = ["topo-change", "ota"];

/**
 * The handlers that a node registers: each has its part of a request, so each output is answered for itself. Notices
 * are apart, for they may be answered at once while commands are not.
 */
export function planHandlers(
  config: Config,
  { productKind, devices, isAsync }: Asked,
): readonly HandlerPlan[] {
  const kinds = receivedKinds(config, productKind).filter((kind) => devices === "own" || NAMED.has(kind));
  const outputs = outputsFor(config, productKind, kinds);
  const plans = outputs.flatMap((output, index) => {
    const own = kinds.filter((kind) => isOf(kind, output));
    const isNotice = (kind: CommandKind) => NOTICES.includes(kind);
    const identifiers = identifiersOf(output, config);
    const common = {
      ...commonOf(config, isAsync),
      devices,
      identifiers,
      output: index,
      isBare: output.of === "identifier",
    };
    return [
      { ...common, kinds: new Set(own.filter((kind) => !isNotice(kind))) },
      { ...common, kinds: new Set(own.filter(isNotice)), answersItself: config.answersNotices },
    ];
  });
  return plans.filter((plan) => plan.kinds.size > 0);
}

function commonOf(config: Config, isAsync: Asked["isAsync"]) {
  const { answersItself, answersGets, deadlineMs, asyncDeadlineMs, unhandled, failure } = config;
  const deadlineMsFor = (asked: AskedCommand) => {
    if (asked.kind === "ota") return OTA_DEADLINE_MS;
    return asked.kind === "service" && isAsync(asked) ? asyncDeadlineMs : undefined;
  };
  return { answersItself, answersGets, deadlineMs, deadlineMsFor, unhandled, failure };
}

/** What a node takes on a product of this kind. */
function receivedKinds({ receives }: Config, productKind: ProductKind): readonly CommandKind[] {
  if (productKind === "thing-model") return [...receives];
  return ["command", ...[...receives].filter((kind) => kind === "ota" || kind === "custom")];
}

function outputsFor(
  config: Config,
  productKind: ProductKind,
  kinds: readonly CommandKind[],
): readonly CommandOutput[] {
  return commandOutputs({
    productKind,
    each: config.hasOutputEach,
    identifiers: config.identifiers,
    unnamedKinds: UNNAMED_KINDS.filter((kind) => kinds.includes(kind)),
  });
}

function isOf(kind: CommandKind, output: CommandOutput): boolean {
  if (output.of === "all") return true;
  if (output.of === "kind") return kind === output.kind;
  return NAMED.has(kind);
}

function identifiersOf(output: CommandOutput, { identifiers }: Config): ReadonlySet<string> | undefined {
  if (output.of === "identifier") return new Set([output.identifier]);
  return identifiers.length === 0 ? undefined : new Set(identifiers);
}
