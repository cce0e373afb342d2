/**
 * A gateway (网关) and its sub-devices (子设备): all goes over the gateway's connection and its own topics, and the
 * body names the sub-device.
 *
 * ```
 * sub/login, sub/logout   ↑ params {"productID":"P2","deviceName":"sub1"}
 * topo/add, topo/delete   ↑ params {"productID":"P2","deviceName":"sub1","sasToken":"version=2018-10-31&res=…"}
 * topo/get                ↑ no params      ↓ data [{"productID","deviceName"},…]      ↑ topo/get/result {"id","code":200,"msg"}
 * topo/change             ↓ params {"subList":[{"productID","deviceName"},…]}: the whole list
 * sub/property/set, get   ↓ params {"productID","deviceName","params":{"temp":30}}, …"params":["temp"]      ↑ as of the own device
 * sub/service/invoke      ↓ params {"productID","deviceName","identifier":"reboot","input":{}}
 *                         ↑ data {"productID","deviceName","identifier","output":{}}
 * ```
 * @see docs 901; C SDK 2.1.3
 */
import { OneNetError } from "../errors";
import type { PlatformCode } from "./codes";
import { encodeAnswer, parseRequest } from "./envelope";
import { encodeIdentity, readIdentities, readIdentity } from "./identity";
import { isJsonObject, type JsonObject, type JsonValue } from "./json";
import { type PropertyAnswer, readGetIdentifiers, readSetValues } from "./property";
import { readInput } from "./service";
import { DEVICE_TOKEN_VERSION, deviceResource, type SignMethod, signToken } from "./token";
import { type DeviceIdentity, TOPICS } from "./topic-table";
import { FORMAT_ERROR, readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

// ---- what the gateway asks

/** `params` of `sub/login` and `sub/logout`; a login may bring the hardware report (`hardwareParams`) along. */
export function subLoginParams(device: DeviceIdentity, hardware: JsonObject = {}): JsonObject {
  return { ...encodeIdentity(device), ...hardware };
}

/** `params` of `topo/add` and `topo/delete`. */
export function topoParams(device: DeviceIdentity, sasToken: string): JsonObject {
  return { ...encodeIdentity(device), sasToken };
}

/**
 * The token by which a sub-device agrees to its gateway, signed with the sub-device's own key.
 *
 * @param expiresAtSeconds Unix seconds
 * @throws {OneNetError} ONENET_KEY_INVALID if the key is not base64
 */
export function subDeviceToken(
  { productId, deviceName }: DeviceIdentity,
  accessKeyBase64: string,
  expiresAtSeconds: number,
  method: SignMethod,
): string {
  const res = deviceResource(productId, deviceName);
  return signToken({ version: DEVICE_TOKEN_VERSION, res, expiresAtSeconds, method }, accessKeyBase64);
}

// ---- what the platform asks

/** What is asked of a sub-device. */
interface SubRequest {
  readonly id: string;
  readonly device: DeviceIdentity;
}

export interface SubPropertySet extends SubRequest {
  readonly values: JsonObject;
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read */
export function parseSubPropertySet(payload: Uint8Array): SubPropertySet {
  const topic = TOPICS["sub-property-set"].suffix;
  const { id, device, params } = readSubRequest(payload, topic);
  return { id, device, values: readSetValues(params["params"], topic, id) };
}

export interface SubPropertyGet extends SubRequest {
  readonly identifiers: readonly string[];
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read */
export function parseSubPropertyGet(payload: Uint8Array): SubPropertyGet {
  const topic = TOPICS["sub-property-get"].suffix;
  const { id, device, params } = readSubRequest(payload, topic);
  return { id, device, identifiers: readGetIdentifiers(params["params"], topic, id) };
}

export interface SubServiceInvoke extends SubRequest {
  readonly identifier: string;
  readonly input: JsonObject;
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read */
export function parseSubServiceInvoke(payload: Uint8Array): SubServiceInvoke {
  const topic = TOPICS["sub-service-invoke"].suffix;
  const { id, device, params } = readSubRequest(payload, topic);
  const { identifier, input } = params;
  if (typeof identifier !== "string" || identifier === "")
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "no identifier", id });
  return { id, device, identifier, input: readInput(input, topic, id) };
}

function readSubRequest(payload: Uint8Array, topic: string): SubRequest & { readonly params: JsonObject } {
  const { id, params } = parseRequest(payload, topic);
  const device = readIdentity(params);
  if (device !== undefined && isJsonObject(params)) return { id, device, params };
  throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "no productID and deviceName", id });
}

