import type { PostOptions } from "../../lib/client/device";
import type { FieldReader } from "../shared/config";
import { MESSAGE_RANGES } from "../shared/form/ranges";
import { type Priority, readPriorityField } from "../shared/message-urgency";

export type StreamType = "str" | "msg" | "flow" | "global" | "env" | "jsonata";

export interface Config {
  readonly stream: string;
  readonly streamType: StreamType;
  readonly stampAtInput: boolean;
  readonly booleansAsNumbers: boolean;
  readonly allOrNothing: boolean;
  readonly delivery: PostOptions;
  /** undefined: `msg.priority`. */
  readonly priority: Priority | undefined;
}

const STREAM_TYPES: readonly StreamType[] = ["str", "msg", "flow", "global", "env", "jsonata"];

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const expirySeconds = fields.optionalNumber("expirySeconds", MESSAGE_RANGES.expirySeconds);
  const streamType = fields.choice("streamType", STREAM_TYPES, "str");
  return {
    streamType,
    stream: streamType === "str" ? fields.word("stream") : fields.raw("stream"),
    stampAtInput: fields.flag("stampAtInput", true),
    booleansAsNumbers: fields.flag("booleansAsNumbers", true),
    allOrNothing: fields.flag("allOrNothing", false),
    priority: readPriorityField(fields),
    delivery: {
      completeWhen: fields.choice("completeWhen", ["queued", "sent", "acknowledged", "accepted"], "accepted"),
      qos: fields.choice("qos", ["0", "1"], "1") === "0" ? 0 : 1,
      ...(expirySeconds === undefined ? {} : { expiryMs: expirySeconds * 1000 }),
    },
  };
}
