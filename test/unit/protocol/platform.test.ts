import assert from "node:assert/strict";
import type { ErrorKey } from "../../../lib/errors";
import {
  checkHost,
  type Endpoint,
  type EndpointChoice,
  ONENET_ROOT_FINGERPRINT_SHA256,
  PLATFORMS,
  readDeviceIdentity,
  readEndpoint,
  suggestHost,
} from "../../../lib/protocol/platform";
import { refuses } from "./expect";

const DEFAULTS: EndpointChoice = {
  platform: "onenet",
  hostChoice: "smart-domain",
  host: "",
  transport: "mqtt",
  productId: "Ab12Cd34Ef",
};

describe("readEndpoint", () => {
  const cases: readonly (readonly [
    choice: Partial<EndpointChoice>,
    host: string,
    port: number,
    path?: string,
  ])[] = [
    [{}, "Ab12Cd34Ef.mqtts.acc.cmcconenet.cn", 1883],
    [{ transport: "mqtts" }, "Ab12Cd34Ef.mqttstls.acc.cmcconenet.cn", 8883],
    [{ hostChoice: "fixed" }, "mqtts.heclouds.com", 1883],
    [{ hostChoice: "fixed", transport: "mqtts" }, "mqttstls.heclouds.com", 8883],
    [{ hostChoice: "own", host: "183.230.40.96", port: 1884 }, "183.230.40.96", 1884],
    [{ platform: "onenet-studio" }, "studio-mqtt.heclouds.com", 1883],
    [{ platform: "onenet-studio", transport: "mqtts" }, "studio-mqtts.heclouds.com", 8883],
    [{ platform: "private", host: " iot.factory.cn ", transport: "mqtts" }, "iot.factory.cn", 8883],
    [{ platform: "simulator" }, "127.0.0.1", 18830],
    [{ platform: "simulator", transport: "mqtts" }, "127.0.0.1", 18832],
    [{ platform: "simulator", host: "pi.local", port: 2000 }, "pi.local", 2000],
    [{ platform: "mqtt", host: "localhost" }, "localhost", 1883],
    [{ platform: "mqtt", host: "[::1]", transport: "mqtts" }, "::1", 8883],
    [{ platform: "mqtt", host: "broker", transport: "ws" }, "broker", 80, "/mqtt"],
    [{ platform: "mqtt", host: "broker", transport: "wss", path: "ws/1" }, "broker", 443, "/ws/1"],
    [{ platform: "mqtt", host: "broker", transport: "wss", path: "/" }, "broker", 443, "/"],
    [{ platform: "mqtt", host: "broker", path: "/unused" }, "broker", 1883],
  ];
  for (const [choice, host, port, path] of cases) {
    it(`leads ${JSON.stringify(choice)} to ${host}:${port}${path ?? ""}`, () => {
      const transport = choice.transport ?? "mqtt";
      const expected: Endpoint = { transport, host, port, ...(path === undefined ? {} : { path }) };
      assert.deepEqual(readEndpoint({ ...DEFAULTS, ...choice }), expected);
    });
  }

  const refused: readonly (readonly [choice: Partial<EndpointChoice>, key: ErrorKey])[] = [
    [{ productId: "" }, "ONENET_CONFIG_INVALID.missing"],
    [{ productId: "a.b" }, "ONENET_CONFIG_INVALID.text"],
    [{ hostChoice: "own" }, "ONENET_CONFIG_INVALID.missing"],
    [{ platform: "private", host: "  " }, "ONENET_CONFIG_INVALID.missing"],
    [{ platform: "mqtt" }, "ONENET_CONFIG_INVALID.missing"],
    [{ transport: "ws" }, "ONENET_CONFIG_INVALID.choice"],
    [{ port: 0 }, "ONENET_CONFIG_INVALID.number"],
    [{ port: 65536 }, "ONENET_CONFIG_INVALID.number"],
    [{ port: 1.5 }, "ONENET_CONFIG_INVALID.number"],
    [{ port: Number.NaN }, "ONENET_CONFIG_INVALID.number"],
    [{ hostChoice: "own", host: "mqtt.heclouds.com" }, "ONENET_HOST_INVALID.typo"],
    [{ hostChoice: "own", host: "mqtt://a" }, "ONENET_HOST_INVALID.scheme"],
  ];
  for (const [choice, key] of refused) {
    it(`refuses ${JSON.stringify(choice)}`, () =>
      refuses(() => readEndpoint({ ...DEFAULTS, ...choice }), key));
  }

  it("lets the first generation's broker pass with its own port", () => {
    const legacy: Partial<EndpointChoice> = { platform: "mqtt", host: "mqtt.heclouds.com", port: 6002 };
    assert.equal(readEndpoint({ ...DEFAULTS, ...legacy }).host, "mqtt.heclouds.com");
  });
});

