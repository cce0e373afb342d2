/**
 * What each platform profile allows, and where it lives.
 *
 * @see docs 919 (MQTT connect), C SDK 2.1.3 readme (smart domains), docs 2022 (no will, retain, persistent session)
 */
import { OneNetError } from "../errors";
import { hideSecret } from "./access-key";
import { bareAddress, checkHost } from "./host";
import {
  KEEP_ALIVE_DEFAULT_SECONDS,
  KEEP_ALIVE_MAX_SECONDS,
  KEEP_ALIVE_MIN_SECONDS,
  MAX_DEVICE_NAME_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_PRODUCT_ID_LENGTH,
  MQTT_KEEP_ALIVE_MAX_SECONDS,
  MQTT_MAX_PACKET_BYTES,
} from "./limits";
import type { DeviceIdentity, ProductKind } from "./topic-table";

export { checkHost, suggestHost } from "./host";
export type { DeviceIdentity, ProductKind } from "./topic-table";

export type PlatformName = "onenet" | "onenet-studio" | "private" | "simulator" | "mqtt";
/** `smart-domain`: derived from the product id (products made since 2024-11-08); `fixed`: the platform's shared host. */
export type HostChoice = "smart-domain" | "fixed" | "own";
export type Transport = "mqtt" | "mqtts" | "ws" | "wss";

export interface PlatformProfile {
  readonly name: PlatformName;
  /** Speaks OneNET's protocol: topics, tokens, replies. */
  readonly isOneNet: boolean;
  readonly maxQos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly will: boolean;
  readonly persistentSession: boolean;
  /** 4 is MQTT 3.1.1. OneNET's reaction to 5 is unknown. */
  readonly protocolVersions: readonly (4 | 5)[];
  readonly productKinds: readonly ProductKind[];
  readonly transports: readonly Transport[];
  readonly maxPayloadBytes: number;
  readonly keepAliveSeconds: { readonly min: number; readonly max: number; readonly default: number };
  /** The first one is the default, and stands in for a choice that the platform does not have. */
  readonly hostChoices: readonly [HostChoice, ...HostChoice[]];
}

const ONENET = {
  isOneNet: true,
  maxQos: 1,
  retain: false,
  will: false,
  persistentSession: false,
  protocolVersions: [4],
  productKinds: ["thing-model", "data-stream"],
  transports: ["mqtt", "mqtts"],
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  keepAliveSeconds: {
    min: KEEP_ALIVE_MIN_SECONDS,
    max: KEEP_ALIVE_MAX_SECONDS,
    default: KEEP_ALIVE_DEFAULT_SECONDS,
  },
} as const;

export const PLATFORMS: Readonly<Record<PlatformName, PlatformProfile>> = {
  onenet: { ...ONENET, name: "onenet", hostChoices: ["smart-domain", "fixed", "own"] },
  // merged into the current platform as its thing-model kind; the hosts are reported to work still
  "onenet-studio": {
    ...ONENET,
    name: "onenet-studio",
    productKinds: ["thing-model"],
    hostChoices: ["fixed", "own"],
  },
  // a rebranded copy of the documents stands for each: the same protocol on a host of their own
  private: { ...ONENET, name: "private", hostChoices: ["own"] },
  simulator: { ...ONENET, name: "simulator", hostChoices: ["own"] },
  mqtt: {
    name: "mqtt",
    isOneNet: false,
    maxQos: 2,
    retain: true,
    will: true,
    persistentSession: true,
    protocolVersions: [4, 5],
    productKinds: [],
    transports: ["mqtt", "mqtts", "ws", "wss"],
    maxPayloadBytes: MQTT_MAX_PACKET_BYTES,
    keepAliveSeconds: { min: 0, max: MQTT_KEEP_ALIVE_MAX_SECONDS, default: KEEP_ALIVE_DEFAULT_SECONDS },
    hostChoices: ["own"],
  },
};

/** Ports of our simulator; the platform has no such thing. */
export const SIMULATOR_HOST = "127.0.0.1";
export const SIMULATOR_PORT = 18_830;
export const SIMULATOR_HTTP_PORT = 18_831;
export const SIMULATOR_TLS_PORT = 18_832;

/**
 * SHA-256 of OneNET's self-signed root (C=CN, O=CMIOT, CN=OneNET MQTTS, valid 2019-05-29 to 2049-05-21).
 *
 * @see docs 2022, C SDK, C SDK 2.1.3 and Java SDK: the same certificate in all
 */
export const ONENET_ROOT_FINGERPRINT_SHA256 =
  "7D:E9:BC:4C:1A:ED:01:34:46:67:64:56:78:D4:49:74:12:10:B1:70:49:48:98:38:BF:63:79:53:B3:E9:01:17";

