import { isBase64Key } from "../../../lib/protocol/access-key";
import { hardwareParams, NETWORKS } from "../../../lib/protocol/hardware";
import {
  checkHost,
  ONENET_ROOT_FINGERPRINT_SHA256,
  PLATFORMS,
  readDeviceIdentity,
} from "../../../lib/protocol/platform";
import { parseToken } from "../../../lib/protocol/token-text";
import { checkPublishTopic } from "../../../lib/protocol/topic";
import { readCertificate, sameFingerprint } from "./certificate";
import { type ConnectionFacts, connectionFacts, platformOf } from "./connection-facts";
import { readModel } from "./model-reading";
import { CONNECTION_RANGES } from "./ranges";
import {
  holdsEnv,
  numberIn,
  oneOf,
  type ReadField,
  type Reason,
  type Rule,
  type Rules,
  reasonOf,
  STORED_PASSWORD,
  textOf,
} from "./reason";

/** A rule that counts only while the form shows the field: what is hidden is not used, so it cannot be wrong. */
function when(shown: (facts: ConnectionFacts) => boolean, rule: Rule): Rule {
  return (value, read, find) => (shown(connectionFacts(read)) ? rule(value, read, find) : undefined);
}

/** A text that must be there; an environment variable is judged at run time. */
function text(check: (value: string, read: ReadField) => Reason | undefined) {
  return (value: unknown, read: ReadField) => {
    if (holdsEnv(value)) return undefined;
    return textOf(value) === "" ? { key: "reason.required" } : check(textOf(value), read);
  };
}

const productId = text((value) => reasonOf(() => readDeviceIdentity(value, "device")));
const deviceName = text((value) => reasonOf(() => readDeviceIdentity("product", value)));

const host: Rule = (value, read) => {
  if (textOf(value) === "" && platformOf(read) === "simulator") return undefined;
  const port = Number(textOf(read("port")));
  return text((name) => reasonOf(() => checkHost(name, port || undefined)))(value, read);
};

const key: Rule = (value, read) => {
  const given = textOf(value);
  if (given === STORED_PASSWORD || holdsEnv(given)) return undefined;
  if (given === "") return { key: "reason.required" };
  if (connectionFacts(read).token) return reasonOf(() => parseToken(given));
  return isBase64Key(given) ? undefined : { key: "reason.base64" };
};

const rootCertificate: Rule = (value, read) => {
  if (holdsEnv(value)) return undefined;
  const reading = readCertificate(textOf(value));
  if (reading.kind === "empty") return { key: "reason.rootMissing" };
  if (reading.kind === "several") return { key: "certificate.several", params: { count: reading.count } };
  if (reading.kind === "unreadable") return { key: "certificate.unreadable" };
  const isOneNets = sameFingerprint(reading.fingerprint, ONENET_ROOT_FINGERPRINT_SHA256);
  if (!connectionFacts(read).cloud || isOneNets) return undefined;
  return { key: "certificate.differs" };
};

const keepAliveSeconds: Rule = (value, read) => {
  const { keepAliveSeconds: range, keepAlivePlainSeconds } = CONNECTION_RANGES;
  return numberIn(connectionFacts(read).onenet ? range : keepAlivePlainSeconds)(value);
};

const clientId: Rule = (value, read) => {
  const { cleanSession, disk } = connectionFacts(read);
  if (textOf(value) !== "") return undefined;
  if (!cleanSession) return { key: "reason.clientIdKept" };
  return disk ? { key: "reason.clientIdStored" } : undefined;
};

const clientIdSuffix = text((given) =>
  /^\w+=[^&?\s]*(?:&\w+=[^&?\s]*)*$/.test(given) ? undefined : { key: "reason.suffix" },
);

const path: Rule = (value) => {
  const given = textOf(value);
  return given === "" || given.startsWith("/") || holdsEnv(given) ? undefined : { key: "reason.path" };
};

/** A will or birth message is there when its topic is. */
function messageTopic(payloadField: string): Rule {
  return (value, read) => {
    const topic = textOf(value);
    if (holdsEnv(topic)) return undefined;
    if (topic !== "") return reasonOf(() => checkPublishTopic(topic));
    return textOf(read(payloadField)) === "" ? undefined : { key: "reason.payloadWithoutTopic" };
  };
}

/** A pasted thing model. */
export const model: Rule = (value) => {
  if (holdsEnv(value) && !textOf(value).startsWith("{")) return undefined;
  const reading = readModel(textOf(value));
  if (reading.kind === "empty") return { key: "reason.modelMissing" };
  return reading.kind === "invalid" ? { key: "reason.modelInvalid" } : undefined;
};

