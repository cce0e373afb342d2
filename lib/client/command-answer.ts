import { OneNetError } from "../errors";
import { encodeCommandResponse } from "../protocol/command";
import { encodeCustomReply } from "../protocol/custom";
import { encodeAnswer } from "../protocol/envelope";
import { encodeSubServiceReply } from "../protocol/gateway";
import type { JsonObject, JsonValue } from "../protocol/json";
import { describeValue, isJsonObject, objectTag } from "../protocol/json";
import { DEVICE_FAILURE_CODE, SUCCESS_CODE } from "../protocol/limits";
import { encodeOtaInformReply } from "../protocol/ota";
import { encodePropertyGetReply, encodePropertySetReply } from "../protocol/property";
import { encodeServiceReply } from "../protocol/service";
import type { DeviceIdentity } from "../protocol/topic";
import { topicOf, topics } from "../protocol/topic";
import { copyValue } from "../protocol/value";
import type { Answer, CommandFailure, CommandKind } from "./command";

/** What is sent as an answer. */
export interface EncodedAnswer {
  readonly topic: string;
  readonly payload: string | Buffer;
  /** Where the platform says whether it took the answer. */
  readonly replyKey?: string;
}

/** The key under which the platform's verdict on a command's answer is found. */
export function commandReplyKey(commandId: string): string {
  return `command:${commandId}`;
}

/**
 * Reads what a successful answer brings: the values of a get, the outputs of a service; nothing for other kinds.
 *
 * @throws {OneNetError} ONENET_ANSWER_INVALID.data if it is no object, ONENET_DATAPOINT_INVALID for a value without a JSON form
 */
export function readAnswerValues(kind: CommandKind, id: string, body: unknown): JsonObject {
  if (kind !== "property-get" && kind !== "service") return {};
  if (kind === "service" && body === undefined) return {};
  if (!isJsonObject(body) || objectTag(body) !== "Object") {
    const expected = kind === "service" ? "an object {output: value}" : "an object {identifier: value}";
    throw new OneNetError("ONENET_ANSWER_INVALID.data", { kind, id, expected, got: describeValue(body) });
  }
  const values: [string, JsonValue][] = Object.entries(body).map(([name, value]) => [
    name,
    copyValue(value, name, "thing-model"),
  ]);
  return Object.fromEntries(values);
}

/** What is answered. */
export interface AnsweredRequest {
  readonly kind: CommandKind;
  readonly id: string;
  /** The connection's own: the answer goes on its topics. */
  readonly own: DeviceIdentity;
  /** The sub-device that was asked. */
  readonly device?: DeviceIdentity | undefined;
  /** The service. */
  readonly identifier?: string | undefined;
}

/**
 * Encodes the answer to a whole request.
 *
 * @param values what a successful get or service returns
 * @returns undefined where silence is the answer
 * @throws {OneNetError} ONENET_PAYLOAD_INVALID, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeAnswerFor(
  request: AnsweredRequest,
  answer: Answer,
  values: JsonObject,
  failure: CommandFailure,
): EncodedAnswer | undefined {
  const { kind, id, own, device } = request;
  const isSub = device !== undefined;
  const verdict = verdictOf(answer);
  switch (kind) {
    case "command":
      return encodeCommandAnswer(own, id, answer, failure);
    case "custom":
      return encodeCustomAnswer(own, id, answer, failure);
    case "property-set": {
      const topic = topicOf(own, isSub ? "sub-property-set-reply" : "property-set-reply", {});
      return { topic, payload: encodePropertySetReply(id, verdict) };
    }
    case "property-get": {
      const topic = topicOf(own, isSub ? "sub-property-get-reply" : "property-get-reply", {});
      return {
        topic,
        payload: encodePropertyGetReply(id, answer.success ? { ...verdict, values } : verdict),
      };
    }
    case "service":
      return encodeServiceAnswer(request, answer.success ? { ...verdict, output: values } : verdict);
    case "topo-change":
      return {
        topic: topicOf(own, "topo-change-reply", {}),
        payload: encodeAnswer(id, verdict.code, verdict.message),
      };
    case "ota":
      return { topic: topicOf(own, "ota-inform-reply", {}), payload: encodeOtaInformReply(id, verdict) };
  }
}

function verdictOf(answer: Answer): { readonly code: number; readonly message: string } {
  if (answer.success) return { code: SUCCESS_CODE, message: "success" };
  return { code: answer.code ?? DEVICE_FAILURE_CODE, message: answer.message ?? "failure" };
}

function encodeServiceAnswer(
  { id, own, device, identifier = "" }: AnsweredRequest,
  said: Parameters<typeof encodeServiceReply>[1],
): EncodedAnswer {
  if (device === undefined) {
    const topic = topicOf(own, "service-invoke-reply", { identifier });
    return { topic, payload: encodeServiceReply(id, said) };
  }
  const topic = topicOf(own, "sub-service-invoke-reply", {});
  return { topic, payload: encodeSubServiceReply(id, { device, identifier }, said) };
}

function encodeCommandAnswer(
  own: DeviceIdentity,
  id: string,
  answer: Answer,
  failure: CommandFailure,
): EncodedAnswer | undefined {
  const body = answer.success ? successBody(answer.body) : failureBody(answer, failure);
  if (body === SILENCE) return undefined;
  return {
    topic: topics.commandResponse(own, id),
    payload: encodeCommandResponse(body),
    replyKey: commandReplyKey(id),
  };
}

function encodeCustomAnswer(
  own: DeviceIdentity,
  id: string,
  answer: Answer,
  failure: CommandFailure,
): EncodedAnswer | undefined {
  const isPlain = failure.kind === "standard" && answer.body === undefined;
  const body = answer.success || isPlain ? answer.body : failureBody(answer, failure);
  if (body === SILENCE) return undefined;
  const topic = topicOf(own, "custome-down-reply", { downId: id });
  return { topic, payload: encodeCustomReply(id, body, verdictOf(answer)) };
}

const SILENCE = Symbol("silence");

function successBody(body: unknown): unknown {
  return body === undefined ? { code: SUCCESS_CODE, msg: "success" } : body;
}

function failureBody(answer: Answer & { success: false }, failure: CommandFailure): unknown {
  if (answer.body !== undefined) return answer.body;
  if (failure.kind === "silence") return SILENCE;
  if (failure.kind === "text") return failure.text;
  return { code: answer.code ?? DEVICE_FAILURE_CODE, msg: answer.message ?? "failure" };
}
