import type { Connection } from "../../lib/client/connection";
import type { LinkState } from "../../lib/client/link";
import type { Receipt } from "../../lib/delivery/message";
import type { Subject } from "../../lib/delivery/subject";
import type { OneNetError } from "../../lib/errors";
import type { QueueMarks } from "./config";

/** What a message of this node is about; each has an output of its own, in this order. */
export const TOPICS = ["report", "state", "queue", "outcome"] as const;
export type Topic = (typeof TOPICS)[number];

/** An error as it travels in a message, in the runtime's language. */
export interface ErrorText {
  readonly code: string;
  readonly message: string;
}

/** Puts an error in words. */
export type Explain = (error: OneNetError) => ErrorText;

interface AboutConnection {
  /** The identity it is shared by, as in the report. */
  readonly key: string;
  readonly label: string;
  /** ms since the Unix epoch. */
  readonly at: number;
}

/** `msg.payload` when the state has changed. */
export interface StatePayload extends AboutConnection {
  readonly phase: LinkState["phase"];
  readonly previousPhase: LinkState["phase"];
  /** Why it is not online, or what is not right although it is. */
  readonly problem?: ErrorText;
  /** Phase `waiting`: the next login comes in so many ms. */
  readonly retryInMs?: number;
}

/** `msg.payload` when a mark is crossed. */
export interface QueuePayload extends AboutConnection {
  readonly mark: "high" | "low";
  readonly highMessages: number;
  readonly lowMessages: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly oldestAgeMs?: number;
}

/**
 * `msg.payload` with what became of a message that has no `done` any more: its receipt, what it was about, and the
 * error if it failed.
 */
export interface OutcomePayload extends AboutConnection, Receipt, Subject {
  readonly delivered: boolean;
  readonly error?: ErrorText;
}

export function statePayload(
  connection: Connection,
  previous: LinkState,
  state: LinkState,
  explain: Explain,
): StatePayload {
  const problem = problemOf(state);
  return {
    ...about(connection),
    phase: state.phase,
    previousPhase: previous.phase,
    ...(problem === undefined ? {} : { problem: explain(problem) }),
    ...(state.phase === "waiting" ? { retryInMs: state.retryInMs } : {}),
  };
}

export function queuePayload(connection: Connection, mark: "high" | "low", marks: QueueMarks): QueuePayload {
  const { held, heldBytes, oldestQueuedAt } = connection;
  const place = about(connection);
  return {
    ...place,
    mark,
    highMessages: marks.high,
    lowMessages: marks.low,
    queuedMessages: held,
    queuedBytes: heldBytes,
    ...(oldestQueuedAt === undefined ? {} : { oldestAgeMs: Math.max(0, place.at - oldestQueuedAt) }),
  };
}

export function outcomePayload(
  connection: Connection,
  error: OneNetError | undefined,
  receipt: Receipt & Subject,
  explain: Explain,
): OutcomePayload {
  return {
    ...about(connection),
    delivered: error === undefined,
    ...(error === undefined ? {} : { error: explain(error) }),
    ...receipt,
  };
}

/** Another attempt that ended like the one before is no change. */
export function isSameState(a: LinkState, b: LinkState): boolean {
  return a.phase === b.phase && problemOf(a)?.key === problemOf(b)?.key;
}

function problemOf(state: LinkState): OneNetError | undefined {
  if (state.phase === "online") return state.warning;
  return state.phase === "waiting" || state.phase === "refused" ? state.problem : undefined;
}

function about({ key, label }: Connection): AboutConnection {
  return { key, label, at: Date.now() };
}
