import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import { postPoints, stampOf } from "../shared/post";
import { onInputEnding } from "../shared/runtime";
import { prepareTarget } from "../shared/target-device";
import { thingOf } from "../shared/thing";
import { readConfig } from "./config";
import { readEvent } from "./message";

type PostDef = NodeDef & { readonly connection?: string; readonly subdevice?: string };

export default function register(RED: NodeAPI): void {
  function EventPost(this: Node, def: PostDef): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "thing");
    onInputEnding(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      const targetOf = prepareTarget(RED, link, def.subdevice);
      return (message, send, end) => {
        const delivery = deliveryFor(message, config.delivery, config.priority);
        const device = targetOf(message);
        const read = readEvent(message, config.event, thingOf(link, device), stampOf(config), device);
        const { eventType } = read;
        const also = eventType === undefined ? {} : { eventType };
        postPoints(RED, this, link, read, delivery, { message, send, end, also });
      };
    });
  }

  RED.nodes.registerType("onenet-event-post", EventPost);
}
