import type { NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import { deviceKey } from "../../lib/protocol/identity";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import { sustainablePeriodSeconds } from "../../lib/protocol/sustainable-period";
import { translate } from "./report";

/** More than a gateway may have; names beyond are not counted. */
const MAX_DEVICES = 5000;

const NUMBERS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** The sub-devices of each connection that have posted since it was opened. */
const reporting = new WeakMap<Connection, Set<string>>();

export function noteReport(connection: Connection, device: DeviceIdentity): void {
  const devices = reporting.get(connection) ?? new Set();
  if (devices.size === 0) reporting.set(connection, devices);
  if (devices.size < MAX_DEVICES) devices.add(deviceKey(device));
}

/**
 * `sub-devices: 1,500, each reports every 150 s at best`, in the runtime's language; undefined where none has posted, or
 * the pace is not limited.
 */
export function bestPeriodText(RED: NodeAPI, connection: Connection): string | undefined {
  const devices = reporting.get(connection)?.size ?? 0;
  const { profile } = connection;
  const { messagesPerSecond } = profile;
  if (devices === 0 || messagesPerSecond === undefined || profile.kind !== "device") return undefined;
  const load = { devices, messagesPerSecond, ...(profile.batching.pack ? {} : { devicesPerPack: 1 }) };
  const seconds = NUMBERS.format(sustainablePeriodSeconds(load));
  return translate(RED, "status.best-period", { devices: NUMBERS.format(devices), seconds });
}
