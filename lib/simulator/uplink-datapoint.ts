/** Uplinks of a data-stream product: datapoints, and answers to commands. */
import { COMMAND_ERROR_TEXTS } from "../protocol/codes";
import { encodeCommandRejection } from "../protocol/command";
import { encodeDatapointReply, parseDatapointPost } from "../protocol/datapoint";
import { MAX_COMMAND_REPLY_BYTES, SUCCESS_CODE } from "../protocol/limits";
import { topicOf, topics } from "../protocol/topic";
import type { Verdict } from "./answer-desk";
import type { Judge } from "./outcome";

export const judgeDatapointPost: Judge = ({ faults }, device, _topic, payload) => {
  const post = parseDatapointPost(payload);
  const points = "points" in post ? post.points : [];
  const fault = faults.strike("rejectStream", device, ({ stream }) =>
    points.some((point) => point.stream === stream),
  );
  const rejection =
    "code" in post ? post : fault && { code: fault.code ?? 98, message: fault.message ?? "illegal data" };
  const { code, message } = rejection ?? { code: 0, message: "accepted" };
  const messageId = String(post.messageId);
  const reply = {
    topic: rejection ? topics.datapointRejected(device) : topics.datapointAccepted(device),
    payload: encodeDatapointReply({
      messageId: post.messageId,
      ...(rejection ? { rejection: { code, message } } : {}),
    }),
    messageId,
    code,
    message,
  };
  if (rejection) return { messageId, reply, refusal: { what: "post", code, message } };
  const now = Date.now();
  for (const { stream, value, atMs } of points) device.remember("datapoints", stream, value, atMs ?? now);
  const values = Object.fromEntries(points.map(({ stream, value }) => [stream, value]));
  return { messageId, reply, values };
};

export const judgeCommandResponse: Judge = ({ desk }, device, topic, payload) => {
  const commandId = topic.kind === "command-response" ? topic.commandId : "";
  const code = responseCode();
  const kind = code === 0 ? "command-response-accepted" : "command-response-rejected";
  const message = code === 0 ? "accepted" : (COMMAND_ERROR_TEXTS[code] ?? "");
  const reply = {
    topic: topicOf(device, kind, { commandId }),
    payload: code === 0 ? "" : encodeCommandRejection(code),
    messageId: commandId,
    code,
    message,
  };
  return {
    messageId: commandId,
    reply,
    ...(code === 0 ? {} : { refusal: { what: "answer", code, message } }),
  };

  function responseCode(): number {
    if (payload.length > MAX_COMMAND_REPLY_BYTES) return 99;
    const answer = { code: SUCCESS_CODE, message: "", body: payload };
    const codes: Readonly<Record<Verdict, number>> = { taken: 0, late: 112, unknown: 113 };
    return codes[desk.answer("command", device, commandId, answer)];
  }
};
