import type { Def, FieldReader } from "../shared/config";
import { type PostSettings, readPostSettings } from "../shared/post-settings";
import type { ReportFilter } from "../shared/report-filter";
import { readReportFilter } from "./report-rules";

export type StreamType = "str" | "msg" | "flow" | "global" | "env" | "jsonata";

export interface Config extends PostSettings {
  readonly stream: string;
  readonly streamType: StreamType;
  readonly booleansAsNumbers: boolean;
  readonly allOrNothing: boolean;
  /** undefined: every value is reported. */
  readonly filter: ReportFilter | undefined;
}

const STREAM_TYPES: readonly StreamType[] = ["str", "msg", "flow", "global", "env", "jsonata"];

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader, def: Def): Config {
  const streamType = fields.choice("streamType", STREAM_TYPES, "str");
  return {
    ...readPostSettings(fields),
    streamType,
    stream: streamType === "str" ? fields.word("stream") : fields.raw("stream"),
    booleansAsNumbers: fields.flag("booleansAsNumbers", true),
    allOrNothing: fields.flag("allOrNothing", false),
    filter: readReportFilter(fields, def["reportRules"]),
  };
}
