import type { DeliveryGate } from "../delivery/gate";
import type { Rejection } from "../delivery/message";
import { postReplyKey } from "../delivery/packer";
import type { OneNetError } from "../errors";
import { asOneNetError } from "../errors";
import { parseCommandRejection } from "../protocol/command";
import { parseDatapointReply } from "../protocol/datapoint";
import { readIdentities } from "../protocol/identity";
import { SUCCESS_CODE } from "../protocol/limits";
import { parsePropertyPostReply } from "../protocol/property";
import type { DeviceIdentity, ParsedTopic } from "../protocol/topic";
import { parseTopic } from "../protocol/topic";
import { commandReplyKey } from "./command-answer";
import type { CommandDesk } from "./command-desk";
import { readRequest, unreadableRequest } from "./command-inbound";
import { type DeviceRequests, REQUEST_KINDS } from "./device-requests";
import type { InboundMessage } from "./session";

export interface DeviceInboundParts {
  readonly delivery: Pick<DeliveryGate, "settleReply">;
  /** Settles the post of a key. */
  readonly settlePost: (replyKey: string, rejection?: Rejection) => void;
  readonly requests: DeviceRequests;
  readonly commands: CommandDesk;
  /** The gateway has these sub-devices now. */
  readonly noteTopology: (devices: readonly DeviceIdentity[]) => void;
  readonly report: (error: OneNetError) => void;
}

type Read = (parts: DeviceInboundParts, payload: Buffer, topic: ParsedTopic) => void;

/**
 * What the platform says to something of ours, by topic. A reply to no message of ours is a late one, or another login's:
 * nothing to tell anybody. `custome/up_reply` has no id that could tell what it replies to. All else that comes asks.
 */
const REPLIES: { readonly [K in ParsedTopic["kind"]]?: Read } = {
  "datapoint-accepted": (parts, payload) => readDatapointReply(parts, true, payload),
  "datapoint-rejected": (parts, payload) => readDatapointReply(parts, false, payload),
  "property-post-reply": readPostReply,
  "event-post-reply": readPostReply,
  "pack-post-reply": readPostReply,
  "history-post-reply": readPostReply,
  ...Object.fromEntries(REQUEST_KINDS.map((kind) => [`${kind}-reply`, readRequestReply])),
  "command-response-accepted": ({ delivery }, _payload, topic) => {
    if ("commandId" in topic) delivery.settleReply(commandReplyKey(topic.commandId));
  },
  "command-response-rejected": ({ delivery }, payload, topic) => {
    if ("commandId" in topic)
      delivery.settleReply(commandReplyKey(topic.commandId), parseCommandRejection(payload));
  },
};

function readDatapointReply(parts: DeviceInboundParts, accepted: boolean, payload: Buffer): void {
  const reply = parseDatapointReply(accepted, payload);
  if (reply !== undefined) parts.settlePost(postReplyKey(reply.messageId), reply.rejection);
}

function readPostReply(parts: DeviceInboundParts, payload: Buffer): void {
  const reply = parsePropertyPostReply(payload);
  if (reply === undefined) return;
  const { messageId, code, message } = reply;
  parts.settlePost(postReplyKey(messageId), code === SUCCESS_CODE ? undefined : { code, message });
}

function readRequestReply({ requests }: DeviceInboundParts, payload: Buffer): void {
  requests.settle(payload);
}

/** Takes what the platform sends to where it belongs: replies to what waits for them, requests to the command desk. */
export function readInbound(parts: DeviceInboundParts, { topic: topicText, payload }: InboundMessage): void {
  const topic = parseTopic(topicText);
  if (topic === undefined) return;
  const readReply = REPLIES[topic.kind];
  if (readReply !== undefined) return readReply(parts, payload, topic);
  const { commands, noteTopology, report } = parts;
  try {
    const request = readRequest(topic, topicText, payload);
    if (request?.kind === "topo-change") noteTopology(readIdentities(request.values["subList"]));
    if (request !== undefined) commands.receive(request);
  } catch (thrown) {
    const error = asOneNetError(thrown);
    report(error);
    const { id, detail = "" } = error.params;
    const unread = id === undefined ? undefined : unreadableRequest(topic, String(id), payload);
    if (unread !== undefined) commands.refuse(unread, String(detail));
  }
}
