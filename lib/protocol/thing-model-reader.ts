/** Reads the thing-model file (物模型 JSON) of the console or the API. @see device-mqtt.md §8; cloud-api.md §1.3 */
import { OneNetError } from "../errors";
import { isJsonObject, type JsonValue, parseJson } from "./json";
import { findSyntaxFault } from "./json-syntax";
import { MAX_FUNCTION_POINTS, MAX_MODEL_LENGTH } from "./limits";
import type { EventDef, ModelNote, PropertyDef, ServiceDef, ThingModel } from "./thing-model";
import { Place } from "./thing-model-fields";
import { byIdentifier, optional, readParameter, readParameters } from "./thing-type-reader";

const ACCESS_MODES = { r: "r", rw: "rw", 只读: "r", 读写: "rw" } as const;
const EVENT_TYPES = {
  info: "info",
  alert: "alert",
  error: "error",
  1: "info",
  2: "alert",
  3: "error",
} as const;
const CALL_TYPES = { s: "sync", sync: "sync", a: "async", async: "async" } as const;
const LISTS = ["properties", "events", "services"];

/**
 * Reads a thing model in every form that is known: the console's export (with and without `profile`, with a byte
 * order mark), the C and Java SDK's samples, and the answer of `thingmodel/query-thing-model` as a whole
 * (`{code, msg, data}`). Bounds may be numbers or text; `inputData` and `input`, `outputData` and `output`,
 * `eventType` and `type`, `s` and `sync`, both shapes of an array are the same.
 *
 * @returns the model, and what is odd in the file but was understood
 * @throws {OneNetError} ONENET_MODEL_INVALID: .empty, .too-large, .json (with line and column), .answer (the API
 *   answered with a failure), .type, .missing, .identifier, .duplicate, .choice, .number, .range, .label, .depth;
 *   `params.path` says where: `properties[3].dataType.specs.min`
 */
export function parseThingModel(text: string): { model: ThingModel; notes: readonly ModelNote[] } {
  const notes: ModelNote[] = [];
  const root = findModel(new Place(parseText(text), "", notes));
  const properties = byIdentifier(root.member("properties"), readProperty);
  const events = byIdentifier(root.member("events"), readEvent);
  const services = byIdentifier(root.member("services"), readService);
  const all = [...properties.values(), ...events.values(), ...services.values()];
  const functionPoints = all.filter(({ isSystem }) => !isSystem).length;
  if (functionPoints > MAX_FUNCTION_POINTS) {
    root.note("too-many", { count: functionPoints, max: MAX_FUNCTION_POINTS });
  }
  const model = {
    ...optional("productId", root.member("profile").member("productId").text() || undefined),
    ...optional("version", root.member("version").text() || undefined),
    properties,
    events,
    services,
    functionPoints,
  };
  return { model, notes };
}

function parseText(text: string): JsonValue {
  const bare = text.replace(/^\uFEFF/, "");
  if (bare.trim() === "") throw new OneNetError("ONENET_MODEL_INVALID.empty", { path: "model" });
  if (bare.length > MAX_MODEL_LENGTH) {
    throw new OneNetError("ONENET_MODEL_INVALID.too-large", {
      path: "model",
      length: bare.length,
      maxLength: MAX_MODEL_LENGTH,
    });
  }
  try {
    return parseJson(bare);
  } catch {
    const { line, column, expected, got } = findSyntaxFault(bare);
    const path = `${line}:${column}`;
    throw new OneNetError("ONENET_MODEL_INVALID.json", { path, line, column, expected, got });
  }
}

/** The object that holds the lists: the file itself, or the `data` of the API's answer. */
function findModel(root: Place): Place {
  const object = root.object();
  if (LISTS.some((name) => Object.hasOwn(object, name))) return root;
  const { code, msg } = object;
  if (code !== undefined && code !== 0 && code !== "0" && code !== 200) {
    throw root.error("answer", { code: String(code), message: typeof msg === "string" ? msg : "" });
  }
  const data = root.member("data");
  if (isJsonObject(data.value) && LISTS.some((name) => data.member(name).value !== undefined)) return data;
  throw root.member("properties").error("missing", { expected: "array" });
}

function readPoint(place: Place): Pick<PropertyDef, "identifier" | "name" | "description" | "isSystem"> {
  place.object();
  const identifier = place.member("identifier").identifier();
  return {
    identifier,
    name: place.member("name").text() || identifier,
    description: place.member("desc", "description").text(),
    isSystem: identifier.startsWith("$") || place.member("functionType").value === "s",
  };
}

function readProperty(place: Place): PropertyDef {
  return {
    ...readPoint(place),
    ...readParameter(place),
    accessMode: place.member("accessMode").choice(ACCESS_MODES, "rw"),
    required: readFlag(place.member("required")),
  };
}

function readFlag(place: Place): boolean {
  const word = String(place.value);
  if (!place.isEmpty && word !== "true" && word !== "false") place.ignore("true, false");
  return word === "true";
}

function readEvent(place: Place): EventDef {
  return {
    ...readPoint(place),
    eventType: place.member("eventType", "type").choice(EVENT_TYPES, "info"),
    outputs: readParameters(place.member("outputData", "output")),
  };
}

function readService(place: Place): ServiceDef {
  return {
    ...readPoint(place),
    callType: place.member("callType").choice(CALL_TYPES, "sync"),
    inputs: readParameters(place.member("input", "inputData")),
    outputs: readParameters(place.member("output", "outputData")),
  };
}