describe("host", () => {
  const right = [
    "mqtts.heclouds.com",
    "mqttstls.heclouds.com",
    "studio-mqtt.heclouds.com",
    "studio-mqtts.heclouds.com",
    "Ab12Cd34Ef.mqtts.acc.cmcconenet.cn",
    "ab12cd34ef.mqttstls.acc.cmcconenet.cn",
    "192.168.1.20",
    "::1",
    "[2409:8060:8ea:601::13:7c64]",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "localhost",
    "my_broker-1.local.",
    "物联网.cn",
    "mqtt.example.com",
  ];
  for (const host of right) {
    it(`takes ${host}`, () => {
      checkHost(host);
      assert.equal(suggestHost(host), undefined);
    });
  }

  const typos: readonly (readonly [host: string, suggestion: string])[] = [
    ["mqtt.heclouds.com", "mqtts.heclouds.com"],
    ["MQTT.heclouds.com", "mqtts.heclouds.com"],
    ["mqttls.heclouds.com", "mqtts.heclouds.com"],
    ["mqtttls.heclouds.com", "mqttstls.heclouds.com"],
    ["mqtts.hecloud.com", "mqtts.heclouds.com"],
    ["mqtt.heclouds.cn", "mqtts.heclouds.com"],
    ["ab12.mqtls.acc.cmcconenet.cn", "ab12.mqtts.acc.cmcconenet.cn"],
    ["ab12.mqtt.acc.cmcconenet.cn", "ab12.mqtts.acc.cmcconenet.cn"],
    ["ab12.mqttstl.acc.cmcconenet.cn", "ab12.mqttstls.acc.cmcconenet.cn"],
    ["ab12.mqtts.acc.cmccconet.cn", "ab12.mqtts.acc.cmcconenet.cn"],
    ["ab12.mqtts.acc.cmconenet.cn", "ab12.mqtts.acc.cmcconenet.cn"],
    ["ab12.mqtts.acc.cmcconenet.com", "ab12.mqtts.acc.cmcconenet.cn"],
    ["ab12.mqtls.acc.cmccconet.com", "ab12.mqtts.acc.cmcconenet.cn"],
  ];
  for (const [host, suggestion] of typos) {
    it(`refuses ${host} and suggests ${suggestion}`, () => {
      refuses(() => checkHost(host, 1883), "ONENET_HOST_INVALID.typo", { host, suggestion });
      assert.equal(suggestHost(suggestion), undefined);
    });
  }

  const refused: readonly (readonly [host: string, key: ErrorKey])[] = [
    ["mqtt://mqtts.heclouds.com", "ONENET_HOST_INVALID.scheme"],
    ["mqtts.heclouds.com:1883", "ONENET_HOST_INVALID.scheme"],
    ["broker/mqtt", "ONENET_HOST_INVALID.scheme"],
    ["[::1]:1883", "ONENET_HOST_INVALID.scheme"],
    ["my broker", "ONENET_HOST_INVALID.characters"],
    ["{pid}.mqtts.acc.cmcconenet.cn", "ONENET_HOST_INVALID.characters"],
    ["a..b", "ONENET_HOST_INVALID.characters"],
    ["user@broker", "ONENET_HOST_INVALID.characters"],
    ["", "ONENET_HOST_INVALID.characters"],
  ];
  for (const [host, key] of refused) {
    it(`refuses ${host || "nothing"}`, () => refuses(() => checkHost(host), key, { host }));
  }

  it("does not repeat a key that was put into the host field", () => {
    const key = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
    refuses(() => checkHost(key), "ONENET_HOST_INVALID.characters", { host: "•••" });
    refuses(() => checkHost(`a/${key}`), "ONENET_HOST_INVALID.scheme", { host: "•••" });
  });
});

describe("readDeviceIdentity", () => {
  it("takes ids of both ages and the longest names", () => {
    for (const [productId, deviceName] of [
      ["Ab12Cd34Ef", "dev_01-A"],
      ["238322", "a".repeat(64)],
      ["a".repeat(32), "1"],
    ] as const) {
      assert.deepEqual(readDeviceIdentity(productId, deviceName), { productId, deviceName });
    }
  });

  const key = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
  const refused: readonly (readonly [productId: string, deviceName: string, field: string, got?: string])[] =
    [
      ["", "d", "productId"],
      ["p", "", "deviceName"],
      ["p-1", "d", "productId", "p-1"],
      ["a".repeat(33), "d", "productId", "•••"],
      ["p", "温室", "deviceName", "温室"],
      ["p", "dev?network=0", "deviceName", "dev?network=0"],
      ["p", "-".repeat(65), "deviceName", "-".repeat(65)],
      ["p", key, "deviceName", "•••"],
    ];
  for (const [productId, deviceName, field, got] of refused) {
    it(`refuses ${productId || "no product"} / ${deviceName || "no device"}`, () => {
      const act = () => readDeviceIdentity(productId, deviceName);
      if (got === undefined) refuses(act, "ONENET_CONFIG_INVALID.missing", { field });
      else refuses(act, "ONENET_CONFIG_INVALID.text", { field, got });
    });
  }
});

describe("platform profiles", () => {
  it("give every OneNET the same law, and a plain broker none of it", () => {
    for (const [name, profile] of Object.entries(PLATFORMS)) {
      assert.equal(profile.name, name);
      assert.equal(profile.isOneNet, name !== "mqtt");
      assert.equal(profile.maxQos, profile.isOneNet ? 1 : 2);
      for (const can of [profile.retain, profile.will, profile.persistentSession])
        assert.equal(can, !profile.isOneNet);
      assert.deepEqual(profile.protocolVersions, profile.isOneNet ? [4] : [4, 5]);
      const { min, max, default: usual } = profile.keepAliveSeconds;
      assert.ok(min <= usual && usual <= max);
    }
  });

  it("hold the fingerprint of one SHA-256", () => {
    assert.match(ONENET_ROOT_FINGERPRINT_SHA256, /^[\dA-F]{2}(?::[\dA-F]{2}){31}$/);
  });
});
