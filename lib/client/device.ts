import type { Clock } from "../clock";
import type { BadStreams } from "../delivery/bad-streams";
import { deliver } from "../delivery/deliver";
import type { DeliveryGate } from "../delivery/gate";
import type { DeliveryOptions, Failure, Receipt } from "../delivery/message";
import { failedPoints } from "../delivery/message";
import { asOneNetError, OneNetError } from "../errors";
import type { Datapoint } from "../protocol/datapoint";
import { fitsOnePost, postBytes, splitIntoPosts } from "../protocol/post-size";
import type { ProductKind } from "../protocol/topic";
import { deviceFilters } from "../protocol/topic";
import type { CommandReference } from "./command";
import type { EncodedAnswer } from "./command-answer";
import { CommandDesk } from "./command-desk";
import { readInbound } from "./device-inbound";
import type { FailedDatapoint, PostOutcome } from "./post-outcome";
import { mergeOutcomes } from "./post-outcome";
import type { DeviceProfile } from "./profile";
import { poolKey, profileLabel } from "./profile";
import type { InboundMessage } from "./session";
import type { Subscriptions } from "./subscriptions";

export type { FailedDatapoint, PostOutcome } from "./post-outcome";

export interface PostOptions extends DeliveryOptions {
  readonly qos: 0 | 1;
}

/**
 * The OneNET side of a connection: posts datapoints, reads the platform's replies, hands out commands.
 */
export class Device {
  readonly commands: CommandDesk;
  readonly #profile: DeviceProfile;
  readonly #delivery: DeliveryGate;

  constructor(
    profile: DeviceProfile,
    subscriptions: Subscriptions,
    delivery: DeliveryGate,
    clock: Clock,
    report: (error: OneNetError) => void,
  ) {
    this.#profile = profile;
    this.#delivery = delivery;
    this.commands = new CommandDesk({
      connection: poolKey(profile),
      device: profile.device,
      label: profileLabel(profile),
      clock,
      lastValues: () => ({}),
      send: (answer, expiryMs, reference) => this.#sendAnswer(answer, expiryMs, reference),
      report,
    });
    const echoes = profile.platform === "private";
    const inbound = { delivery, commands: this.commands, report };
    const onMessage = (message: InboundMessage) => readInbound(inbound, message);
    for (const filter of deviceFilters(profile.device, profile.productKind, { echoes })) {
      subscriptions.add(filter, onMessage);
    }
  }

  get productKind(): ProductKind {
    return this.#profile.productKind;
  }

  /** The promise form of {@link enqueue}; never rejects. */
  post(points: readonly Datapoint[], options: PostOptions): Promise<PostOutcome> {
    return new Promise((resolve) => this.enqueue(points, options, resolve));
  }

  /**
   * Posts datapoints, packed with what else waits.
   *
   * @param told called once, now or later, with what became of each
   */
  enqueue(points: readonly Datapoint[], options: PostOptions, told: (outcome: PostOutcome) => void): void {
    const { badStreams } = this.#delivery;
    if (badStreams !== undefined && badStreams.size > 0) {
      return this.#enqueueGood(points, badStreams, options, told);
    }
    const bytes = postBytes(points);
    if (fitsOnePost(points, bytes, this.productKind, this.#profile.batching.pack))
      this.#enqueuePost(points, bytes, options, told);
    else this.#enqueueParts(points, NONE_FAILED, options, told);
  }

  /** More than one post can hold. */
  #enqueueParts(
    points: readonly Datapoint[],
    refused: readonly FailedDatapoint[],
    options: PostOptions,
    told: (outcome: PostOutcome) => void,
  ): void {
    const posts = splitIntoPosts(points, this.productKind, this.#profile.batching.pack);
    const merge = mergeOutcomes(posts.length, refused, told);
    for (const post of posts) this.#enqueuePost(post, postBytes(post), options, merge);
  }

  #enqueuePost(
    points: readonly Datapoint[],
    bytes: number,
    options: PostOptions,
    told: (outcome: PostOutcome) => void,
  ): void {
    try {
      const draft = { kind: "datapoints", points, qos: options.qos } as const;
      this.#delivery.enqueue(draft, bytes, options, (error, receipt, failed) => {
        if (error !== undefined) told(allFailed(points, error));
        else told({ receipt: failed.length < points.length ? receipt : undefined, failed });
      });
    } catch (thrown) {
      told(allFailed(points, asOneNetError(thrown)));
    }
  }

  /** Without the streams that the platform has just said it does not know: they would get the others rejected. */
  #enqueueGood(
    points: readonly Datapoint[],
    badStreams: BadStreams,
    options: PostOptions,
    told: (outcome: PostOutcome) => void,
  ): void {
    const refused: FailedDatapoint[] = [];
    const good = points.filter((point) => {
      const rejection = badStreams.find(point);
      if (rejection === undefined) return true;
      const params = { platformCode: rejection.code, platformMessage: rejection.message };
      refused.push(...failedPoints([point], new OneNetError("ONENET_REJECTED", params)));
      return false;
    });
    this.#enqueueParts(good, refused, options, told);
  }

  async #sendAnswer(answer: EncodedAnswer, expiryMs: number, reference: CommandReference): Promise<Receipt> {
    const { topic, payload, replyKey } = answer;
    const publish = { topic, payload, qos: 1, retain: false } as const;
    const completeWhen = replyKey === undefined ? "acknowledged" : "accepted";
    const explain = (failure: Failure) => explainAnswerFailure(failure, reference.id);
    const draft = { kind: "publish", publish, ...(replyKey === undefined ? {} : { replyKey }) } as const;
    const options = { completeWhen, answer: true, expiryMs, explain } as const;
    const { receipt } = await deliver(this.#delivery, draft, payload.length, options);
    return receipt;
  }
}

const NONE_FAILED: readonly FailedDatapoint[] = [];

function allFailed(points: readonly Datapoint[], error: OneNetError): PostOutcome {
  return { receipt: undefined, failed: failedPoints(points, error) };
}

function explainAnswerFailure(failure: Failure, id: string): OneNetError {
  switch (failure.kind) {
    case "expired":
    case "link-lost":
      return new OneNetError("ONENET_COMMAND_EXPIRED", { id, deadline: "passed" });
    case "rejected": {
      const { code, message } = failure.rejection;
      return new OneNetError("ONENET_ANSWER_REJECTED", { id, platformCode: code, platformMessage: message });
    }
    case "other":
      return failure.error;
  }
}
