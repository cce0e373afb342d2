import { OneNetError } from "../../lib/errors";
import { isJsonObject } from "../../lib/protocol/json";
import { SIMULATOR_HOST, SIMULATOR_HTTP_PORT, SIMULATOR_PORT } from "../../lib/protocol/platform";
import type { LimitsName, SimulatedProduct, SimulatorOptions } from "../../lib/simulator/options";
import type { Def, FieldReader } from "../shared/config";
import { SIMULATOR_RANGES } from "../shared/form/ranges";

const LIMITS: readonly LimitsName[] = ["off", "strict", "lenient"];

/**
 * What the simulator is started with. The keys stand apart, in the credentials: `{"<product>": key,
 * "<product>/<device>": key}`.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET, ONENET_KEY_INVALID
 */
export function readOptions(fields: FieldReader, def: Def): SimulatorOptions {
  const keys = readKeys(fields);
  return {
    host: fields.word("host", SIMULATOR_HOST),
    port: fields.number("port", SIMULATOR_RANGES.port, SIMULATOR_PORT),
    httpPort: fields.number("httpPort", SIMULATOR_RANGES.httpPort, SIMULATOR_HTTP_PORT),
    rules: { limits: fields.choice("limits", LIMITS, "off") },
    products: readProducts(fields, def["products"], keys),
  };
}

function readKeys(fields: FieldReader): ReadonlyMap<string, string> {
  const text = fields.secret("keys");
  if (text === "") return new Map();
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch {
    keys = undefined;
  }
  if (!isJsonObject(keys)) {
    const detail = "no object of keys";
    throw new OneNetError("ONENET_CONFIG_INVALID.json", {
      field: "keys",
      expected: '{"product/device": "key"}',
      detail,
    });
  }
  return new Map(Object.entries(keys).map(([name, key]) => [name, String(key).trim()]));
}

function readProducts(
  fields: FieldReader,
  list: unknown,
  keys: ReadonlyMap<string, string>,
): SimulatedProduct[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).map((product) => {
    const productId = readName(fields, product["productId"], "productId");
    const productKey = keys.get(productId);
    const devices: unknown = product["devices"];
    const kind = product["kind"] === "data-stream" ? "data-stream" : "thing-model";
    const model = product["model"];
    return {
      productId,
      kind,
      // It stays in the form while the product is a data stream for once.
      ...(kind === "thing-model" && typeof model === "string" && model.trim() !== "" ? { model } : {}),
      ...(productKey === undefined || productKey === "" ? {} : { productKey }),
      devices: (Array.isArray(devices) ? devices : []).filter(isJsonObject).map((device) => {
        const deviceName = readName(fields, device["deviceName"], "deviceName");
        return { deviceName, deviceKey: keys.get(`${productId}/${deviceName}`) ?? "" };
      }),
    };
  });
}

function readName(fields: FieldReader, value: unknown, field: string): string {
  const name = typeof value === "string" ? fields.fillEnvironment(value, field).trim() : "";
  if (name !== "") return name;
  throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field });
}
