import { postBytes } from "../protocol/post-size";
import type { Publish, QueuedMessage, Receipt } from "./message";
import { nobody, receiptOf } from "./message";
import type { Pack } from "./pack";
import { newPack } from "./pack";
import type { Packer } from "./packer";

/** What is kept of a post that is done for its senders: its bytes, and not the thousands of objects it was made of. */
export interface LatePost {
  readonly publish: Publish;
  readonly replyKey: string;
  readonly messages: number;
  readonly order: number;
  readonly sentAtMonotonicMs: number;
  /** Of its first message. */
  readonly receipt: Receipt;
  readonly queuedAtMonotonicMs: number;
}

/** A reply later than so many posts ago is not waited for, nor (but for the newest ones) so many bytes ago. */
const REMEMBERED_POSTS = 64;
const REMEMBERED_BYTES = 1_048_576;
const REMEMBERED_ALWAYS = 2;

/**
 * Posts that are done for their senders (*acknowledged* was enough) while the platform's reply is still out. They
 * hold up nothing; but a rejection of one must not be lost, nor the innocent datapoints in it.
 */
export class LateReplies {
  /** Made when it is needed. */
  #posts: Map<string, LatePost> | undefined;
  #bytes = 0;

  add(pack: Pack): void {
    const { publish, replyKey, parts, order, sentAtMonotonicMs } = pack;
    const message = parts[0]?.message;
    if (replyKey === undefined || message === undefined) return;
    const { queuedAtMonotonicMs } = message;
    const receipt = receiptOf(message);
    const messages = parts.length;
    const post = { publish, replyKey, messages, order, sentAtMonotonicMs, receipt, queuedAtMonotonicMs };
    this.#posts ??= new Map();
    this.#posts.set(replyKey, post);
    this.#bytes += publish.payload.length;
    for (const oldest of this.#posts.keys()) {
      const isTooMuch = this.#posts.size > REMEMBERED_POSTS || this.#bytes > REMEMBERED_BYTES;
      if (!isTooMuch || this.#posts.size <= REMEMBERED_ALWAYS) return;
      this.take(oldest);
    }
  }

  take(replyKey: string): LatePost | undefined {
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

/** The post again, each of its datapoints a message of its own that nobody waits for. */
export function revivePost(post: LatePost, packer: Packer): Pack {
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
