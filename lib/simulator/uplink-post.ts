/** Posts of a thing-model product: properties, events, and batches of both for several devices. */
import { parseHistoryPost, parsePackPost } from "../protocol/batch";
import { oneJsonCode, type PlatformCode } from "../protocol/codes";
import { parseEventPost } from "../protocol/event";
import type { JsonValue } from "../protocol/json";
import { parsePropertyPost } from "../protocol/property";
import { topicOf } from "../protocol/topic";
import { isRefused, type UplinkRefusal, type UplinkRequest } from "../protocol/uplink";
import type { Datapoint } from "../protocol/value";
import { keepPoint } from "./archive";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { StoredShare } from "./events";
import { judgePoint } from "./model-judge";
import { type Judge, refused, taken } from "./outcome";
import { notInTopology, ownerOf } from "./topology";

type Post = { readonly points: readonly Datapoint[] };
type Share = readonly [device: DeviceRecord, points: readonly Datapoint[]];

export const judgePropertyPost = singlePost(parsePropertyPost, "property-post-reply");
export const judgeEventPost = singlePost(parseEventPost, "event-post-reply");
export const judgePackPost = batch(parsePackPost, "pack-post-reply");
export const judgeHistoryPost = batch(parseHistoryPost, "history-post-reply");

/** A post of the device's own points. */
function singlePost(
  read: (payload: Uint8Array) => UplinkRequest<Post> | UplinkRefusal,
  replyKind: "property-post-reply" | "event-post-reply",
): Judge {
  return (context, device, _topic, payload) => {
    const topic = topicOf(device, replyKind, {});
    const post = read(payload);
    if (isRefused(post)) return refused("post", topic, post.id, post);
    const share: Share = [device, post.points];
    const refusal = judgeShares(context, [share]);
    if (refusal) return refused("post", topic, post.id, refusal);
    keepShares(context, [share]);
    return { ...taken(topic, post.id), values: lastValues(post.points) };
  };
}

/** A post of points of the device and of its sub-devices; the first that is wrong refuses the whole. */
function batch(
  read: (payload: Uint8Array) => UplinkRequest<Post> | UplinkRefusal,
  replyKind: "pack-post-reply" | "history-post-reply",
): Judge {
  return (context, gateway, _topic, payload) => {
    const topic = topicOf(gateway, replyKind, {});
    const post = read(payload);
    if (isRefused(post)) return refused("post", topic, post.id, post);
    const shares = shareOut(context, gateway, post.points);
    if (!Array.isArray(shares)) return refused("post", topic, post.id, shares);
    const refusal = judgeShares(context, shares);
    if (refusal) return refused("post", topic, post.id, refusal);
    keepShares(context, shares);
    return { ...taken(topic, post.id), stored: shares.map(describeShare) };
  };
}

/** The points by device; a code if one of them is not in the gateway's topology. */
function shareOut(
  context: SimulatorContext,
  gateway: DeviceRecord,
  points: readonly Datapoint[],
): Share[] | PlatformCode {
  const shares = new Map<DeviceRecord, Datapoint[]>();
  for (const point of points) {
    const device = ownerOf(context, gateway, point.device ?? gateway);
    if (!device) return notInTopology(point.device ?? gateway);
    const share = shares.get(device);
    if (share) share.push(point);
    else shares.set(device, [point]);
  }
  return [...shares];
}

/** What speaks against the points: the thing model of each device, or a fault. */
function judgeShares(context: SimulatorContext, shares: readonly Share[]): PlatformCode | undefined {
  for (const [device, points] of shares) {
    for (const point of points) {
      const code = judgePoint(context, device, point);
      if (code) return code;
    }
    const fault = context.faults.strike("rejectIdentifier", device, ({ identifier }) =>
      points.some(({ stream }) => stream === identifier),
    );
    if (!fault) continue;
    const { code, message } = oneJsonCode(fault.code ?? 2306, fault.identifier);
    return { code, message: fault.message ?? message };
  }
  return undefined;
}

function keepShares(context: SimulatorContext, shares: readonly Share[]): void {
  const nowMs = Date.now();
  for (const [device, points] of shares) {
    device.activatedAtMs ??= nowMs;
    device.lastAtMs = nowMs;
    for (const point of points) keepPoint(context, device, point, nowMs);
  }
}

function describeShare([{ productId, deviceName }, points]: Share): StoredShare {
  return {
    productId,
    deviceName,
    count: points.length,
    properties: lastValues(points.filter(({ event }) => !event)),
    events: lastValues(points.filter(({ event }) => event)),
  };
}

function lastValues(points: readonly Datapoint[]): Record<string, JsonValue> {
  return Object.fromEntries(points.map(({ stream, value }) => [stream, value]));
}
