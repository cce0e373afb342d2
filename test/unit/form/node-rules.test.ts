import assert from "node:assert/strict";
import { type ChosenConnection, readChosenConnection } from "../../../nodes/shared/form/connection-choice";
import { connectionStatusRules } from "../../../nodes/shared/form/connection-status-rules";
import { desiredRules } from "../../../nodes/shared/form/desired-rules";
import {
  commandResponseRules,
  commandSubscribeRules,
  datapointPublishRules,
  mqttOutRules,
  splitIdentifiers,
} from "../../../nodes/shared/form/node-rules";
import type { Rules } from "../../../nodes/shared/form/reason";
import { BROKER_CHOSEN, DATA_STREAM_CHOSEN, fieldsOf, judge, ONENET_CHOSEN } from "./fields";

type Values = Readonly<Record<string, unknown>>;
type Case = readonly [field: string, values: Values, chosen: ChosenConnection | undefined, key?: string];

const OWN_TOPIC = "$sys/Ab12Cd34Ef/dev-1/thing/property/post";

const DATAPOINT: readonly Case[] = [
  ["connection", { connection: "c" }, ONENET_CHOSEN],
  ["connection", { connection: "" }, undefined, "reason.no-connection"],
  ["connection", { connection: "_ADD_" }, undefined, "reason.no-connection"],
  ["connection", { connection: "c" }, undefined, "reason.connection-gone"],
  ["connection", { connection: `\${CONNECTION}` }, undefined],
  ["connection", { connection: "c" }, BROKER_CHOSEN, "reason.connection-plain"],
  ["connection", { connection: "c" }, { ...ONENET_CHOSEN, isValid: false }, "reason.connection-invalid"],
  ["stream", { stream: "", streamType: "str" }, ONENET_CHOSEN],
  ["stream", { stream: "temp", streamType: "str" }, ONENET_CHOSEN],
  [
    "stream",
    { stream: "a.b", streamType: "str" },
    ONENET_CHOSEN,
    "errors.ONENET_DATAPOINT_INVALID.stream-name",
  ],
  ["stream", { stream: "a.b", streamType: "str" }, DATA_STREAM_CHOSEN],
  ["stream", { stream: "温度", streamType: "str" }, undefined, "errors.ONENET_DATAPOINT_INVALID.stream-name"],
  ["stream", { stream: `\${STREAM}`, streamType: "str" }, ONENET_CHOSEN],
  ["stream", { stream: "payload name", streamType: "jsonata" }, ONENET_CHOSEN],
  ["completeWhen", { completeWhen: "accepted" }, ONENET_CHOSEN],
  ["completeWhen", { completeWhen: "never" }, ONENET_CHOSEN, "reason.choice"],
  ["qos", { qos: "2" }, ONENET_CHOSEN, "reason.choice"],
  ["expirySeconds", { expirySeconds: "" }, ONENET_CHOSEN],
  ["expirySeconds", { expirySeconds: "soon" }, ONENET_CHOSEN, "reason.number"],
  ["priority", { priority: "" }, ONENET_CHOSEN],
  ["priority", { priority: "higher" }, ONENET_CHOSEN, "reason.choice"],
];

