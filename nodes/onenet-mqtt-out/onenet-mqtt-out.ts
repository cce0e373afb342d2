import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection, type NodeConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import { type EndingHandler, onInputEnding, passOn } from "../shared/runtime";
import { type Config, readConfig } from "./config";
import { readPublish } from "./message";

export default function register(RED: NodeAPI): void {
  function MqttOut(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "any");
    onInputEnding(RED, this, link, () =>
      publisher(this, link, readConfig(new FieldReader(RED, this, def as unknown as Def))),
    );
  }

  RED.nodes.registerType("onenet-mqtt-out", MqttOut);
}

function publisher(node: Node, link: NodeConnection, config: Config): EndingHandler {
  return (message, send, end) => {
    const { connection } = link;
    const publish = readPublish(message, config, connection.profile);
    const delivery = deliveryFor(message, config.delivery, config.priority);
    // Before anything can fail: what fails at once is shown, and stays so.
    link.refresh();
    connection.enqueue(publish, delivery, (error, receipt) => {
      if (error !== undefined) return end(error);
      passOn(node, message, receipt, send, end, () => link.tellLate(receipt, { topic: publish.topic }));
    });
  };
}
