import { OneNetError } from "../errors";
import type { DeliverySettings } from "./delivery-settings";
import type { Pack } from "./pack";

/** What was waited for in vain: the acknowledgement or, where that is not all, the platform's reply. */
export function timeoutError(pack: Pack, { host, ackTimeoutMs }: DeliverySettings): OneNetError {
  const params = { host, attempts: pack.timeouts, timeoutSeconds: ackTimeoutMs / 1000 };
  const waitsForReply = pack.replyKey !== undefined && (pack.acknowledged || pack.publish.qos === 0);
  return new OneNetError(waitsForReply ? "ONENET_ACK_TIMEOUT.reply" : "ONENET_ACK_TIMEOUT.puback", params);
}
