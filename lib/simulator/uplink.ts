import { COMMAND_ERROR_TEXTS, LOG_CODE_TEXTS, oneJsonCode, type PlatformCode } from "../protocol/codes";
import { encodeCommandRejection } from "../protocol/command";
import { type Datapoint, encodeDatapointReply, parseDatapointPost } from "../protocol/datapoint";
import { encodeAnswer, parseAnswer } from "../protocol/envelope";
import type { JsonValue } from "../protocol/json";
import { MAX_COMMAND_REPLY_BYTES, SUCCESS_CODE } from "../protocol/limits";
import { parsePropertyPost } from "../protocol/property";
import { type ParsedTopic, topicOf, topics } from "../protocol/topic";
import type { Question, Verdict } from "./answer-desk";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";

/** What the platform makes of a message that obeyed the topic law. */
export interface Outcome {
  readonly messageId?: string;
  /** What was stored, by identifier or stream. */
  readonly values?: Readonly<Record<string, JsonValue>>;
  readonly reply?: PlatformReply;
  /** Why it was not taken; `post` also has a reply that says so. */
  readonly refusal?: PlatformCode & { readonly what: "post" | "answer" };
}

export interface PlatformReply extends PlatformCode {
  readonly topic: string;
  readonly payload: string;
  readonly messageId: string;
}

type Judge = (
  context: SimulatorContext,
  device: DeviceRecord,
  topic: ParsedTopic,
  payload: Buffer,
) => Outcome;

/** Judges a message by its topic. Topics without a judge here are taken in silence. */
export function judgeUplink(
  context: SimulatorContext,
  device: DeviceRecord,
  topic: ParsedTopic,
  payload: Buffer,
): Outcome {
  return JUDGES[topic.kind]?.(context, device, topic, payload) ?? {};
}

const JUDGES: Readonly<Partial<Record<ParsedTopic["kind"], Judge>>> = {
  "property-post": judgePropertyPost,
  "datapoint-post": judgeDatapointPost,
  "property-set-reply": (context, device, _topic, payload) => judgeAnswer(context, device, "set", payload),
  "property-get-reply": (context, device, _topic, payload) => judgeAnswer(context, device, "get", payload),
  "command-response": judgeCommandResponse,
};

function judgePropertyPost(
  { faults }: SimulatorContext,
  device: DeviceRecord,
  _: ParsedTopic,
  payload: Buffer,
): Outcome {
  const post = parsePropertyPost(payload);
  const verdict = "code" in post ? post : rejectByFault();
  const { code, message } = verdict ?? oneJsonCode(SUCCESS_CODE);
  const topic = topics.propertyPostReply(device);
  const reply = { topic, payload: encodeAnswer(post.id, code, message), messageId: post.id, code, message };
  const outcome = { messageId: post.id, reply };
  if ("code" in post || verdict) return { ...outcome, refusal: { what: "post", code, message } };
  return { ...outcome, values: store(device, "properties", post.points) };

  function rejectByFault(): PlatformCode | undefined {
    const names = "points" in post ? post.points.map((point) => point.stream) : [];
    const fault = faults.strike("rejectIdentifier", device, ({ identifier }) => names.includes(identifier));
    if (!fault) return undefined;
    const { code, message } = oneJsonCode(fault.code ?? 2306, fault.identifier);
    return { code, message: fault.message ?? message };
  }
}

function judgeDatapointPost(
  { faults }: SimulatorContext,
  device: DeviceRecord,
  _: ParsedTopic,
  payload: Buffer,
): Outcome {
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
  return { messageId, reply, values: store(device, "datapoints", points) };
}

function store(
  device: DeviceRecord,
  where: "properties" | "datapoints",
  points: readonly Datapoint[],
): Record<string, JsonValue> {
  const now = Date.now();
  for (const { stream, value, atMs } of points) device.remember(where, stream, value, atMs ?? now);
  return Object.fromEntries(points.map(({ stream, value }) => [stream, value]));
}

/** Nobody replies to a device's answer: a wrong one shows in the device log and in the application's time-out. */
function judgeAnswer(
  { desk }: SimulatorContext,
  device: DeviceRecord,
  question: Question,
  payload: Buffer,
): Outcome {
  const answer = parseAnswer(payload);
  if (!answer) return { refusal: { what: "answer", ...logCode(1027) } };
  const { id: messageId, code, message, data } = answer;
  const verdict = desk.answer(question, device, messageId, { code, message, body: payload, data });
  if (verdict === "taken") return { messageId };
  return { messageId, refusal: { what: "answer", ...logCode(verdict === "late" ? 1023 : 1028) } };
}

function judgeCommandResponse(
  { desk }: SimulatorContext,
  device: DeviceRecord,
  topic: ParsedTopic,
  payload: Buffer,
): Outcome {
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
}

function logCode(code: number): PlatformCode {
  return { code, message: LOG_CODE_TEXTS[code] ?? "" };
}
