import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { EventLog } from "../../test/support/events";
import { linkPackage } from "../../test/support/node-red-folder";
import { PACKAGE_ROOT } from "../../test/support/node-red-version";
import { makeTempFolder } from "../../test/support/temp-folder";
import type { FlowNode } from "./flows";

/** A node as the runtime has it. */
export interface RuntimeNode {
  receive(message: Record<string, unknown>): void;
  /** Called by the runtime when the node is done with a message. */
  _complete(message: Record<string, unknown>, error?: unknown): void;
}

interface Runtime {
  init(settings: object): void;
  start(): Promise<void>;
  readonly events: EventEmitter;
  readonly nodes: { getNode(id: string): RuntimeNode | null };
  readonly runtime: { readonly flows: { setFlows(options: object): Promise<unknown> } };
}

interface StatusEvent {
  readonly id: string;
  readonly status: { readonly fill?: string; readonly shape?: string };
}

/** The real Node-RED inside this process, without editor, with this package linked into its user directory. */
export interface EmbeddedNodeRed {
  readonly userDir: string;
  node(id: string): RuntimeNode;
  /** Resolves when the flows run. */
  deploy(flows: readonly FlowNode[], type?: "full" | "nodes"): Promise<void>;
  /** Waits until a node shows a dot: its connection is up. */
  connected(id: string): Promise<void>;
  /** Waits until a node shows that its server cannot be reached: the connection has loaded and opened all it needs. */
  unreachable(id: string): Promise<void>;
  /** Lets go of the statuses seen so far: they weigh, too. */
  forgetStatuses(): void;
}

const SETTINGS = {
  httpAdminRoot: false,
  httpNodeRoot: false,
  flowFile: "flows.json",
  credentialSecret: "the secret of the bench",
  // The core node's reconnect time, in its favour: 1 s instead of the shipped 15 s.
  mqttReconnectTime: 1000,
  logging: { console: { level: "off", metrics: false, audit: false } },
  externalModules: { autoInstall: false },
  telemetry: { enabled: false, updateNotification: false },
} as const;

/** No measure: a limit for what does not work. */
const LIMIT_MS = 60_000;

/** Starts Node-RED. @param userDir one to use again; it must have been made by an earlier start */
export async function startEmbedded(userDir?: string): Promise<EmbeddedNodeRed> {
  const folder = userDir ?? makeUserDir();
  const RED = createRequire(path.join(PACKAGE_ROOT, "package.json"))("node-red") as Runtime;
  const statuses = new EventLog<StatusEvent>("statuses");
  RED.init({ ...SETTINGS, userDir: folder });
  RED.events.on("node-status", (event: StatusEvent) => statuses.push(event));
  const started = EventEmitter.once(RED.events, "flows:started");
  await RED.start();
  await started;
  return {
    userDir: folder,
    node(id) {
      const node = RED.nodes.getNode(id);
      if (node === null) throw new Error(`there is no node ${id}`);
      return node;
    },
    async deploy(flows, type = "full") {
      const deployed = EventEmitter.once(RED.events, "flows:started");
      await RED.runtime.flows.setFlows({ flows: { flows }, deploymentType: type });
      await deployed;
    },
    async connected(id) {
      const isUp = ({ id: node, status: { fill, shape } }: StatusEvent) =>
        node === id && shape === "dot" && fill !== "red";
      await statuses.waitFor(isUp, { timeoutMs: LIMIT_MS, what: `connected ${id}` });
    },
    async unreachable(id) {
      const isDown = ({ id: node, status: { fill } }: StatusEvent) => node === id && fill === "red";
      await statuses.waitFor(isDown, { timeoutMs: LIMIT_MS, what: `unreachable ${id}` });
    },
    forgetStatuses: () => statuses.clear(),
  };
}

/** A user directory for {@link startEmbedded} that outlives this process when `folder` is made by another. */
export function makeUserDir(): string {
  const folder = makeTempFolder("bench");
  linkPackage(folder);
  return folder;
}