const SUBSCRIBE: readonly Case[] = [
  ["identifiers", { identifiers: "temp, hum" }, ONENET_CHOSEN],
  ["identifiers", { identifiers: "temp, 温度" }, ONENET_CHOSEN, "reason.identifier"],
  ["identifiers", { identifiers: "temp, 温度" }, DATA_STREAM_CHOSEN],
  ["identifiers", { identifiers: `\${NAMES}` }, ONENET_CHOSEN],
  ["receiveSets", { receiveSets: false, receiveGets: false }, ONENET_CHOSEN, "reason.receivesNothing"],
  ["receiveSets", { receiveSets: false, receiveGets: true }, ONENET_CHOSEN],
  ["receiveSets", { receiveSets: false, receiveGets: false }, DATA_STREAM_CHOSEN],
  ["receiveSets", { receiveSets: false, receiveOta: true }, ONENET_CHOSEN],
  ["receiveSets", { receiveSets: false }, ONENET_CHOSEN, "reason.receivesNothing"],
  ["outputMode", {}, ONENET_CHOSEN],
  ["outputMode", { outputMode: "many" }, ONENET_CHOSEN, "reason.choice"],
  ["outputMode", { outputMode: "one", identifiers: "" }, ONENET_CHOSEN],
  ["outputMode", { outputMode: "each", identifiers: "on" }, ONENET_CHOSEN],
  ["outputMode", { outputMode: "each", identifiers: "" }, ONENET_CHOSEN, "reason.outputsUnnamed"],
  ["outputMode", { outputMode: "each", identifiers: `\${NAMES}` }, ONENET_CHOSEN, "reason.outputsUnnamed"],
  ["outputMode", { outputMode: "each", identifiers: "" }, DATA_STREAM_CHOSEN],
  ["outputMode", { outputMode: "each", receiveSets: false, receiveOta: true }, ONENET_CHOSEN],
  ["getAnswer", { getAnswer: "last" }, ONENET_CHOSEN],
  ["getAnswer", { getAnswer: "first" }, ONENET_CHOSEN, "reason.choice"],
  ["asyncSeconds", { asyncSeconds: "0" }, ONENET_CHOSEN, "reason.number"],
  ["deadlineSeconds", { deadlineSeconds: "4" }, ONENET_CHOSEN],
  ["deadlineSeconds", { deadlineSeconds: "" }, ONENET_CHOSEN, "reason.number"],
  ["unhandled", { unhandled: "" }, ONENET_CHOSEN, "reason.choice"],
];

const STATUS: readonly Case[] = [
  ["connection", { connection: "" }, undefined, "reason.no-connection"],
  ["connection", { connection: `\${CONNECTION}` }, undefined],
  ["connection", { connection: "c" }, BROKER_CHOSEN],
  ["queueHighMessages", { queueHighMessages: "" }, ONENET_CHOSEN],
  ["queueHighMessages", { queueHighMessages: "0" }, ONENET_CHOSEN, "reason.integer"],
  ["queueLowMessages", { queueHighMessages: "10", queueLowMessages: "9" }, ONENET_CHOSEN],
  ["queueLowMessages", { queueHighMessages: "10", queueLowMessages: "" }, ONENET_CHOSEN],
  ["queueLowMessages", { queueHighMessages: "10", queueLowMessages: "10" }, ONENET_CHOSEN, "reason.integer"],
  ["queueLowMessages", { queueHighMessages: "", queueLowMessages: "x" }, ONENET_CHOSEN],
  ["queueLowMessages", { queueHighMessages: `\${HIGH}`, queueLowMessages: "10" }, ONENET_CHOSEN],
  ["outcomes", { outcomes: "some" }, ONENET_CHOSEN, "reason.choice"],
];

const RESPONSE: readonly Case[] = [
  ["outcome", { outcome: "maybe" }, undefined, "reason.choice"],
  ["failureCode", { outcome: "auto", failureCode: "x" }, undefined, "reason.integer"],
  ["failureCode", { outcome: "success", failureCode: "x" }, undefined],
];

const DESIRED: readonly Case[] = [
  ["connection", { connection: "c" }, ONENET_CHOSEN],
  ["connection", { connection: "c" }, BROKER_CHOSEN, "reason.connection-plain"],
  ["connection", { connection: "c" }, DATA_STREAM_CHOSEN, "reason.connection-stream"],
  ["connection", { connection: "" }, undefined, "reason.no-connection"],
  ["action", { action: "" }, ONENET_CHOSEN],
  ["action", { action: "set" }, ONENET_CHOSEN, "reason.choice"],
  ["identifiers", { identifiers: "on, level" }, ONENET_CHOSEN],
  ["identifiers", { identifiers: "on, 温度" }, ONENET_CHOSEN, "reason.identifier"],
  ["apply", { apply: "each" }, ONENET_CHOSEN],
  ["apply", { apply: "yes" }, ONENET_CHOSEN, "reason.choice"],
  ["timeoutSeconds", { timeoutSeconds: "" }, ONENET_CHOSEN, "reason.number"],
];

