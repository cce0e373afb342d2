import { oneJsonCode, type PlatformCode } from "../protocol/codes";
import { encodeAnswer } from "../protocol/envelope";
import type { JsonValue } from "../protocol/json";
import { SUCCESS_CODE } from "../protocol/limits";
import type { ParsedTopic } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { StoredShare, UnstampedEvent } from "./events";

/** What the platform makes of a message that obeyed the topic law. */
export interface Outcome {
  readonly messageId?: string;
  /** What was stored of the device's own, by identifier or stream. */
  readonly values?: Readonly<Record<string, JsonValue>>;
  /** What a batch brought, by device. */
  readonly stored?: readonly StoredShare[];
  readonly reply?: PlatformReply;
  /** Why it was not taken; `post` and `request` also have a reply that says so. */
  readonly refusal?: PlatformCode & { readonly what: "post" | "request" | "answer" };
  /** What else there is to tell. */
  readonly events?: readonly UnstampedEvent[];
}

export interface PlatformReply extends PlatformCode {
  readonly topic: string;
  readonly payload: string;
  readonly messageId: string;
}

export type Judge = (
  context: SimulatorContext,
  device: DeviceRecord,
  topic: ParsedTopic,
  payload: Buffer,
) => Outcome;

/** A OneJSON message was taken. */
export function taken(
  topic: string,
  messageId: string,
  data?: JsonValue,
): Outcome & { reply: PlatformReply } {
  const { code, message } = oneJsonCode(SUCCESS_CODE);
  const payload = encodeAnswer(messageId, code, message, data);
  return { messageId, reply: { topic, payload, messageId, code, message } };
}

/** A OneJSON message was refused, as a whole. */
export function refused(
  what: "post" | "request",
  topic: string,
  messageId: string,
  { code, message }: PlatformCode,
): Outcome {
  const payload = encodeAnswer(messageId, code, message);
  return { messageId, reply: { topic, payload, messageId, code, message }, refusal: { what, code, message } };
}
