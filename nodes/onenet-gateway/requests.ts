import type { Connection } from "../../lib/client/connection";
import type { Device } from "../../lib/client/device";
import type { OneNetError } from "../../lib/errors";
import { asOneNetError } from "../../lib/errors";
import { subLoginParams } from "../../lib/protocol/gateway";
import { deviceKey } from "../../lib/protocol/identity";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import { topologyParams } from "../shared/topology";
import type { GatewayAction } from "./message";

/** A sub-device for which it did not go well. */
export interface FailedDevice {
  readonly device: DeviceIdentity;
  readonly error: OneNetError;
}

export interface AskedDevices {
  readonly done: readonly DeviceIdentity[];
  readonly failed: readonly FailedDevice[];
}

/** What is done with one sub-device; `get` asks for all of them at once. */
export type DeviceAction = Exclude<GatewayAction, "get">;

/** The deadline of a request counts while it waits for its turn: with more than a few at once the last ones miss it. */
const AT_ONCE = 4;

/** Does it for each of the sub-devices, a few at a time. Each goes well or not on its own. */
export async function askForEach(
  action: DeviceAction,
  devices: readonly DeviceIdentity[],
  connection: Connection,
  device: Device,
): Promise<AskedDevices> {
  const done = new Set<DeviceIdentity>();
  const failed: FailedDevice[] = [];
  const waiting = devices.values();
  const work = async () => {
    for (const subDevice of waiting) {
      try {
        await ask(action, subDevice, connection, device);
        done.add(subDevice);
      } catch (thrown) {
        failed.push({ device: subDevice, error: asOneNetError(thrown) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done: devices.filter((each) => done.has(each)), failed };
}

async function ask(
  action: DeviceAction,
  subDevice: DeviceIdentity,
  connection: Connection,
  device: Device,
): Promise<unknown> {
  switch (action) {
    case "add":
      return await device.request("topo-add", topologyParams(connection, subDevice));
    case "delete":
      return await device.request("topo-delete", topologyParams(connection, subDevice));
    case "login":
      return await device.request("sub-login", subLoginParams(subDevice));
    case "logout":
      return await device.request("sub-logout", subLoginParams(subDevice));
  }
}

/** Names for a text: the first few. */
export function nameSome(failed: readonly FailedDevice[]): string {
  const names = failed.slice(0, 5).map(({ device }) => deviceKey(device));
  return failed.length <= 5 ? names.join(", ") : `${names.join(", ")}, …`;
}
