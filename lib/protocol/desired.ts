/**
 * Desired values (期望值): what an application wants a property to be, kept by the platform until the device asks.
 *
 * ```
 * desired/get    ↑ {"id":"1","version":"1.0","params":["temp"]}      ↓ {"id":"1","code":200,"msg":"success","data":{"temp":{"value":30,"version":2}}}
 * desired/delete ↑ {"id":"1","version":"1.0","params":{"temp":{"version":2},"sw":{}}}
 * ```
 * A property without a desired value is absent from the reply. Versions begin at 1, grow by 1 with each set, and
 * begin at 1 again after a delete. A delete with another version than the current one is ignored; without one it
 * is unconditional.
 *
 * @see docs 901; C SDK 2.1.3
 */
import type { PlatformCode } from "./codes";
import { encodeAnswer } from "./envelope";
import { isJsonObject, type JsonObject, type JsonValue, readInteger, readNames } from "./json";
import { SUCCESS_CODE } from "./limits";
import { FORMAT_ERROR, readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

export interface DesiredValue {
  readonly value: JsonValue;
  /** From 1; absent where the platform did not tell. */
  readonly version?: number;
}

/** `params` of `desired/delete`: the version on which the delete depends, undefined for none, by identifier. */
export function desiredDeleteParams(versions: Readonly<Record<string, number | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [name, version === undefined ? {} : { version }]),
  );
}

/** Reads `data` of the reply to `desired/get`, by identifier; what is no `{"value":…}` is left out. */
export function readDesired(data: JsonValue | undefined): Readonly<Record<string, DesiredValue>> {
  if (!isJsonObject(data)) return {};
  const found = Object.entries(data).flatMap(([name, wrapped]) => {
    if (!isJsonObject(wrapped)) return [];
    const { value, version: rawVersion } = wrapped;
    if (value === undefined || value === null) return [];
    const version = readInteger(rawVersion);
    return [[name, version === undefined ? { value } : { value, version }] as const];
  });
  return Object.fromEntries(found);
}

export interface DesiredGet {
  readonly identifiers: readonly string[];
}

/** Reads a device's `desired/get` as the platform does. */
export function parseDesiredGet(payload: Uint8Array): UplinkRequest<DesiredGet> | UplinkRefusal {
  return readUplink(payload, (params) => {
    const identifiers = readNames(params);
    return identifiers === undefined ? FORMAT_ERROR : { identifiers };
  });
}

export interface DesiredDelete {
  /** By identifier; undefined: unconditional. */
  readonly versions: ReadonlyMap<string, number | undefined>;
}

/** Reads a device's `desired/delete` as the platform does. What it says to a version that is none is unknown: 2402 here. */
export function parseDesiredDelete(payload: Uint8Array): UplinkRequest<DesiredDelete> | UplinkRefusal {
  return readUplink(payload, readVersions);
}

function readVersions(params: JsonValue | undefined): DesiredDelete | PlatformCode {
  if (!isJsonObject(params)) return FORMAT_ERROR;
  const versions = new Map<string, number | undefined>();
  for (const [name, wrapped] of Object.entries(params)) {
    if (!isJsonObject(wrapped)) return FORMAT_ERROR;
    const version = readInteger(wrapped["version"]);
    if (wrapped["version"] !== undefined && version === undefined) return FORMAT_ERROR;
    versions.set(name, version);
  }
  return { versions };
}

/** The platform's reply to `desired/get`. */
export function encodeDesiredReply(
  id: string,
  desired: Readonly<Record<string, { readonly value: JsonValue; readonly version: number }>>,
): string {
  const data = Object.fromEntries(
    Object.entries(desired).map(([name, { value, version }]) => [name, { value, version }]),
  );
  return encodeAnswer(id, SUCCESS_CODE, "success", data);
}
