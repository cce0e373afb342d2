/** A thing model as `thingmodel/query-thing-model` shows it. @see cloud-api.md §1.3; device-mqtt.md §8 */
import type { JsonObject, JsonValue } from "../protocol/json";
import type {
  DataType,
  EventDef,
  Parameter,
  PropertyDef,
  ServiceDef,
  ThingModel,
} from "../protocol/thing-model";

export function describeModel({ properties, events, services }: ThingModel): JsonObject {
  return {
    properties: [...properties.values()].map(describeProperty),
    events: [...events.values()].map(describeEvent),
    services: [...services.values()].map(describeService),
  };
}

function describeProperty(property: PropertyDef): JsonObject {
  const { accessMode, required, dataType } = property;
  return { ...describePoint(property, "property"), accessMode, required, dataType: describeType(dataType) };
}

function describeEvent(event: EventDef): JsonObject {
  const { eventType, outputs } = event;
  return { ...describePoint(event, "event"), eventType, outputData: describeParameters(outputs) };
}

function describeService(service: ServiceDef): JsonObject {
  const { callType, inputs, outputs } = service;
  return {
    ...describePoint(service, "service"),
    callType: callType === "sync" ? "s" : "a",
    input: describeParameters(inputs),
    output: describeParameters(outputs),
  };
}

function describePoint(
  { identifier, name, description, isSystem }: PropertyDef | EventDef | ServiceDef,
  functionMode: "property" | "event" | "service",
): JsonObject {
  return { identifier, name, desc: description, functionMode, functionType: isSystem ? "s" : "u" };
}

function describeParameters(parameters: ReadonlyMap<string, Parameter>): JsonObject[] {
  return [...parameters.values()].map(({ identifier, name, dataType }) => ({
    identifier,
    name,
    dataType: describeType(dataType),
  }));
}

function describeType(dataType: DataType): JsonObject {
  return { type: dataType.type, specs: describeSpecs(dataType) };
}

/** Numbers are text here, as the platform writes them. */
function describeSpecs(dataType: DataType): JsonValue {
  switch (dataType.type) {
    case "enum":
    case "bitMap":
      return Object.fromEntries([...dataType.labels].map(([value, label]) => [String(value), label]));
    case "bool":
      return { true: dataType.trueLabel, false: dataType.falseLabel };
    case "string":
      return textOf({ length: dataType.maxLength });
    case "date":
      return {};
    case "struct":
      return describeParameters(dataType.members);
    case "array":
      return { ...textOf({ length: dataType.maxLength }), ...describeType(dataType.element) };
    default: {
      const { min, max, step, unit } = dataType;
      return textOf({ min, max, step, unit });
    }
  }
}

/** Each that is there as text. */
function textOf(specs: Readonly<Record<string, string | number | bigint | undefined>>): JsonObject {
  const named = Object.entries(specs).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([name, value]) => [name, String(value)]));
}
