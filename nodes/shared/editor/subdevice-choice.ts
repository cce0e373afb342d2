import { type ChosenSubdevice, readChosenSubdevice, subdeviceReason } from "../form/gateway-rules";
import { type Rule, type Rules, textOf } from "../form/reason";

/** The sub-device node behind an id; undefined when there is none. */
export function findSubdevice(id: unknown): ChosenSubdevice | undefined {
  const node = typeof id === "string" && id !== "" ? RED.nodes.node(id) : null;
  if (node?.type !== "onenet-subdevice") return undefined;
  const name = node.name || textOf(node["deviceName"]) || textOf(node["productId"]) || node.id;
  return readChosenSubdevice((field) => node[field], name, node.valid !== false);
}

const subdevice: Rule = (value, read) =>
  subdeviceReason(textOf(value), findSubdevice(value), textOf(read("connection")));

/** The rules of a form in which a sub-device can be chosen. */
export function withSubdevice(rules: Rules): Rules {
  return { ...rules, subdevice };
}
