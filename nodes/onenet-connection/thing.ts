import type { Node, NodeAPI } from "node-red";
import type { ConnectionProfile } from "../../lib/client/profile";
import type { FieldReader } from "../shared/config";
import { reportError } from "../shared/runtime";
import type { ReadThing } from "../shared/thing-fields";
import { NO_THING, readThingFields } from "../shared/thing-fields";

/** A connection's model as it was read, for the nodes that use it and for the editor. */
export type ConnectionThing = ReadThing;

/** The thing model of a connection's product; none where the product has none. */
export function readThing(fields: FieldReader, profile: ConnectionProfile | undefined): ConnectionThing {
  const isThing = profile?.kind === "device" && profile.productKind === "thing-model";
  return isThing ? readThingFields(fields) : NO_THING;
}

/** Says what is wrong with the model, or that it is another product's. */
export function tellOfThing(
  RED: NodeAPI,
  node: Node,
  { model, problem }: ConnectionThing,
  profile: ConnectionProfile | undefined,
): void {
  if (problem !== undefined) reportError(RED, node, problem);
  const own = profile?.kind === "device" ? profile.device.productId : "";
  const productId = model?.productId ?? own;
  if (productId !== own) node.warn(RED._("onenet-connection.model-foreign", { productId, own }));
}

/** What the connection node with this id works with; undefined where there is none. */
export function findThing(RED: NodeAPI, nodeId: string): ConnectionThing | undefined {
  const node: unknown = RED.nodes.getNode(nodeId);
  const isConnection = typeof node === "object" && node !== null && "acquire" in node && "thing" in node;
  return isConnection ? (node.thing as ConnectionThing) : undefined;
}
