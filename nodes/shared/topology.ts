import type { Connection } from "../../lib/client/connection";
import type { Device } from "../../lib/client/device";
import type { LinkState } from "../../lib/client/link-state";
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

/** What could not be done is tried again with the first datapoints after this. */
const RETRY_MS = 60_000;
/** Names come with messages: there may be any number that cannot be added. */
const REFUSED_MAX = 5000;

type Report = (thrown: unknown) => void;

/**
 * Adds sub-devices to a gateway's topology when they first have something to say after a login, unless the platform lists
 * them already: one after the other, in turns with logins and with what others have to say. Until that is through, or
 * has failed, what they have to say waits in the outbox ({@link Device.admission}).
 */
class Topology {
  /** Told what could not be done. */
  report: Report;
  readonly #connection: Connection;
  readonly #device: Device;
  /** The link of which all this is known: each one has a state of its own. */
  #link: LinkState | undefined;
  /** The platform's list, and what was added since; asked for once on each link. */
  #members: Promise<Set<string>> | undefined;
  readonly #settled = new Set<string>();
  readonly #adding = new Set<string>();
  readonly #retryAtMs = new Map<string, number>();
  /** The list did not come: until then nobody is added. */
  #listAgainAtMs = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(connection: Connection, device: Device, report: Report) {
    this.#connection = connection;
    this.#device = device;
    this.report = report;
    device.admission.mayPost = (subDevice) => this.mayPost(subDevice);
  }

  /** Whether it is through with the sub-device; begins with it, if need be. */
  mayPost(subDevice: DeviceIdentity): boolean {
    const { key: connectionKey, state } = this.#connection;
    if (state.phase !== "online") return true;
    const key = deviceKey(subDevice);
    // First, for during a deploy its node may be missing.
    if (this.#adding.has(key)) return false;
    if (subdevices.find(connectionKey, subDevice)?.addsToTopology !== true) return true;
    if (state !== this.#link) this.#begin(state);
    if (this.#settled.has(key) || !this.#mayAsk(key)) return true;
    this.#adding.add(key);
    this.#tail = this.#tail.then(() => this.#add(key, subDevice));
    void this.#tail.then(() => {
      this.#adding.delete(key);
      this.#device.admission.release();
    });
    return false;
  }

  /** While the link was gone nobody told of changes, and a simulator that was started anew has no topology at all. */
  #begin(link: LinkState): void {
    this.#link = link;
    this.#members = undefined;
    this.#settled.clear();
    this.#retryAtMs.clear();
    this.#listAgainAtMs = 0;
  }

  #mayAsk(key: string): boolean {
    return performance.now() >= Math.max(this.#listAgainAtMs, this.#retryAtMs.get(key) ?? 0);
  }

  get #isOnline(): boolean {
    return this.#connection.state.phase === "online";
  }

  /** Never rejects. */
  async #add(key: string, subDevice: DeviceIdentity): Promise<void> {
    if (!this.#isOnline || !this.#mayAsk(key)) return;
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
      this.report(thrown);
    }
  }

  async #list(): Promise<Set<string>> {
    try {
      return new Set(readIdentities(await this.#device.request("topo-get", undefined)).map(deviceKey));
    } catch (thrown) {
      this.#members = undefined;
      this.#listAgainAtMs = performance.now() + RETRY_MS;
      throw thrown;
    }
  }
}

const topologies = new WeakMap<Connection, Topology>();

/**
 * Sees to it that a gateway's sub-devices whose nodes say so belong to it before they post; where one cannot be made to,
 * the reason is reported, and the platform will say so, too.
 */
export function watchTopology(connection: Connection, report: Report): Topology | undefined {
  const { device } = connection;
  if (device?.productKind !== "thing-model") return undefined;
  const topology = topologies.get(connection) ?? new Topology(connection, device, report);
  topologies.set(connection, topology);
  topology.report = report;
  return topology;
}
