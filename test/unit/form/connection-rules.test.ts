import assert from "node:assert/strict";
import { connectionFacts } from "../../../nodes/shared/form/connection-facts";
import { connectionRules } from "../../../nodes/shared/form/connection-rules";
import { STORED_PASSWORD } from "../../../nodes/shared/form/reason";
import { makeCertificates } from "../../support/certificates";
import { stationModel } from "../../support/station-model";
import { fieldsOf, judge } from "./fields";

const KEY = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
const TOKEN =
  "version=2018-10-31&res=products%2FAb12Cd34Ef%2Fdevices%2Fdev-1&et=1893456000&method=md5&sign=qF%2FEKKyJ3rhEoadNc57WZw%3D%3D";

const GOOD = {
  name: "",
  platform: "onenet",
  productKind: "thing-model",
  hostChoice: "smart-domain",
  host: "",
  port: "",
  transport: "mqtt",
  tlsTrust: "pinned-root",
  rootCertificate: "",
  checkHostname: false,
  tlsConfig: "",
  path: "",
  productId: "Ab12Cd34Ef",
  deviceName: "dev-1",
  clientIdSuffix: "",
  keyKind: "device-key",
  key: KEY,
  signMethod: "sha256",
  tokenLifetimeHours: "24",
  keepAliveSeconds: "60",
  connectTimeoutSeconds: "15",
  protocolVersion: "4",
  clientId: "",
  cleanSession: true,
  sessionExpirySeconds: "",
  willTopic: "",
  willPayload: "",
  willQos: "0",
  birthTopic: "",
  birthPayload: "",
  birthQos: "0",
  store: "memory",
  waitingSendersMax: "2000",
  messagesPerSecond: "",
  sendOrder: "strict",
  queueMaxMessages: "",
  queueMaxMiB: "",
  queueWhenFull: "refuse-new",
  inFlightMax: "100",
  ackTimeoutSeconds: "10",
  ackAttempts: "3",
};
const BROKER = { ...GOOD, platform: "mqtt", host: "broker.local", hostChoice: "own" };

type Values = Readonly<Record<string, unknown>>;
/** Field, what differs from a good form, and the key of the reason (none: it is good all the same). */
type Case = readonly [field: string, differs: Values, key?: string];

