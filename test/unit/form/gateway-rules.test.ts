import assert from "node:assert/strict";
import type { ChosenConnection } from "../../../nodes/shared/form/connection-choice";
import { devicesPerPackOf, paceOf, shortestPeriodSeconds } from "../../../nodes/shared/form/gateway-period";
import {
  deviceCountOf,
  gatewayRules,
  readChosenSubdevice,
  subdeviceReason,
  subdeviceRules,
} from "../../../nodes/shared/form/gateway-rules";
import type { Rules } from "../../../nodes/shared/form/reason";
import { BROKER_CHOSEN, DATA_STREAM_CHOSEN, fieldsOf, judge, ONENET_CHOSEN } from "./fields";

type Values = Readonly<Record<string, unknown>>;
type Case = readonly [field: string, values: Values, key?: string | undefined, chosen?: ChosenConnection];

const KEY = Buffer.alloc(32, 7).toString("base64");

const SUBDEVICE: readonly Case[] = [
  ["connection", { connection: "c" }, undefined, ONENET_CHOSEN],
  ["connection", { connection: "" }, "reason.no-connection"],
  ["connection", { connection: "c" }, "reason.connection-plain", BROKER_CHOSEN],
  ["connection", { connection: "c" }, "reason.gateway-kind", DATA_STREAM_CHOSEN],
  ["connection", { connection: `\${GATEWAY}` }],
  ["productId", { productId: "P2" }],
  ["productId", { productId: "" }, "reason.required"],
  ["productId", { productId: "P 2" }, "errors.ONENET_CONFIG_INVALID.text"],
  ["productId", { productId: `\${PRODUCT}` }],
  ["deviceName", { deviceName: "" }],
  ["deviceName", { deviceName: "sub-1" }],
  ["deviceName", { deviceName: "sub.1" }, "errors.ONENET_CONFIG_INVALID.text"],
  ["deviceCount", { deviceCount: "" }],
  ["deviceCount", { deviceCount: "1500" }],
  ["deviceCount", { deviceCount: "1501" }, "reason.integer"],
  ["deviceCount", { deviceCount: "1.5" }, "reason.integer"],
  ["keyKind", { keyKind: "device-key", deviceName: "sub-1", key: KEY }],
  ["keyKind", { keyKind: "device-key", deviceName: "", key: "" }],
  ["keyKind", { keyKind: "device-key", deviceName: "", key: KEY }, "reason.key-of-one"],
  ["keyKind", { keyKind: "product-key", deviceName: "", key: KEY }],
  ["keyKind", { keyKind: "token" }, "reason.choice"],
  ["key", { key: "" }],
  ["key", { key: "", autoTopology: true }, "reason.required"],
  ["key", { key: "no key" }, "reason.base64"],
  ["key", { key: KEY, autoTopology: true }],
  ["key", { key: "__PWRD__", autoTopology: true }],
  ["login", { login: "lazy" }],
  ["login", { login: "often" }, "reason.choice"],
];

const GATEWAY: readonly Case[] = [
  ["connection", { connection: "c" }, "reason.gateway-kind", DATA_STREAM_CHOSEN],
  ["action", { action: "" }],
  ["action", { action: "get" }],
  ["action", { action: "reboot" }, "reason.choice"],
];

function check(rules: Rules, cases: readonly Case[]): void {
  for (const [field, values, key, chosen] of cases) {
    it(`${field} ${JSON.stringify(values)}: ${key ?? "good"}`, () => {
      assert.equal(judge(rules, field, values, chosen)?.key, key);
    });
  }
}

describe("the sub-device's form", () => check(subdeviceRules, SUBDEVICE));
describe("the gateway's form", () => check(gatewayRules, GATEWAY));

describe("the choice of a sub-device", () => {
  const saved = { connection: "c", productId: "P2", deviceName: "sub-1" };
  const chosen = readChosenSubdevice(fieldsOf(saved), "pump", true);

  it("may be left open", () => assert.equal(subdeviceReason("", undefined, "c"), undefined));
  it("is good under the same connection", () => assert.equal(subdeviceReason("s", chosen, "c"), undefined));
  it("is refused under another one", () => {
    assert.deepEqual(subdeviceReason("s", chosen, "d"), {
      key: "reason.subdevice-elsewhere",
      params: { name: "pump" },
    });
  });
  it("is refused when it is gone or wrong", () => {
    assert.equal(subdeviceReason("s", undefined, "c")?.key, "reason.subdevice-gone");
    assert.equal(subdeviceReason("s", { ...chosen, isValid: false }, "c")?.key, "reason.subdevice-invalid");
  });
});

describe("the shortest period of sub-devices", () => {
  it("is one message for each ten of them", () => {
    assert.equal(shortestPeriodSeconds(1500, 1), 150);
    assert.equal(shortestPeriodSeconds(1, 1), 1);
    assert.equal(shortestPeriodSeconds(11, 1), 2);
    assert.equal(shortestPeriodSeconds(1500, 2), 75);
  });

  it("counts one device by name, and as many of a product as the form says", () => {
    assert.equal(deviceCountOf(fieldsOf({ deviceName: "sub-1", deviceCount: "20" })), 1);
    assert.equal(deviceCountOf(fieldsOf({ deviceName: "", deviceCount: "20" })), 20);
    assert.equal(deviceCountOf(fieldsOf({ deviceName: "", deviceCount: "" })), 0);
  });

  it("is longer where a message carries one of them only", () => {
    assert.equal(devicesPerPackOf(fieldsOf({ postPacks: false })), 1);
    assert.equal(devicesPerPackOf(fieldsOf({})), 10);
    assert.equal(shortestPeriodSeconds(1500, 1, 1), 1500);
  });

  it("takes the connection's pace, else the platform's", () => {
    assert.equal(paceOf(fieldsOf({ platform: "onenet", messagesPerSecond: "" })), 1);
    assert.equal(paceOf(fieldsOf({ platform: "onenet", messagesPerSecond: "5" })), 5);
    assert.equal(paceOf(fieldsOf({ platform: "onenet", messagesPerSecond: "0" })), undefined);
    assert.equal(paceOf(fieldsOf({ platform: "onenet", messagesPerSecond: `\${PACE}` })), 1);
    assert.equal(paceOf(fieldsOf({ platform: "simulator", messagesPerSecond: "" })), undefined);
  });
});
