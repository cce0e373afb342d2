/** What a product's thing model says to what comes; a product without one takes everything. */
import { oneJsonCode, type PlatformCode } from "../protocol/codes";
import type { JsonObject } from "../protocol/json";
import type { Datapoint } from "../protocol/value";
import type { DeviceRecord } from "./device-record";

/** What speaks against a point, by the §6.3 codes. */
export function judgePoint({ product: { model } }: DeviceRecord, point: Datapoint): PlatformCode | undefined {
  if (!model) return undefined;
  const known = point.event ? model.events : model.properties;
  return known.has(point.stream) ? undefined : oneJsonCode(2306, point.stream);
}

/** The refusal of the first identifier that is no property of the device. */
export function unknownProperty(
  { product: { model } }: DeviceRecord,
  identifiers: readonly string[],
): PlatformCode | undefined {
  const unknown = identifiers.find((identifier) => model && !model.properties.has(identifier));
  return unknown === undefined ? undefined : oneJsonCode(2306, unknown);
}

/** Why values cannot be set, as the cloud API words it: `identifier: x, error: identifier not exist` (observed). */
export function judgeSet({ product: { model } }: DeviceRecord, params: JsonObject): string | undefined {
  if (!model) return undefined;
  for (const identifier of Object.keys(params)) {
    const property = model.properties.get(identifier);
    if (!property) return `identifier: ${identifier}, error: identifier not exist`;
    if (property.accessMode === "r") return `identifier: ${identifier}, error: property is read only`;
  }
  return undefined;
}

/** Why a service cannot be called with these inputs: all that are declared are mandatory. */
export function judgeInputs(
  { product: { model } }: DeviceRecord,
  identifier: string,
  params: JsonObject,
): string | undefined {
  if (Object.values(params).includes(null)) return "required value";
  if (!model) return undefined;
  const service = model.services.get(identifier);
  if (!service) return "identifier not exist";
  const missing = [...service.inputs.keys()].some((name) => params[name] === undefined);
  return missing ? "required value" : undefined;
}
