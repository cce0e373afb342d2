import { isBase64Key } from "../../../lib/protocol/access-key";
import { checkHost, readDeviceIdentity } from "../../../lib/protocol/platform";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { SIMULATOR_RANGES } from "./ranges";
import { holdsEnv, numberIn, type Reason, type Rule, type Rules, reasonOf, textOf } from "./reason";

/** What the simulator node saves of a product; keys are credentials. */
export interface SavedProduct {
  readonly productId: string;
  readonly kind: "thing-model" | "data-stream";
  /** The thing model as the console exports it; absent: none. */
  readonly model?: string;
  readonly devices: readonly { readonly deviceName: string }[];
}

/** The `keys` credential: `{"<pid>": productKey, "<pid>/<device>": deviceKey}`. */
export type SavedKeys = Readonly<Record<string, string>>;

/** A product as the form shows it, keys in their places. */
export interface ProductRow {
  readonly productId: string;
  readonly kind: "thing-model" | "data-stream";
  readonly key: string;
  /** "" for none. */
  readonly model: string;
  readonly devices: readonly DeviceRow[];
}

export interface DeviceRow {
  readonly deviceName: string;
  readonly key: string;
}

function readKeys(json: unknown): SavedKeys {
  try {
    const parsed: unknown = JSON.parse(textOf(json) || "{}");
    return typeof parsed === "object" && parsed !== null ? (parsed as SavedKeys) : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Puts saved products and keys together; tolerates whatever a flow file may hold. */
export function readProductRows(products: unknown, keysJson: unknown): ProductRow[] {
  const keys = readKeys(keysJson);
  const rows = Array.isArray(products) ? products.filter(isRecord) : [];
  return rows.map((product) => {
    const productId = textOf(product["productId"]);
    const devices = Array.isArray(product["devices"]) ? product["devices"].filter(isRecord) : [];
    return {
      productId,
      kind: product["kind"] === "data-stream" ? "data-stream" : "thing-model",
      key: textOf(keys[productId]),
      model: textOf(product["model"]),
      devices: devices.map((device) => {
        const deviceName = textOf(device["deviceName"]);
        return { deviceName, key: textOf(keys[`${productId}/${deviceName}`]) };
      }),
    };
  });
}

/** The two halves that are saved: products into the flow, keys into the credentials. */
export function saveProductRows(rows: readonly ProductRow[]): { products: SavedProduct[]; keys: string } {
  const products = rows.map(({ productId, kind, model, devices }) => ({
    productId,
    kind,
    ...(model === "" ? {} : { model }),
    devices: devices.map(({ deviceName }) => ({ deviceName })),
  }));
  const entries = rows.flatMap(({ productId, key, devices }) => [
    [productId, key],
    ...devices.map((device) => [`${productId}/${device.deviceName}`, device.key]),
  ]);
  const given = entries.filter(([, key]) => key !== "");
  return { products, keys: given.length === 0 ? "" : JSON.stringify(Object.fromEntries(given)) };
}

export function productIdReason(productId: string, all: readonly string[]): Reason | undefined {
  if (holdsEnv(productId)) return undefined;
  if (productId !== "" && all.filter((other) => other === productId).length > 1) {
    return { key: "reason.twice", params: { name: productId } };
  }
  return productId === ""
    ? { key: "reason.required" }
    : reasonOf(() => readDeviceIdentity(productId, "device"));
}

export function deviceNameReason(deviceName: string, siblings: readonly string[]): Reason | undefined {
  if (holdsEnv(deviceName)) return undefined;
  if (deviceName !== "" && siblings.filter((other) => other === deviceName).length > 1) {
    return { key: "reason.twice", params: { name: deviceName } };
  }
  return deviceName === ""
    ? { key: "reason.required" }
    : reasonOf(() => readDeviceIdentity("product", deviceName));
}

/** A device has a key; a product may do without (then nobody can log in with it). */
export function keyReason(key: string, isRequired: boolean): Reason | undefined {
  if (key === "" && isRequired) return { key: "reason.required" };
  return key === "" || holdsEnv(key) || isBase64Key(key) ? undefined : { key: "reason.base64" };
}

/** A thing model, or none; on a data-stream product it is not looked at. */
export function modelReason({ kind, model }: Pick<ProductRow, "kind" | "model">): Reason | undefined {
  return kind === "data-stream" || model === "" ? undefined : reasonOf(() => parseThingModel(model));
}

/** The first thing wrong with the rows, naming the product. Keys are judged where they are known: in the open form. */
export function productRowsReason(rows: readonly ProductRow[], knowsKeys: boolean): Reason | undefined {
  if (rows.length === 0) return { key: "reason.noProducts" };
  const ids = rows.map(({ productId }) => productId);
  const wrong = rows.find((row) => {
    const names = row.devices.map(({ deviceName }) => deviceName);
    const keys = [keyReason(row.key, false), ...row.devices.map(({ key }) => keyReason(key, true))];
    const reasons = [
      productIdReason(row.productId, ids),
      modelReason(row),
      ...names.map((name) => deviceNameReason(name, names)),
    ];
    return [...reasons, ...(knowsKeys ? keys : [])].some((reason) => reason !== undefined);
  });
  return wrong && { key: "reason.products", params: { product: wrong.productId || "–" } };
}

const httpPort: Rule = (value, read) => {
  const isSame = textOf(value) !== "" && textOf(value) !== "0" && textOf(value) === textOf(read("port"));
  return isSame ? { key: "reason.samePort" } : numberIn(SIMULATOR_RANGES.httpPort)(value);
};

export const simulatorRules: Rules = {
  host: (value) => {
    const host = textOf(value);
    return host === "" || holdsEnv(host) ? undefined : reasonOf(() => checkHost(host));
  },
  port: numberIn(SIMULATOR_RANGES.port),
  httpPort,
  products: (value) => productRowsReason(readProductRows(value, ""), false),
  limits: (value) =>
    ["off", "strict", "lenient"].includes(textOf(value)) ? undefined : { key: "reason.choice" },
};
