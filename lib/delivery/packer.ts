import type { Datapoint } from "../protocol/datapoint";
import { DensePoints, type Points } from "../protocol/dense-points";
import type { Handshake, HandshakeMark } from "./link";
import type { Publish, QueuedMessage } from "./message";
import type { Pack, PackPart } from "./pack";
import { newPack } from "./pack";

/** Where a packer finds what waits: the next message, in the order of sending. */
export interface WaitingLine {
  /** Messages that wait, also those that {@link peek} does not show yet: they are being fetched. An upper bound. */
  readonly waiting: number;
  peek(): QueuedMessage | undefined;
  shift(): QueuedMessage | undefined;
  /**
   * Takes out, in order, what is wanted of the messages at hand, wherever it stands; the others keep their places. Nothing
   * where what is next overtakes others.
   */
  pick(isWanted: (message: QueuedMessage) => boolean): readonly QueuedMessage[];
  /** Keeps a step of a message's QoS 2 handshake where the message itself is kept. */
  keepMark(message: QueuedMessage, mark: HandshakeMark, kept: () => void): void;
}

/** Encodes what waits as PUBLISHes, at the moment they are sent. */
export interface Packer {
  /** Most posts of datapoints in flight: while they are, what comes gathers for the next one. */
  readonly postsInFlightMax: number;
  /**
   * Packs that begin with these (a message, or datapoints that were held back) and take along what of the line fits.
   *
   * @returns in the order of sending
   * @throws {OneNetError} when the first cannot be encoded; it then fails alone
   */
  pack(first: readonly PackPart[], line: WaitingLine): readonly Pack[];
  /** A post of these datapoints: a part of a rejected one, in the same form. */
  packParts(parts: readonly PackPart[], from: Pack): Pack;
  /** The datapoints in a post of this packer's. */
  unpack(post: Publish): readonly Datapoint[];
}

/** The key under which the platform's reply to a post of any form is found. */
export function postReplyKey(messageId: number): string {
  return `post:${messageId}`;
}

/** A packer for a connection without datapoints: a plain broker. */
export const publishPacker: Packer = {
  postsInFlightMax: Number.POSITIVE_INFINITY,
  pack: ([first], line) => {
    if (first?.message.draft.kind === "publish") return [packPublish(first.message, line)];
    throw noDevice();
  },
  packParts: () => {
    throw noDevice();
  },
  unpack: () => [],
};

function noDevice(): Error {
  return new Error("datapoints on a connection that has no device");
}

const NO_POINTS: readonly Datapoint[] = [];

/** All of a message, as a part of a pack. */
export function wholeOf(message: QueuedMessage): PackPart {
  return { message, points: message.draft.kind === "datapoints" ? message.draft.points : NO_POINTS };
}

/** What the next message adds to a post, at most: of dense ones side by side the names stand there once. */
export function addedBytes({ draft, bytes }: QueuedMessage, before: PackPart | undefined): number {
  if (draft.kind !== "datapoints" || !(draft.points instanceof DensePoints)) return bytes;
  const { layout } = draft.points;
  const isSame = before?.points instanceof DensePoints && before.points.layout === layout;
  return isSame ? bytes - layout.frameBytes : bytes;
}

/** A ready-made publish. */
export function packPublish(message: QueuedMessage, line: WaitingLine): Pack {
  if (message.draft.kind !== "publish") throw new Error("no publish");
  const { publish, replyKey } = message.draft;
  const handshake = publish.qos === 2 ? newHandshake(message, line) : undefined;
  return newPack(publish, [wholeOf(message)], replyKey, handshake);
}

/** A post of datapoints. */
export function packPost(
  topic: string,
  parts: readonly PackPart[],
  messageId: number,
  encode: (messageId: number, ...lists: readonly Points[]) => string | Buffer,
): Pack {
  const payload = encode(messageId, ...parts.map(({ points }) => points));
  for (const { message } of parts) message.id = String(messageId);
  const draft = parts[0]?.message.draft;
  const qos = draft?.kind === "datapoints" ? draft.qos : 1;
  return newPack({ topic, payload, qos, retain: false }, parts, postReplyKey(messageId));
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
