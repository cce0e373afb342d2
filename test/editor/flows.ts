import type { FlowNode } from "../support/admin-api";
import { brokerConnection, deviceConnection, flowOf, makeProduct, node } from "../support/flows";

export const PRODUCT = makeProduct("thing-model", "pump");
/** Nothing listens there: what is deployed stays on this machine and out of the way. */
const NOWHERE = { port: 9 };
const SETTINGS = {
  path: "",
  tlsTrust: "pinned-root",
  rootCertificate: "",
  checkHostname: false,
  tlsConfig: "",
  clientIdSuffix: "",
  tokenLifetimeHours: "24",
  protocolVersion: "4",
  clientId: "",
  cleanSession: true,
  sessionExpirySeconds: "",
  willTopic: "",
  willPayload: "",
  willQos: "0",
  willRetain: false,
  birthTopic: "",
  birthPayload: "",
  birthQos: "0",
  birthRetain: false,
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
const DEVICE = { ...SETTINGS, productKind: "thing-model", productId: "Ab12Cd34Ef", deviceName: "gateway-1" };
const DELIVERY = { completeWhen: "acknowledged", expirySeconds: "", priority: "" };

/** Connections of each sort (no node on the tab uses the cloud's), and one node of each type. */
export const FLOWS: readonly FlowNode[] = flowOf(
  {
    ...deviceConnection("cloud", NOWHERE, PRODUCT, "pump", {
      ...DEVICE,
      platform: "onenet",
      hostChoice: "smart-domain",
    }),
    host: "",
    port: "",
  },
  deviceConnection("thing", NOWHERE, PRODUCT, "pump", SETTINGS),
  deviceConnection("stream", NOWHERE, makeProduct("data-stream", "meter"), "meter", SETTINGS),
  brokerConnection("broker", NOWHERE, { ...SETTINGS, productKind: "thing-model", protocolVersion: "5" }),
  node("onenet-simulator", "simulator", {
    host: "127.0.0.1",
    port: "0",
    httpPort: "0",
    products: [],
    limits: "off",
    wires: [[], []],
  }),
  node("onenet-datapoint-publish", "datapoint", {
    connection: "thing",
    stream: "temperature",
    streamType: "str",
    stampAtInput: true,
    booleansAsNumbers: true,
    allOrNothing: false,
    qos: "1",
    ...DELIVERY,
    completeWhen: "accepted",
  }),
  node("onenet-command-subscribe", "commands", {
    connection: "thing",
    identifiers: "",
    receiveSets: true,
    receiveGets: false,
    payloadAs: "auto",
    autoAnswer: false,
    deadlineSeconds: "4",
    unhandled: "fail",
    failureAnswer: "body",
    failureBody: "",
    wires: [["answer"]],
  }),
  node("onenet-connection-status", "watch", {
    connection: "thing",
    queueHighMessages: "1000",
    queueLowMessages: "100",
    outcomes: "all",
    wires: [[], [], [], []],
  }),
  node("onenet-command-response", "answer", { outcome: "auto", failureCode: "100", failureMessage: "" }),
  node("onenet-mqtt-out", "mqtt", {
    connection: "broker",
    topic: "factory/line-1",
    qos: "2",
    retain: "",
    whenUnsupported: "refuse",
    sendAnyway: false,
    ...DELIVERY,
    contentType: "",
    responseTopic: "",
    correlationData: "",
    userProperties: "",
    messageExpirySeconds: "",
  }),
);
