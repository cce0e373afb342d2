import assert from "node:assert/strict";
import { readSuffix, splitClientId, suffixOf } from "../../../nodes/shared/form/client-id";

describe("splitClientId", () => {
  for (const [text, deviceName, suffix] of [
    ["gateway-1", "gateway-1", ""],
    ["gateway-1?network=0&sn=1", "gateway-1", "network=0&sn=1"],
    ["gateway-1?network=0&sn=a?b", "gateway-1", "network=0&sn=a?b"],
    ["gateway-1?", "gateway-1", ""],
    ["", "", ""],
  ] as const) {
    it(`takes “${text}” apart`, () => {
      assert.deepEqual(splitClientId(text), { deviceName, suffix });
    });
  }
});

describe("readSuffix", () => {
  for (const [suffix, fields] of [
    ["network=0&sn=F-1", { hardwareNetwork: "0", hardwareSn: "F-1", hardwareMac: "" }],
    ["network=0&mac=00:11:22", { hardwareNetwork: "0", hardwareSn: "", hardwareMac: "00:11:22" }],
    [
      "network=2&imei=86&imsi=46",
      { hardwareNetwork: "2", hardwareImei: "86", hardwareCardKind: "imsi", hardwareCard: "46" },
    ],
    ["network=1", { hardwareNetwork: "1", hardwareImei: "" }],
  ] as const) {
    it(`finds the fields of “${suffix}”`, () => {
      assert.deepEqual(readSuffix(suffix), { hardwareReport: "login", ...fields });
    });
  }

  for (const suffix of [
    "network=7",
    "sn=F-1&network=0",
    "network=0&sn=a+b",
    "network=0&x=1",
    "network=0&imei=8",
  ]) {
    it(`keeps “${suffix}” as it is`, () => {
      assert.deepEqual(readSuffix(suffix), { hardwareReport: "own", clientIdSuffix: suffix });
    });
  }
});

describe("suffixOf", () => {
  const of = (fields: Readonly<Record<string, string>>) => suffixOf((name) => fields[name]);

  it("follows the choice of the report", () => {
    assert.equal(of({ hardwareReport: "own", clientIdSuffix: "?a=1", hardwareSn: "1" }), "a=1");
    assert.equal(of({ clientIdSuffix: "a=1" }), "a=1", "as older flows have it");
    const login = { hardwareReport: "login", hardwareNetwork: "0", clientIdSuffix: "a=1" };
    assert.equal(of({ ...login, hardwareSn: "1" }), "network=0&sn=1");
    assert.equal(of({ ...login, hardwareNetwork: "1", hardwareCard: "9" }), "network=1&iccid=9");
  });

  it("leaves open what is only known later", () => {
    const login = { hardwareReport: "login", hardwareNetwork: "0" };
    assert.equal(of({ ...login, hardwareSn: `\${SN}` }), "…");
    assert.equal(of({ ...login, hardwareNetwork: `\${NETWORK}` }), "…");
  });
});
