import { codeOf, LOG_CODE_TEXTS, type PlatformCode } from "../protocol/codes";
import { MAX_SUB_DEVICES } from "../protocol/limits";
import type { DeviceIdentity } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import { judgeLogin } from "./login";
import { safeName } from "./mask";

/** The device meant by an identity in a gateway's message: the gateway itself, or one of its sub-devices. */
export function ownerOf(
  { registry }: SimulatorContext,
  gateway: DeviceRecord,
  { productId, deviceName }: DeviceIdentity,
): DeviceRecord | undefined {
  const device = registry.device(productId, deviceName);
  return device === gateway || device?.gateway === gateway ? device : undefined;
}

/** What the platform says to a device that is unknown, or not the gateway's (guess: its own code was not found). */
export function notInTopology({ productId, deviceName }: DeviceIdentity): PlatformCode {
  const { code, message } = codeOf(LOG_CODE_TEXTS, 307);
  return { code, message: `${message}:${safeName(productId)}/${safeName(deviceName)}` };
}

/**
 * Puts a device below a gateway, once its token says that it agrees. Again is harmless. As for a login
 * it may be the device's token or its product's. The codes are those of the device log for a login with such a token
 * (guess), and 307, 310, 311 (guess).
 *
 * @see device-mqtt.md §3.2: the C SDK signs for the product here, the documents' example for the device
 */
export function addToTopology(
  context: SimulatorContext,
  gateway: DeviceRecord,
  identity: DeviceIdentity,
  sasToken: string,
): DeviceRecord | PlatformCode {
  const { productId, deviceName } = identity;
  const login = judgeLogin(
    { clientId: deviceName, username: productId, password: sasToken },
    context.registry,
    context.rules,
  );
  if (!login.ok) return login;
  return bindDevice(gateway, login.device) ?? login.device;
}

/** Puts a device below a gateway. @returns why it cannot be there */
export function bindDevice(gateway: DeviceRecord, device: DeviceRecord): PlatformCode | undefined {
  if (device === gateway || device.kind !== "thing-model") return notInTopology(device);
  if (device.gateway === gateway) return undefined;
  if (device.gateway) return { code: 310, message: "sub-device of another gateway" };
  if (gateway.subDevices.size >= MAX_SUB_DEVICES)
    return { code: 311, message: `more than ${MAX_SUB_DEVICES} sub-devices` };
  device.gateway = gateway;
  gateway.subDevices.add(device);
  return undefined;
}

/** Takes a sub-device from its gateway; its session ends. */
export function unbindDevice(device: DeviceRecord): void {
  const { gateway } = device;
  gateway?.subDevices.delete(device);
  gateway?.link?.subSessions.delete(device);
  device.gateway = undefined;
}

/** A device that leaves the platform leaves the topology, as a sub-device and as a gateway. */
export function leaveTopology(device: DeviceRecord): void {
  unbindDevice(device);
  for (const subDevice of [...device.subDevices]) unbindDevice(subDevice);
}