export interface TopoChange {
  readonly id: string;
  /** All that belong to the gateway now. */
  readonly devices: readonly DeviceIdentity[];
}

/** @throws {OneNetError} ONENET_COMMAND_INVALID; `params.id` is there where the id could be read */
export function parseTopoChange(payload: Uint8Array): TopoChange {
  const topic = TOPICS["topo-change"].suffix;
  const { id, params } = parseRequest(payload, topic);
  const list = isJsonObject(params) ? params["subList"] : undefined;
  if (!Array.isArray(list))
    throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "params has no subList", id });
  return { id, devices: readIdentities(list) };
}

/**
 * Encodes a gateway's `sub/service/invoke_reply`. A sub-device's `set_reply` and `get_reply` are those of any device.
 *
 * @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE
 */
export function encodeSubServiceReply(
  id: string,
  service: { readonly device: DeviceIdentity; readonly identifier: string },
  { code, message, output = {} }: PropertyAnswer & { readonly output?: JsonObject },
): string {
  const { device, identifier } = service;
  return encodeAnswer(id, code, message, { ...encodeIdentity(device), identifier, output });
}

// ---- as the platform reads and writes

export interface SubLogin {
  readonly device: DeviceIdentity;
  /** All that stood there, the hardware report too. */
  readonly params: JsonObject;
}

/** Reads a gateway's `sub/login` or `sub/logout` as the platform does. */
export function parseSubLogin(payload: Uint8Array): UplinkRequest<SubLogin> | UplinkRefusal {
  return readUplink(payload, readSubLogin);
}

function readSubLogin(params: JsonValue | undefined): SubLogin | PlatformCode {
  const device = readIdentity(params);
  return device !== undefined && isJsonObject(params) ? { device, params } : FORMAT_ERROR;
}

export interface TopoRequest {
  readonly device: DeviceIdentity;
  /** "" where there was none: whether that is refused is the reader's. */
  readonly sasToken: string;
}

/** Reads a gateway's `topo/add` or `topo/delete` as the platform does. */
export function parseTopoRequest(payload: Uint8Array): UplinkRequest<TopoRequest> | UplinkRefusal {
  return readUplink(payload, (params) => {
    const read = readSubLogin(params);
    if ("code" in read) return read;
    const { sasToken } = read.params;
    return { device: read.device, sasToken: typeof sasToken === "string" ? sasToken : "" };
  });
}

/** Reads a gateway's `topo/get` as the platform does; it has no params. */
export function parseTopoGet(payload: Uint8Array): UplinkRequest<object> | UplinkRefusal {
  return readUplink(payload, () => ({}));
}

/** `params` of `sub/property/set` (values) and `sub/property/get` (identifiers). */
export function subPropertyParams(device: DeviceIdentity, params: JsonValue): JsonObject {
  return { ...encodeIdentity(device), params };
}

/** `params` of `sub/service/invoke`. */
export function subServiceParams(device: DeviceIdentity, identifier: string, input: JsonObject): JsonObject {
  return { ...encodeIdentity(device), identifier, input };
}

/** The output in `data` of a `sub/service/invoke_reply`; all of it where a gateway left the shell out. */
export function readSubServiceOutput(data: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(data) && data["output"] !== undefined ? data["output"] : data;
}
