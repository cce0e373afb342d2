import type { Connection } from "../../lib/client/connection";
import { OneNetError } from "../../lib/errors";
import { topoParams } from "../../lib/protocol/gateway";
import { deviceKey } from "../../lib/protocol/identity";
import type { JsonObject } from "../../lib/protocol/json";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import { subdevices } from "./subdevices";

/**
 * What a gateway says to add a sub-device to its topology, or to take it out: signed with the key of the sub-device
 * node that is set up for it.
 *
 * @throws {OneNetError} ONENET_SUBDEVICE_KEY.unknown, .missing; ONENET_SUBDEVICE_KIND
 */
export function topologyParams(connection: Connection, device: DeviceIdentity): JsonObject {
  const { profile } = connection;
  if (profile.kind !== "device") throw new OneNetError("ONENET_SUBDEVICE_KIND", { device: connection.label });
  const subdevice = subdevices.find(connection.key, device);
  if (subdevice === undefined)
    throw new OneNetError("ONENET_SUBDEVICE_KEY.unknown", { device: deviceKey(device) });
  const { signMethod: method, tokenLifetimeMs: lifetimeMs } = profile.credential;
  return topoParams(device, subdevice.sign(device, { method, lifetimeMs }, Date.now()));
}
