import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { FlowNode } from "./admin-api";
import { PACKAGE_ROOT } from "./node-red-version";

export const EXAMPLES_FOLDER = path.join(PACKAGE_ROOT, "examples");

export interface Example {
  /** As the import menu shows it: `02 - Command and answer/Command (data stream)`. */
  readonly name: string;
  readonly nodes: readonly FlowNode[];
}

/** Every example, in the order of the menu. */
export function readExamples(): readonly Example[] {
  const files = readdirSync(EXAMPLES_FOLDER, { recursive: true }).map(String);
  return files
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => ({
      name: file
        .split(path.sep)
        .join("/")
        .replace(/\.json$/, ""),
      nodes: JSON.parse(readFileSync(path.join(EXAMPLES_FOLDER, file), "utf8")),
    }));
}

export interface Ports {
  readonly mqtt: number;
  readonly http: number;
  /** The local broker (mosquitto). */
  readonly broker: number;
}

/** The same nodes at other ports: a test cannot count on 18830, 18831 and 1883 being free. */
export function atPorts(nodes: readonly FlowNode[], { mqtt, http, broker }: Ports): readonly FlowNode[] {
  return nodes.map((node) => {
    switch (node.type) {
      case "onenet-simulator":
        return { ...node, port: String(mqtt), httpPort: String(http) };
      case "onenet-connection":
        return { ...node, port: String(node["platform"] === "mqtt" ? broker : mqtt) };
      case "mqtt-broker":
        return { ...node, port: String(broker) };
      default:
        return node;
    }
  });
}
