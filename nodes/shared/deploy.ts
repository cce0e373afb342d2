import type { Node, NodeAPI } from "node-red";

type Events = NodeAPI["events"];

/** Knows whether the flows run, and keeps what waits for that. */
class Deployment {
  #isRunning = false;
  readonly #waiting = new Set<() => void>();

  constructor(events: Events) {
    // The first node is made while flows start.
    events.on("flows:starting", () => {
      this.#isRunning = false;
    });
    events.on("flows:started", () => this.#started());
  }

  onceStarted(node: Node, action: () => void): void {
    if (this.#isRunning) return action();
    this.#waiting.add(action);
    node.on("close", () => {
      this.#waiting.delete(action);
    });
  }

  #started(): void {
    this.#isRunning = true;
    const due = [...this.#waiting];
    this.#waiting.clear();
    for (const action of due) action();
  }
}

const deployments = new WeakMap<Events, Deployment>();

/** Begins to follow when flows start. Called by every node when it is made: later it may be too late to know. */
export function watchDeployment(RED: NodeAPI): void {
  if (!deployments.has(RED.events)) deployments.set(RED.events, new Deployment(RED.events));
}

/**
 * Runs at once, or while flows are being started as soon as they have been, unless the node is closed before. Until
 * then there are no Catch nodes: an error reported earlier reaches none.
 */
export function onceStarted(RED: NodeAPI, node: Node, action: () => void): void {
  watchDeployment(RED);
  deployments.get(RED.events)?.onceStarted(node, action);
}
