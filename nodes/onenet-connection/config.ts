import { randomBytes } from "node:crypto";
import type {
  BrokerProfile,
  ConnectionProfile,
  DeviceProfile,
  StatusMessage,
  StoreChoice,
  TlsTrust,
} from "../../lib/client/profile";
import { DEFAULT_IN_FLIGHT_MAX } from "../../lib/client/profile";
import type { PinnedRoots } from "../../lib/client/tls-options";
import { checkPinnedRoot } from "../../lib/client/tls-options";
import type { Qos } from "../../lib/delivery/message";
import type { OutboxLimits, SendOrder } from "../../lib/delivery/outbox-settings";
import { OneNetError } from "../../lib/errors";
import { hardwareSuffix } from "../../lib/protocol/hardware";
import type { PlatformName, Transport } from "../../lib/protocol/platform";
import { PLATFORMS, readDeviceIdentity, readEndpoint } from "../../lib/protocol/platform";
import { isBase64Key, parseToken, SIGN_METHODS } from "../../lib/protocol/token";
import { checkPublishTopic } from "../../lib/protocol/topic";
import type { FieldReader } from "../shared/config";
import { QUEUE_BOUNDS, usualMessagesPerSecond } from "../shared/form/delivery-defaults";
import { CONNECTION_RANGES } from "../shared/form/ranges";
import { readHardware } from "./hardware";

/** What reading a connection needs from Node-RED. */
export interface ConnectionSurroundings {
  readonly nodeId: string;
  /** Fingerprints that a pasted OneNET root may have. */
  readonly pinnedRoots: PinnedRoots;
  /** Where disk stores of this user directory are. */
  readonly storeFile: string;
  /** Options of the `tls-config` node with this id; undefined when there is none. */
  readonly tlsConfigOptions: (nodeId: string) => Readonly<Record<string, unknown>> | undefined;
}

const PLATFORM_NAMES = Object.keys(PLATFORMS) as PlatformName[];
const TRANSPORTS: readonly Transport[] = ["mqtt", "mqtts", "ws", "wss"];
const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/**
 * The profile of a connection, from its saved fields.
 *
 * @throws {OneNetError} what is wrong with the first wrong field: ONENET_CONFIG_INVALID, ONENET_ENV_UNSET,
 *   ONENET_HOST_INVALID, ONENET_KEY_INVALID, ONENET_TOKEN_INVALID, ONENET_CERTIFICATE_INVALID
 */
export function readProfile(fields: FieldReader, around: ConnectionSurroundings): ConnectionProfile {
  const platform = fields.choice("platform", PLATFORM_NAMES, "onenet");
  return PLATFORMS[platform].isOneNet
    ? readDeviceProfile(fields, platform, around)
    : readBrokerProfile(fields, platform, around);
}

function readDeviceProfile(
  fields: FieldReader,
  platform: PlatformName,
  around: ConnectionSurroundings,
): DeviceProfile {
  const device = readDeviceIdentity(fields.required("productId"), fields.required("deviceName"));
  const keyKind = fields.choice("keyKind", ["device-key", "product-key", "token"], "device-key");
  return {
    kind: "device",
    ...readCommon(fields, platform, around, device.productId),
    device,
    clientIdSuffix: readClientIdSuffix(fields),
    productKind: fields.choice("productKind", PLATFORMS[platform].productKinds, "thing-model"),
    batching: { history: fields.flag("postHistory", true), pack: fields.flag("postPacks", true) },
    credential: {
      kind: keyKind,
      secret: readDeviceSecret(fields, keyKind),
      signMethod: fields.choice("signMethod", SIGN_METHODS, "sha256"),
      tokenLifetimeMs:
        fields.number("tokenLifetimeHours", CONNECTION_RANGES.tokenLifetimeHours, 24) * HOUR_MS,
    },
  };
}

function readClientIdSuffix(fields: FieldReader): string {
  const { when, report } = readHardware(fields);
  return when === "login" ? hardwareSuffix(report) : fields.word("clientIdSuffix").replace(/^\?/, "");
}

function readDeviceSecret(fields: FieldReader, keyKind: "device-key" | "product-key" | "token"): string {
  const secret = fields.secret("key").trim();
  if (secret === "") throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field: "key" });
  if (keyKind === "token") parseToken(secret);
  else if (!isBase64Key(secret)) throw new OneNetError("ONENET_KEY_INVALID", { field: "key" });
  return secret;
}

function readBrokerProfile(
  fields: FieldReader,
  platform: PlatformName,
  around: ConnectionSurroundings,
): BrokerProfile {
  const cleanSession = fields.flag("cleanSession", true);
  const protocolVersion = fields.choice("protocolVersion", ["4", "5"], "4") === "5" ? 5 : 4;
  const clientId = fields.word("clientId");
  if (clientId === "" && (!cleanSession || readStoreMode(fields) !== "memory")) {
    // [MQTT-3.1.3-8]: a session that is kept needs a name to be found by; so does a queue on disk after a restart.
    throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field: "clientId" });
  }
  return {
    kind: "broker",
    ...readCommon(fields, platform, around, ""),
    protocolVersion,
    clientId: clientId === "" ? madeUpClientId(around.nodeId) : clientId,
    username: fields.secret("user").trim(),
    password: fields.secret("password"),
    cleanSession,
    sessionExpirySeconds: fields.optionalNumber(
      "sessionExpirySeconds",
      CONNECTION_RANGES.sessionExpirySeconds,
    ),
    will: readStatusMessage(fields, "will"),
    birth: readStatusMessage(fields, "birth"),
  };
}

