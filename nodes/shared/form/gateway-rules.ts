import { isBase64Key } from "../../../lib/protocol/access-key";
import { readDeviceIdentity } from "../../../lib/protocol/platform";
import { type ChosenConnection, connectionReason } from "./connection-choice";
import { model } from "./connection-rules";
import { SUBDEVICE_RANGES } from "./ranges";
import {
  holdsEnv,
  numberIn,
  oneOf,
  type ReadField,
  type Reason,
  type Rule,
  type Rules,
  reasonOf,
  STORED_PASSWORD,
  textOf,
} from "./reason";

/** What a form knows of the sub-device that is chosen in it. */
export interface ChosenSubdevice {
  readonly connection: string;
  readonly productId: string;
  /** Empty: any device of the product. */
  readonly deviceName: string;
  readonly name: string;
  readonly isValid: boolean;
}

/** @param read the sub-device node's saved fields */
export function readChosenSubdevice(read: ReadField, name: string, isValid: boolean): ChosenSubdevice {
  return {
    connection: textOf(read("connection")),
    productId: textOf(read("productId")),
    deviceName: textOf(read("deviceName")),
    name,
    isValid,
  };
}

/** How many devices a sub-device node stands for: one, or as many of its product as its form says. */
export function deviceCountOf(read: ReadField): number {
  if (textOf(read("deviceName")) !== "") return 1;
  const { min, max } = SUBDEVICE_RANGES.deviceCount;
  const count = Number(textOf(read("deviceCount")));
  return count >= min && count <= max ? Math.floor(count) : 0;
}

/**
 * Judges the choice of a sub-device; none is chosen where the node works for its connection's own device.
 *
 * @param connectionId chosen in the same form
 */
export function subdeviceReason(
  id: string,
  chosen: ChosenSubdevice | undefined,
  connectionId: string,
): Reason | undefined {
  if (id === "" || id === "_ADD_" || holdsEnv(id)) return undefined;
  if (chosen === undefined) return { key: "reason.subdevice-gone" };
  if (chosen.connection !== connectionId)
    return { key: "reason.subdevice-elsewhere", params: { name: chosen.name } };
  return chosen.isValid ? undefined : { key: "reason.subdevice-invalid" };
}

/** A gateway: a device of a thing-model product. */
function gatewayReason(id: string, chosen: ChosenConnection | undefined): Reason | undefined {
  if (holdsEnv(id)) return undefined;
  const reason = connectionReason(id, chosen, true);
  if (reason !== undefined || chosen?.productKind !== "data-stream") return reason;
  return { key: "reason.gateway-kind", params: { name: chosen.name } };
}

const connection: Rule = (value, _read, find) => gatewayReason(textOf(value), find());

const productId: Rule = (value) => {
  if (holdsEnv(value)) return undefined;
  if (textOf(value) === "") return { key: "reason.required" };
  return reasonOf(() => readDeviceIdentity(textOf(value), "device"));
};

const deviceName: Rule = (value) =>
  textOf(value) === "" || holdsEnv(value)
    ? undefined
    : reasonOf(() => readDeviceIdentity("product", textOf(value)));

const keyKind: Rule = (value, read) => {
  const isOfOne = textOf(value) === "device-key" && textOf(read("deviceName")) === "";
  if (isOfOne && textOf(read("key")) !== "") return { key: "reason.key-of-one" };
  return oneOf(["device-key", "product-key"])(value);
};

/** Only the topology needs one. */
const key: Rule = (value, read) => {
  const given = textOf(value);
  if (given === STORED_PASSWORD || holdsEnv(given)) return undefined;
  if (given === "") return read("autoTopology") === true ? { key: "reason.required" } : undefined;
  return isBase64Key(given) ? undefined : { key: "reason.base64" };
};

/** A rule that counts where the model comes from there. */
function whenSource(source: string, rule: Rule): Rule {
  return (value, read, find) =>
    textOf(read("modelSource")) === source ? rule(value, read, find) : undefined;
}

/** Every rule of the sub-device's form, by field. */
export const subdeviceRules: Rules = {
  connection,
  productId,
  deviceName,
  deviceCount: numberIn(SUBDEVICE_RANGES.deviceCount),
  keyKind,
  key,
  login: oneOf(["none", "lazy"]),
  modelSource: oneOf(["none", "pasted", "file"]),
  model: whenSource("pasted", model),
  modelFile: whenSource("file", (value) => (textOf(value) === "" ? { key: "reason.required" } : undefined)),
  modelCheck: oneOf(["", "coerce", "strict", "off"]),
};

export const gatewayRules: Rules = {
  connection,
  action: oneOf(["", "add", "delete", "get", "login", "logout"]),
};
