import { deviceKey } from "../../lib/protocol/identity";
import type { DeviceIdentity } from "../../lib/protocol/platform";
import type { Subdevice } from "./subdevice";

/** Which sub-devices are set up under which connection. */
class SubdeviceDirectory {
  readonly #all = new Set<Subdevice>();
  /** Answers of {@link find}: it is asked for every message. */
  readonly #found = new Map<string, Subdevice | undefined>();

  /** @returns takes it off the list again */
  add(subdevice: Subdevice): () => void {
    this.#all.add(subdevice);
    this.#found.clear();
    return () => {
      this.#all.delete(subdevice);
      this.#found.clear();
    };
  }

  /** Those of a connection, by its pool key. */
  under(connectionKey: string): Subdevice[] {
    return [...this.#all].filter((subdevice) => subdevice.connectionKey === connectionKey);
  }

  /** What is set up for a device: the one of its name, else the one of its product. */
  find(connectionKey: string, device: DeviceIdentity): Subdevice | undefined {
    const name = `${deviceKey(device)} ${connectionKey}`;
    if (this.#found.has(name)) return this.#found.get(name);
    const covering = this.under(connectionKey).filter((subdevice) => subdevice.covers(device));
    const found = covering.find(({ deviceName }) => deviceName !== "") ?? covering[0];
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(name, found);
    return found;
  }
}

const MAX_FOUND = 10_000;

/** Of this process. */
export const subdevices = new SubdeviceDirectory();
