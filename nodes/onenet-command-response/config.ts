import { DEVICE_FAILURE_CODE } from "../../lib/protocol/limits";
import type { FieldReader } from "../shared/config";
import { MESSAGE_RANGES } from "../shared/form/ranges";

export interface Config {
  readonly outcome: "auto" | "success" | "failure";
  readonly failureCode: number;
  readonly failureMessage: string;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  return {
    outcome: fields.choice("outcome", ["auto", "success", "failure"], "auto"),
    failureCode: fields.number("failureCode", MESSAGE_RANGES.failureCode, DEVICE_FAILURE_CODE),
    failureMessage: fields.text("failureMessage"),
  };
}
