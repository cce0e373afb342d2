import type { ConnectionProfile } from "../../lib/client/profile";
import { type HardwareReport, hardwareParams, NETWORKS } from "../../lib/protocol/hardware";
import type { JsonObject } from "../../lib/protocol/json";
import type { FieldReader } from "../shared/config";

/** How the SIM and the hardware are reported (机卡管理). */
export interface Hardware {
  /**
   * `login`: behind the device's name in the client id; `message`: with `cmp/property/post` after each login; `own`:
   * as `login`, with the text of another field.
   */
  readonly when: "none" | "login" | "message" | "own";
  readonly report: HardwareReport;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readHardware(fields: FieldReader): Hardware {
  const when = fields.choice("hardwareReport", ["none", "login", "message", "own"], "none");
  if (when === "none" || when === "own") return { when, report: { network: 0 } };
  const choice = fields.choice("hardwareNetwork", NETWORKS.map(String), "0");
  const network = NETWORKS.find((known) => String(known) === choice) ?? 0;
  if (network === 0) {
    return { when, report: { network, sn: fields.word("hardwareSn"), mac: fields.word("hardwareMac") } };
  }
  const kind = fields.choice("hardwareCardKind", ["iccid", "imsi", "msisdn"], "iccid");
  return {
    when,
    report: { network, imei: fields.word("hardwareImei"), [kind]: fields.word("hardwareCard") },
  };
}

/**
 * What is to be reported after each login; undefined: nothing.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET
 */
export function readHardwarePost(fields: FieldReader, { kind }: ConnectionProfile): JsonObject | undefined {
  const { when, report } = readHardware(fields);
  return kind === "device" && when === "message" ? hardwareParams(report) : undefined;
}
