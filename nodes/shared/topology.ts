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
/** Names come with messages: there may be any number that cannot be added. */
const REFUSED_MAX = 5000;

/**
 * Adds sub-devices to a gateway's topology when they first have something to say after a login, unless the platform lists
 * them already: one after the other, in turns with logins and with what others have to say.
 */
class Topology {
  readonly #connection: Connection;
  readonly #device: Device;
  /** The platform's list, and what was added since; asked for once on each link. */
  #members: Promise<Set<string>> | undefined;
  readonly #settled = new Set<string>();
  /** Those that are being added, and what waits for each. */
  readonly #adding = new Map<string, (() => void)[]>();
  readonly #retryAtMs = new Map<string, number>();
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(connection: Connection, device: Device) {
    this.#connection = connection;
    this.#device = device;
    device.onRelease(() => {
      for (const key of this.#adding.keys()) this.#release(key);
    });
    device.onLogin(() => this.#forget());
  }

  /** While the link was gone nobody told of changes, and a simulator that was started anew has no topology at all. */
  #forget(): void {
    this.#members = undefined;
    this.#settled.clear();
    this.#retryAtMs.clear();
  }

  whenAdded(subDevice: DeviceIdentity, goOn: () => void, report: (thrown: unknown) => void): void {
    const key = deviceKey(subDevice);
    if (this.#settled.has(key) || this.#waiting >= WAITING_MAX || !this.#mayAsk(key)) return goOn();
    this.#waiting += 1;
    const waiting = this.#adding.get(key);
    if (waiting !== undefined) waiting.push(goOn);
    else this.#begin(key, subDevice, goOn, report);
  }

  /** Without a link nothing is held back: it gathers in the outbox, which may be on disk. */
  #mayAsk(key: string): boolean {
    return this.#isOnline && performance.now() >= (this.#retryAtMs.get(key) ?? 0);
  }

  get #isOnline(): boolean {
    return this.#connection.state.phase === "online";
  }

  #begin(key: string, subDevice: DeviceIdentity, goOn: () => void, report: (thrown: unknown) => void): void {
    this.#adding.set(key, [goOn]);
    this.#tail = this.#tail.then(() => this.#add(key, subDevice, report));
    void this.#tail.then(() => {
      this.#release(key);
      this.#adding.delete(key);
    });
  }

  #release(key: string): void {
    const waiting = this.#adding.get(key)?.splice(0) ?? [];
    this.#waiting -= waiting.length;
    for (const goOn of waiting) goOn();
  }

  /** Never rejects. */
  async #add(key: string, subDevice: DeviceIdentity, report: (thrown: unknown) => void): Promise<void> {
    if (!this.#isOnline) return;
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
      // That the link is gone others tell; the next datapoints on another one try again.
      if (!this.#isOnline) return;
      if (this.#retryAtMs.size >= REFUSED_MAX) this.#retryAtMs.clear();
      this.#retryAtMs.set(key, performance.now() + RETRY_MS);
      report(thrown);
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
