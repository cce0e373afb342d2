import type { Clock } from "../clock";
import type { Delivered } from "../delivery/delivery";
import { deliver } from "../delivery/delivery";
import type { DeliveryGate } from "../delivery/gate";
import type { DeliveryOptions, Failure, Receipt, Rejection } from "../delivery/message";
import { hasReached } from "../delivery/message";
import { postReplyKey } from "../delivery/packer";
import { asOneNetError, OneNetError } from "../errors";
import { parseCommandRejection, parseCommandRequest } from "../protocol/command";
import type { Datapoint } from "../protocol/datapoint";
import { datapointBytes, parseDatapointReply, splitIntoPosts } from "../protocol/datapoint";
import { SUCCESS_CODE } from "../protocol/limits";
import { parsePropertyGet, parsePropertyPostReply, parsePropertySet } from "../protocol/property";
import type { ParsedTopic, ProductKind } from "../protocol/topic";
import { deviceFilters, parseTopic } from "../protocol/topic";
import type { CommandReference } from "./command";
import type { EncodedAnswer } from "./command-answer";
import { commandReplyKey } from "./command-answer";
import { CommandDesk } from "./command-desk";
import type { DeviceProfile } from "./profile";
import { poolKey, profileLabel } from "./profile";
import type { InboundMessage } from "./session";
import type { Subscriptions } from "./subscriptions";

/** One datapoint that did not get where it should. */
export interface FailedDatapoint {
  readonly stream: string;
  readonly error: OneNetError;
}

/** What became of the datapoints of one input. */
export interface PostOutcome {
  /** Of the datapoints that went well: the least that is true of all of them. Missing when none did. */
  readonly receipt: Receipt | undefined;
  readonly failed: readonly FailedDatapoint[];
}

export interface PostOptions extends DeliveryOptions {
  readonly qos: 0 | 1;
}

/** What a message weighs in the outbox besides its datapoints. */
const POST_OVERHEAD_BYTES = 64;

/**
 * The OneNET side of a connection: posts datapoints, reads the platform's replies, hands out commands.
 */
export class Device {
  readonly commands: CommandDesk;
  readonly #profile: DeviceProfile;
  readonly #delivery: DeliveryGate;
  readonly #report: (error: OneNetError) => void;