const MQTT_OUT: readonly Case[] = [
  ["connection", { connection: "c" }, BROKER_CHOSEN],
  ["topic", { topic: "" }, BROKER_CHOSEN],
  ["topic", { topic: "a/+" }, BROKER_CHOSEN, "errors.ONENET_TOPIC_INVALID.wildcard"],
  ["topic", { topic: "any/topic" }, BROKER_CHOSEN],
  ["topic", { topic: "any/topic" }, undefined],
  ["topic", { topic: `a/\${B}` }, ONENET_CHOSEN],
  ["topic", { topic: OWN_TOPIC }, ONENET_CHOSEN],
  ["topic", { topic: "any/topic" }, ONENET_CHOSEN, "errors.ONENET_TOPIC_FORBIDDEN.foreign"],
  ["topic", { topic: OWN_TOPIC }, DATA_STREAM_CHOSEN, "errors.ONENET_TOPIC_FORBIDDEN.kind"],
  ["topic", { topic: "any/topic", sendAnyway: true }, ONENET_CHOSEN],
  ["topic", { topic: "any/topic" }, { ...ONENET_CHOSEN, deviceName: `\${DEVICE}` }],
  ["qos", { qos: "2" }, BROKER_CHOSEN],
  ["qos", { qos: "2" }, ONENET_CHOSEN, "errors.ONENET_QOS_UNSUPPORTED.qos"],
  ["qos", { qos: "2", whenUnsupported: "lower" }, ONENET_CHOSEN],
  ["qos", { qos: "3" }, BROKER_CHOSEN, "reason.choice"],
  ["retain", { retain: "true" }, ONENET_CHOSEN, "errors.ONENET_QOS_UNSUPPORTED.retain"],
  ["retain", { retain: "" }, ONENET_CHOSEN],
  ["retain", { retain: "true" }, BROKER_CHOSEN],
  ["retain", { retain: "yes" }, BROKER_CHOSEN, "reason.choice"],
  ["responseTopic", { responseTopic: "a/#" }, BROKER_CHOSEN, "errors.ONENET_TOPIC_INVALID.wildcard"],
  ["responseTopic", { responseTopic: "a/#" }, ONENET_CHOSEN],
  ["responseTopic", { responseTopic: "" }, BROKER_CHOSEN],
  ["userProperties", { userProperties: '{"a":"b"}' }, BROKER_CHOSEN],
  ["userProperties", { userProperties: "[1]" }, BROKER_CHOSEN, "reason.json"],
  ["userProperties", { userProperties: "{" }, BROKER_CHOSEN, "reason.json"],
  ["userProperties", { userProperties: "" }, BROKER_CHOSEN],
  ["messageExpirySeconds", { messageExpirySeconds: "1.5" }, BROKER_CHOSEN, "reason.integer"],
];

const ALL: Readonly<Record<string, readonly [Rules, readonly Case[]]>> = {
  "datapoint publish": [datapointPublishRules, DATAPOINT],
  "command subscribe": [commandSubscribeRules, SUBSCRIBE],
  "command response": [commandResponseRules, RESPONSE],
  desired: [desiredRules, DESIRED],
  "mqtt out": [mqttOutRules, MQTT_OUT],
  "connection status": [connectionStatusRules, STATUS],
};

describe("form: rules of the nodes", () => {
  for (const [node, [rules, cases]] of Object.entries(ALL)) {
    for (const [field, values, chosen, key] of cases) {
      const connection = chosen ? `${chosen.platform} ${chosen.productKind}` : "no connection";
      it(`${node}: ${JSON.stringify(values)} on ${connection}: ${field} is ${key ?? "good"}`, () => {
        assert.equal(judge(rules, field, values, chosen)?.key, key);
      });
    }
  }

  it("names the identifier that cannot be one", () => {
    const reason = judge(commandSubscribeRules, "identifiers", { identifiers: "a b-c d" }, ONENET_CHOSEN);
    assert.deepEqual(reason, { key: "reason.identifier", params: { identifier: "b-c" } });
  });

  it("splits identifiers at commas and blanks, Chinese ones too", () => {
    assert.deepEqual(splitIdentifiers(" a，b、c; d\ne "), ["a", "b", "c", "d", "e"]);
  });

  it("reads what a connection node has saved", () => {
    const saved = { platform: "mqtt", protocolVersion: "5", productKind: "data-stream", productId: " p " };
    assert.deepEqual(readChosenConnection(fieldsOf(saved), "mosquitto", true), {
      platform: "mqtt",
      productKind: "data-stream",
      productId: "p",
      deviceName: "",
      mqtt5: true,
      name: "mosquitto",
      isValid: true,
    });
  });
});
