import { OneNetError } from "../errors";
import { readDeviceIdentity } from "../protocol/platform";
import type { ThingModel } from "../protocol/thing-model";
import { parseThingModel } from "../protocol/thing-model-reader";
import { isBase64Key } from "../protocol/token";
import { DeviceRecord, ProductRecord } from "./device-record";
import type { SimulatedDevice, SimulatedProduct } from "./options";

/** What a registration gives back: taking it back removes what no other registration names. */
export interface Registration {
  remove(): void;
}

/** One product with one device or none: what is counted. */
interface Piece extends Omit<SimulatedProduct, "devices" | "model"> {
  readonly device?: SimulatedDevice;
  readonly model?: PieceModel;
}

interface PieceModel {
  /** As it was given. */
  readonly source: string | ThingModel;
  readonly read: ThingModel;
}

/** The products and devices the platform knows, merged from every registration that names them. */
export class Registry {
  readonly #products = new Map<string, ProductRecord>();
  #nextDeviceNumber = 700_000_001;

  /** @param removed told about each device that leaves */
  constructor(readonly removed: (device: DeviceRecord) => void = () => undefined) {}

  product(productId: string): ProductRecord | undefined {
    return this.#products.get(productId);
  }

  device(productId: string, deviceName: string): DeviceRecord | undefined {
    return this.#products.get(productId)?.devices.get(deviceName);
  }

  devices(): DeviceRecord[] {
    return [...this.#products.values()].flatMap((product) => [...product.devices.values()]);
  }

  /**
   * Adds products; several registrations may name the same product and device.
   *
   * @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_SIMULATOR_CONFIG, ONENET_KEY_INVALID, ONENET_MODEL_INVALID for what cannot be;
   *   ONENET_SIMULATOR_CONFLICT.product if a registration says otherwise. Then nothing is added.
   */
  add(products: readonly SimulatedProduct[]): Registration {
    const added: Piece[] = [];
    const remove = () => {
      for (const piece of added.splice(0)) this.#withdraw(piece);
    };
    try {
      for (const piece of products.flatMap(piecesOf)) {
        checkPiece(piece);
        this.#checkAgreement(piece);
        this.#insert(piece);
        added.push(piece);
      }
    } catch (error) {
      remove();
      throw error;
    }
    return { remove };
  }

  #checkAgreement({ productId, kind, productKey, model, device }: Piece): void {
    const known = this.#products.get(productId);
    if (!known) return;
    const differences = [
      known.kind !== kind && `kind ${known.kind} and ${kind}`,
      known.productKey && productKey && known.productKey !== productKey && "another product key",
      known.modelSource && model && known.modelSource !== model.source && "another thing model",
      device &&
        (known.devices.get(device.deviceName)?.deviceKey ?? device.deviceKey) !== device.deviceKey &&
        `another key for device ${device.deviceName}`,
    ];
    const difference = differences.find((found) => typeof found === "string" && found !== "");
    if (difference) throw new OneNetError("ONENET_SIMULATOR_CONFLICT.product", { productId, difference });
  }

  #insert({ productId, kind, productKey, model, device }: Piece): void {
    const product = this.#products.get(productId) ?? new ProductRecord(productId, kind);
    this.#products.set(productId, product);
    product.registrations += 1;
    if (productKey !== undefined) {
      product.productKey = productKey;
      product.keyRegistrations += 1;
    }
    if (model) {
      product.modelSource = model.source;
      product.model = model.read;
      product.modelRegistrations += 1;
    }
    if (!device) return;
    const { deviceName, deviceKey } = device;
    const record =
      product.devices.get(deviceName) ??
      new DeviceRecord(product, deviceName, deviceKey, String(this.#nextDeviceNumber++));
    record.registrations += 1;
    product.devices.set(deviceName, record);
  }

  #withdraw({ productId, productKey, model, device }: Piece): void {
    const product = this.#products.get(productId);
    if (!product) return;
    product.registrations -= 1;
    if (productKey !== undefined) product.keyRegistrations -= 1;
    if (product.keyRegistrations === 0) product.productKey = undefined;
    if (model) product.modelRegistrations -= 1;
    if (product.modelRegistrations === 0) product.modelSource = product.model = undefined;
    const record = device && product.devices.get(device.deviceName);
    if (record) {
      record.registrations -= 1;
      if (record.registrations === 0) {
        product.devices.delete(record.deviceName);
        this.removed(record);
      }
    }
    if (product.registrations === 0) this.#products.delete(productId);
  }
}

function piecesOf({ devices, model: source, ...rest }: SimulatedProduct): Piece[] {
  const model = source === undefined ? {} : { model: readModel(rest, source) };
  const product = { ...rest, ...model };
  return devices.length === 0 ? [product] : devices.map((device) => ({ ...product, device }));
}

function readModel({ productId, kind }: Piece, source: string | ThingModel): PieceModel {
  if (kind === "data-stream") {
    const field = `model of ${productId}`;
    throw new OneNetError("ONENET_SIMULATOR_CONFIG", {
      field,
      expected: "absent",
      got: "on a data-stream product",
    });
  }
  return { source, read: typeof source === "string" ? parseThingModel(source).model : source };
}

function checkPiece({ productId, kind, productKey, device }: Piece): void {
  if (kind !== "thing-model" && kind !== "data-stream") {
    const expected = "“thing-model” or “data-stream”";
    throw new OneNetError("ONENET_SIMULATOR_CONFIG", { field: "kind", expected, got: `“${String(kind)}”` });
  }
  readDeviceIdentity(productId, device?.deviceName ?? "any");
  checkKey(`product key of ${productId}`, productKey);
  if (device) checkKey(`key of device ${device.deviceName}`, device.deviceKey);
}

function checkKey(field: string, key: string | undefined): void {
  if (key !== undefined && !isBase64Key(key)) throw new OneNetError("ONENET_KEY_INVALID", { field });
}
