import type { Node, NodeAPI, NodeDef } from "node-red";
import type { PostOutcome } from "../../lib/client/device";
import { isClockPlausible } from "../../lib/client/login";
import { subjectOfPoints } from "../../lib/delivery/subject";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { leaseConnection } from "../shared/connection-lease";
import { deliveryFor } from "../shared/message-urgency";
import type { End, Message, Send } from "../shared/runtime";
import { onInputEnding, passOn } from "../shared/runtime";
import type { TypedValue } from "../shared/typed-value";
import { prepareTypedValue } from "../shared/typed-value";
import type { Config } from "./config";
import { readConfig } from "./config";
import { readDatapoints } from "./message";
import { checkAllOrNothing, concludePost } from "./outcome";

const NOTHING_POSTED: PostOutcome = { receipt: undefined, failed: [] };

export default function register(RED: NodeAPI): void {
  function DatapointPublish(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    onInputEnding(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      const evaluateStream = prepareStream(RED, this, config);
      const post = (
        named: unknown,
        message: Message,
        stampAtMs: number | undefined,
        send: Send,
        end: End,
      ) => {
        const delivery = deliveryFor(message, config.delivery, config.priority);
        const { device } = link;
        const stream = { named: named ?? "", fallback: message["topic"] };
        const rules = { kind: device.productKind, booleansAsNumbers: config.booleansAsNumbers };
        const read = readDatapoints(message.payload, stream, rules, stampAtMs);
        checkAllOrNothing(RED, config, read);
        const conclude = (outcome: PostOutcome) => {
          const { onenet, error } = concludePost(RED, read, outcome);
          if (onenet === undefined) return end(error);
          const tellLate = () => link.tellLate(outcome.receipt, subjectOfPoints(read.points));
          passOn(this, message, onenet, send, error === undefined ? end : () => end(error), tellLate);
        };
        // Before anything can fail: what fails at once is shown, and stays so.
        link.refresh();
        if (read.points.length === 0) conclude(NOTHING_POSTED);
        else device.enqueue(read.points, delivery, conclude);
      };
      return (message, send, end) => {
        const stampAtMs = config.stampAtInput ? stampNow() : undefined;
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

/** A clock that is plainly wrong gives no time: the platform then takes its own. */
function stampNow(): number | undefined {
  const nowMs = Date.now();
  return isClockPlausible(nowMs) ? nowMs : undefined;
}
