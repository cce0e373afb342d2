import assert from "node:assert/strict";
import {
  type HardwareReport,
  hardwareParams,
  hardwareSuffix,
  parseClientId,
  parseHardwarePost,
} from "../../../lib/protocol/hardware";
import { GARBAGE, refuses, wire } from "./expect";

const ALL = { sn: "F-1", mac: "00:11:22:33:44:55", imei: "86", iccid: "89", imsi: "46", msisdn: "13" };

describe("hardware report", () => {
  const cases: readonly (readonly [report: HardwareReport, suffix: string])[] = [
    [{ network: 0 }, "network=0"],
    [{ network: 0, ...ALL }, "network=0&sn=F-1&mac=00:11:22:33:44:55"],
    [{ network: 0, sn: "" }, "network=0"],
    [{ network: 1, ...ALL }, "network=1&imei=86&iccid=89"],
    [{ network: 2, ...ALL, iccid: "" }, "network=2&imei=86&imsi=46"],
    [{ network: 3, imei: "86", msisdn: "13" }, "network=3&imei=86&msisdn=13"],
    [{ network: 4, imei: "86" }, "network=4&imei=86"],
  ];
  for (const [report, suffix] of cases) {
    it(`goes as ${suffix}, and is read again`, () => {
      assert.equal(hardwareSuffix(report), suffix);
      const { network, ...texts } = hardwareParams(report);
      assert.deepEqual(parseClientId(`lamp?${suffix}`), {
        deviceName: "lamp",
        hardware: { network: String(network), ...texts },
      });
    });
  }

  for (const sn of ["a b", "a&b", "a=b", "a?b", "序列号", "x".repeat(65)]) {
    it(`refuses ${sn.slice(0, 9)}`, () =>
      refuses(() => hardwareParams({ network: 0, sn }), "ONENET_CONFIG_INVALID.text", { field: "sn" }));
  }

  it("may be missing in a client id", () => {
    assert.deepEqual(parseClientId("lamp"), { deviceName: "lamp", hardware: {} });
    assert.deepEqual(parseClientId("lamp?"), { deviceName: "lamp", hardware: {} });
    assert.deepEqual(parseClientId("lamp?sn=a+b&sn=c?d"), { deviceName: "lamp", hardware: { sn: "c?d" } });
    assert.deepEqual(parseClientId("lamp?sn=a+b"), { deviceName: "lamp", hardware: { sn: "a+b" } });
  });

  it("is read from cmp/property/post", () => {
    const params = { network: 0, sn: "F-1" };
    assert.deepEqual(parseHardwarePost(wire({ id: "3", params })), { id: "3", params });
    for (const bad of [undefined, [], {}, { network: 5 }, { network: "x" }]) {
      assert.deepEqual(parseHardwarePost(wire({ id: "3", params: bad })), {
        id: "3",
        code: 2402,
        message: "request format error",
      });
    }
    for (const [, payload] of GARBAGE) assert.ok("code" in parseHardwarePost(payload));
  });
});
