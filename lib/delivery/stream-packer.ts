import type { Datapoint } from "../protocol/datapoint";
import { encodeDatapointPost, parseDatapointPost } from "../protocol/datapoint";
import { MAX_PAYLOAD_BYTES } from "../protocol/limits";
import { type DeviceIdentity, topics } from "../protocol/topic";
import type { Publish } from "./message";
import type { Pack, PackPart } from "./pack";
import { addedBytes, type Packer, packPost, packPublish, type WaitingLine, wholeOf } from "./packer";

/** What a post costs besides its datapoints; the estimate of each datapoint is an upper bound. */
export const POST_FRAME_BYTES = 256;

/** Packs for a device of a data-stream product: whatever waits shares a post, several values of one stream as well. */
export class StreamPacker implements Packer {
  /** As many keep the link and the server busy while the next one gathers. */
  readonly postsInFlightMax = 8;
  readonly #topic: string;
  readonly #nextMessageId: () => number;

  constructor(device: DeviceIdentity, nextMessageId: () => number) {
    this.#topic = topics.datapointPost(device);
    this.#nextMessageId = nextMessageId;
  }

  pack(first: readonly PackPart[], line: WaitingLine): readonly Pack[] {
    const message = first[0]?.message;
    if (message === undefined) return [];
    if (message.draft.kind === "publish") return [packPublish(message, line)];
    const { qos } = message.draft;
    const parts = [...first];
    let bytes = POST_FRAME_BYTES + message.bytes;
    for (let next = line.peek(); next !== undefined; next = line.peek()) {
      if (next.draft.kind !== "datapoints" || next.draft.qos !== qos) break;
      bytes += addedBytes(next, parts.at(-1));
      if (bytes > MAX_PAYLOAD_BYTES) break;
      line.shift();
      if (!next.settled) parts.push(wholeOf(next));
    }
    return [this.packParts(parts)];
  }

  packParts(parts: readonly PackPart[]): Pack {
    return packPost(this.#topic, parts, this.#nextMessageId(), encodeDatapointPost);
  }

  unpack({ payload }: Publish): readonly Datapoint[] {
    const post = parseDatapointPost(typeof payload === "string" ? Buffer.from(payload) : payload);
    return "points" in post ? post.points : [];
  }
}
