import type { Connection } from "../../lib/client/connection";
import type { Device } from "../../lib/client/device";
import { OneNetError } from "../../lib/errors";
import { topoParams } from "../../lib/protocol/gateway";
import { deviceKey, readIdentities } from "../../lib/protocol/identity";
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

/** One that could not be added is tried again with the first datapoints after this. */
const RETRY_MS = 60_000;
/** So many messages wait here for a device to be added; what is more goes on at once. */
const WAITING_MAX = 5000;

/**
 * Adds sub-devices to a gateway's topology when they first have something to say, unless the platform lists them
 * already: one after the other, in turns with logins and with what others have to say.
 */
class Topology {
  readonly #connection: Connection;
  readonly #device: Device;
  /** The platform's list, and what was added since; asked for once. */
  #members: Promise<Set<string>> | undefined;
  readonly #settled = new Set<string>();
  readonly #adding = new Map<string, Promise<void>>();
  readonly #retryAtMs = new Map<string, number>();
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(connection: Connection, device: Device) {
    this.#connection = connection;
    this.#device = device;
  }

  whenAdded(subDevice: DeviceIdentity, goOn: () => void, report: (thrown: unknown) => void): void {
    const key = deviceKey(subDevice);
    if (this.#settled.has(key) || this.#waiting >= WAITING_MAX || !this.#mayAsk(key)) return goOn();
    const adding = this.#adding.get(key) ?? this.#begin(key, subDevice, report);
    this.#waiting += 1;
    void adding.then(() => {
      this.#waiting -= 1;
      goOn();
    });
  }

  /** Without a link nothing is held back: it gathers in the outbox, which may be on disk. */
  #mayAsk(key: string): boolean {
    if (this.#connection.state.phase !== "online") return false;
    return performance.now() >= (this.#retryAtMs.get(key) ?? 0);
  }

  #begin(key: string, subDevice: DeviceIdentity, report: (thrown: unknown) => void): Promise<void> {
    const added = this.#tail.then(() => this.#add(key, subDevice, report));
    this.#tail = added;
    this.#adding.set(key, added);
    return added;
  }

  /** Never rejects. */
  async #add(key: string, subDevice: DeviceIdentity, report: (thrown: unknown) => void): Promise<void> {
    try {
      this.#members ??= this.#list();
      const members = await this.#members;
      if (!members.has(key)) {
        const params = topologyParams(this.#connection, subDevice);
        await new Promise<void>((resolve) => this.#device.turns.take(resolve));
        await this.#device.request("topo-add", params);
      }
      members.add(key);
      this.#settled.add(key);
    } catch (thrown) {
      this.#retryAtMs.set(key, performance.now() + RETRY_MS);
      report(thrown);
    } finally {
      this.#adding.delete(key);
    }
  }

  async #list(): Promise<Set<string>> {
    try {
      return new Set(readIdentities(await this.#device.request("topo-get", undefined)).map(deviceKey));
    } catch (thrown) {
      this.#members = undefined;
      throw thrown;
    }
  }
}

const topologies = new WeakMap<Connection, Topology>();

/**
 * Calls back when the sub-device belongs to the gateway, or cannot be made to: then the reason is reported, and the
 * platform will say so, too.
 */
export function whenAddedToTopology(
  connection: Connection,
  subDevice: DeviceIdentity,
  goOn: () => void,
  report: (thrown: unknown) => void,
): void {
  const { device } = connection;
  if (device === undefined) return goOn();
  const topology = topologies.get(connection) ?? new Topology(connection, device);
  topologies.set(connection, topology);
  topology.whenAdded(subDevice, goOn, report);
}
