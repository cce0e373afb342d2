import type { Datapoint } from "../protocol/datapoint";
import { encodeDatapointPost, parseDatapointPost } from "../protocol/datapoint";
import { MAX_PAYLOAD_BYTES } from "../protocol/limits";
import type { ProductKind } from "../protocol/platform";
import { encodePropertyPost, parsePropertyPost } from "../protocol/property";
import type { DeviceIdentity } from "../protocol/topic";
import { topics } from "../protocol/topic";
import type { Handshake, HandshakeMark } from "./link";
import type { Publish, QueuedMessage } from "./message";
import type { Pack, PackPart } from "./pack";
import { newPack } from "./pack";

/** Where a packer finds what waits: the next message, in the order of sending. */
export interface WaitingLine {
  peek(): QueuedMessage | undefined;
  shift(): QueuedMessage | undefined;
  /** Keeps a step of a message's QoS 2 handshake where the message itself is kept. */
  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void;
}

/** Encodes what waits as PUBLISHes, at the moment they are sent. */
export interface Packer {
  /** Most posts of datapoints in flight: while they are, what comes gathers for the next one. */
  readonly postsInFlightMax: number;
  /**
   * A pack that begins with this message and takes along what of the line fits.
   *
   * @throws {OneNetError} when the message cannot be encoded; it then fails alone
   */
  pack(first: QueuedMessage, line: WaitingLine): Pack;
  /** A post of these datapoints: a part of a rejected one. */
  packParts(parts: readonly PackPart[]): Pack;
  /** The datapoints in a post of this packer's. */
  unpack(post: Publish): readonly Datapoint[];
}

/** The key under which the platform's reply to a datapoint or property post is found. */
export function postReplyKey(messageId: number): string {
  return `post:${messageId}`;
}

/** A packer for a connection without datapoints: a plain broker. */
export const publishPacker: Packer = {
  postsInFlightMax: Number.POSITIVE_INFINITY,
  pack: (message, line) => packPublish(message, line),
  packParts: () => {
    throw new Error("datapoints on a connection that has no device");
  },
  unpack: () => [],
};

/** What a post costs besides its datapoints; the estimate of each datapoint is an upper bound. */
const POST_FRAME_BYTES = 256;

/** A packer for one OneNET device. */
export class DevicePacker implements Packer {
  readonly postsInFlightMax: number;
  readonly #productKind: ProductKind;
  readonly #topic: string;
  readonly #nextMessageId: () => number;

  constructor(device: DeviceIdentity, productKind: ProductKind, nextMessageId: () => number) {
    const isDataStream = productKind === "data-stream";
    this.#productKind = productKind;
    this.#topic = isDataStream ? topics.datapointPost(device) : topics.propertyPost(device);
    this.#nextMessageId = nextMessageId;
    // Two posts in flight keep the link busy while a third one gathers. Values of one property can not share a
    // post, so a thing model needs more of them to keep up.
    this.postsInFlightMax = isDataStream ? 2 : 16;
  }

  pack(first: QueuedMessage, line: WaitingLine): Pack {
    if (first.draft.kind === "publish") return packPublish(first, line);
    const { qos } = first.draft;
    const parts: PackPart[] = [{ message: first, points: first.draft.points }];
    const streams = new Set(this.#productKind === "thing-model" ? streamsOf(first.draft.points) : []);
    let bytes = POST_FRAME_BYTES + first.bytes;
    for (let next = line.peek(); next !== undefined; next = line.peek()) {
      if (next.draft.kind !== "datapoints" || next.draft.qos !== qos) break;
      bytes += next.bytes;
      if (bytes > MAX_PAYLOAD_BYTES || !this.#addStreams(streams, next.draft.points)) break;
      line.shift();
      if (!next.settled) parts.push({ message: next, points: next.draft.points });
    }
    return this.packParts(parts);
  }

  packParts(parts: readonly PackPart[]): Pack {
    const messageId = this.#nextMessageId();
    const points: Datapoint[] = [];
    for (const part of parts) for (const point of part.points) points.push(point);
    const encode = this.#productKind === "data-stream" ? encodeDatapointPost : encodePropertyPost;
    const payload = encode(messageId, points);
    for (const { message } of parts) message.id = String(messageId);
    const draft = parts[0]?.message.draft;
    const qos = draft?.kind === "datapoints" ? draft.qos : 1;
    return newPack({ topic: this.#topic, payload, qos, retain: false }, parts, postReplyKey(messageId));
  }

  unpack({ payload }: Publish): readonly Datapoint[] {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const post = this.#productKind === "data-stream" ? parseDatapointPost(bytes) : parsePropertyPost(bytes);
    return "points" in post ? post.points : [];
  }

  /** @returns false when one of the identifiers stands in the post already */
  #addStreams(streams: Set<string>, points: readonly Datapoint[]): boolean {
    if (this.#productKind === "data-stream") return true;
    if (points.some((point) => streams.has(point.stream))) return false;
    for (const { stream } of points) streams.add(stream);
    return true;
  }
}

function streamsOf(points: readonly Datapoint[]): string[] {
  return points.map((point) => point.stream);
}

const NO_POINTS: readonly Datapoint[] = [];

function packPublish(message: QueuedMessage, line: WaitingLine): Pack {
  if (message.draft.kind !== "publish") throw new Error("datapoints on a connection that has no device");
  const { publish, replyKey } = message.draft;
  const handshake = publish.qos === 2 ? newHandshake(message, line) : undefined;
  return newPack(publish, [{ message, points: NO_POINTS }], replyKey, handshake);
}

function newHandshake(message: QueuedMessage, line: WaitingLine): Handshake {
  const handshake: Handshake = {
    mark: message.handshakeMark,
    keep(mark, kept) {
      handshake.mark = mark;
      line.keepMark(message, mark, kept);
    },
  };
  return handshake;
}
