import { deliver } from "../delivery/deliver";
import type { Delivery } from "../delivery/delivery";
import type { Failure, Receipt } from "../delivery/message";
import { OneNetError } from "../errors";
import type { EncodedAnswer } from "./command-answer";

/**
 * Sends the answer to a command ahead of everything. Resolves when the platform has it: accepted where it says so, else
 * PUBACK.
 *
 * @param id the command's, for errors
 * @throws {OneNetError} ONENET_COMMAND_EXPIRED, ONENET_ANSWER_REJECTED
 */
export async function sendAnswer(
  delivery: Pick<Delivery, "enqueue">,
  { topic, payload, replyKey }: EncodedAnswer,
  expiryMs: number,
  id: string,
): Promise<Receipt> {
  const publish = { topic, payload, qos: 1, retain: false } as const;
  const completeWhen = replyKey === undefined ? "acknowledged" : "accepted";
  const explain = (failure: Failure) => explainAnswerFailure(failure, id);
  const draft = { kind: "publish", publish, ...(replyKey === undefined ? {} : { replyKey }) } as const;
  const options = { completeWhen, answer: true, expiryMs, explain } as const;
  const { receipt } = await deliver(delivery, draft, payload.length, options);
  return receipt;
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
