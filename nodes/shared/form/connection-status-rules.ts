import { connectionReason } from "./connection-choice";
import { QUEUE_MARK_RANGES } from "./ranges";
import { holdsEnv, numberIn, oneOf, type Rule, type Rules, textOf } from "./reason";

const { queueHighMessages, queueLowMessages } = QUEUE_MARK_RANGES;

const connection: Rule = (value, _read, find) => {
  const id = textOf(value);
  return holdsEnv(id) ? undefined : connectionReason(id, find(), false);
};

/** Below the high mark; without one it does not count. */
const low: Rule = (value, read) => {
  const high = textOf(read("queueHighMessages"));
  if (high === "") return undefined;
  const max = Number(high) > 0 ? Number(high) - 1 : queueLowMessages.max;
  return numberIn({ ...queueLowMessages, max })(value);
};

export const connectionStatusRules: Rules = {
  connection,
  queueHighMessages: numberIn(queueHighMessages),
  queueLowMessages: low,
  outcomes: oneOf(["all", "failed", "none"]),
};
