import { type ErrorKey, OneNetError } from "../errors";
import { checkDevicePublish, parseTopic } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { FaultKinds } from "./faults";
import type { Link } from "./link";
import { maskedText } from "./mask";
import type { PlatformReply } from "./outcome";
import { judgeUplink } from "./uplink";

/** A PUBLISH as it came. */
export interface Uplink {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  /** At QoS 1. */
  readonly packetId: number | undefined;
}

/** Why a topic is refused, from the platform's side. */
const LAW_TEXTS: Readonly<Partial<Record<ErrorKey, string>>> = {
  "ONENET_TOPIC_FORBIDDEN.foreign": "not a topic of this device",
  "ONENET_TOPIC_FORBIDDEN.platform": "only the platform publishes there",
  "ONENET_TOPIC_FORBIDDEN.kind": "a topic of the other product kind",
  "ONENET_TOPIC_FORBIDDEN.unknown": "no such topic",
  "ONENET_TOPIC_INVALID.levels": "too many topic levels",
  "ONENET_TOPIC_INVALID.characters": "characters that a topic may not have",
};

/**
 * Applies the topic law. @returns false if the link was closed for it
 * @see device-mqtt.md §4.1
 */
export function obeysTopicLaw(
  { hub }: SimulatorContext,
  link: Link,
  device: DeviceRecord,
  topic: string,
): boolean {
  try {
    checkDevicePublish(topic, device, device.kind);
    return true;
  } catch (error) {
    const { productId, deviceName } = device;
    const message = (error instanceof OneNetError && LAW_TEXTS[error.key]) || "topic refused";
    hub.emit({ event: "refused", what: "publish", code: 0, message, productId, deviceName, topic });
    link.close("topic-refused", topic);
    return false;
  }
}

/** Takes a message whose turn has come: acknowledges it, judges it, replies. */
export function receive(context: SimulatorContext, link: Link, device: DeviceRecord, uplink: Uplink): void {
  if (!link.isOpen) return;
  const isMeant = ({ when, containing = "" }: FaultKinds["cutLink"]) =>
    when === "publish" && uplink.payload.includes(containing);
  if (context.faults.strike("cutLink", device, isMeant)) {
    link.close("fault", "cut at a publish", true);
    return;
  }
  acknowledge(context, link, device, uplink);
  const parsed = parseTopic(uplink.topic);
  if (!parsed) return;
  device.lastAtMs = Date.now();
  const outcome = judgeUplink(context, device, parsed, uplink.payload);
  const { messageId, values, stored, reply, refusal, events = [] } = outcome;
  const about = { productId: device.productId, deviceName: device.deviceName };
  context.hub.emit({
    event: "publish",
    ...about,
    topic: uplink.topic,
    qos: uplink.qos,
    payloadBytes: uplink.payload.length,
    ...maskedText(uplink.payload, device),
    ...(messageId === undefined ? {} : { messageId }),
    ...(values === undefined ? {} : { values }),
    ...(stored === undefined ? {} : { stored }),
  });
  if (refusal) context.hub.emit({ event: "refused", ...refusal, ...about, topic: uplink.topic });
  for (const event of events) context.hub.emit(event);
  if (reply) answer(context, link, device, reply);
}

function acknowledge(
  { faults }: SimulatorContext,
  link: Link,
  device: DeviceRecord,
  { packetId }: Uplink,
): void {
  if (packetId === undefined || faults.strike("dropAck", device)) return;
  const delayMs = faults.strike("delayAck", device)?.delayMs ?? 0;
  link.acks.push(Date.now() + delayMs, () => link.acknowledge(packetId));
}

function answer(
  { faults, hub }: SimulatorContext,
  link: Link,
  device: DeviceRecord,
  reply: PlatformReply,
): void {
  if (faults.strike("dropReply", device)) return;
  const delayMs = faults.strike("delayReply", device)?.delayMs ?? 0;
  const { topic, payload, messageId, code, message } = reply;
  const { productId, deviceName } = device;
  link.replies.push(Date.now() + delayMs, () => {
    const delivered = link.deliver(topic, payload);
    hub.emit({ event: "reply", productId, deviceName, topic, messageId, code, message, delivered });
  });
}
