import type { PostOptions } from "../../lib/client/device";
import type { FieldReader } from "./config";
import { MESSAGE_RANGES } from "./form/ranges";
import { type Priority, readPriorityField } from "./message-urgency";

/** How a node that posts to OneNET was told to deliver. */
export interface PostSettings {
  readonly stampAtInput: boolean;
  readonly delivery: PostOptions;
  /** undefined: `msg.priority`. */
  readonly priority: Priority | undefined;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readPostSettings(fields: FieldReader): PostSettings {
  const expirySeconds = fields.optionalNumber("expirySeconds", MESSAGE_RANGES.expirySeconds);
  return {
    stampAtInput: fields.flag("stampAtInput", true),
    priority: readPriorityField(fields),
    delivery: {
      completeWhen: fields.choice("completeWhen", ["queued", "sent", "acknowledged", "accepted"], "accepted"),
      qos: fields.choice("qos", ["0", "1"], "1") === "0" ? 0 : 1,
      ...(expirySeconds === undefined ? {} : { expiryMs: expirySeconds * 1000 }),
    },
  };
}
