import { OneNetError } from "../../lib/errors";
import { deviceKey, isSameDevice } from "../../lib/protocol/identity";
import { describeValue } from "../../lib/protocol/json";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import type { Message } from "../shared/runtime";
import type { Subdevice } from "../shared/subdevice";
import { readDevice } from "../shared/target-device";

/** What a gateway does about its sub-devices; `get` lists those of its topology. */
export const ACTIONS = ["add", "delete", "get", "login", "logout"] as const;
export type GatewayAction = (typeof ACTIONS)[number];

/** @throws {OneNetError} ONENET_MESSAGE_INVALID */
export function readAction(message: Message, fromForm: GatewayAction | undefined): GatewayAction {
  if (fromForm !== undefined) return fromForm;
  const given: unknown = message["action"];
  const action = ACTIONS.find((name) => name === given);
  if (action !== undefined) return action;
  const expected = ACTIONS.map((name) => `"${name}"`).join(", ");
  throw new OneNetError("ONENET_MESSAGE_INVALID", {
    property: "msg.action",
    expected,
    got: describeValue(given),
  });
}

/**
 * The sub-devices of a message, each once: `msg.device` is one or a list of them; without it the form's.
 *
 * @throws {OneNetError} ONENET_SUBDEVICE_UNCLEAR, ONENET_MESSAGE_INVALID
 */
export function readDevices(
  message: Message,
  subdevice: Subdevice | undefined,
  own: DeviceIdentity,
): readonly DeviceIdentity[] {
  const given: unknown = message["device"];
  const isGiven = given !== undefined && given !== null && given !== "";
  const list: unknown[] = Array.isArray(given) ? given : [isGiven ? given : subdevice?.identity];
  const devices = new Map<string, DeviceIdentity>();
  for (const item of list) {
    if (item === undefined) continue;
    const device = readDevice(item, subdevice);
    if (isSameDevice(device, own))
      throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.self", { device: deviceKey(device) });
    devices.set(deviceKey(device), device);
  }
  if (devices.size === 0) throw new OneNetError("ONENET_SUBDEVICE_UNCLEAR.none");
  return [...devices.values()];
}
