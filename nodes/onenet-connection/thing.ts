import { readFileSync } from "node:fs";
import type { Node, NodeAPI } from "node-red";
import type { ConnectionProfile } from "../../lib/client/profile";
import { asOneNetError, OneNetError } from "../../lib/errors";
import { parseThingModel } from "../../lib/protocol/thing-model-reader";
import type { FieldReader } from "../shared/config";
import { decodeModelFile } from "../shared/form/model-reading";
import { reportError } from "../shared/runtime";
import { type Thing, UNKNOWN_THING } from "../shared/thing";

/** A connection's model as it was read, for the nodes that use it and for the editor. */
export interface ConnectionThing extends Thing {
  /** The model's text; "" where there is none, or none that could be read. */
  readonly text: string;
  /** Why there is no model although there should be one. */
  readonly problem?: OneNetError;
}

const NO_THING: ConnectionThing = { ...UNKNOWN_THING, text: "" };

/**
 * Reads the thing model of a connection: the text in the flow, or a file of this machine. Where that fails values go
 * unchecked, and {@link ConnectionThing.problem} says why.
 */
export function readThing(fields: FieldReader, profile: ConnectionProfile | undefined): ConnectionThing {
  const isThing = profile?.kind === "device" && profile.productKind === "thing-model";
  if (!isThing) return NO_THING;
  try {
    const source = fields.choice("modelSource", ["none", "pasted", "file"], "none");
    if (source === "none") return NO_THING;
    const mode = fields.choice("modelCheck", ["coerce", "strict", "off"], "coerce");
    const snapToStep = fields.flag("snapToStep", false);
    const text = source === "file" ? readModelFile(fields.required("modelFile")) : fields.raw("model");
    return { model: parseThingModel(text).model, rules: { mode, snapToStep }, text };
  } catch (thrown) {
    return { ...NO_THING, problem: asOneNetError(thrown) };
  }
}

function readModelFile(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (thrown) {
    const reason = String(Reflect.get(Object(thrown), "code") ?? thrown);
    throw new OneNetError("ONENET_MODEL_INVALID.file", { file, reason }, { cause: thrown });
  }
  return decodeModelFile(bytes);
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
