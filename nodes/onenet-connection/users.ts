import type { Node } from "node-red";

/**
 * The nodes that use a connection. Node-RED hands the errors of a config node to the flows of its `users`, once for
 * each of them: so only one node of each flow stands there, or a Catch node would hear everything many times.
 */
export class ConnectionUsers {
  /** By the user's id: what Node-RED reads as `node.users`. */
  readonly spokesmen: Record<string, Node> = {};
  readonly #all = new Set<Node>();

  add(user: Node): void {
    this.#all.add(user);
    const isSpokenFor = Object.values(this.spokesmen).some((other) => other.z === user.z);
    if (!isSpokenFor) this.spokesmen[user.id] = user;
  }

  remove(user: Node): void {
    this.#all.delete(user);
    if (this.spokesmen[user.id] !== user) return;
    delete this.spokesmen[user.id];
    const next = [...this.#all].find((other) => other.z === user.z);
    if (next !== undefined) this.spokesmen[next.id] = next;
  }
}
