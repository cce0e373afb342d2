/**
 * The SIM and hardware report (机卡管理): which network, which card, which machine. Optional.
 *
 * ```
 * client id          {device}?network=0&sn=FACTORY-1&mac=00:11:22:33:44:55      {device}?network=1&imei=…&iccid=…
 * cmp/property/post ↑ {"id":"3","version":"1.0","params":{"network":0,"sn":"FACTORY-1","mac":"00:11:22:33:44:55"}}      ↓ …/reply
 * sub/login         ↑ the same members beside productID and deviceName
 * ```
 * @see C SDK 2.1.3
 */
import { OneNetError } from "../errors";
import type { PlatformCode } from "./codes";
import { clip, isJsonObject, type JsonObject, type JsonValue, readInteger } from "./json";
import { FORMAT_ERROR, readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

/** 0 no cellular network, 1 China Mobile, 2 Telecom, 3 Unicom, 4 Broadcast Network. */
export const NETWORKS = [0, 1, 2, 3, 4] as const;
export type Network = (typeof NETWORKS)[number];

/** Empty and missing are the same. */
export interface HardwareReport {
  readonly network: Network;
  /** Without a cellular network: the machine's. */
  readonly sn?: string;
  readonly mac?: string;
  /** With one: the module's, and of the card the first that is there of the three. */
  readonly imei?: string;
  readonly iccid?: string;
  readonly imsi?: string;
  readonly msisdn?: string;
}

/**
 * The report's members in the order of the SDK: `network`, then `sn` and `mac`, or `imei` and one of `iccid`, `imsi`,
 * `msisdn`.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID.text for a text that would not stay whole in a client id
 */
export function hardwareParams(report: HardwareReport): JsonObject {
  const { network, sn, mac, imei, iccid, imsi, msisdn } = report;
  const card = iccid ? { iccid } : imsi ? { imsi } : { msisdn };
  const named = Object.entries(network === 0 ? { sn, mac } : { imei, ...card });
  return { network, ...Object.fromEntries(named.flatMap(([name, text]) => checkText(name, text))) };
}

function checkText(field: string, text: string | undefined): [string, string][] {
  if (text === undefined || text === "") return [];
  if (/^[A-Za-z0-9:._-]{1,64}$/.test(text)) return [[field, text]];
  const expected = "A-Z a-z 0-9 : . _ -, 1–64";
  throw new OneNetError("ONENET_CONFIG_INVALID.text", { field, expected, got: clip(text) });
}

/** What follows `?` in the client id: `network=0&sn=…&mac=…`. Throws as {@link hardwareParams}. */
export function hardwareSuffix(report: HardwareReport): string {
  return Object.entries(hardwareParams(report))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Takes a client id apart, as the platform does: the device is what stands before the first `?`. */
export function parseClientId(clientId: string): {
  readonly deviceName: string;
  /** By name; the last of two of one name. */
  readonly hardware: Readonly<Record<string, string>>;
} {
  const at = clientId.indexOf("?");
  if (at < 0) return { deviceName: clientId, hardware: {} };
  return {
    deviceName: clientId.slice(0, at),
    hardware: Object.fromEntries(new URLSearchParams(clientId.slice(at + 1).replaceAll("+", "%2B"))),
  };
}

export interface HardwarePost {
  readonly params: JsonObject;
}

/** Reads a device's `cmp/property/post` as the platform does. What it says to an unknown network is unknown: 2402 here. */
export function parseHardwarePost(payload: Uint8Array): UplinkRequest<HardwarePost> | UplinkRefusal {
  return readUplink(payload, readReport);
}

function readReport(params: JsonValue | undefined): HardwarePost | PlatformCode {
  if (!isJsonObject(params)) return FORMAT_ERROR;
  const network = readInteger(params["network"]);
  return NETWORKS.some((known) => known === network) ? { params } : FORMAT_ERROR;
}
