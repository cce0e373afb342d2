import type { BadStreams } from "../delivery/bad-streams";
import type { Batching } from "../delivery/delivery-settings";
import type { DeliveryGate } from "../delivery/gate";
import type { DeliveryOptions } from "../delivery/message";
import { failedPoints } from "../delivery/message";
import { asOneNetError, OneNetError } from "../errors";
import type { Datapoint } from "../protocol/datapoint";
import { DensePoints, type Points } from "../protocol/dense-points";
import { deviceKey } from "../protocol/identity";
import { MAX_PAYLOAD_BYTES } from "../protocol/limits";
import { fitsOnePost, postBytes, splitIntoPosts } from "../protocol/post-size";
import type { ProductKind } from "../protocol/topic";
import type { FailedDatapoint, PostOutcome } from "./post-outcome";
import { mergeOutcomes } from "./post-outcome";
import type { SubLoginPolicy, SubLogins } from "./sub-logins";

export interface PostOptions extends DeliveryOptions {
  readonly qos: 0 | 1;
  /** Of the sub-devices whose datapoints these are; default `none`. */
  readonly subLogin?: SubLoginPolicy;
}

/** Datapoints to be posted. */
export type Sendable = readonly Datapoint[] | DensePoints;

type Told = (outcome: PostOutcome) => void;

export interface DevicePostsParts {
  readonly productKind: ProductKind;
  readonly batching: Batching;
  readonly delivery: Pick<DeliveryGate, "enqueue" | "badStreams">;
  readonly subLogins: SubLogins;
}

/** Takes a device's datapoints to the outbox: each message no more than a post can hold. */
export class DevicePosts {
  readonly #parts: DevicePostsParts;

  constructor(parts: DevicePostsParts) {
    this.#parts = parts;
  }

  /** As `Device.enqueue`. */
  enqueue(points: Sendable, options: PostOptions, told: Told): void {
    const { subLogin = "none" } = options;
    if (subLogin === "none") return this.#enqueueNow(points, options, told);
    const byDevice = groupByDevice(listOf(points));
    const merge = mergeOutcomes(byDevice.size, NONE_FAILED, told);
    for (const own of byDevice.values()) {
      const device = own[0]?.device;
      if (device === undefined) this.#enqueueNow(own, options, merge);
      else this.#parts.subLogins.whenLoggedIn(device, () => this.#enqueueNow(own, options, merge));
    }
  }

  #enqueueNow(points: Sendable, options: PostOptions, told: Told): void {
    const { productKind, batching, delivery } = this.#parts;
    const { badStreams } = delivery;
    if (badStreams !== undefined && badStreams.size > 0) {
      return this.#enqueueGood(listOf(points), badStreams, options, told);
    }
    const isDense = points instanceof DensePoints;
    const bytes = isDense ? points.postBytes : postBytes(points);
    const fits = isDense
      ? bytes <= MAX_PAYLOAD_BYTES
      : fitsOnePost(points, bytes, productKind, batching.pack);
    if (fits) this.#enqueuePost(points, bytes, options, told);
    else this.#enqueueParts(listOf(points), NONE_FAILED, options, told);
  }

  /** More than one post can hold. */
  #enqueueParts(
    points: readonly Datapoint[],
    refused: readonly FailedDatapoint[],
    options: PostOptions,
    told: Told,
  ): void {
    const { productKind, batching } = this.#parts;
    const posts = splitIntoPosts(points, productKind, batching.pack);
    const merge = mergeOutcomes(posts.length, refused, told);
    for (const post of posts) this.#enqueuePost(post, postBytes(post), options, merge);
  }

  #enqueuePost(points: Points, bytes: number, options: PostOptions, told: Told): void {
    try {
      const draft = { kind: "datapoints", points, qos: options.qos } as const;
      this.#parts.delivery.enqueue(draft, bytes, options, (error, receipt, failed) => {
        if (error !== undefined) told(allFailed(points, error));
        else told({ receipt: failed.length < points.length ? receipt : undefined, failed });
      });
    } catch (thrown) {
      told(allFailed(points, asOneNetError(thrown)));
    }
  }

  /** Without the streams that the platform has just said it does not know: they would get the others rejected. */
  #enqueueGood(points: readonly Datapoint[], badStreams: BadStreams, options: PostOptions, told: Told): void {
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

function listOf(points: Sendable): readonly Datapoint[] {
  return points instanceof DensePoints ? points.toPoints() : points;
}

function groupByDevice(points: readonly Datapoint[]): ReadonlyMap<string, readonly Datapoint[]> {
  const groups = new Map<string, Datapoint[]>();
  for (const point of points) {
    const key = point.device === undefined ? "" : deviceKey(point.device);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [point]);
    else group.push(point);
  }
  return groups;
}

const NONE_FAILED: readonly FailedDatapoint[] = [];

function allFailed(points: Points, error: OneNetError): PostOutcome {
  return { receipt: undefined, failed: failedPoints(points, error) };
}