const madeUp = new Map<string, string>();

/** One client id per configuration and process, so that a redeploy finds its connection again. */
function madeUpClientId(nodeId: string): string {
  const clientId = madeUp.get(nodeId) ?? `nodered_${randomBytes(8).toString("hex")}`;
  madeUp.set(nodeId, clientId);
  return clientId;
}

function readCommon(
  fields: FieldReader,
  platform: PlatformName,
  around: ConnectionSurroundings,
  productId: string,
) {
  const transport = fields.choice("transport", TRANSPORTS, "mqtt");
  const port = fields.optionalNumber("port", CONNECTION_RANGES.port);
  const { min, max, default: usual } = PLATFORMS[platform].keepAliveSeconds;
  return {
    platform,
    endpoint: readEndpoint({
      platform,
      transport,
      productId,
      hostChoice: fields.choice("hostChoice", ["smart-domain", "fixed", "own"], "smart-domain"),
      host: fields.word("host"),
      path: fields.word("path"),
      ...(port === undefined ? {} : { port }),
    }),
    tlsTrust:
      transport === "mqtts" || transport === "wss" ? readTlsTrust(fields, platform, around) : SYSTEM_CA,
    keepAliveSeconds: fields.number("keepAliveSeconds", { min, max, integer: true }, usual),
    connectTimeoutMs:
      fields.number("connectTimeoutSeconds", CONNECTION_RANGES.connectTimeoutSeconds, 15) * 1000,
    limits: readLimits(fields),
    order: readOrder(fields, platform),
    messagesPerSecond: readPace(fields, platform),
    store: readStore(fields, around.storeFile),
    waitingSendersMax: fields.number("waitingSendersMax", { min: 0, max: 1_000_000 }, 2000),
    inFlightMax: fields.number("inFlightMax", CONNECTION_RANGES.inFlightMax, DEFAULT_IN_FLIGHT_MAX),
    ackTimeoutMs: fields.number("ackTimeoutSeconds", CONNECTION_RANGES.ackTimeoutSeconds, 10) * 1000,
    ackAttempts: fields.number("ackAttempts", CONNECTION_RANGES.ackAttempts, 3),
  };
}

/** Empty bounds are what suits the store: memory is dear, a disk is not. */
function readLimits(fields: FieldReader): OutboxLimits {
  const { messages, mib } = readStoreMode(fields) === "memory" ? QUEUE_BOUNDS.memory : QUEUE_BOUNDS.disk;
  return {
    maxMessages: fields.number("queueMaxMessages", { min: 1, max: 10_000_000 }, messages),
    maxBytes: fields.number("queueMaxMiB", { min: 0.01, max: 102_400 }, mib) * MIB,
    whenFull: fields.choice("queueWhenFull", ["refuse-new", "drop-oldest"], "refuse-new"),
  };
}

/** A datapoint carries its time and may come late; what a plain broker gets may not tell. */
function readOrder(fields: FieldReader, platform: PlatformName): SendOrder {
  const order = fields.choice("sendOrder", ["strict", "live-first"], "strict");
  return PLATFORMS[platform].isOneNet ? order : "strict";
}

function readStore(fields: FieldReader, file: string): StoreChoice {
  const mode = readStoreMode(fields);
  return mode === "memory" ? { mode } : { mode, file };
}

function readStoreMode(fields: FieldReader): StoreChoice["mode"] {
  return fields.choice("store", ["memory", "disk-behind", "disk-always"], "memory");
}

/** Empty: what the platform documents; 0: as fast as the link takes it. */
function readPace(fields: FieldReader, platform: PlatformName): number | undefined {
  const perSecond = fields.optionalNumber("messagesPerSecond", { min: 0, max: 1_000_000 });
  if (perSecond === undefined) return usualMessagesPerSecond(platform);
  return perSecond === 0 ? undefined : perSecond;
}

const SYSTEM_CA: TlsTrust = { kind: "system-ca" };

function readTlsTrust(fields: FieldReader, platform: PlatformName, around: ConnectionSurroundings): TlsTrust {
  const trust = fields.choice("tlsTrust", ["pinned-root", "system-ca", "tls-config"], "pinned-root");
  if (trust === "system-ca") return SYSTEM_CA;
  if (trust === "tls-config") {
    const options = around.tlsConfigOptions(fields.word("tlsConfig"));
    if (options === undefined) throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field: "tlsConfig" });
    return { kind: "options", options };
  }
  const rootPem = fields.required("rootCertificate");
  // A private deployment, a simulator and a broker have roots of their own.
  const isPublic = platform === "onenet" || platform === "onenet-studio";
  checkPinnedRoot(rootPem, isPublic ? around.pinnedRoots : undefined);
  return { kind: "pinned-root", rootPem, checkHostname: fields.flag("checkHostname", false) };
}

function readStatusMessage(fields: FieldReader, prefix: "will" | "birth"): StatusMessage | undefined {
  const topic = fields.word(`${prefix}Topic`);
  if (topic === "") return undefined;
  return {
    topic: checkPublishTopic(topic),
    payload: fields.text(`${prefix}Payload`),
    qos: Number(fields.choice(`${prefix}Qos`, ["0", "1", "2"], "0")) as Qos,
    retain: fields.flag(`${prefix}Retain`, false),
  };
}
