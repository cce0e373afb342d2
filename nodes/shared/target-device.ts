import type { NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import { OneNetError } from "../../lib/errors";
import { deviceKey, isSameDevice } from "../../lib/protocol/identity";
import { describeValue, isPlainObject } from "../../lib/protocol/json";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import { readDeviceIdentity } from "../../lib/protocol/platform";
import type { SubdeviceNode } from "../onenet-subdevice/onenet-subdevice";
import type { NodeConnection } from "./connection-lease";
import type { Message } from "./runtime";
import type { Subdevice } from "./subdevice";

/**
 * Which device a message is for: undefined is the connection's own. `msg.device` is the name of a device of the
 * sub-device's product, or `{productId, deviceName}`; where the form's sub-device has a name, it may be left out.
 *
 * @param subdevice chosen in the form
 * @param own the connection's device
 * @throws {OneNetError} ONENET_SUBDEVICE_UNCLEAR when form and message do not say it together, ONENET_MESSAGE_INVALID
 */
export function readTargetDevice(
  message: Message,
  subdevice: Subdevice | undefined,
  own: DeviceIdentity,
): DeviceIdentity | undefined {
  const given: unknown = message["device"];
  if (given === undefined || given === null || given === "") return chosenDevice(subdevice);
  const named = readDevice(given, subdevice);
  if (isSameDevice(named, own)) return undefined;
  if (subdevice === undefined || subdevice.covers(named)) return named;
  throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.other", {
    got: deviceKey(named),
    expected: [subdevice.productId, subdevice.deviceName || "*"].join("/"),
  });
}

/** @throws {OneNetError} ONENET_SUBDEVICE_UNCLEAR.unnamed */
function chosenDevice(subdevice: Subdevice | undefined): DeviceIdentity | undefined {
  if (subdevice === undefined) return undefined;
  const { identity, productId } = subdevice;
  if (identity === undefined) throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.unnamed", { productId });
  return identity;
}

/**
 * A device as a message names it.
 *
 * @param subdevice says of which product a mere name is
 * @throws {OneNetError} ONENET_MESSAGE_INVALID, ONENET_SUBDEVICE_UNCLEAR.product
 */
export function readDevice(given: unknown, subdevice: Subdevice | undefined): DeviceIdentity {
  try {
    if (typeof given === "string") {
      const deviceName = given.trim();
      if (subdevice !== undefined) return subdevice.deviceNamed(deviceName);
      throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.product", { deviceName });
    }
    const { productId, deviceName } = isPlainObject(given) ? given : {};
    if (typeof productId === "string" && typeof deviceName === "string") {
      if (productId === subdevice?.productId) return subdevice.deviceNamed(deviceName);
      return readDeviceIdentity(productId, deviceName);
    }
  } catch (thrown) {
    throw asMessageError(thrown);
  }
  throw new OneNetError("ONENET_MESSAGE_INVALID", {
    property: "msg.device",
    expected: "a device's name or {productId, deviceName}",
    got: describeValue(given),
  });
}

/** A name that cannot be one is the message's fault here, not a form's. */
function asMessageError(thrown: unknown): unknown {
  if (!(thrown instanceof OneNetError) || thrown.code !== "ONENET_CONFIG_INVALID") return thrown;
  const { field, expected = "not empty", got = "" } = thrown.params;
  const property = field === "productId" ? "msg.device.productId" : "msg.device";
  return new OneNetError("ONENET_MESSAGE_INVALID", { property, expected, got: `“${got}”` });
}

/**
 * The sub-device that a node's form names; undefined when it names none.
 *
 * @param connectionKey the pool key of the connection that the node itself uses
 * @throws {OneNetError | ReportedError} ONENET_SUBDEVICE_MISSING, ONENET_SUBDEVICE_UNCLEAR.connection, or what is
 *   wrong with its settings
 */
export function findChosenSubdevice(
  RED: NodeAPI,
  subdeviceId: unknown,
  connectionKey: string,
): Subdevice | undefined {
  if (typeof subdeviceId !== "string" || subdeviceId === "") return undefined;
  const node: unknown = RED.nodes.getNode(subdeviceId);
  const isSubdevice = typeof node === "object" && node !== null && "subdevice" in node;
  if (!isSubdevice) throw new OneNetError("ONENET_SUBDEVICE_MISSING");
  const subdevice = (node as SubdeviceNode).subdevice();
  if (subdevice.connectionKey === connectionKey) return subdevice;
  const device = [subdevice.productId, subdevice.deviceName || "*"].join("/");
  throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.connection", { device });
}

/**
 * The gateway itself, whose connection this is.
 *
 * @throws {OneNetError} ONENET_SUBDEVICE_KIND where it cannot be one
 */
export function checkGateway({ profile, label }: Connection): DeviceIdentity {
  if (profile.kind === "device" && profile.productKind === "thing-model") return profile.device;
  throw new OneNetError("ONENET_SUBDEVICE_KIND", { device: label });
}

/**
 * How a node that posts finds the device of each message ({@link readTargetDevice}).
 *
 * @param subdeviceId chosen in its form
 * @throws {OneNetError | ReportedError} what is wrong with that choice
 */
export function prepareTarget(
  RED: NodeAPI,
  link: NodeConnection,
  subdeviceId: unknown,
): (message: Message) => DeviceIdentity | undefined {
  // The connection's problem has been told; each message fails with it.
  if (!link.isThere) return () => undefined;
  const { connection } = link;
  const subdevice = findChosenSubdevice(RED, subdeviceId, connection.key);
  const { profile } = connection;
  if (subdevice !== undefined) checkGateway(connection);
  return (message) => {
    if (profile.kind !== "device") return undefined;
    const device = readTargetDevice(message, subdevice, profile.device);
    if (device !== undefined) checkGateway(connection);
    return device;
  };
}
