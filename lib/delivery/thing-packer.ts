import { BatchRoom } from "../protocol/batch-room";
import type { Datapoint } from "../protocol/datapoint";
import { MAX_HISTORY_SAMPLES, MAX_PAYLOAD_BYTES } from "../protocol/limits";
import { postBytes } from "../protocol/post-size";
import type { DeviceIdentity } from "../protocol/topic";
import type { Batching } from "./delivery-settings";
import { type Publish, qosOf } from "./message";
import { Overtaken } from "./overtaken";
import type { Pack, PackPart } from "./pack";
import { addedBytes, type Packer, packPublish, type WaitingLine, wholeOf } from "./packer";
import { pickBehind } from "./pick-behind";
import { shareOut } from "./shares";
import { halve } from "./splitter";
import { POST_FRAME_BYTES } from "./stream-packer";
import { singleForm, type ThingForm, ThingPosts } from "./thing-form";

/** What was gathered for a post, or for a few that belong together. */
interface Load {
  readonly parts: readonly PackPart[];
  readonly hasRepeats: boolean;
  /** No more datapoints can be had that might be newer. */
  readonly isLast: boolean;
}

/**
 * Packs for a device of a thing-model product, and for its sub-devices. What waits goes in the plainest form that holds
 * it; several samples of one identifier share a `history/post`. That one need not change the present value: so the
 * newest sample of each is left out and held back, and begins the next post; or, when nothing newer waits, is a post of
 * its own right behind. Of many devices it takes ten at a time, so that their samples share a history, too.
 */
export class ThingPacker implements Packer {
  /** Samples of one property cannot share a `property/post`, so it needs many of them to keep up. */
  readonly postsInFlightMax = 16;
  readonly #posts: ThingPosts;
  readonly #batching: Batching;
  readonly #nextMessageId: () => number;
  readonly #overtaken = new Overtaken();

  constructor(device: DeviceIdentity, batching: Batching, nextMessageId: () => number) {
    this.#posts = new ThingPosts(device);
    this.#batching = batching;
    this.#nextMessageId = nextMessageId;
  }

  pack(first: readonly PackPart[], line: WaitingLine): readonly Pack[] {
    const message = first[0]?.message;
    if (message?.draft.kind === "publish") return [packPublish(message, line)];
    const packs = this.#packLoad(this.#gather(first, line));
    if (line.waiting === 0) this.#overtaken.clear();
    return packs;
  }

  #packLoad({ parts, hasRepeats, isLast }: Load): readonly Pack[] {
    if (!hasRepeats && !this.#overtaken.has(parts)) return [this.#packSingle(parts)];
    const { ahead, older, newest } = shareOut(
      parts,
      this.#overtaken.size > 0 ? this.#overtaken.isPast : undefined,
    );
    const packs: Pack[] = [];
    if (ahead.length > 0) packs.push(this.#packSingle(ahead));
    if (older.length > 0) packs.push(...this.#packOlder(older));
    if (newest.length > 0) packs.push(Object.assign(this.#packSingle(newest), { isHeld: !isLast }));
    return packs;
  }

  packParts(parts: readonly PackPart[], from: Pack): Pack {
    const isHistory = this.#posts.formOf(from.publish) === "history-post";
    return this.#packAs(isHistory ? "history-post" : singleForm(parts), parts);
  }

  unpack(post: Publish): readonly Datapoint[] {
    return this.#posts.unpack(post);
  }

  #gather(first: readonly PackPart[], line: WaitingLine): Load {
    const room = this.#newRoom();
    const parts = [...first];
    const qos = qosOf(first[0]?.message);
    let bytes = POST_FRAME_BYTES;
    let isLast = false;
    for (const part of first) {
      // What is more than a post may hold stays alone: encoding says what is wrong with it.
      if (!room.add(part.points)) return { parts, hasRepeats: false, isLast };
      bytes += bytesOf(part);
    }
    for (let next = line.peek(); ; next = line.peek()) {
      isLast = next === undefined ? line.waiting === 0 : qosOf(next) !== qos;
      if (next === undefined || next.draft.kind !== "datapoints" || isLast) break;
      const added = addedBytes(next, parts.at(-1));
      if (bytes + added > MAX_PAYLOAD_BYTES) break;
      if (!room.add(next.draft.points)) {
        if (!room.isOpenTo(next.draft.points)) parts.push(...pickBehind(line, room, qos, bytes));
        break;
      }
      bytes += added;
      line.shift();
      if (!next.settled) parts.push(wholeOf(next));
    }
    return { parts, hasRepeats: room.hasRepeats, isLast };
  }

  #newRoom(): BatchRoom {
    const { history, pack } = this.#batching;
    // Besides what goes as history there is the newest one; but that may have gone before.
    const samplesMax = history ? MAX_HISTORY_SAMPLES + (this.#overtaken.size > 0 ? 0 : 1) : 1;
    return new BatchRoom({ pack, samplesMax });
  }

  #packSingle(parts: readonly PackPart[]): Pack {
    if (this.#batching.history) this.#overtaken.remember(parts);
    return this.#packAs(singleForm(parts), parts);
  }

  /** Two samples of a property are no history: they go one after the other. */
  #packOlder(parts: readonly PackPart[]): readonly Pack[] {
    const room = this.#newRoom();
    for (const { points } of parts) room.add(points);
    if (!room.hasRepeats && !this.#overtaken.has(parts)) return [this.#packAs(singleForm(parts), parts)];
    // A message may have more properties than a history holds.
    if (!room.fitsBatch) return halve(parts).flatMap((half) => this.#packOlder(half));
    return [this.#packAs("history-post", parts)];
  }

  #packAs(form: ThingForm, parts: readonly PackPart[]): Pack {
    return this.#posts.pack(form, parts, this.#nextMessageId());
  }
}

/** An upper bound. */
function bytesOf({ message, points }: PackPart): number {
  const isWhole = message.draft.kind === "datapoints" && message.draft.points.length === points.length;
  return isWhole ? message.bytes : postBytes(points);
}
