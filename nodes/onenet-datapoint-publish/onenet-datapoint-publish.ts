import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import { postPoints, stampOf } from "../shared/post";
import { checkAllOrNothing } from "../shared/post-conclusion";
import { forgetLateFailures, reportByException } from "../shared/report-filter";
import type { End, Message, Send } from "../shared/runtime";
import { onClose, onInputEnding } from "../shared/runtime";
import { prepareTarget } from "../shared/target-device";
import { thingOf } from "../shared/thing";
import type { TypedValue } from "../shared/typed-value";
import { prepareTypedValue } from "../shared/typed-value";
import type { Config } from "./config";
import { readConfig } from "./config";
import { readDatapoints } from "./message";

type PublishDef = NodeDef & { readonly connection?: string; readonly subdevice?: string };

export default function register(RED: NodeAPI): void {
  function DatapointPublish(this: Node, def: PublishDef): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    onInputEnding(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def), def as unknown as Def);
      if (config.filter !== undefined && link.isThere) {
        onClose(this, forgetLateFailures(config.filter, link.connection));
      }
      const evaluateStream = prepareStream(RED, this, config);
      const targetOf = prepareTarget(RED, link, def.subdevice);
      const post = (
        named: unknown,
        message: Message,
        stampAtMs: number | undefined,
        send: Send,
        end: End,
      ) => {
        const delivery = deliveryFor(message, config.delivery, config.priority);
        const stream = { named: named ?? "", fallback: message["topic"] };
        const device = targetOf(message);
        const { booleansAsNumbers } = config;
        const rules = {
          kind: link.device.productKind,
          booleansAsNumbers,
          thing: thingOf(link, device),
          device,
        };
        const read = readDatapoints(message.payload, stream, rules, stampAtMs);
        checkAllOrNothing(RED, config, read);
        const { worthwhile, told } = reportByException(config.filter, read);
        postPoints(RED, this, link, worthwhile, delivery, { message, send, end, told });
      };
      return (message, send, end) => {
        const stampAtMs = stampOf(config);
        if (evaluateStream === undefined) return post(config.stream, message, stampAtMs, send, end);
        evaluateStream(message)
          .then((named) => post(named, message, stampAtMs, send, end))
          .catch(end);
      };
    });
  }

  RED.nodes.registerType("onenet-datapoint-publish", DatapointPublish);
}

/** How the stream is found for each message; undefined where it is always what the form says. */
function prepareStream(RED: NodeAPI, node: Node, { stream, streamType }: Config): TypedValue | undefined {
  if (stream === "" || streamType === "str") return undefined;
  return prepareTypedValue(RED, node, "stream", stream, streamType);
}
