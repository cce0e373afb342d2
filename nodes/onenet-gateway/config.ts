import type { FieldReader } from "../shared/config";
import type { GatewayAction } from "./message";
import { ACTIONS } from "./message";

export interface Config {
  /** undefined: `msg.action` says. */
  readonly action: GatewayAction | undefined;
  /** A changed topology is answered at once; else a command response node does it. */
  readonly answersItself: boolean;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const action = fields.choice("action", ["", ...ACTIONS], "");
  return {
    action: action === "" ? undefined : action,
    answersItself: fields.flag("autoAnswer", true),
  };
}
