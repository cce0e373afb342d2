import path from "node:path";
import type { FlowNode } from "./admin-api";
import { EventLog, type WaitOptions } from "./events";
import { FIXTURE_4_1, NODE_TYPES, nodeRedFolder, nodeRedVersion, PACKAGE_ROOT } from "./node-red-version";

/**
 * node-red-node-test-helper for the Node-RED version under test: our compiled nodes run in this very process.
 * Its `RED._` gives back catalogue keys, not texts; for texts, credentials' encryption, the editor and restarts
 * use `startNodeRed`.
 */

export interface HelperNode {
  readonly id: string;
  readonly type: string;
  readonly credentials?: Record<string, unknown>;
  receive(msg: unknown): void;
  on(event: string, listener: (...args: never[]) => void): void;
  context(): Record<"flow" | "global", { set(name: string, value: unknown): void }>;
  [member: string]: unknown;
}

type Register = (RED: unknown) => unknown;

interface TestHelper {
  init(runtime: string, settings?: object): void;
  load(nodes: readonly Register[], flow: readonly FlowNode[], credentials: object): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: readonly FlowNode[], type: string, credentials?: object): Promise<void>;
  getNode(id: string): HelperNode | null;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  readonly _events: NodeJS.EventEmitter;
  readonly _RED: { readonly hooks: Hooks };
}

interface Hooks {
  add(name: string, handler: (event: never) => void): void;
  remove(name: string): void;
}

export type HelperEvent =
  | {
      readonly event: "send";
      readonly node: string;
      readonly port: number;
      readonly msg: Record<string, unknown>;
      readonly to: string;
    }
  | {
      readonly event: "complete";
      readonly node: string;
      readonly msg: Record<string, unknown>;
      readonly error?: unknown;
    }
  | {
      readonly event: "status";
      readonly node: string;
      readonly status: { fill?: string; shape?: string; text?: string };
    };

interface SendEvent {
  readonly msg: Record<string, unknown>;
  readonly source: { readonly id: string; readonly port: number };
  readonly destination: { readonly id: string };
}

interface CompleteEvent {
  readonly msg: Record<string, unknown>;
  readonly error?: unknown;
  readonly node: { readonly id: string };
}

/** A loaded flow; call `unload()` in `afterEach`. */
export interface LoadedFlow {
  readonly events: EventLog<HelperEvent>;
  /** @throws {Error} when there is no such node (its constructor failed) */
  node(id: string): HelperNode;
  waitForSend(id: string, options?: WaitOptions): Promise<Extract<HelperEvent, { event: "send" }>>;
  waitForComplete(id: string, options?: WaitOptions): Promise<Extract<HelperEvent, { event: "complete" }>>;
  waitForStatus(
    id: string,
    text: string,
    options?: WaitOptions,
  ): Promise<Extract<HelperEvent, { event: "status" }>>;
  /** Deploys other flows (`full`, `flows` or `nodes`). */
  deploy(flow: readonly FlowNode[], type?: "full" | "flows" | "nodes"): Promise<void>;
  unload(): Promise<void>;
}

let prepared: TestHelper | undefined;

function prepare(): TestHelper {
  if (prepared) return prepared;
  const base = nodeRedVersion === "5" ? PACKAGE_ROOT : FIXTURE_4_1;
  const helper: TestHelper = require(path.join(base, "node_modules/node-red-node-test-helper"));
  helper.init(path.join(nodeRedFolder(), "lib/red.js"), {
    logging: { console: { level: "off" } },
    userDir: path.join(base, "node_modules"),
  });
  prepared = helper;
  return helper;
}

/** The functions that register our nodes, as Node-RED would load them from dist. */
function loadRegisters(): readonly Register[] {
  const dist = path.join(__dirname, "..", "..", "nodes");
  return NODE_TYPES.map((type) => {
    const loaded: { readonly default: Register } = require(path.join(dist, type, `${type}.js`));
    return loaded.default;
  });
}

/** A core node's register function, such as `loadCoreNode("common/20-inject")`. */
export function loadCoreNode(name: string): Register {
  return require(path.join(nodeRedFolder(), "..", "@node-red/nodes/core", `${name}.js`));
}

function splitCredentials(flow: readonly FlowNode[]) {
  const credentials: Record<string, unknown> = {};
  const nodes = flow.map(({ credentials: own, ...node }) => {
    if (own) credentials[node.id] = own;
    return node as FlowNode;
  });
  return { nodes, credentials };
}

function watch(helper: TestHelper, events: EventLog<HelperEvent>): () => void {
  const { hooks } = helper._RED;
  hooks.add("onSend.onenet-test", (sent: readonly SendEvent[]) => {
    for (const { msg, source, destination } of sent) {
      events.push({ event: "send", node: source.id, port: source.port, msg, to: destination.id });
    }
  });
  hooks.add("onComplete.onenet-test", ({ msg, error, node }: CompleteEvent) => {
    events.push({ event: "complete", node: node.id, msg, ...(error ? { error } : {}) });
  });
  const onStatus = ({ id, status }: { id: string; status: { text?: string } }): void =>
    events.push({ event: "status", node: id, status });
  helper._events.on("node-status", onStatus);
  return () => {
    hooks.remove("*.onenet-test");
    helper._events.off("node-status", onStatus);
  };
}

/** Loads a flow (nodes may carry `credentials`) with our six node types, catch, status, complete and `more`. */
export async function loadFlow(
  flow: readonly FlowNode[],
  more: readonly Register[] = [],
): Promise<LoadedFlow> {
  const helper = prepare();
  const events = new EventLog<HelperEvent>("flow");
  const { nodes, credentials } = splitCredentials(flow);
  const unwatch = watch(helper, events);
  await helper.load([...loadRegisters(), ...more], nodes, credentials);
  const wait = async <K extends HelperEvent["event"]>(
    event: K,
    node: string,
    options: WaitOptions = {},
    text = "",
  ) => {
    const isIt = (each: HelperEvent): boolean =>
      each.event === event &&
      each.node === node &&
      (each.event !== "status" || each.status.text?.includes(text) === true);
    const found = await events.waitFor(isIt, { what: `${event} of ${node} ${text}`, ...options });
    return found as Extract<HelperEvent, { event: K }>;
  };
  return {
    events,
    node: (id) => {
      const node = helper.getNode(id);
      if (!node) throw new Error(`there is no node ${id}`);
      return node;
    },
    waitForSend: (id, options) => wait("send", id, options),
    waitForComplete: (id, options) => wait("complete", id, options),
    waitForStatus: (id, text, options) => wait("status", id, options, text),
    deploy: async (next, type = "full") => {
      const split = splitCredentials(next);
      await helper.setFlows(split.nodes, type, split.credentials);
    },
    unload: async () => {
      unwatch();
      await helper.unload();
    },
  };
}
