import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import type { NodeConnection } from "../shared/connection-lease";
import { leaseConnection } from "../shared/connection-lease";
import { reportConnection } from "../shared/connection-report";
import { inRuntimeLanguage } from "../shared/report";
import { onClose, onInput } from "../shared/runtime";
import { readConfig } from "./config";
import type { Explain, Topic } from "./message";
import { TOPICS } from "./message";
import { watchConnection } from "./watch";

export default function register(RED: NodeAPI): void {
  function ConnectionStatus(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "any");
    const explain: Explain = (error) => {
      const { code, message } = inRuntimeLanguage(RED, error);
      return { code, message };
    };
    onInput(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      const connection = connectionOf(link);
      if (connection !== undefined) {
        const tell = (topic: Topic, payload: object) => this.send(at(topic, { topic, payload }));
        onClose(this, watchConnection(connection, config, tell, explain));
      }
      return (message, send) => {
        send(at("report", { ...message, topic: "report", payload: reportConnection(RED, link.connection) }));
      };
    });
  }

  RED.nodes.registerType("onenet-connection-status", ConnectionStatus);
}

/** The message at the output of its topic. */
function at(topic: Topic, message: Record<string, unknown>): (Record<string, unknown> | null)[] {
  return TOPICS.map((name) => (name === topic ? message : null));
}

/** undefined where there is none: the status says why, and every input fails with the reason. */
function connectionOf(link: NodeConnection): Connection | undefined {
  try {
    return link.connection;
  } catch {
    return undefined;
  }
}
