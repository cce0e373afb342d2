import type { Batching, DeliverySettings } from "../delivery/delivery-settings";
import type { Qos } from "../delivery/message";
import type { OutboxLimits, SendOrder } from "../delivery/outbox-settings";
import type { Endpoint, PlatformName, ProductKind } from "../protocol/platform";
import type { SignMethod } from "../protocol/token";
import type { DeviceIdentity } from "../protocol/topic";

/** Which certificates a TLS connection trusts. */
export type TlsTrust =
  /** One pasted root. The hostname is checked only when asked: OneNET's certificate names none of its hosts. */
  | { readonly kind: "pinned-root"; readonly rootPem: string; readonly checkHostname: boolean }
  | { readonly kind: "system-ca" }
  /** Options for `tls.connect` as made by Node-RED's own `tls-config`: ca, cert, key, servername, … */
  | { readonly kind: "options"; readonly options: Readonly<Record<string, unknown>> };

/** How a device proves who it is. The secret stays inside this object: it is never logged, shown or compared in text. */
export interface DeviceCredential {
  readonly kind: "device-key" | "product-key" | "token";
  /** Base64 key, or the ready-made token. */
  readonly secret: string;
  readonly signMethod: SignMethod;
  readonly tokenLifetimeMs: number;
}

/** Where the outbox keeps what it holds. */
export type StoreChoice =
  | { readonly mode: "memory" }
  /** `file`: absolute path, one for all connections of a user directory. */
  | { readonly mode: "disk-behind" | "disk-always"; readonly file: string };

/** A message the broker or this client publishes about the connection itself. */
export interface StatusMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

interface CommonProfile {
  readonly platform: PlatformName;
  readonly endpoint: Endpoint;
  readonly tlsTrust: TlsTrust;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly limits: OutboxLimits;
  readonly order: SendOrder;
  readonly store: StoreChoice;
  /** With a disk: so many waiting messages keep their senders waiting for more than *queued*. */
  readonly waitingSendersMax: number;
  /** The pace of publishing; undefined does not limit. */
  readonly messagesPerSecond: number | undefined;
  readonly inFlightMax: number;
  readonly ackTimeoutMs: number;
  readonly ackAttempts: number;
}

/** A device of a OneNET product, on the platform, a private deployment or the simulator. */
export interface DeviceProfile extends CommonProfile {
  readonly kind: "device";
  readonly device: DeviceIdentity;
  /** Follows the device name in the client id after `?` (SIM and hardware report), without the `?`. */
  readonly clientIdSuffix: string;
  readonly productKind: ProductKind;
  /** What of a thing-model product's datapoints shares a message; of no account on a data-stream product. */
  readonly batching: Batching;
  readonly credential: DeviceCredential;
}

/** A client of any MQTT broker. */
export interface BrokerProfile extends CommonProfile {
  readonly kind: "broker";
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly cleanSession: boolean;
  /** MQTT 5; how long the broker keeps the session, in seconds. */
  readonly sessionExpirySeconds: number | undefined;
  readonly will: StatusMessage | undefined;
  readonly birth: StatusMessage | undefined;
}

export type ConnectionProfile = DeviceProfile | BrokerProfile;

/**
 * The identity under which a connection is shared: one login per key in a process. A device is the same through
 * whatever host name it is reached; two platform instances (the public one, each private host, each simulator
 * address) are different worlds.
 */
export function poolKey(profile: ConnectionProfile): string {
  if (profile.kind === "device") {
    const { productId, deviceName } = profile.device;
    return [`onenet:${platformInstance(profile)}`, productId, deviceName].join("/");
  }
  const { host, port } = profile.endpoint;
  // Joined it is one text; a template would keep its pieces for as long as the connection lives.
  return ["mqtt", host.toLowerCase(), `${port}/${profile.clientId}`].join(":");
}

function platformInstance(profile: DeviceProfile): string {
  const { host, port } = profile.endpoint;
  if (profile.platform === "private") return host.toLowerCase();
  // localhost and 127.0.0.1 are one simulator; its port tells it from another one.
  if (profile.platform === "simulator")
    return `simulator:${/^(localhost|127(\.\d+){3}|::1)$/i.test(host) ? "" : host}:${port}`;
  return "public";
}

/** Whether there may be a plain broker in the place of the platform: it echoes, and replies to nothing. */
export function mayBePlainBroker({ platform }: ConnectionProfile): boolean {
  return platform === "private";
}

/** How the connection is named in texts. */
export function profileLabel(profile: ConnectionProfile): string {
  if (profile.kind === "device") return `${profile.device.productId}/${profile.device.deviceName}`;
  return [profile.endpoint.host, profile.endpoint.port].join(":");
}

/** Names the settings in which two profiles of one key differ; empty when they are equal. Tells no secret. */
export function profileDifferences(a: ConnectionProfile, b: ConnectionProfile): string[] {
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => {
    // By whatever host name a device is reached, it is the same one; but nobody who wants TLS shares a link without.
    if (a.kind === "device" && name === "endpoint") return a.endpoint.transport !== b.endpoint.transport;
    return JSON.stringify(left.get(name)) !== JSON.stringify(right.get(name));
  });
}

/** How the connection's messages are carried; without what logs it in. */
export function deliverySettings(profile: ConnectionProfile): DeliverySettings {
  const { limits, order, messagesPerSecond, inFlightMax, ackTimeoutMs, ackAttempts, waitingSendersMax } =
    profile;
  const settings = {
    limits,
    order,
    messagesPerSecond,
    inFlightMax,
    ackTimeoutMs,
    ackAttempts,
    waitingSendersMax,
  };
  return {
    ...settings,
    qos2InFlightMax: qos2InFlightMax(profile),
    label: profileLabel(profile),
    host: profile.endpoint.host,
    mayBeMute: mayBePlainBroker(profile),
  };
}

/** What the form offers; whoever asks for more knows the server. */
export const DEFAULT_IN_FLIGHT_MAX = 100;
/** `max_inflight_messages` of mosquitto as shipped. */
const MOSQUITTO_IN_FLIGHT_MAX = 20;

/**
 * MQTT 5 servers tell their Receive Maximum. An MQTT 3.1.1 one cannot: mosquitto answers what goes beyond its limit
 * with PUBREC and PUBCOMP, and drops it (measured: 14–20 of 4,000 at 2,000/s with 100 in flight, 2.0.11).
 */
function qos2InFlightMax(profile: ConnectionProfile): number {
  const isMqtt5 = profile.kind === "broker" && profile.protocolVersion === 5;
  const isAskedFor = profile.inFlightMax > DEFAULT_IN_FLIGHT_MAX;
  return isMqtt5 || isAskedFor ? profile.inFlightMax : Math.min(profile.inFlightMax, MOSQUITTO_IN_FLIGHT_MAX);
}
