import { OneNetError } from "../errors";
import { encodeCommandResponse } from "../protocol/command";
import type { JsonObject, JsonValue } from "../protocol/json";
import { describeValue, isJsonObject, objectTag } from "../protocol/json";
import { DEVICE_FAILURE_CODE, SUCCESS_CODE } from "../protocol/limits";
import { encodePropertyGetReply, encodePropertySetReply } from "../protocol/property";
import type { DeviceIdentity } from "../protocol/topic";
import { topics } from "../protocol/topic";
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
 * Reads the values of a property get's answer.
 *
 * @throws {OneNetError} ONENET_ANSWER_INVALID.data if it is no object, ONENET_DATAPOINT_INVALID for a value without a JSON form
 */
export function readGetValues(id: string, body: unknown): JsonObject {
  if (!isJsonObject(body) || objectTag(body) !== "Object") {
    const expected = "an object {identifier: value}";
    const got = describeValue(body);
    throw new OneNetError("ONENET_ANSWER_INVALID.data", { kind: "property-get", id, expected, got });
  }
  const values: [string, JsonValue][] = Object.entries(body).map(([name, value]) => [
    name,
    copyValue(value, name, "thing-model"),
  ]);
  return Object.fromEntries(values);
}

/**
 * Encodes the answer to a whole request.
 *
 * @param values what a successful get returns
 * @returns undefined where silence is the answer
 * @throws {OneNetError} ONENET_PAYLOAD_INVALID, ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeAnswerFor(
  request: { readonly kind: CommandKind; readonly id: string; readonly device: DeviceIdentity },
  answer: Answer,
  values: JsonObject,
  failure: CommandFailure,
): EncodedAnswer | undefined {
  const { kind, id, device } = request;
  if (kind === "command") {
    const body = answer.success ? successBody(answer.body) : failureBody(answer, failure);
    if (body === SILENCE) return undefined;
    return {
      topic: topics.commandResponse(device, id),
      payload: encodeCommandResponse(body),
      replyKey: commandReplyKey(id),
    };
  }
  const verdict = answer.success
    ? { code: SUCCESS_CODE, message: "success" }
    : { code: answer.code ?? DEVICE_FAILURE_CODE, message: answer.message ?? "failure" };
  if (kind === "property-set") {
    return { topic: topics.propertySetReply(device), payload: encodePropertySetReply(id, verdict) };
  }
  const payload = encodePropertyGetReply(id, answer.success ? { ...verdict, values } : verdict);
  return { topic: topics.propertyGetReply(device), payload };
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
