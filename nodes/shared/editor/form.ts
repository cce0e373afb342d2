import { readChosenConnection } from "../form/connection-choice";
import { type FindConnection, type ReadField, type Reason, type Rules, textOf } from "../form/reason";
import { modelOf, subdeviceModelOf } from "./model-source";
import { markWrong, showDescriptions, showReason, showRows, showSteps } from "./rows";
import { reasonText, type Translate, textsOf } from "./texts";

export type Facts = Readonly<Record<string, boolean>>;

/** What a form adds to the common behaviour while it is open. */
export interface FormParts {
  /** After each change, once rows are shown or hidden. */
  update?(facts: Facts): void;
  /** Before Node-RED reads the fields. */
  save?(): void;
  resize?(size: { width: number; height: number }): void;
}

export interface FormSpec {
  readonly type: string;
  readonly prefix: "node-input" | "node-config-input";
  readonly rules: Rules;
  /** What `data-when` in the markup asks for. */
  facts(read: ReadField, find: FindConnection): Facts;
  open?(form: OpenForm): FormParts;
}

/** One form on the screen. */
export class OpenForm {
  readonly node: RedNode;
  readonly element: JQuery;
  readonly translate: Translate;
  readonly #spec: FormSpec;
  readonly #touched = new Set<string>();
  readonly #isNew: boolean;
  #parts: FormParts = {};

  constructor(spec: FormSpec, node: RedNode) {
    this.#spec = spec;
    this.node = node;
    this.translate = textsOf(spec.type);
    this.#isNew = !RED.nodes.node(node.id);
    this.element = $(`.onenet-form[data-form="${spec.type}"]`).last();
  }

  start(): void {
    this.#fillDefaults();
    this.#parts = this.#spec.open?.(this) ?? {};
    this.element.on("input change", "input, select, textarea", (event) => {
      const isUsers = event.originalEvent !== undefined;
      if (isUsers) this.#touched.add(event.target.id.slice(this.#spec.prefix.length + 1));
      this.update();
    });
    this.update();
  }

  /** Fields that a flow file of an older version, or one written by hand, does not have show what counts then. */
  #fillDefaults(): void {
    for (const [name, { value, type }] of Object.entries(this.node._def?.defaults ?? {})) {
      if (type !== undefined || (this.node[name] !== undefined && this.node[name] !== null)) continue;
      const field = this.field(name);
      if (field.attr("type") === "checkbox") field.prop("checked", value === true);
      else field.val(String(value ?? ""));
    }
  }

  field(name: string): JQuery {
    return this.element.find(`#${this.#spec.prefix}-${name}`);
  }

  readonly read: ReadField = (name) => {
    const field = this.field(name);
    if (field.length === 0) return this.node[name];
    return field.attr("type") === "checkbox" ? field.prop("checked") : field.val();
  };

  readonly find: FindConnection = () => findChosen(this.read, () => this.update());

  /** Fills a field as a user would, so that everything that depends on it follows. */
  fill(name: string, value: string): void {
    this.#touched.add(name);
    this.field(name).val(value).trigger("change");
  }

  update(): void {
    const facts = this.#spec.facts(this.read, this.find);
    showRows(this.element, facts);
    showDescriptions(this.element, this.#spec.prefix, this.translate);
    showSteps(this.element, this.#spec.prefix, this.translate);
    this.#parts.update?.(facts);
    for (const name of Object.keys(this.#spec.rules)) this.#judge(name);
  }

  save(): void {
    this.#parts.save?.();
  }

  resize(size: { width: number; height: number }): void {
    this.#parts.resize?.(size);
  }

  /** Why the field is refused now, or undefined. */
  reasonOf(name: string): Reason | undefined {
    return this.#spec.rules[name]?.(this.read(name), this.read, this.find);
  }

  #judge(name: string): void {
    const field = this.field(name);
    if (field.length === 0) return;
    const reason = this.reasonOf(name);
    const isEmpty = String(this.read(name) ?? "") === "";
    // a new configuration's empty fields, which nobody has touched, are marked by Node-RED without a reproach
    const isQuiet = this.#isNew && isEmpty && !this.#touched.has(name);
    if (reason === undefined || !isQuiet) markWrong(field, reason !== undefined);
    showReason(field, reason && !isQuiet ? reasonText(this.translate, reason, this.labelOf(name)) : "");
  }

  labelOf(name: string): string {
    return this.translate(`label.${name}`);
  }
}

/** The connection that a form chooses; where it chooses a sub-device too, with that one's model in place of its own. */
export function findChosen(read: ReadField, onChange?: () => void): ReturnType<FindConnection> {
  const found = findConnection(read("connection"), onChange);
  const subdevice = RED.nodes.node(textOf(read("subdevice")));
  if (found === undefined || subdevice?.type !== "onenet-subdevice") return found;
  const { model: _own, ...connection } = found;
  const reading = subdeviceModelOf((field) => subdevice[field]);
  const isKnown = reading.kind === "model" && textOf(subdevice["modelCheck"]) !== "off";
  return isKnown ? { ...connection, model: reading.model } : connection;
}

/**
 * The connection node behind an id, as the other forms need it.
 *
 * @param onChange called when its model comes, which may lie in a file of the runtime's machine
 */
export function findConnection(id: unknown, onChange?: () => void): ReturnType<FindConnection> {
  const node = typeof id === "string" && id !== "" ? RED.nodes.node(id) : null;
  if (node?.type !== "onenet-connection") return undefined;
  const name = node.name || String(node["deviceName"] || node["host"] || node.id);
  const read: ReadField = (field) => node[field];
  const reading = textOf(read("modelCheck")) === "off" ? undefined : modelOf(node.id, read, onChange);
  return {
    ...readChosenConnection(read, name, node.valid !== false),
    ...(reading?.kind === "model" ? { model: reading.model } : {}),
  };
}
