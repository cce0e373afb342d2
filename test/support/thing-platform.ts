import { devicePacker } from "../../lib/delivery/device-packer";
import type { Rejection } from "../../lib/delivery/message";
import { postReplyKey } from "../../lib/delivery/packer";
import type { Datapoint } from "../../lib/protocol/datapoint";
import { MAX_PAYLOAD_BYTES } from "../../lib/protocol/limits";
import type { DeliveryBench } from "./delivery-bench";
import { nextTurn } from "./manual-clock";

/** A post as a platform sees it. */
export interface SeenPost {
  /** `property`, `event`, `pack` or `history`. */
  readonly form: string;
  readonly points: readonly Datapoint[];
}

const reader = devicePacker({ productId: "pid", deviceName: "dev" }, "thing-model", () => 1);

/** The other side of a bench's links: it takes what is posted, or rejects it. */
export class ThingPlatform {
  /** What was posted, in order, and what was accepted. */
  readonly seen: SeenPost[] = [];
  readonly accepted: SeenPost[] = [];
  readonly #bench: DeliveryBench;
  readonly #judge: (points: readonly Datapoint[]) => Rejection | undefined;
  #link: DeliveryBench["link"] | undefined;
  #answered = 0;

  constructor(
    bench: DeliveryBench,
    judge: (points: readonly Datapoint[]) => Rejection | undefined = () => undefined,
  ) {
    this.#bench = bench;
    this.#judge = judge;
  }

  /** Each post a word: its form, and how many points it has. */
  get forms(): string[] {
    return this.seen.map(({ form, points }) => `${form} ${points.length}`);
  }

  /** Answers what has been posted on this link and was not answered, at most so many. @returns how many that were */
  async answer(limit = Number.POSITIVE_INFINITY): Promise<number> {
    const { link, delivery } = this.#bench;
    if (link !== this.#link) this.#answered = 0;
    this.#link = link;
    let answered = 0;
    for (; answered < limit && this.#answered < link.sent.length && !link.isDown; answered += 1) {
      const sent = link.sent[this.#answered];
      this.#answered += 1;
      if (sent === undefined) continue;
      sent.answer();
      const { topic, payload } = sent.publish;
      if (!topic.includes("/thing/")) continue;
      if (payload.length > MAX_PAYLOAD_BYTES) throw new Error("larger than the platform takes");
      const post = { form: topic.split("/").at(-2) ?? "", points: reader.unpack(sent.publish) };
      if (post.points.length === 0) throw new Error(`unreadable: ${payload}`);
      this.seen.push(post);
      const rejection = this.#judge(post.points);
      if (rejection === undefined) this.accepted.push(post);
      delivery.settleReply(postReplyKey(Number(JSON.parse(payload.toString()).id)), rejection);
      await nextTurn();
    }
    return answered;
  }

  /** Answers until nothing is held any more; a second passes whenever nothing comes. */
  async settle(): Promise<void> {
    for (let idle = 0; this.#bench.delivery.held > 0 && idle < 100; ) {
      idle = (await this.answer()) > 0 ? 0 : idle + 1;
      await this.#bench.pass(1000);
    }
  }
}
