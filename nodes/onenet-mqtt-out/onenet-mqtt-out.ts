import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import { onInputEnding, passOn } from "../shared/runtime";
import { readConfig } from "./config";
import { readPublish } from "./message";

export default function register(RED: NodeAPI): void {
  function MqttOut(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "any");
    onInputEnding(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      return (message, send, end) => {
        const { connection } = link;
        const publish = readPublish(message, config, connection.profile);
        const delivery = deliveryFor(message, config.delivery, config.priority);
        // Before anything can fail: what fails at once is shown, and stays so.
        link.refresh();
        connection.enqueue(publish, delivery, (error, receipt) => {
          if (error !== undefined) return end(error);
          passOn(this, message, receipt, send, end, () => link.tellLate(receipt, { topic: publish.topic }));
        });
      };
    });
  }

  RED.nodes.registerType("onenet-mqtt-out", MqttOut);
}
