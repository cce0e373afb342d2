/** What a thing-model device answers when the platform asked it. */
import { codeOf, LOG_CODE_TEXTS } from "../protocol/codes";
import { parseAnswer } from "../protocol/envelope";
import { SUCCESS_CODE } from "../protocol/limits";
import type { Question, Verdict } from "./answer-desk";
import type { Judge, Outcome } from "./outcome";

/** Nobody replies to a device's answer: a wrong one shows in the device log and in the application's time-out. */
export function answerTo(question: Question): Judge {
  return ({ desk }, device, _topic, payload) => {
    const answer = parseAnswer(payload);
    if (!answer) return unreadable();
    const { id: messageId, code, message, data } = answer;
    return judged(
      messageId,
      desk.answer(question, device, messageId, { code, message, body: payload, data }),
    );
  };
}

/** `custome/down_reply/{id}`: any bytes, the id is in the topic. */
export const judgeCustomReply: Judge = ({ desk }, device, topic, payload) => {
  const messageId = topic.kind === "custome-down-reply" ? topic.downId : "";
  const answer = { code: SUCCESS_CODE, message: "", body: payload };
  return judged(messageId, desk.answer("custom", device, messageId, answer));
};

/** `topo/get/result`: the gateway says that it got the list. */
export const judgeTopoGetResult: Judge = (_context, _device, _topic, payload) => {
  const answer = parseAnswer(payload);
  return answer ? { messageId: answer.id } : unreadable();
};

function judged(messageId: string, verdict: Verdict): Outcome {
  if (verdict === "taken") return { messageId };
  const code = verdict === "late" ? 1023 : 1028;
  return { messageId, refusal: { what: "answer", ...codeOf(LOG_CODE_TEXTS, code) } };
}

function unreadable(): Outcome {
  return { refusal: { what: "answer", ...codeOf(LOG_CODE_TEXTS, 1027) } };
}
