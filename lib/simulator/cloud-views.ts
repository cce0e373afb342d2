import { type JsonValue, stringifyJson } from "../protocol/json";
import type { DeviceRecord, LastValue } from "./device-record";

/** A device as `device/detail` shows it. @see cloud-api.md §1.4 */
export function describeDevice(device: DeviceRecord, revealKey: boolean): Record<string, unknown> {
  return {
    did: device.deviceNumber,
    pid: device.productId,
    name: device.deviceName,
    desc: "",
    status: device.status,
    access_pt: 2,
    data_pt: 1,
    create_time: isoSeconds(device.createdAtMs),
    activate_time: isoSeconds(device.activatedAtMs),
    last_time: isoSeconds(device.lastAtMs),
    sec_key: revealKey ? device.deviceKey : "",
    imei: "",
    imsi: "",
    psk: "",
    enable_status: true,
    obsv: false,
    obsv_st: false,
  };
}

function isoSeconds(timeMs: number | undefined): string {
  return timeMs === undefined ? "" : new Date(timeMs).toISOString().replace(/\.\d+/, "");
}

/**
 * The last values as `thingmodel/query-device-property` lists them: values as text. Without a model the type is
 * what the value looks like, the name is the identifier, and only what was reported is listed.
 *
 * @see cloud-api.md §1.3
 */
export function listProperties(device: DeviceRecord): Record<string, unknown>[] {
  return [...device.properties].map(([identifier, { value, atMs }]) => ({
    identifier,
    name: identifier,
    data_type: typeOf(value),
    access_mode: "读写",
    value: typeof value === "string" ? value : stringifyJson(value),
    time: atMs,
    description: "",
  }));
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int64" : "double";
  return { string: "string", boolean: "bool" }[typeof value as string] ?? "struct";
}

/** The last points as `datapoint/current-datapoints` lists them. @see cloud-api.md §1.5 */
export function listDatapoints(device: DeviceRecord, streams?: readonly string[]): Record<string, unknown> {
  const points: [string, LastValue][] = [...device.datapoints].filter(
    ([stream]) => streams?.includes(stream) ?? true,
  );
  const datastreams = points.map(([id, { value, atMs }]) => ({
    id,
    at: beijingTime(atMs),
    // The caller may change what it gets.
    value: structuredClone(value),
  }));
  return { devices: [{ id: device.deviceNumber, title: device.deviceName, datastreams }] };
}

const BEIJING_OFFSET_MS = 8 * 3_600_000;

/** `2029-12-31 09:00:00.000`, local time of the platform. */
function beijingTime(timeMs: number): string {
  return new Date(timeMs + BEIJING_OFFSET_MS).toISOString().replace("T", " ").replace("Z", "");
}
