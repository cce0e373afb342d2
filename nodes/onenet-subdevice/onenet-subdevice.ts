import type { Node, NodeAPI, NodeDef } from "node-red";
import type { ConnectionNode } from "../onenet-connection/onenet-connection";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { inRuntimeLanguage } from "../shared/report";
import { onClose, reportError } from "../shared/runtime";
import { Subdevice } from "../shared/subdevice";
import { subdevices } from "../shared/subdevices";
import type { ReadThing } from "../shared/thing-fields";
import { readThingFields } from "../shared/thing-fields";
import { readConfig } from "./config";

/** The sub-device's node, as the nodes that use it see it. */
export interface SubdeviceNode extends Node {
  /** @throws {ReportedError} what is wrong with its settings */
  subdevice(): Subdevice;
}

interface Credentials {
  readonly key: unknown;
}

export default function register(RED: NodeAPI): void {
  function OneNetSubdevice(this: Node<Credentials>, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    try {
      const fields = new FieldReader(RED, this, def as unknown as Def);
      const thing = readThingFields(fields);
      const config = readConfig(fields, thing);
      tellOfModel(RED, this, thing, config.productId);
      const subdevice = new Subdevice(() => connectionKey(RED, def.connection), config);
      Object.assign(this, { subdevice: () => subdevice });
      onClose(this, subdevices.add(subdevice));
    } catch (thrown) {
      // Told by each node that uses it: a configuration node has no flow of its own.
      const problem = inRuntimeLanguage(RED, thrown);
      Object.assign(this, {
        subdevice() {
          throw problem;
        },
      });
    }
  }

  RED.nodes.registerType("onenet-subdevice", OneNetSubdevice, { credentials: { key: { type: "password" } } });
}

/** Says what is wrong with the model, or that it is another product's. */
function tellOfModel(RED: NodeAPI, node: Node, { model, problem }: ReadThing, own: string): void {
  if (problem !== undefined) reportError(RED, node, problem);
  const productId = model?.productId ?? own;
  if (productId !== own) node.warn(RED._("onenet-subdevice.model-foreign", { productId, own }));
}

function connectionKey(RED: NodeAPI, connectionId: string | undefined): string | undefined {
  const node: unknown = connectionId === undefined ? undefined : RED.nodes.getNode(connectionId);
  return typeof node === "object" && node !== null ? (node as Partial<ConnectionNode>).key : undefined;
}
