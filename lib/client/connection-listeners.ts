import type { ConnectionListener } from "./connection-context";

/** Who listens to a connection. */
export class ConnectionListeners {
  readonly #listeners = new Set<ConnectionListener>();

  /** @returns what takes it away again */
  add(listener: ConnectionListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(what: (listener: ConnectionListener) => void): void {
    for (const listener of [...this.#listeners]) what(listener);
  }
}
