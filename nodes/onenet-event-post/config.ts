import type { FieldReader } from "../shared/config";
import { type PostSettings, readPostSettings } from "../shared/post-settings";

export interface Config extends PostSettings {
  /** The event's identifier; empty: `msg.event`, else `msg.topic`. */
  readonly event: string;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  return { ...readPostSettings(fields), event: fields.word("event") };
}