const ONENET_CASES: readonly Case[] = [
  ["platform", { platform: "azure" }, "reason.choice"],
  ["productKind", { productKind: "" }, "reason.choice"],
  ["productKind", { platform: "onenet-studio", productKind: "data-stream" }, "reason.choice"],
  ["hostChoice", { hostChoice: "" }, "reason.choice"],
  ["hostChoice", { platform: "private", hostChoice: "smart-domain" }],
  ["productId", { productId: "" }, "reason.required"],
  ["productId", { productId: "my product" }, "errors.ONENET_CONFIG_INVALID.text"],
  ["productId", { productId: `\${PRODUCT}` }],
  ["deviceName", { deviceName: "dev 1" }, "errors.ONENET_CONFIG_INVALID.text"],
  ["deviceName", { deviceName: `dev-\${N}` }],
  ["host", { host: "nonsense here" }],
  ["host", { hostChoice: "own", host: "" }, "reason.required"],
  ["host", { hostChoice: "own", host: "mqtt.heclouds.com" }, "errors.ONENET_HOST_INVALID.typo"],
  ["host", { hostChoice: "own", host: "mqtt.heclouds.com", port: "6002" }],
  ["host", { hostChoice: "own", host: "mqtt://10.0.0.1" }, "errors.ONENET_HOST_INVALID.scheme"],
  ["host", { hostChoice: "own", host: `\${HOST}` }],
  ["host", { platform: "simulator", host: "" }],
  ["port", { hostChoice: "own", port: "0" }, "reason.integer"],
  ["port", { hostChoice: "own", port: "18.5" }, "reason.integer"],
  ["port", { hostChoice: "own", port: "18830" }],
  ["transport", { transport: "ws" }, "reason.choice"],
  ["keyKind", { keyKind: "password" }, "reason.choice"],
  ["key", { key: "" }, "reason.required"],
  ["key", { key: "not base64!" }, "reason.base64"],
  ["key", { key: STORED_PASSWORD }],
  ["key", { key: `\${KEY}` }],
  ["key", { keyKind: "token", key: KEY }, "errors.ONENET_TOKEN_INVALID.format"],
  ["key", { keyKind: "token", key: TOKEN }],
  ["signMethod", { signMethod: "sha512" }, "reason.choice"],
  ["signMethod", { keyKind: "token", signMethod: "sha512" }],
  ["tokenLifetimeHours", { tokenLifetimeHours: "0" }, "reason.number"],
  ["clientIdSuffix", { clientIdSuffix: "network=0&sn=1" }],
  ["clientIdSuffix", { clientIdSuffix: "?network=0" }, "reason.suffix"],
  ["keepAliveSeconds", { keepAliveSeconds: "9" }, "reason.integer"],
  ["keepAliveSeconds", { keepAliveSeconds: `\${KEEP_ALIVE}` }],
  ["connectTimeoutSeconds", { connectTimeoutSeconds: "x" }, "reason.number"],
  ["tlsTrust", { tlsTrust: "nobody" }],
  ["tlsTrust", { transport: "mqtts", tlsTrust: "nobody" }, "reason.choice"],
  ["tlsConfig", { transport: "mqtts", tlsTrust: "tls-config", tlsConfig: "_ADD_" }, "reason.tlsConfig"],
  ["tlsConfig", { transport: "mqtts", tlsTrust: "tls-config", tlsConfig: "abc" }],
  ["tlsConfig", { tlsTrust: "tls-config" }],
  ["rootCertificate", { transport: "mqtts" }, "reason.rootMissing"],
  ["rootCertificate", { transport: "mqtts", rootCertificate: "x" }, "certificate.unreadable"],
  ["rootCertificate", { transport: "mqtts", rootCertificate: `\${ROOT}` }],
  ["rootCertificate", { rootCertificate: "x" }],
  ["clientId", { cleanSession: false }],
  ["queueMaxMessages", { queueMaxMessages: "0" }, "reason.integer"],
  ["queueMaxMessages", { queueMaxMessages: "10000" }],
  ["queueMaxMiB", { queueMaxMiB: "much" }, "reason.number"],
  ["store", { store: "cloud" }, "reason.choice"],
  ["waitingSendersMax", { store: "disk-always", waitingSendersMax: "" }, "reason.integer"],
  ["waitingSendersMax", { waitingSendersMax: "" }],
  ["messagesPerSecond", { messagesPerSecond: "0" }],
  ["messagesPerSecond", { messagesPerSecond: "0.5" }],
  ["messagesPerSecond", { messagesPerSecond: "-1" }, "reason.number"],
  ["sendOrder", { sendOrder: "newest" }, "reason.choice"],
  ["queueWhenFull", { queueWhenFull: "explode" }, "reason.choice"],
  ["inFlightMax", { inFlightMax: "70000" }, "reason.integer"],
  ["ackTimeoutSeconds", { ackTimeoutSeconds: "0" }, "reason.number"],
  ["ackAttempts", { ackAttempts: "1.5" }, "reason.integer"],
  ["modelSource", { modelSource: "cloud" }, "reason.choice"],
  ["modelSource", { productKind: "data-stream", modelSource: "cloud" }],
  ["model", { modelSource: "pasted", model: "" }, "reason.modelMissing"],
  ["model", { modelSource: "pasted", model: "{}" }, "reason.modelInvalid"],
  ["model", { modelSource: "pasted", model: stationModel() }],
  ["model", { modelSource: "pasted", model: `\${MODEL}` }],
  ["model", { modelSource: "none", model: "{}" }],
  ["modelFile", { modelSource: "file", modelFile: "" }, "reason.required"],
  ["modelFile", { modelSource: "file", modelFile: `\${HOME}/model.json` }],
  ["modelCheck", { modelSource: "file", modelCheck: "often" }, "reason.choice"],
  ["modelCheck", { modelCheck: "often" }],
  ["hardwareReport", { hardwareReport: "daily" }, "reason.choice"],
  ["hardwareNetwork", { hardwareReport: "login", hardwareNetwork: "5" }, "reason.choice"],
  ["hardwareNetwork", { hardwareNetwork: "5" }],
  ["hardwareSn", { hardwareReport: "login", hardwareSn: "a b" }, "reason.text"],
  ["hardwareSn", { hardwareReport: "login", hardwareNetwork: "1", hardwareSn: "a b" }],
  ["hardwareMac", { hardwareReport: "message", hardwareMac: "00:11:22:33:44:55" }],
  ["hardwareImei", { hardwareReport: "login", hardwareNetwork: "1", hardwareImei: `\${IMEI}` }],
  ["hardwareImei", { hardwareReport: "login", hardwareNetwork: "1", hardwareImei: "a&b" }, "reason.text"],
  [
    "hardwareCardKind",
    { hardwareReport: "login", hardwareNetwork: "1", hardwareCardKind: "sim" },
    "reason.choice",
  ],
  ["hardwareCard", { hardwareReport: "login", hardwareNetwork: "1", hardwareCard: "" }],
  ["clientIdSuffix", { hardwareReport: "login", clientIdSuffix: "?network=0" }],
  ["clientIdSuffix", { hardwareReport: "own", clientIdSuffix: "" }, "reason.required"],
  ["clientIdSuffix", { hardwareReport: "own", clientIdSuffix: `\${REPORT}` }],
  ["clientIdSuffix", { hardwareReport: "message", clientIdSuffix: "?" }, "reason.suffix"],
];