  constructor(
    profile: DeviceProfile,
    subscriptions: Subscriptions,
    delivery: DeliveryGate,
    clock: Clock,
    report: (error: OneNetError) => void,
  ) {
    this.#profile = profile;
    this.#delivery = delivery;
    this.#report = report;
    this.commands = new CommandDesk({
      connection: poolKey(profile),
      device: profile.device,
      label: profileLabel(profile),
      clock,
      send: (answer, expiryMs, reference) => this.#sendAnswer(answer, expiryMs, reference),
      report,
    });
    for (const filter of deviceFilters(profile.device, profile.productKind)) {
      subscriptions.add(filter, this.#onMessage);
    }
  }

  get productKind(): ProductKind {
    return this.#profile.productKind;
  }

  /** Posts datapoints, packed with what else waits. Never rejects: each datapoint's failure is in the outcome. */
  async post(points: readonly Datapoint[], options: PostOptions): Promise<PostOutcome> {
    const failed: FailedDatapoint[] = [];
    const posts = splitIntoPosts(this.#withoutBad(points, failed), this.#profile.productKind);
    const results = await Promise.allSettled(posts.map((post) => this.#enqueue(post, options)));
    const receipts: Receipt[] = [];
    results.forEach((result, index) => {
      const post = posts[index] ?? [];
      if (result.status === "rejected") {
        const error = asOneNetError(result.reason);
        for (const { stream } of post) failed.push({ stream, error });
      } else {
        failed.push(...result.value.failed);
        if (result.value.failed.length < post.length) receipts.push(result.value.receipt);
      }
    });
    return { receipt: mergeReceipts(receipts), failed };
  }

  /** Without the streams that the platform has just said it does not know: they would get the others rejected. */
  #withoutBad(points: readonly Datapoint[], failed: FailedDatapoint[]): readonly Datapoint[] {
    return points.filter(({ stream }) => {
      const rejection = this.#delivery.findBadStream(stream);
      if (rejection === undefined) return true;
      const params = { platformCode: rejection.code, platformMessage: rejection.message };
      failed.push({ stream, error: new OneNetError("ONENET_REJECTED", params) });
      return false;
    });
  }

  async #enqueue(points: readonly Datapoint[], options: PostOptions): Promise<Delivered> {
    const bytes = points.reduce((sum, point) => sum + datapointBytes(point), POST_OVERHEAD_BYTES);
    return await deliver(this.#delivery, { kind: "datapoints", points, qos: options.qos }, bytes, options);
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

  readonly #onMessage = (message: InboundMessage): void => {
    const topic = parseTopic(message.topic);
    if (topic === undefined) return;
    try {
      this.#read(topic, message);
    } catch (thrown) {
      const error = asOneNetError(thrown);
      this.#report(error);
      const { id, detail = "" } = error.params;
      const isAsked = topic.kind === "property-set" || topic.kind === "property-get";
      if (isAsked && id !== undefined) this.commands.refuse(topic.kind, String(id), String(detail));
    }
  };

  #read(topic: ParsedTopic, { topic: topicText, payload }: InboundMessage): void {
    const nothing = { topic: topicText, identifiers: [], values: {}, body: payload };
    switch (topic.kind) {
      case "datapoint-accepted":
      case "datapoint-rejected":
        return this.#onDatapointReply(topic.kind === "datapoint-accepted", payload);
      case "property-post-reply":
        return this.#onPropertyReply(payload);
      case "command-response-accepted":
        return void this.#delivery.settleReply(commandReplyKey(topic.commandId));
      case "command-response-rejected":
        return void this.#delivery.settleReply(
          commandReplyKey(topic.commandId),
          parseCommandRejection(payload),
        );
      case "command-request": {
        const request = parseCommandRequest(topic, payload);
        if (request === undefined) return;
        return this.commands.receive({ ...nothing, kind: "command", id: request.commandId });
      }
      case "property-set": {
        const { id, values } = parsePropertySet(payload);
        const identifiers = Object.keys(values);
        return this.commands.receive({ ...nothing, kind: "property-set", id, identifiers, values });
      }
      case "property-get": {
        const { id, identifiers } = parsePropertyGet(payload);
        return this.commands.receive({ ...nothing, kind: "property-get", id, identifiers });
      }
      default:
        return;
    }
  }

  #onDatapointReply(accepted: boolean, payload: Buffer): void {
    const reply = parseDatapointReply(accepted, payload);
    if (reply !== undefined) this.#settlePost(reply.messageId, reply.rejection);
  }

  #onPropertyReply(payload: Buffer): void {
    const reply = parsePropertyPostReply(payload);
    if (reply === undefined) return;
    const { messageId, code, message } = reply;
    this.#settlePost(messageId, code === SUCCESS_CODE ? undefined : { code, message });
  }

  /** A reply to no message of ours is a late one, or another login's: nothing to tell anybody. */
  #settlePost(messageId: number, rejection: Rejection | undefined): void {
    this.#delivery.settleReply(postReplyKey(messageId), rejection);
  }
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

/** The least that is true of all: the earliest state, the latest times, the first id. */
function mergeReceipts([first, ...others]: readonly Receipt[]): Receipt | undefined {
  return first && others.reduce(mergeTwo, first);
}

function mergeTwo(a: Receipt, b: Receipt): Receipt {
  const { sentAt, acknowledgedAt, acceptedAt, ...rest } = a;
  const later = (name: "sentAt" | "acknowledgedAt" | "acceptedAt") => {
    const [one, other] = [a[name], b[name]];
    return one === undefined || other === undefined ? {} : { [name]: Math.max(one, other) };
  };
  return {
    ...rest,
    state: hasReached(a.state, b.state) ? b.state : a.state,
    attempts: Math.max(a.attempts, b.attempts),
    ...later("sentAt"),
    ...later("acknowledgedAt"),
    ...later("acceptedAt"),
  };
}
