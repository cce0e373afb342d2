import { OneNetError } from "../../lib/errors";
import { readDeviceIdentity } from "../../lib/protocol/platform";
import { isBase64Key } from "../../lib/protocol/token";
import type { FieldReader } from "../shared/config";
import type { SubdeviceConfig, SubdeviceKey } from "../shared/subdevice";
import type { ReadThing } from "../shared/thing-fields";

/** Stands in for a name that is still to come, where only the product is judged. */
const ANY_NAME = "any";

/**
 * @param thing the product's model
 * @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET, ONENET_KEY_INVALID, ONENET_SUBDEVICE_KEY.one-device
 */
export function readConfig(fields: FieldReader, { model, rules }: ReadThing): SubdeviceConfig {
  const deviceName = fields.word("deviceName");
  const { productId } = readDeviceIdentity(fields.required("productId"), deviceName || ANY_NAME);
  return {
    productId,
    deviceName,
    key: readKey(fields, productId, deviceName),
    login: fields.choice("login", ["none", "lazy"], "none"),
    addsToTopology: fields.flag("autoTopology", false),
    model,
    rules: fields.word("modelCheck") === "" ? undefined : rules,
  };
}

function readKey(fields: FieldReader, productId: string, deviceName: string): SubdeviceKey | undefined {
  const kind = fields.choice("keyKind", ["device-key", "product-key"], "device-key");
  const secret = fields.secret("key").trim();
  if (secret === "") return undefined;
  if (!isBase64Key(secret)) throw new OneNetError("ONENET_KEY_INVALID", { field: "key" });
  if (kind === "device-key" && deviceName === "")
    throw new OneNetError("ONENET_SUBDEVICE_KEY.one-device", { productId });
  return { kind, secret };
}
