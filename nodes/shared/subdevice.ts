import { tokenExpiryMs } from "../../lib/client/login";
import type { SubLoginPolicy } from "../../lib/client/sub-logins";
import { OneNetError } from "../../lib/errors";
import { deviceKey } from "../../lib/protocol/identity";
import { MAX_SUB_DEVICES } from "../../lib/protocol/limits";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import { readDeviceIdentity } from "../../lib/protocol/platform";
import type { ThingModel } from "../../lib/protocol/thing-model";
import type { CheckRules } from "../../lib/protocol/thing-value";
import type { SignMethod } from "../../lib/protocol/token";
import { DEVICE_TOKEN_VERSION, deviceResource, productResource, signToken } from "../../lib/protocol/token";

/** Signs that a gateway may speak for the sub-device. Never leaves this process. */
export interface SubdeviceKey {
  readonly kind: "device-key" | "product-key";
  readonly secret: string;
}

export interface SubdeviceConfig {
  readonly productId: string;
  /** Empty: any device of the product; `msg.device` names it. */
  readonly deviceName: string;
  readonly key: SubdeviceKey | undefined;
  readonly login: SubLoginPolicy;
  /** Whether the gateway adds it to its topology when it is first used. */
  readonly addsToTopology: boolean;
  readonly model: ThingModel | undefined;
  /** undefined: as the gateway's connection checks its own values. */
  readonly rules: CheckRules | undefined;
}

/** How a sub-device's topology token is signed: as the gateway signs its own login. */
export interface Signing {
  readonly method: SignMethod;
  readonly lifetimeMs: number;
}

/** Names kept at hand: more than a gateway may have. */
const MAX_NAMES = 2 * MAX_SUB_DEVICES;

/** A sub-device (子设备) of a gateway, or all of one product: what its configuration node says. */
export class Subdevice {
  readonly #connectionKey: () => string | undefined;
  readonly productId: string;
  /** Empty: any device of the product. */
  readonly deviceName: string;
  readonly login: SubLoginPolicy;
  readonly addsToTopology: boolean;
  readonly model: ThingModel | undefined;
  readonly rules: CheckRules | undefined;
  readonly #key: SubdeviceKey | undefined;
  readonly #named = new Map<string, DeviceIdentity>();

  /** @param connectionKey the pool key of its gateway's connection, as that is set up now */
  constructor(connectionKey: () => string | undefined, config: SubdeviceConfig) {
    this.#connectionKey = connectionKey;
    this.productId = config.productId;
    this.deviceName = config.deviceName;
    this.login = config.login;
    this.addsToTopology = config.addsToTopology;
    this.model = config.model;
    this.rules = config.rules;
    this.#key = config.key;
  }

  /** The pool key of its gateway's connection; undefined where that is not set up. */
  get connectionKey(): string | undefined {
    return this.#connectionKey();
  }

  /** The one device it stands for; undefined where it stands for any of its product. */
  get identity(): DeviceIdentity | undefined {
    return this.deviceName === "" ? undefined : this.deviceNamed(this.deviceName);
  }

  /**
   * A device of the product, by name; the same object each time.
   *
   * @throws {OneNetError} ONENET_CONFIG_INVALID.text
   */
  deviceNamed(name: string): DeviceIdentity {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const device = readDeviceIdentity(this.productId, name);
    if (this.#named.size >= MAX_NAMES) this.#named.clear();
    this.#named.set(name, device);
    return device;
  }

  covers({ productId, deviceName }: DeviceIdentity): boolean {
    return productId === this.productId && (this.deviceName === "" || deviceName === this.deviceName);
  }

  /**
   * The token (`sasToken`) with which a gateway adds the device to its topology: signed with the device's key for
   * that device, or with its product's for the product.
   *
   * @throws {OneNetError} ONENET_SUBDEVICE_KEY.missing
   * @see device-mqtt.md §3.2 and §6.2: which of the two resources the platform prefers is not documented
   */
  sign(device: DeviceIdentity, { method, lifetimeMs }: Signing, nowMs: number): string {
    const { productId, deviceName } = device;
    const key = this.#key;
    if (key === undefined)
      throw new OneNetError("ONENET_SUBDEVICE_KEY.missing", { device: deviceKey(device) });
    const res =
      key.kind === "device-key" ? deviceResource(productId, deviceName) : productResource(productId);
    const expiresAtSeconds = Math.ceil(tokenExpiryMs(nowMs, lifetimeMs) / 1000);
    return signToken({ version: DEVICE_TOKEN_VERSION, res, method, expiresAtSeconds }, key.secret);
  }
}
