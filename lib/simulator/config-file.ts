import { OneNetError } from "../errors";
import { isJsonObject, type JsonValue, stringifyJson } from "../protocol/json";
import {
  DEFAULT_RULES,
  type SimulatedDevice,
  type SimulatedProduct,
  type SimulatedUser,
  type SimulatorOptions,
  type SimulatorRules,
} from "./options";

type Reader<T> = (value: JsonValue, field: string) => T;

/**
 * Reads a configuration: {@link SimulatorOptions} as JSON. A member it does not know is refused, so that a slip of
 * the pen is found. A product's `model` is the exported JSON itself, or the name of its file.
 *
 * @param readFile gives the text of a model's file
 * @throws {OneNetError} ONENET_SIMULATOR_CONFIG; keys are not repeated in it; as `readFile`
 */
export function readSimulatorConfig(
  value: JsonValue,
  readFile: (name: string, field: string) => string,
): SimulatorOptions {
  return readObject<SimulatorOptions>(value, "configuration", {
    host: readText,
    port: readPort,
    httpPort: nullOr(readPort),
    tlsPort: nullOr(readPort),
    tlsNames: listOf(readText),
    products: listOf((product, field) => readProduct(product, field, readFile)),
    user: readUser,
    rules: readRulesChosen,
  });
}

function readProduct(
  value: JsonValue,
  field: string,
  readFile: (name: string, field: string) => string,
): SimulatedProduct {
  const product = readObject<SimulatedProduct>(value, field, {
    productId: readText,
    kind: readKind,
    productKey: readKey,
    model: (model, name) =>
      isJsonObject(model) ? stringifyJson(model) : readFile(readText(model, name), name),
    devices: listOf(readDevice),
  });
  return { ...demand(product, field, ["productId", "kind"]), devices: product.devices ?? [] };
}

function readDevice(value: JsonValue, field: string): SimulatedDevice {
  const device = readObject<SimulatedDevice>(value, field, { deviceName: readText, deviceKey: readKey });
  return demand(device, field, ["deviceName", "deviceKey"]);
}

function readUser(value: JsonValue, field: string): SimulatedUser {
  const user = readObject<SimulatedUser>(value, field, { userId: readText, accessKey: readKey });
  return demand(user, field, ["userId", "accessKey"]);
}

const readKind = oneOf(["thing-model", "data-stream"] as const);

/** How each rule is read. */
const RULES: { readonly [R in keyof SimulatorRules]: Reader<SimulatorRules[R]> } = {
  connackForBadLogin: oneOf([4, 5] as const),
  otherProtocolVersion: oneOf(["connack-1", "close"] as const),
  deviceResource: oneOf(["permissive", "strict"] as const),
  tokenVersions: oneOf(["any", "strict"] as const),
  closeOnWill: oneOf([true, false]),
  closeOnRetain: oneOf([true, false]),
  closeOnPersistentSession: oneOf([true, false]),
  closeOnQos2: oneOf([true, false]),
  tooManyFilters: oneOf(["refuse", "close"] as const),
  limits: oneOf(["off", "strict", "lenient"] as const),
  loginBanMs: readPositive,
  connectTimeoutMs: readPositive,
  silenceFactor: readPositive,
  propertyTimeoutMs: readPositive,
  asyncServiceTimeoutMs: readPositive,
  otaTimeoutMs: readPositive,
  desiredWhileOnline: oneOf(["push", "wait"] as const),
  subLoginNeeded: oneOf([true, false]),
  commandTimeoutMs: readPositive,
  historyPerProperty: readPositive,
  eventsPerDevice: readPositive,
  textLength: oneOf(["characters", "bytes"] as const),
  revealDeviceKeys: oneOf([true, false]),
};

function readRulesChosen(value: JsonValue, field: string): Partial<SimulatorRules> {
  return readObject<SimulatorRules>(value, field, RULES);
}

/**
 * Reads one rule from text, `limits=strict`.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_CONFIG
 */
export function readRule(text: string): Partial<SimulatorRules> {
  const [name = "", chosen = ""] = text.split("=", 2);
  const isWord = name in DEFAULT_RULES && typeof DEFAULT_RULES[name as keyof SimulatorRules] === "string";
  return readRulesChosen({ [name]: isWord ? chosen : readJsonWord(chosen) }, "rules");
}

/** `5`, `true`; any other text stays one, and is refused where it does not fit. */
function readJsonWord(text: string): JsonValue {
  return /^(?:true|false|\d+(?:\.\d+)?)$/.test(text) ? (JSON.parse(text) as JsonValue) : text;
}

/** @throws {OneNetError} ONENET_SIMULATOR_CONFIG unless it is a port number, 0 included */
export function readPort(value: JsonValue, field: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw invalid(field, "a port from 0 (any free one) to 65535", value);
}

function readPositive(value: JsonValue, field: string): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalid(field, "a number above 0", value);
}

function readText(value: JsonValue, field: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(field, "text", value);
}

function readKey(value: JsonValue, field: string): string {
  if (typeof value === "string") return value;
  throw new OneNetError("ONENET_SIMULATOR_CONFIG", { field, expected: "base64 text", got: typeof value });
}

function nullOr<T>(read: Reader<T>): Reader<T | null> {
  return (value, field) => (value === null ? null : read(value, field));
}

function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw invalid(field, "a list", value);
    return value.map((item: JsonValue, index) => read(item, `${field}[${index}]`));
  };
}

function oneOf<const T extends JsonValue>(choices: readonly T[]): Reader<T> {
  return (value, field) => {
    const choice = choices.find((known) => known === value);
    if (choice === undefined)
      throw invalid(field, choices.map((known) => JSON.stringify(known)).join(" or "), value);
    return choice;
  };
}

function readObject<T extends object>(
  value: JsonValue,
  field: string,
  readers: { readonly [K in keyof T]-?: Reader<NonNullable<T[K]> | Extract<T[K], null>> },
): Partial<T> {
  if (!isJsonObject(value)) throw invalid(field, "an object", value);
  const read = Object.entries(value).map(([name, member]) => {
    const reader = Object.hasOwn(readers, name) ? readers[name as keyof T] : undefined;
    if (!reader) throw invalid(field, `made of ${Object.keys(readers).join(", ")}`, name);
    return [name, reader(member, `${field}.${name}`)] as const;
  });
  return Object.fromEntries(read) as Partial<T>;
}

function demand<T extends object>(
  partial: Partial<T>,
  field: string,
  names: readonly (keyof T & string)[],
): T {
  for (const name of names)
    if (partial[name] === undefined) throw invalid(`${field}.${name}`, "there", undefined);
  return partial as T;
}

function invalid(field: string, expected: string, value: JsonValue | undefined): OneNetError {
  return new OneNetError("ONENET_SIMULATOR_CONFIG", { field, expected, got: shortly(value) });
}

function shortly(value: JsonValue | undefined): string {
  if (value === undefined) return "missing";
  return typeof value === "object" && value !== null ? "something else" : JSON.stringify(value).slice(0, 40);
}
