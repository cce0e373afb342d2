/** What a product's thing model says to what comes; a product without one takes everything. */
import { oneJsonCode, type PlatformCode } from "../protocol/codes";
import type { JsonObject } from "../protocol/json";
import type { EventDef, ServiceDef } from "../protocol/thing-model";
import { judgeEvent, judgeProperty } from "../protocol/thing-value";
import type { Datapoint } from "../protocol/value";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";

/** What speaks against a point. @see device-mqtt.md §6.3 */
export function judgePoint(
  { rules: { textLength } }: SimulatorContext,
  { product: { model } }: DeviceRecord,
  { stream, value, event }: Datapoint,
): PlatformCode | undefined {
  if (!model) return undefined;
  return event
    ? judgeEvent(model, stream, value, textLength)
    : judgeProperty(model, stream, value, textLength);
}

/** The refusal of the first identifier that is no property of the device. */
export function unknownProperty(
  { product: { model } }: DeviceRecord,
  identifiers: readonly string[],
): PlatformCode | undefined {
  const unknown = identifiers.find((identifier) => model && !model.properties.has(identifier));
  return unknown === undefined ? undefined : oneJsonCode(2306, unknown);
}

/**
 * Why values cannot be set, as the cloud API words it: `identifier: x, error: identifier not exist` (observed; that
 * a read-only property is refused is documented, its text is a guess).
 */
export function judgeSet(
  { rules: { textLength } }: SimulatorContext,
  { product: { model } }: DeviceRecord,
  params: JsonObject,
): string | undefined {
  if (!model) return undefined;
  for (const [identifier, value] of Object.entries(params)) {
    const fault = judgeProperty(model, identifier, value, textLength);
    if (fault) return `identifier: ${identifier}, error: ${wordsOf(fault)}`;
    if (model.properties.get(identifier)?.accessMode === "r")
      return `identifier: ${identifier}, error: property is read only`;
  }
  return undefined;
}

/**
 * Why a service cannot be called with these inputs: all that are declared are mandatory (`required value` was
 * observed), none may be null, and none is too many; texts of the other cases are a guess.
 *
 * @see cloud-api.md §1.3
 */
export function judgeInputs(
  { rules: { textLength } }: SimulatorContext,
  { product: { model } }: DeviceRecord,
  identifier: string,
  params: JsonObject,
): string | undefined {
  if (Object.values(params).includes(null)) return "required value";
  if (!model) return undefined;
  const service = model.services.get(identifier);
  if (!service) return "identifier not exist";
  if ([...service.inputs.keys()].some((name) => params[name] === undefined)) return "required value";
  // Inputs are judged as an event's outputs are: each by its type, all of them and no other.
  const events = new Map([[identifier, asEvent(service)]]);
  const fault = judgeEvent({ ...model, events }, identifier, params, textLength);
  if (!fault) return undefined;
  return fault.code === 2308 ? "param count error" : fault.message;
}

function asEvent({ inputs, ...service }: ServiceDef): EventDef {
  return { ...service, eventType: "info", outputs: inputs };
}

/** The words before `:identifier:x`. */
function wordsOf({ message }: PlatformCode): string {
  return message.split(":", 1)[0] ?? "";
}
