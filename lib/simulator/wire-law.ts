import {
  KEEP_ALIVE_MAX_SECONDS,
  KEEP_ALIVE_MIN_SECONDS,
  MAX_FILTERS_PER_SUBSCRIBE,
  MAX_PAYLOAD_BYTES,
  MQTT_MAX_TOPIC_BYTES,
} from "../protocol/limits";
import type { ClosedReason } from "./events";
import type { SimulatorRules } from "./options";
import type { WirePacket } from "./wire";

/** A PUBLISH of the largest payload with the longest topic: topic length, packet id. */
export const MAX_PACKET_BYTES = 2 + MQTT_MAX_TOPIC_BYTES + 2 + MAX_PAYLOAD_BYTES;

/** The fields of a CONNECT that the law looks at. */
export interface ConnectFields {
  readonly protocolVersion?: number;
  readonly bridgeMode?: boolean;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly will?: unknown;
}

/** Why a CONNECT ends the connection without a CONNACK, if it does. @see device-mqtt.md §2.1 */
export function connectViolation(packet: ConnectFields, rules: SimulatorRules): ClosedReason | undefined {
  const { keepalive = 0 } = packet;
  if (!isMqtt311(packet)) return rules.otherProtocolVersion === "close" ? "protocol-version" : undefined;
  if (keepalive < KEEP_ALIVE_MIN_SECONDS || keepalive > KEEP_ALIVE_MAX_SECONDS) return "keep-alive-range";
  if (packet.will !== undefined && rules.closeOnWill) return "will";
  if (!packet.clean && rules.closeOnPersistentSession) return "persistent-session";
  return undefined;
}

export function isMqtt311({ protocolVersion, bridgeMode }: ConnectFields): boolean {
  return protocolVersion === 4 && !bridgeMode;
}

/** Why a packet after the CONNECT ends the connection, if it does. @see device-mqtt.md §2.1, §4.1–4.3 */
export function packetViolation(packet: WirePacket, rules: SimulatorRules): ClosedReason | undefined {
  if (packet.cmd === "publish") return publishViolation(packet, rules);
  if (packet.cmd === "subscribe" || packet.cmd === "unsubscribe") {
    return isOverfull(packet) && rules.tooManyFilters === "close" ? "too-many-filters" : undefined;
  }
  return SERVER_ONLY.has(packet.cmd) ? "malformed" : undefined;
}

const SERVER_ONLY: ReadonlySet<string> = new Set(["connack", "suback", "unsuback", "pingresp"]);

function publishViolation(packet: WirePacket, rules: SimulatorRules): ClosedReason | undefined {
  if (packet.qos === 0 && packet.dup) return "dup-at-qos-0";
  if (packet.qos === 2 && rules.closeOnQos2) return "qos-2";
  if (packet.retain && rules.closeOnRetain) return "retain";
  if (packet.payload instanceof Uint8Array && packet.payload.length > MAX_PAYLOAD_BYTES)
    return "payload-too-large";
  return undefined;
}

/** Whether it names more filters than one packet may. */
export function isOverfull({ subscriptions, unsubscriptions }: WirePacket): boolean {
  return (subscriptions ?? unsubscriptions ?? []).length > MAX_FILTERS_PER_SUBSCRIBE;
}