/** A part of the hardware report: one that may be left out. */
function hardwareText(isShown: (facts: ConnectionFacts) => boolean): Rule {
  const judge: Rule = (value) => {
    if (holdsEnv(value)) return undefined;
    const reason = reasonOf(() => hardwareParams({ network: 0, sn: textOf(value) }));
    return reason && { key: "reason.text", params: { expected: String(reason.params?.["expected"]) } };
  };
  return when((facts) => facts.hardware && isShown(facts), judge);
}

const tlsConfig: Rule = (value) =>
  ["", "_ADD_"].includes(textOf(value)) ? { key: "reason.tlsConfig" } : undefined;
const qos = oneOf(["0", "1", "2"]);
const isOneNet = (facts: ConnectionFacts) => facts.onenet;
const isPlain = (facts: ConnectionFacts) => !facts.onenet;

/** Every rule of the connection's form, by field. */
export const connectionRules: Rules = {
  platform: oneOf(Object.keys(PLATFORMS)),
  productKind: when(isOneNet, (value, read) => oneOf(PLATFORMS[platformOf(read)].productKinds)(value)),
  hostChoice: when(
    (facts) => facts.hostChoice,
    (value, read) => oneOf(PLATFORMS[platformOf(read)].hostChoices)(value),
  ),
  host: when((facts) => facts.ownHost, host),
  port: when((facts) => facts.port, numberIn(CONNECTION_RANGES.port)),
  transport: (value, read) => oneOf(PLATFORMS[platformOf(read)].transports)(value),
  path: when((facts) => facts.websocket, path),
  tlsTrust: when((facts) => facts.tls, oneOf(["pinned-root", "system-ca", "tls-config"])),
  rootCertificate: when((facts) => facts.pinned, rootCertificate),
  tlsConfig: when((facts) => facts.tlsConfig, tlsConfig),
  productId: when(isOneNet, productId),
  deviceName: when(isOneNet, deviceName),
  keyKind: when(isOneNet, oneOf(["device-key", "product-key", "token"])),
  key: when(isOneNet, key),
  signMethod: when((facts) => facts.onenet && !facts.token, oneOf(["sha256", "sha1", "md5"])),
  tokenLifetimeHours: when(
    (facts) => facts.onenet && !facts.token,
    numberIn(CONNECTION_RANGES.tokenLifetimeHours),
  ),
  clientIdSuffix: when((facts) => facts.suffix, clientIdSuffix),
  modelSource: when((facts) => facts.thingModel, oneOf(["none", "pasted", "file"])),
  model: when((facts) => facts.modelPasted, model),
  modelFile: when(
    (facts) => facts.modelFile,
    text(() => undefined),
  ),
  modelCheck: when((facts) => facts.modelThere, oneOf(["coerce", "strict", "off"])),
  hardwareReport: when(isOneNet, oneOf(["none", "login", "message", "own"])),
  hardwareNetwork: when((facts) => facts.hardware, oneOf(NETWORKS.map(String))),
  hardwareSn: hardwareText((facts) => !facts.cellular),
  hardwareMac: hardwareText((facts) => !facts.cellular),
  hardwareImei: hardwareText((facts) => facts.cellular),
  hardwareCardKind: when((facts) => facts.hardware && facts.cellular, oneOf(["iccid", "imsi", "msisdn"])),
  hardwareCard: hardwareText((facts) => facts.cellular),
  keepAliveSeconds,
  connectTimeoutSeconds: numberIn(CONNECTION_RANGES.connectTimeoutSeconds),
  protocolVersion: when(isPlain, oneOf(["4", "5"])),
  clientId: when(isPlain, clientId),
  sessionExpirySeconds: when(
    (facts) => !facts.onenet && facts.mqtt5,
    numberIn(CONNECTION_RANGES.sessionExpirySeconds),
  ),
  willTopic: when(isPlain, messageTopic("willPayload")),
  willQos: when(isPlain, qos),
  birthTopic: when(isPlain, messageTopic("birthPayload")),
  birthQos: when(isPlain, qos),
  store: oneOf(["memory", "disk-behind", "disk-always"]),
  waitingSendersMax: when((facts) => facts.disk, numberIn(CONNECTION_RANGES.waitingSendersMax)),
  messagesPerSecond: numberIn(CONNECTION_RANGES.messagesPerSecond),
  sendOrder: when(isOneNet, oneOf(["strict", "live-first"])),
  queueMaxMessages: numberIn(CONNECTION_RANGES.queueMaxMessages),
  queueMaxMiB: numberIn(CONNECTION_RANGES.queueMaxMiB),
  queueWhenFull: oneOf(["refuse-new", "drop-oldest"]),
  inFlightMax: numberIn(CONNECTION_RANGES.inFlightMax),
  ackTimeoutSeconds: numberIn(CONNECTION_RANGES.ackTimeoutSeconds),
  ackAttempts: numberIn(CONNECTION_RANGES.ackAttempts),
};
