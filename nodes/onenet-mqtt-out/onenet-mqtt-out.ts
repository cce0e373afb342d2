import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import { onInput } from "../shared/runtime";
import { readConfig } from "./config";
import { readPublish } from "./message";

export default function register(RED: NodeAPI): void {
  function MqttOut(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "any");
    onInput(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      return async (message, send) => {
        const { connection } = link;
        const publishing = connection.publish(
          readPublish(message, config, connection.profile),
          deliveryFor(message, config.delivery, config.priority),
        );
        link.refresh();
        const onenet = await publishing;
        send({ ...message, onenet });
      };
    });
  }

  RED.nodes.registerType("onenet-mqtt-out", MqttOut);
}
