import type { Node } from "node-red";

/**
 * The nodes that use a connection. Node-RED hands the errors of a config node to the flows of its `users`, once for
 * each of them: so only one node of each flow stands there, or a Catch node would hear everything many times.
 */
export class ConnectionUsers {
  /** By the user's id: what Node-RED reads as `node.users`. */
  readonly spokesmen: Record<string, Node> = {};
  /** Those who are spoken for. Made when it is needed. */
  #others: Set<Node> | undefined;

  add(user: Node): void {
    const isSpokenFor = Object.values(this.spokesmen).some((other) => other.z === user.z);
    if (!isSpokenFor) {
      this.spokesmen[user.id] = user;
      return;
    }
    this.#others ??= new Set();
    this.#others.add(user);
  }

  remove(user: Node): void {
    this.#others?.delete(user);
    if (this.spokesmen[user.id] !== user) return;
    delete this.spokesmen[user.id];
    for (const next of this.#others ?? []) {
      if (next.z !== user.z) continue;
      this.#others?.delete(next);
      this.spokesmen[next.id] = next;
      return;
    }
  }
}
