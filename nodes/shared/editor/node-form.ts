import type { ReadField } from "../form/reason";
import { type FormSpec, findChosen, OpenForm } from "./form";
import { reasonText, textsOf } from "./texts";

/** What a node's html hands to `RED.nodes.registerType`. */
export interface NodeForm {
  label(field: string): string;
  rule(field: string): (this: RedNode, value: unknown, options: { label?: string }) => true | string;
  text(key: string): string;
  paletteLabel(): string;
  nodeLabel(this: RedNode): string;
  nodeLabelStyle(this: RedNode): string;
  outputLabel(this: RedNode, index: number): string | undefined;
  prepare(this: RedNode): void;
  save(this: RedNode): void;
  close(this: RedNode): void;
  resize(this: RedNode, size: { width: number; height: number }): void;
}

export interface NodeFormSpec extends FormSpec {
  /** The node's label in the workspace when it has no name; empty means the palette's. */
  nodeLabel(node: RedNode): string;
  /** What an output is called where outputs follow the fields; the others are named in the node's html. */
  outputLabel?(node: RedNode, index: number): string | undefined;
}

const openForms = new Map<string, OpenForm>();

/** Fields of the open form of this node, else as saved. */
function readerOf(node: RedNode): ReadField {
  const open = openForms.get(node.id);
  return open ? open.read : (field) => node[field];
}

function closeForm(node: RedNode): void {
  openForms.delete(node.id);
}

export function makeNodeForm(spec: NodeFormSpec): NodeForm {
  const translate = textsOf(spec.type);
  return {
    label: (field) => translate(`label.${field}`),
    text: (key) => translate(key),
    rule: (field) => {
      const judge = spec.rules[field];
      // Node-RED takes a text as a reason only from a validator with two parameters.
      return function (this: RedNode, value: unknown, options: { label?: string }): true | string {
        const read = readerOf(this);
        const current: ReadField = (name) => (name === field ? value : read(name));
        const reason = judge?.(value, current, () => findChosen(current));
        return reason ? reasonText(translate, reason, options.label ?? translate(`label.${field}`)) : true;
      };
    },
    paletteLabel: () => translate("paletteLabel"),
    nodeLabel() {
      return this.name || spec.nodeLabel(this) || translate("paletteLabel");
    },
    nodeLabelStyle() {
      return this.name ? "node_label_italic" : "";
    },
    outputLabel(index) {
      return spec.outputLabel?.(this, index);
    },
    prepare() {
      const form = new OpenForm(spec, this);
      openForms.set(this.id, form);
      form.start();
    },
    save() {
      openForms.get(this.id)?.save();
      closeForm(this);
    },
    close() {
      closeForm(this);
    },
    resize(size) {
      openForms.get(this.id)?.resize(size);
    },
  };
}
