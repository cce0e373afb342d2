import { encodeDatapointPost } from "../protocol/datapoint";
import type { ProductKind } from "../protocol/platform";
import { encodePropertyPost } from "../protocol/property";
import type { DeviceIdentity } from "../protocol/topic";
import { topics } from "../protocol/topic";
import type { Pack } from "./in-flight";
import type { Publish, QueuedMessage } from "./message";

/** Encodes what waits as the PUBLISH that carries it, at the moment it is sent. */
export interface Packer {
  /** @throws {OneNetError} when the message cannot be encoded; it then fails alone */
  pack(message: QueuedMessage): Pack;
}

/** The key under which the platform's reply to a datapoint or property post is found. */
export function postReplyKey(messageId: number): string {
  return `post:${messageId}`;
}

/** A packer for a connection without datapoints: a plain broker. */
export const publishPacker: Packer = { pack: (message) => packPublish(message) };

/**
 * A packer for one OneNET device. One message is one PUBLISH for now; packing what waits into one is this
 * function's to do.
 */
export function devicePacker(
  device: DeviceIdentity,
  productKind: ProductKind,
  nextMessageId: () => number,
): Packer {
  const topic = productKind === "data-stream" ? topics.datapointPost(device) : topics.propertyPost(device);
  const encode = productKind === "data-stream" ? encodeDatapointPost : encodePropertyPost;
  return {
    pack(message) {
      if (message.draft.kind === "publish") return packPublish(message);
      const messageId = nextMessageId();
      message.id = String(messageId);
      const payload = encode(messageId, message.draft.points);
      return newPack(
        message,
        { topic, payload, qos: message.draft.qos, retain: false },
        postReplyKey(messageId),
      );
    },
  };
}

function packPublish(message: QueuedMessage): Pack {
  if (message.draft.kind !== "publish") throw new Error("datapoints on a connection that has no device");
  return newPack(message, message.draft.publish, message.draft.replyKey);
}

function newPack(message: QueuedMessage, publish: Publish, replyKey: string | undefined): Pack {
  return {
    publish,
    messages: [message],
    replyKey,
    isAnswer: message.options.answer === true,
    order: 0,
    number: 0,
    attempts: 0,
    timeouts: 0,
    closedLinks: 0,
    acknowledged: false,
    sentAtMonotonicMs: 0,
  };
}