export interface Endpoint {
  readonly transport: Transport;
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  /** ws and wss only; begins with a slash. */
  readonly path?: string;
}

export interface EndpointChoice {
  readonly platform: PlatformName;
  readonly hostChoice: HostChoice;
  /** Read where the choice is `own`; empty means 127.0.0.1 for the simulator. */
  readonly host: string;
  /** Absent: the transport's usual one. */
  readonly port?: number;
  readonly transport: Transport;
  readonly productId: string;
  /** ws and wss; absent: `/mqtt`. */
  readonly path?: string;
}

const PORTS: Readonly<Record<Transport, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };
const SIMULATOR_PORTS: Readonly<Partial<Record<Transport, number>>> = {
  mqtt: SIMULATOR_PORT,
  mqtts: SIMULATOR_TLS_PORT,
};

type Tls = "plain" | "tls";
const FIXED_HOSTS: Readonly<Record<"onenet" | "onenet-studio", Readonly<Record<Tls, string>>>> = {
  onenet: { plain: "mqtts.heclouds.com", tls: "mqttstls.heclouds.com" },
  "onenet-studio": { plain: "studio-mqtt.heclouds.com", tls: "studio-mqtts.heclouds.com" },
};
const SMART_DOMAINS: Readonly<Record<Tls, string>> = {
  plain: "mqtts.acc.cmcconenet.cn",
  tls: "mqttstls.acc.cmcconenet.cn",
};

/**
 * Where to connect to.
 *
 * @throws {OneNetError} ONENET_HOST_INVALID.*, ONENET_CONFIG_INVALID.missing (host, productId), .text (productId),
 *   .choice (transport), .number (port)
 */
export function readEndpoint(choice: EndpointChoice): Endpoint {
  const { platform, transport } = choice;
  const { transports } = PLATFORMS[platform];
  if (!transports.includes(transport)) {
    const expected = transports.join(", ");
    throw new OneNetError("ONENET_CONFIG_INVALID.choice", { field: "transport", expected, got: transport });
  }
  const port =
    choice.port ?? (platform === "simulator" ? SIMULATOR_PORTS[transport] : undefined) ?? PORTS[transport];
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new OneNetError("ONENET_CONFIG_INVALID.number", { field: "port", min: 1, max: 65_535, got: port });
  }
  const host = readHost(choice, port);
  const isWeb = transport === "ws" || transport === "wss";
  return isWeb ? { transport, host, port, path: readPath(choice.path) } : { transport, host, port };
}

function readHost(choice: EndpointChoice, port: number): string {
  const { platform } = choice;
  const { hostChoices } = PLATFORMS[platform];
  const tls: Tls = choice.transport === "mqtts" ? "tls" : "plain";
  switch (hostChoices.includes(choice.hostChoice) ? choice.hostChoice : hostChoices[0]) {
    case "smart-domain":
      return `${readProductId(choice.productId)}.${SMART_DOMAINS[tls]}`;
    case "fixed":
      return FIXED_HOSTS[platform === "onenet-studio" ? platform : "onenet"][tls];
    case "own": {
      const host = choice.host.trim() || (platform === "simulator" ? SIMULATOR_HOST : "");
      if (host === "") throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field: "host" });
      checkHost(host, port);
      return bareAddress(host);
    }
  }
}

function readPath(path = ""): string {
  if (path === "") return "/mqtt";
  return path.startsWith("/") ? path : `/${path}`;
}

interface NameRules {
  readonly form: RegExp;
  readonly expected: string;
}

const PRODUCT_ID: NameRules = {
  form: new RegExp(`^[A-Za-z0-9]{1,${MAX_PRODUCT_ID_LENGTH}}$`),
  expected: `A-Z a-z 0-9, 1–${MAX_PRODUCT_ID_LENGTH}`,
};
const DEVICE_NAME: NameRules = {
  form: new RegExp(`^[A-Za-z0-9_-]{1,${MAX_DEVICE_NAME_LENGTH}}$`),
  expected: `A-Z a-z 0-9 _ -, 1–${MAX_DEVICE_NAME_LENGTH}`,
};

/**
 * A device's identity, checked. The name comes without the `?network=…` of a client id.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID.missing, .text; a key pasted into the wrong field is not repeated
 * @see docs 2022, registDevice
 */
export function readDeviceIdentity(productId: string, deviceName: string): DeviceIdentity {
  return { productId: readProductId(productId), deviceName: readName("deviceName", deviceName, DEVICE_NAME) };
}

function readProductId(productId: string): string {
  return readName("productId", productId, PRODUCT_ID);
}

function readName(field: string, name: string, { form, expected }: NameRules): string {
  if (name === "") throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field });
  if (form.test(name)) return name;
  throw new OneNetError("ONENET_CONFIG_INVALID.text", { field, expected, got: hideSecret(name) });
}