const BROKER_CASES: readonly Case[] = [
  ["productId", { productId: "" }],
  ["key", { key: "" }],
  ["host", { host: "" }, "reason.required"],
  ["transport", { transport: "wss" }],
  ["path", { transport: "ws", path: "mqtt" }, "reason.path"],
  ["path", { transport: "ws", path: "/mqtt" }],
  ["path", { path: "mqtt" }],
  ["keepAliveSeconds", { keepAliveSeconds: "0" }],
  ["protocolVersion", { protocolVersion: "3" }, "reason.choice"],
  ["clientId", { cleanSession: false }, "reason.clientIdKept"],
  ["clientId", { cleanSession: false, clientId: "me" }],
  ["clientId", { store: "disk-behind" }, "reason.clientIdStored"],
  ["clientId", { store: "disk-always", clientId: "me" }],
  ["sessionExpirySeconds", { protocolVersion: "5", sessionExpirySeconds: "-1" }, "reason.integer"],
  ["sessionExpirySeconds", { sessionExpirySeconds: "-1" }],
  ["willTopic", { willTopic: "a/#" }, "errors.ONENET_TOPIC_INVALID.wildcard"],
  ["willTopic", { willPayload: "gone" }, "reason.payloadWithoutTopic"],
  ["willTopic", { willTopic: `\${TOPIC}`, willPayload: "gone" }],
  ["willQos", { willQos: "3" }, "reason.choice"],
  ["birthTopic", { birthTopic: "a/b", birthPayload: "here" }],
  ["birthQos", { birthQos: "2" }],
];

describe("form: rules of the connection", () => {
  it("finds nothing wrong with good forms", () => {
    for (const values of [GOOD, BROKER, { ...GOOD, platform: "simulator" }]) {
      for (const field of Object.keys(connectionRules)) {
        assert.equal(judge(connectionRules, field, values), undefined, `${values.platform}: ${field}`);
      }
    }
  });

  for (const [base, cases] of [[GOOD, ONENET_CASES] as const, [BROKER, BROKER_CASES] as const]) {
    for (const [field, differs, key] of cases) {
      it(`${base.platform}: ${field} with ${JSON.stringify(differs)} is ${key ?? "good"}`, () => {
        assert.equal(judge(connectionRules, field, { ...base, ...differs })?.key, key);
      });
    }
  }

  it("takes OneNET's own root only, and any single one elsewhere", async () => {
    const { ca } = await makeCertificates();
    const tls = { ...GOOD, transport: "mqtts", rootCertificate: ca.cert };
    assert.equal(judge(connectionRules, "rootCertificate", tls)?.key, "certificate.differs");
    assert.equal(judge(connectionRules, "rootCertificate", { ...tls, platform: "private" }), undefined);
    const twice = { ...tls, rootCertificate: ca.cert + ca.cert };
    assert.deepEqual(judge(connectionRules, "rootCertificate", twice), {
      key: "certificate.several",
      params: { count: 2 },
    });
  });

  it("takes a field that is not there at all for its default", () => {
    const written = { productId: "Ab12Cd34Ef", deviceName: "dev-1", key: KEY };
    for (const field of Object.keys(connectionRules)) {
      assert.equal(judge(connectionRules, field, written), undefined, field);
    }
    assert.equal(connectionFacts(fieldsOf({ transport: "mqtts" })).pinned, true);
  });

  it("shows a row for what the platform needs", () => {
    const facts = connectionFacts(fieldsOf({ ...BROKER, protocolVersion: "5", transport: "wss" }));
    assert.deepEqual(facts, {
      onenet: false,
      thingModel: false,
      modelPasted: false,
      modelFile: false,
      modelThere: false,
      modelCoerce: true,
      hardware: false,
      suffix: false,
      cellular: false,
      cloud: false,
      simulator: false,
      hostChoice: false,
      ownHost: true,
      port: true,
      tls: true,
      websocket: true,
      pinned: true,
      tlsConfig: false,
      token: false,
      mqtt5: true,
      cleanSession: true,
      disk: false,
    });
    assert.equal(connectionFacts(fieldsOf({ store: "disk-behind" })).disk, true);
    assert.equal(connectionFacts(fieldsOf({})).onenet, true);
  });
});
