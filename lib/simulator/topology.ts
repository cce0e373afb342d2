import { codeOf, LOG_CODE_TEXTS, type PlatformCode } from "../protocol/codes";
import { MAX_SUB_DEVICES } from "../protocol/limits";
import type { DeviceIdentity } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import { judgeLogin } from "./login";
import { safeName } from "./mask";

const TOO_MANY: PlatformCode = { code: 311, message: `more than ${MAX_SUB_DEVICES} sub-devices` };

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
  const { device } = login;
  const obstacle = obstacleOf(gateway, device);
  if (obstacle) return obstacle;
  if (!device.gateway && gateway.subDevices.size >= MAX_SUB_DEVICES) return TOO_MANY;
  bindDevice(gateway, device);
  return device;
}

/** Why a device cannot be below a gateway. */
function obstacleOf(gateway: DeviceRecord, device: DeviceRecord): PlatformCode | undefined {
  if (device === gateway || device.kind !== "thing-model") return notInTopology(device);
  if (device.gateway && device.gateway !== gateway)
    return { code: 310, message: "sub-device of another gateway" };
  return undefined;
}

function bindDevice(gateway: DeviceRecord, device: DeviceRecord): void {
  device.gateway = gateway;
  gateway.subDevices.add(device);
}

/** Makes these the gateway's sub-devices, no others. @returns who came and who left, or why nothing changed */
export function replaceTopology(
  gateway: DeviceRecord,
  wanted: ReadonlySet<DeviceRecord>,
): { readonly added: readonly DeviceRecord[]; readonly removed: readonly DeviceRecord[] } | PlatformCode {
  const obstacle = [...wanted].map((device) => obstacleOf(gateway, device)).find((code) => code);
  if (obstacle) return obstacle;
  if (wanted.size > MAX_SUB_DEVICES) return TOO_MANY;
  const removed = [...gateway.subDevices].filter((device) => !wanted.has(device));
  const added = [...wanted].filter((device) => !gateway.subDevices.has(device));
  for (const device of removed) unbindDevice(device);
  for (const device of added) bindDevice(gateway, device);
  return { added, removed };
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
