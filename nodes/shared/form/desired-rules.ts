import type { ChosenConnection } from "./connection-choice";
import { connection, identifiers } from "./node-rules";
import { MESSAGE_RANGES } from "./ranges";
import { numberIn, oneOf, type Reason, type Rule, type Rules } from "./reason";

/** Desired values are part of a thing model. */
const thingConnection: Rule = (value, read, find) =>
  connection(true)(value, read, find) ?? streamReason(find());

function streamReason(chosen: ChosenConnection | undefined): Reason | undefined {
  if (chosen?.productKind !== "data-stream") return undefined;
  return { key: "reason.connection-stream", params: { name: chosen.name } };
}

export const desiredRules: Rules = {
  connection: thingConnection,
  action: oneOf(["", "get", "delete"]),
  identifiers: identifiers(false),
  apply: oneOf(["no", "together", "each"]),
  timeoutSeconds: numberIn(MESSAGE_RANGES.timeoutSeconds),
};
