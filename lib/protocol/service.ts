/**
 * Services of a thing-model product (物模型服务), synchronous and asynchronous alike: only the application waits
 * differently.
 *
 * ```
 * invoke ↓ thing/service/{identifier}/invoke        {"id":"9","version":"1.0","params":{"in1":"on"}}
 *        ↑ thing/service/{identifier}/invoke_reply  {"id":"9","code":200,"msg":"success","data":{"out1":1}}
 * ```
 * @see docs 901
 */
import { OneNetError } from "../errors";
import { encodeAnswer, parseRequest } from "./envelope";
import { isJsonObject, type JsonObject, type JsonValue } from "./json";
import type { PropertyAnswer } from "./property";

export interface ServiceInvoke {
  readonly id: string;
  readonly identifier: string;
  readonly input: JsonObject;
}

/**
 * Reads `thing/service/{identifier}/invoke`. Missing params are a service without inputs.
 *
 * @param identifier of the topic
 * @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read, to answer all the same
 */
export function parseServiceInvoke(identifier: string, payload: Uint8Array): ServiceInvoke {
  const topic = `thing/service/${identifier}/invoke`;
  const { id, params } = parseRequest(payload, topic);
  return { id, identifier, input: readInput(params, topic, id) };
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID */
export function readInput(input: JsonValue | undefined, topic: string, id: string): JsonObject {
  if (input === undefined || input === null) return {};
  if (isJsonObject(input)) return input;
  throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "the input is no object", id });
}

/**
 * Encodes a device's `invoke_reply`.
 *
 * @param id the request's, verbatim
 * @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeServiceReply(
  id: string,
  { code, message, output }: PropertyAnswer & { readonly output?: JsonObject },
): string {
  return encodeAnswer(id, code, message, output);
}
