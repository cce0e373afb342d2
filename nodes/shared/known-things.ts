import type { DeviceIdentity } from "../../lib/protocol/topic";
import type { Thing } from "./thing";
import { thingOf, UNKNOWN_THING } from "./thing";

type Holder = Parameters<typeof thingOf>[0];

/** What is known of products by their connection's pool key: for nodes that have no connection of their own. */
class KnownThings {
  readonly #holders = new Map<string, Set<Holder>>();

  /** @returns takes it off the list again */
  add(connectionKey: string, holder: Holder): () => void {
    const holders = this.#holders.get(connectionKey) ?? new Set();
    this.#holders.set(connectionKey, holders.add(holder));
    return () => {
      holders.delete(holder);
      if (holders.size === 0) this.#holders.delete(connectionKey);
    };
  }

  /** @param device a sub-device; undefined: the connection's own */
  find(connectionKey: string, device: DeviceIdentity | undefined): Thing {
    const [holder] = this.#holders.get(connectionKey) ?? [];
    return holder === undefined ? UNKNOWN_THING : thingOf(holder, device);
  }
}

/** Of this process. */
export const knownThings = new KnownThings();
