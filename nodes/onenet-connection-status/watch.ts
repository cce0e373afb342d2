import type { Connection } from "../../lib/client/connection";
import type { LinkState } from "../../lib/client/link";
import type { Receipt } from "../../lib/delivery/message";
import type { Subject } from "../../lib/delivery/subject";
import type { OneNetError } from "../../lib/errors";
import type { Config } from "./config";
import type { Explain, Topic } from "./message";
import { isSameState, outcomePayload, queuePayload, statePayload } from "./message";
import { WaterMarks } from "./water-marks";

/** Hands on what is to be told. */
export type Tell = (topic: Topic, payload: object) => void;

/** A queue that rises above its mark and falls again in less than this was no backlog. */
const QUEUE_INTERVAL_MS = 250;

/**
 * Tells what happens to a connection without being asked.
 *
 * @returns ends it
 */
export function watchConnection(
  connection: Connection,
  { marks, outcomes }: Config,
  tell: Tell,
  explain: Explain,
): () => void {
  let state: LinkState = connection.state;
  const stopListening = connection.listen({
    stateChanged(next) {
      const previous = state;
      state = next;
      if (!isSameState(previous, next)) tell("state", statePayload(connection, previous, next, explain));
    },
    failed: () => undefined,
    outcome(error: OneNetError | undefined, receipt: Receipt, subject: Subject) {
      if (outcomes === "none" || (outcomes === "failed" && error === undefined)) return;
      tell("outcome", outcomePayload(connection, error, { ...receipt, ...subject }, explain));
    },
  });
  if (marks === undefined) return stopListening;
  const waterMarks = new WaterMarks(marks);
  const timer = setInterval(() => {
    const mark = waterMarks.observe(connection.held);
    if (mark !== undefined) tell("queue", queuePayload(connection, mark, marks));
  }, QUEUE_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    stopListening();
  };
}
