import type { Node, NodeAPI, NodeDef } from "node-red";
import type { PostOutcome } from "../../lib/client/device";
import { isClockPlausible } from "../../lib/client/login";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import type { Message } from "../shared/runtime";
import { onInput } from "../shared/runtime";
import { prepareTypedValue } from "../shared/typed-value";
import { readConfig } from "./config";
import { readDatapoints } from "./message";
import { checkAllOrNothing, concludePost } from "./outcome";

const NOTHING_POSTED: PostOutcome = { receipt: undefined, failed: [] };

export default function register(RED: NodeAPI): void {
  function DatapointPublish(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    onInput(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      const evaluateStream = prepareTypedValue(RED, this, "stream", config.stream, config.streamType);
      return async (message, send) => {
        const stampAtMs = config.stampAtInput ? stampNow() : undefined;
        const { device } = link;
        const delivery = deliveryFor(message, config.delivery, config.priority);
        const named = config.stream === "" ? "" : await evaluateStream(message);
        const rules = { kind: device.productKind, booleansAsNumbers: config.booleansAsNumbers };
        const stream = { named: named ?? "", fallback: message["topic"] };
        const read = readDatapoints(message.payload, stream, rules, stampAtMs);
        checkAllOrNothing(RED, config, read);
        const posting = read.points.length === 0 ? NOTHING_POSTED : device.post(read.points, delivery);
        link.refresh();
        concludePost(RED, message as Message, send, read, await posting);
      };
    });
  }

  RED.nodes.registerType("onenet-datapoint-publish", DatapointPublish);
}

/** A clock that is plainly wrong gives no time: the platform then takes its own. */
function stampNow(): number | undefined {
  const nowMs = Date.now();
  return isClockPlausible(nowMs) ? nowMs : undefined;
}
