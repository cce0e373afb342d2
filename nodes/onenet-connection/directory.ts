import type { ConnectionProfile } from "../../lib/client/profile";
import { poolKey } from "../../lib/client/profile";

/** Which configuration nodes stand for which connection, by its pool key. */
class ConnectionDirectory {
  readonly #entries = new Map<string, { readonly key: string }>();

  /** @returns takes the node off the list again, unless another one of its id has taken its place */
  add(nodeId: string, profile: ConnectionProfile): () => void {
    const entry = { key: poolKey(profile) };
    this.#entries.set(nodeId, entry);
    return () => {
      if (this.#entries.get(nodeId) === entry) this.#entries.delete(nodeId);
    };
  }

  keyOf(nodeId: string): string | undefined {
    return this.#entries.get(nodeId)?.key;
  }

  nodesOf(key: string): string[] {
    return [...this.#entries].filter(([, entry]) => entry.key === key).map(([nodeId]) => nodeId);
  }
}

/** Of this process. */
export const directory = new ConnectionDirectory();
