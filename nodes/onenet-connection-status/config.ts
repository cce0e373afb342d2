import { OneNetError } from "../../lib/errors";
import type { FieldReader } from "../shared/config";
import { QUEUE_MARK_RANGES } from "../shared/form/ranges";

/** Between the two nothing is told, so that a queue that hovers at a mark tells it once. */
export interface QueueMarks {
  /** Told when the queue grows to so many messages. */
  readonly high: number;
  /** Told, after `high`, when it has shrunk to so many. */
  readonly low: number;
}

export type OutcomeChoice = "all" | "failed" | "none";

export interface Config {
  /** undefined: none are told. */
  readonly marks: QueueMarks | undefined;
  readonly outcomes: OutcomeChoice;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  return {
    marks: readMarks(fields),
    outcomes: fields.choice("outcomes", ["all", "failed", "none"], "all"),
  };
}

/** Without a high mark there is none; without a low one half of the high one counts. */
function readMarks(fields: FieldReader): QueueMarks | undefined {
  const high = fields.optionalNumber("queueHighMessages", QUEUE_MARK_RANGES.queueHighMessages);
  if (high === undefined) return undefined;
  const low =
    fields.optionalNumber("queueLowMessages", QUEUE_MARK_RANGES.queueLowMessages) ?? Math.floor(high / 2);
  if (low < high) return { high, low };
  const range = { min: 0, max: high - 1 };
  throw new OneNetError("ONENET_CONFIG_INVALID.number", {
    field: "queueLowMessages",
    ...range,
    got: String(low),
  });
}
