import { giveBackPayload } from "../protocol/payload-pool";
import { postBytes } from "../protocol/post-size";
import type { Publish, QueuedMessage, Receipt } from "./message";
import { nobody, receiptOf } from "./message";
import type { Pack } from "./pack";
import { isPayloadFree, newPack } from "./pack";
import type { Packer } from "./packer";

/** What is kept of a post that is done for its senders: its bytes, and not the thousands of objects it was made of. */
export interface LatePost {
  readonly publish: Publish;
  readonly replyKey: string;
  readonly messages: number;
  /** See {@link isPayloadFree}. */
  readonly isPayloadFree: boolean;
  readonly order: number;
  readonly sentAtMonotonicMs: number;
  /** Of its first message. */
  readonly receipt: Receipt;
  readonly queuedAtMonotonicMs: number;
}

/** An answer to a command is one small message: it is kept as it is. */
type Late = LatePost | Pack;

/** A reply later than so many posts ago is not waited for, nor (but for the newest ones) so many bytes ago. */
const REMEMBERED_POSTS = 64;
const REMEMBERED_BYTES = 1_048_576;
const REMEMBERED_ALWAYS = 2;

/**
 * Posts and answers that are done for their senders (*acknowledged* was enough) while the platform's reply is still
 * out. They hold up nothing; but a rejection of one must not be lost, nor the innocent datapoints in it.
 */
export class LateReplies {
  /** Made when it is needed. */
  #posts: Map<string, Late> | undefined;
  #bytes = 0;

  add(pack: Pack): void {
    const { replyKey, parts } = pack;
    const message = parts[0]?.message;
    if (replyKey === undefined || message === undefined) return;
    this.#posts ??= new Map();
    this.#posts.set(replyKey, pack.isAnswer ? pack : latePost(pack, replyKey, message));
    this.#bytes += pack.publish.payload.length;
    for (const oldest of this.#posts.keys()) {
      const isTooMuch = this.#posts.size > REMEMBERED_POSTS || this.#bytes > REMEMBERED_BYTES;
      if (!isTooMuch || this.#posts.size <= REMEMBERED_ALWAYS) return;
      const late = this.take(oldest);
      if (late !== undefined) letGo(late);
    }
  }

  take(replyKey: string): Late | undefined {
    const post = this.#posts?.get(replyKey);
    if (post === undefined) return undefined;
    this.#posts?.delete(replyKey);
    this.#bytes -= post.publish.payload.length;
    return post;
  }

  /** The link is gone, and the replies with it. */
  clear(): void {
    this.#posts?.clear();
    this.#bytes = 0;
  }
}

function latePost(pack: Pack, replyKey: string, message: QueuedMessage): LatePost {
  const { publish, parts, order, sentAtMonotonicMs } = pack;
  const { queuedAtMonotonicMs } = message;
  const [receipt, messages] = [receiptOf(message), parts.length];
  return {
    publish,
    replyKey,
    messages,
    isPayloadFree: isPayloadFree(pack),
    order,
    sentAtMonotonicMs,
    receipt,
    queuedAtMonotonicMs,
  };
}

/** Nothing is wanted of it any more. @returns how many messages it carried */
export function letGo(late: Late): number {
  if ("parts" in late) return late.parts.length;
  if (late.isPayloadFree) giveBackPayload(late.publish.payload);
  return late.messages;
}

/** The answer again, or the post, each of its datapoints a message of its own: nobody waits for them. */
export function revive(late: Late, packer: Packer): Pack {
  if (!("parts" in late)) return revivePost(late, packer);
  for (const { message } of late.parts) message.settled = false;
  return late;
}

function revivePost(post: LatePost, packer: Packer): Pack {
  const { publish, replyKey, order, receipt, queuedAtMonotonicMs } = post;
  const qos = publish.qos === 0 ? 0 : 1;
  const parts = packer.unpack(publish).map((point) => {
    const points = [point];
    const message: QueuedMessage = {
      ...receipt,
      queuedAtMonotonicMs,
      draft: { kind: "datapoints", points, qos },
      options: { completeWhen: "acknowledged" },
      bytes: postBytes(points),
      state: "acknowledged",
      told: true,
      isOutcomeOpen: false,
      settled: false,
      partsLeft: 1,
      failed: undefined,
      tell: nobody,
    };
    return { message, points };
  });
  return Object.assign(newPack(publish, parts, replyKey), { order });
}
