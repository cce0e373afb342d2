import type { Delivery } from "../delivery/delivery";
import type { Failure } from "../delivery/message";
import { OneNetError } from "../errors";
import type { TellAnswered } from "./command";
import type { EncodedAnswer } from "./command-answer";

/**
 * Sends the answer to a command ahead of everything.
 *
 * @param id the command's, for errors
 * @param tell called once, when the platform has it (accepted where it says so, else PUBACK) or never will:
 *   ONENET_COMMAND_EXPIRED, ONENET_ANSWER_REJECTED
 * @throws {OneNetError} as {@link Delivery.enqueue}; then `tell` is not called
 */
export function sendAnswer(
  delivery: Pick<Delivery, "enqueue">,
  { topic, payload, replyKey }: EncodedAnswer,
  expiryMs: number,
  id: string,
  tell: TellAnswered,
): void {
  const publish = { topic, payload, qos: 1, retain: false } as const;
  const completeWhen = replyKey === undefined ? "acknowledged" : "accepted";
  const explain = (failure: Failure) => explainAnswerFailure(failure, id);
  const draft = { kind: "publish", publish, ...(replyKey === undefined ? {} : { replyKey }) } as const;
  delivery.enqueue(draft, payload.length, { completeWhen, answer: true, expiryMs, explain }, tell);
}

function explainAnswerFailure(failure: Failure, id: string): OneNetError {
  switch (failure.kind) {
    case "expired":
    case "link-lost":
      return new OneNetError("ONENET_COMMAND_EXPIRED", { id, deadline: "passed" });
    case "rejected": {
      const { code, message } = failure.rejection;
      return new OneNetError("ONENET_ANSWER_REJECTED", { id, platformCode: code, platformMessage: message });
    }
    case "other":
      return failure.error;
  }
}
