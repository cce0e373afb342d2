import { encodeValue, type JsonObject, type JsonValue } from "../protocol/json";
import type { DeviceEvent, DeviceRecord, LastValue, ServiceCall } from "./device-record";
import type { Moment } from "./timeline";

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
    imei: textIn(device.hardware, "imei"),
    imsi: textIn(device.hardware, "imsi"),
    psk: "",
    enable_status: true,
    obsv: false,
    obsv_st: false,
  };
}

function textIn(report: JsonObject | undefined, name: string): string {
  const text = report?.[name];
  return typeof text === "string" ? text : "";
}

function isoSeconds(timeMs: number | undefined): string {
  return timeMs === undefined ? "" : new Date(timeMs).toISOString().replace(/\.\d+/, "");
}

/**
 * The last values as `thingmodel/query-device-property` lists them: values as text. With a model everything that it
 * names is listed, what was never reported without value and time; without one the type is what the value looks
 * like, the name is the identifier, and only what was reported is listed.
 *
 * @see cloud-api.md §1.3
 */
export function listProperties(device: DeviceRecord): Record<string, unknown>[] {
  const { model } = device.product;
  if (!model) {
    return [...device.properties].map(([identifier, { value }]) => ({
      identifier,
      name: identifier,
      data_type: typeOf(value),
      access_mode: ACCESS_MODES.rw,
      ...describeValue(device, identifier),
      description: "",
    }));
  }
  return [...model.properties.values()].map(({ identifier, name, dataType, accessMode, description }) => ({
    identifier,
    name,
    data_type: dataType.type,
    access_mode: ACCESS_MODES[accessMode],
    ...describeValue(device, identifier),
    description,
  }));
}

const ACCESS_MODES = { r: "只读", rw: "读写" } as const;

function describeValue(device: DeviceRecord, identifier: string): Record<string, unknown> {
  const last = device.properties.get(identifier);
  const desired = device.desired.get(identifier);
  return {
    ...(last ? { value: valueText(last.value), time: last.atMs } : {}),
    ...(desired ? { expect_value: valueText(desired.value) } : {}),
  };
}

/** A value as the platform shows it: always text. */
export function valueText(value: JsonValue): string {
  return typeof value === "string" ? value : encodeValue(value);
}

/** As `thingmodel/query-device-property-history` lists them: times as text too. */
export function listSamples(samples: readonly Moment<JsonValue>[]): Record<string, string>[] {
  return samples.map(({ atMs, item }) => ({ time: String(atMs), value: valueText(item) }));
}

const EVENT_TYPES = { info: 1, alert: 2, error: 3 } as const;

/** 1 info, 2 alert, 3 error; without a model 1 (guess). */
export function eventTypeOf({ product: { model } }: DeviceRecord, identifier: string): number {
  return EVENT_TYPES[model?.events.get(identifier)?.eventType ?? "info"];
}

/** As `device/event-log` lists them. @see cloud-api.md §1.4 */
export function listEvents(
  device: DeviceRecord,
  events: readonly Moment<DeviceEvent>[],
): Record<string, unknown>[] {
  return events.map(({ atMs, item: { identifier, value } }) => ({
    event_type: eventTypeOf(device, identifier),
    identifier,
    name: device.product.model?.events.get(identifier)?.name ?? identifier,
    time: String(atMs),
    value: valueText(value),
  }));
}

/** As `device/service-log` lists them: 200 answered, 0 not run. @see cloud-api.md §1.4 */
export function listServiceCalls(calls: readonly Moment<ServiceCall>[]): Record<string, unknown>[] {
  return calls.map(({ atMs, item: { identifier, isAsync, input, code, message, repliedAtMs, output } }) => ({
    request_time: String(atMs),
    identifier,
    type: isAsync ? 1 : 0,
    request_body: input,
    response_time: repliedAtMs === undefined ? "" : String(repliedAtMs),
    response_body: output ?? "",
    code: code ?? 0,
    msg: message ?? "",
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
