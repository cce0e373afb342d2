import { isUint8Array } from "node:util/types";
import type { ConnectionProfile } from "../../lib/client/profile";
import type { Publish, PublishProperties, Qos } from "../../lib/delivery/message";
import { OneNetError } from "../../lib/errors";
import { describeValue, writeJson } from "../../lib/protocol/json";
import type { PlatformProfile } from "../../lib/protocol/platform";
import { PLATFORMS } from "../../lib/protocol/platform";
import { checkDevicePublish, checkPublishTopic } from "../../lib/protocol/topic";
import type { Message } from "../shared/runtime";
import type { Config } from "./config";
import { isUserProperties } from "./config";

/**
 * Reads a message as the PUBLISH it asks for, within what its connection allows.
 *
 * @throws {OneNetError} ONENET_TOPIC_INVALID, ONENET_TOPIC_FORBIDDEN, ONENET_QOS_UNSUPPORTED, ONENET_PAYLOAD_INVALID,
 *   ONENET_PAYLOAD_TOO_LARGE, ONENET_MESSAGE_INVALID
 */
export function readPublish(message: Message, config: Config, profile: ConnectionProfile): Publish {
  const platform = PLATFORMS[profile.platform];
  const topic = checkPublishTopic(config.topic === "" ? message["topic"] : config.topic);
  if (profile.kind === "device" && !config.sendsAnyway) {
    checkDevicePublish(topic, profile.device, profile.productKind);
  }
  const payload = encodePayload(message.payload);
  const payloadBytes = Buffer.byteLength(payload);
  if (payloadBytes > platform.maxPayloadBytes) {
    const params = { bytes: payloadBytes, maxBytes: platform.maxPayloadBytes };
    throw new OneNetError("ONENET_PAYLOAD_TOO_LARGE", params);
  }
  const publish = {
    topic,
    payload,
    qos: readQos(message, config, platform),
    retain: readRetain(message, config, platform),
  };
  const speaksMqtt5 = profile.kind === "broker" && profile.protocolVersion === 5;
  return speaksMqtt5 ? { ...publish, properties: readProperties(message, config) } : publish;
}

function readQos(message: Message, config: Config, platform: PlatformProfile): Qos {
  const asked = config.qos ?? message["qos"] ?? 1;
  const qos = typeof asked === "string" && asked !== "" ? Number(asked) : asked;
  if (qos !== 0 && qos !== 1 && qos !== 2) {
    throw new OneNetError("ONENET_QOS_UNSUPPORTED.value", { got: describeValue(asked) });
  }
  const { maxQos, name } = platform;
  if (qos <= maxQos) return qos;
  if (config.lowersUnsupported) return maxQos;
  throw new OneNetError("ONENET_QOS_UNSUPPORTED.qos", { qos, maxQos, platform: name });
}

function readRetain(message: Message, config: Config, platform: PlatformProfile): boolean {
  const retain = config.retain ?? (message["retain"] === true || message["retain"] === "true");
  if (!retain || platform.retain) return retain;
  if (config.lowersUnsupported) return false;
  throw new OneNetError("ONENET_QOS_UNSUPPORTED.retain", { platform: platform.name });
}

/**
 * Bytes and text as they are; a number or boolean as its text; an object as JSON. Nothing is shared with the
 * message: it may wait for long, and a flow may fill its Buffer again.
 */
function encodePayload(payload: unknown): string | Buffer {
  if (isUint8Array(payload)) return Buffer.from(payload);
  if (typeof payload === "string") return payload;
  if (typeof payload === "boolean" || (typeof payload === "number" && Number.isFinite(payload)))
    return String(payload);
  const json = typeof payload === "object" && payload !== null ? writeJson(payload) : undefined;
  if (json === undefined) throw new OneNetError("ONENET_PAYLOAD_INVALID", { type: describeValue(payload) });
  return json;
}

/** MQTT 5 properties; the form's go before the message's, as with topic, QoS and retain. */
function readProperties(message: Message, config: Config): PublishProperties {
  const contentType = config.contentType || readText(message, "contentType");
  const responseTopic = config.responseTopic || readText(message, "responseTopic");
  const correlationData = config.correlationData || message["correlationData"];
  const userProperties = config.userProperties ?? message["userProperties"];
  const messageExpiryInterval = config.messageExpirySeconds ?? message["messageExpiryInterval"];
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic: checkPublishTopic(responseTopic) }),
    ...(correlationData === undefined ? {} : { correlationData: readBytes(correlationData) }),
    ...(userProperties === undefined ? {} : { userProperties: readUserProperties(userProperties) }),
    ...(messageExpiryInterval === undefined
      ? {}
      : { messageExpiryInterval: readSeconds(messageExpiryInterval) }),
  };
}

function readText(message: Message, property: string): string | undefined {
  const value = message[property];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw invalid(property, "text", value);
}

function readBytes(value: unknown): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (isUint8Array(value)) return Buffer.from(value);
  throw invalid("correlationData", "text or a Buffer", value);
}

function readUserProperties(value: unknown): Record<string, string | string[]> {
  if (isUserProperties(value)) return structuredClone(value);
  throw invalid("userProperties", "an object of texts", value);
}

function readSeconds(value: unknown): number {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xff_ff_ff_ff) return seconds;
  throw invalid("messageExpiryInterval", "a whole number of seconds", value);
}

function invalid(property: string, expected: string, value: unknown): OneNetError {
  return new OneNetError("ONENET_MESSAGE_INVALID", {
    property: `msg.${property}`,
    expected,
    got: describeValue(value),
  });
}
