import type { NodeAPI } from "node-red";
import { ONENET_ROOTS } from "../../lib/client/tls-options";
import type { ConnectionSurroundings } from "./config";
import { storeFileOf } from "./stored-queues";

/** What a connection finds in this Node-RED: pinned roots in its settings, its user directory, TLS options in its other nodes. */
export function surroundingsOf(RED: NodeAPI, nodeId: string): ConnectionSurroundings {
  return {
    nodeId,
    pinnedRoots: pinnedRoots(RED),
    storeFile: storeFileOf(RED),
    tlsConfigOptions: (tlsConfigId) => tlsConfigOptions(RED, tlsConfigId),
  };
}

/** OneNET's root, and those that `settings.js` adds (`onenetConnectionPinnedRoots`: SHA-256 fingerprints). */
function pinnedRoots(RED: NodeAPI): ReadonlySet<string> {
  const added: unknown = Reflect.get(RED.settings, "onenetConnectionPinnedRoots");
  if (!Array.isArray(added)) return ONENET_ROOTS;
  return new Set([...ONENET_ROOTS, ...added.map((fingerprint) => String(fingerprint).toUpperCase())]);
}

/** What Node-RED's own `tls-config` node adds to the options of `tls.connect`. */
function tlsConfigOptions(RED: NodeAPI, nodeId: string): Readonly<Record<string, unknown>> | undefined {
  const node: unknown = nodeId === "" ? null : RED.nodes.getNode(nodeId);
  if (typeof node !== "object" || node === null) return undefined;
  const addOptions: unknown = Reflect.get(node, "addTLSOptions");
  if (typeof addOptions !== "function") return undefined;
  const options: Record<string, unknown> = {};
  addOptions.call(node, options);
  return options;
}
