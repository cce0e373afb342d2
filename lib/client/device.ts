import type { Clock } from "../clock";
import type { BadStreams } from "../delivery/bad-streams";
import { devicePacker } from "../delivery/device-packer";
import type { DeliveryGate } from "../delivery/gate";
import type { DeliveryOptions, Rejection } from "../delivery/message";
import { failedPoints } from "../delivery/message";
import type { Packer } from "../delivery/packer";
import { asOneNetError, OneNetError } from "../errors";
import type { Datapoint } from "../protocol/datapoint";
import { encodeValue, type JsonObject, type JsonValue } from "../protocol/json";
import { fitsOnePost, postBytes, splitIntoPosts } from "../protocol/post-size";
import type { DeviceIdentity, ProductKind } from "../protocol/topic";
import { deviceFilters, topicOf } from "../protocol/topic";
import { sendAnswer } from "./answer-delivery";
import type { Answer } from "./command";
import { CommandDesk } from "./command-desk";
import { readInbound } from "./device-inbound";
import { DeviceRequests, type RequestKind, type RequestOptions } from "./device-requests";
import { ExtraFilters } from "./extra-filters";
import { LastValues } from "./last-values";
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

/** What a device shares with its connection. */
export interface DeviceParts {
  readonly subscriptions: Subscriptions;
  readonly delivery: DeliveryGate;
  readonly clock: Clock;
  readonly report: (error: OneNetError) => void;
  readonly nextMessageId: () => number;
}

/**
 * The OneNET side of a connection: posts datapoints, asks the platform, reads its replies, hands out commands.
 */
export class Device {
  readonly commands: CommandDesk;
  /** Encodes what this device sends. */
  readonly packer: Packer;
  /** What the platform has accepted last; kept from the moment somebody answers gets with it. */
  readonly lastValues = new LastValues();
  readonly #profile: DeviceProfile;
  readonly #delivery: DeliveryGate;
  readonly #requests: DeviceRequests;
  readonly #report: (error: OneNetError) => void;
  readonly #loginListeners = new Set<() => void>();
  #desiredSets = 0;

  constructor(profile: DeviceProfile, parts: DeviceParts) {
    const { subscriptions, delivery, report, nextMessageId } = parts;
    const { device, productKind, batching } = profile;
    const echoes = profile.platform === "private";
    this.#profile = profile;
    this.#delivery = delivery;
    this.#report = report;
    this.packer = this.lastValues.noting(devicePacker(device, productKind, nextMessageId, batching));
    const onMessage = (message: InboundMessage) => readInbound(inbound, message);
    const extras = new ExtraFilters(device, echoes, subscriptions, onMessage);
    this.commands = this.#newDesk(parts, extras);
    const wantHardwareReplies = () => extras.use("cmp");
    this.#requests = new DeviceRequests({
      device,
      productKind,
      delivery,
      nextMessageId,
      wantHardwareReplies,
    });
    const settlePost = (replyKey: string, rejection?: Rejection) => {
      this.lastValues.replied(replyKey, rejection === undefined);
      delivery.settleReply(replyKey, rejection);
    };
    const inbound = { delivery, settlePost, requests: this.#requests, commands: this.commands, report };
    for (const filter of deviceFilters(device, productKind, { echoes })) subscriptions.add(filter, onMessage);
  }

  #newDesk({ clock, report }: DeviceParts, extras: ExtraFilters): CommandDesk {
    return new CommandDesk({
      connection: poolKey(this.#profile),
      device: this.#profile.device,
      label: profileLabel(this.#profile),
      clock,
      lastValues: (device, identifiers) => this.lastValues.find(device, identifiers),
      registered: ({ kinds, answersGets }) => {
        if (answersGets === "last-values") this.lastValues.keep();
        return extras.useFor(kinds);
      },
      send: (answer, expiryMs, { id }) => sendAnswer(this.#delivery, answer, expiryMs, id),
      report,
    });
  }

  get productKind(): ProductKind {
    return this.#profile.productKind;
  }

  /**
   * Asks the platform, now or when the link is up, ahead of what has gathered. The replies' `data`: of `desired-get` see
   * `readDesired`, of `topo-get` see `readIdentities` (that the list has arrived is confirmed by itself); others have none.
   *
   * @param params as lib/protocol/desired.ts, gateway.ts and hardware.ts make them; undefined for `topo-get`
   * @throws {OneNetError} rejects with ONENET_REJECTED (`platformCode`, `platformMessage`), ONENET_ACK_TIMEOUT.reply,
   *   ONENET_EXPIRED when the link did not come, ONENET_TOPIC_FORBIDDEN.kind on a data-stream product,
   *   ONENET_SUBSCRIBE_REFUSED for `cmp-post`, ONENET_CLOSED
   */
  request(
    kind: RequestKind,
    params: JsonValue | undefined,
    options: RequestOptions = {},
  ): Promise<JsonValue | undefined> {
    return this.#requests.request(kind, params, options);
  }

  /**
   * Calls `listener` each time the device has logged in and its replies are subscribed; not for a login before.
   *
   * @returns what takes the listener away again
   */
  onLogin(listener: () => void): () => void {
    this.#loginListeners.add(listener);
    return () => {
      this.#loginListeners.delete(listener);
    };
  }

  /** The connection is up. */
  loggedIn(): void {
    for (const listener of [...this.#loginListeners]) {
      try {
        listener();
      } catch (thrown) {
        this.#report(asOneNetError(thrown));
      }
    }
  }

  /**
   * Hands values (desired ones, say) to the handlers of property sets, as if the platform had set them. Resolves with
   * what they answer, or a failure when nobody takes them, or in time; the platform is told nothing.
   *
   * @param device the sub-device; undefined: the own one
   */
  applyAsSet(values: JsonObject, device?: DeviceIdentity): Promise<Answer> {
    const identifiers = Object.keys(values);
    if (identifiers.length === 0) return Promise.resolve({ success: true });
    const own = this.#profile.device;
    const topic = topicOf(own, device === undefined ? "property-set" : "sub-property-set", {});
    this.#desiredSets += 1;
    const request = {
      kind: "property-set",
      id: `desired-${this.#desiredSets}`,
      topic,
      identifiers,
      values,
    } as const;
    const body = Buffer.from(encodeValue(values));
    return new Promise((told) => {
      this.commands.receive({ ...request, body, told, ...(device === undefined ? {} : { device }) });
    });
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
}

const NONE_FAILED: readonly FailedDatapoint[] = [];

function allFailed(points: readonly Datapoint[], error: OneNetError): PostOutcome {
  return { receipt: undefined, failed: failedPoints(points, error) };
}
