import assert from "node:assert/strict";
import { encodeRequest } from "../../../lib/protocol/envelope";
import {
  encodeSubServiceReply,
  parseSubLogin,
  parseSubPropertyGet,
  parseSubPropertySet,
  parseSubServiceInvoke,
  parseTopoChange,
  parseTopoGet,
  parseTopoRequest,
  readSubServiceOutput,
  subDeviceToken,
  subLoginParams,
  subPropertyParams,
  subServiceParams,
  topoParams,
} from "../../../lib/protocol/gateway";
import { deviceKey, isSameDevice, readIdentities } from "../../../lib/protocol/identity";
import { parseToken, verifyToken } from "../../../lib/protocol/token";
import { GARBAGE, refuses, wire } from "./expect";

const SUB = { productId: "P2", deviceName: "sub1" };
const IDENTITY = { productID: "P2", deviceName: "sub1" };
const KEY = Buffer.from("a sub-device's key").toString("base64");

describe("devices by name", () => {
  it("have a key, and are the same by both names", () => {
    assert.equal(deviceKey(SUB), "P2/sub1");
    assert.ok(isSameDevice(SUB, { ...SUB }));
    assert.ok(!isSameDevice(SUB, { ...SUB, productId: "P3" }));
    assert.ok(!isSameDevice(SUB, { ...SUB, deviceName: "sub2" }));
  });

  it("are read from a list, without what is none", () => {
    assert.deepEqual(
      readIdentities([IDENTITY, 1, { productID: "P2" }, { productId: "P2", deviceName: "b" }]),
      [SUB, { productId: "P2", deviceName: "b" }],
    );
    assert.deepEqual(readIdentities(undefined), []);
  });
});

describe("a gateway's requests", () => {
  it("name the sub-device", () => {
    assert.equal(
      encodeRequest("1", subLoginParams(SUB)),
      '{"id":"1","version":"1.0","params":{"productID":"P2","deviceName":"sub1"}}',
    );
    assert.deepEqual(subLoginParams(SUB, { network: 0, sn: "F1" }), { ...IDENTITY, network: 0, sn: "F1" });
    assert.deepEqual(topoParams(SUB, "version=…"), { ...IDENTITY, sasToken: "version=…" });
  });

  it("bring a token signed with the sub-device's key", () => {
    const token = subDeviceToken(SUB, KEY, 1_700_000_000, "sha1");
    assert.match(
      token,
      /^version=2018-10-31&res=products%2FP2%2Fdevices%2Fsub1&et=1700000000&method=sha1&sign=/,
    );
    assert.ok(verifyToken(parseToken(token), KEY));
    refuses(() => subDeviceToken(SUB, "not base64!", 1, "sha1"), "ONENET_KEY_INVALID");
  });
});

describe("what the platform asks of sub-devices", () => {
  it("is read with the device it is for", () => {
    const set = { ...IDENTITY, params: { temp: 30, sw: { value: true } } };
    assert.deepEqual(parseSubPropertySet(wire({ id: "9", params: set })), {
      id: "9",
      device: SUB,
      values: { temp: 30, sw: true },
    });
    assert.deepEqual(parseSubPropertyGet(wire({ id: 9, params: { ...IDENTITY, params: ["temp"] } })), {
      id: "9",
      device: SUB,
      identifiers: ["temp"],
    });
    const invoke = { ...IDENTITY, identifier: "reboot", input: { delay: 1 } };
    assert.deepEqual(parseSubServiceInvoke(wire({ id: "9", params: invoke })), {
      id: "9",
      device: SUB,
      identifier: "reboot",
      input: { delay: 1 },
    });
    assert.deepEqual(parseTopoChange(wire({ id: "9", params: { subList: [IDENTITY, {}] } })), {
      id: "9",
      devices: [SUB],
    });
  });

  it("is written as it is read", () => {
    const read = (params: ReturnType<typeof subPropertyParams>) => wire(encodeRequest("9", params));
    assert.deepEqual(parseSubPropertySet(read(subPropertyParams(SUB, { a: 1 }))).values, { a: 1 });
    assert.deepEqual(parseSubPropertyGet(read(subPropertyParams(SUB, ["a"]))).identifiers, ["a"]);
    assert.deepEqual(parseSubServiceInvoke(read(subServiceParams(SUB, "s", { a: 1 }))), {
      id: "9",
      device: SUB,
      identifier: "s",
      input: { a: 1 },
    });
  });

  type Parse = (payload: Uint8Array) => unknown;
  const bad: readonly (readonly [topic: string, parse: Parse, params: readonly unknown[]])[] = [
    ["thing/sub/property/set", parseSubPropertySet, [undefined, {}, IDENTITY, { ...IDENTITY, params: [] }]],
    [
      "thing/sub/property/get",
      parseSubPropertyGet,
      [{ params: ["a"] }, IDENTITY, { ...IDENTITY, params: [1] }],
    ],
    [
      "thing/sub/service/invoke",
      parseSubServiceInvoke,
      [
        { identifier: "s" },
        IDENTITY,
        { ...IDENTITY, identifier: "" },
        { ...IDENTITY, identifier: "s", input: 1 },
      ],
    ],
    ["thing/sub/topo/change", parseTopoChange, [undefined, [], { subList: {} }]],
  ];
  for (const [topic, parse, all] of bad) {
    for (const params of all) {
      it(`is refused on ${topic} with ${JSON.stringify(params)}, keeping the id`, () =>
        refuses(() => parse(wire({ id: 9, params })), "ONENET_COMMAND_INVALID", { topic, id: "9" }));
    }
    for (const [what, payload] of GARBAGE)
      it(`is refused on ${topic} with ${what}`, () =>
        refuses(() => parse(payload), "ONENET_COMMAND_INVALID"));
  }

  it("is answered with the service's name, and read again", () => {
    const service = { device: SUB, identifier: "reboot" };
    assert.equal(
      encodeSubServiceReply("9", service, { code: 200, message: "success", output: { ok: true } }),
      '{"id":"9","code":200,"msg":"success","data":{"productID":"P2","deviceName":"sub1","identifier":"reboot","output":{"ok":true}}}',
    );
    assert.equal(
      encodeSubServiceReply("9", service, { code: 100 }),
      '{"id":"9","code":100,"data":{"productID":"P2","deviceName":"sub1","identifier":"reboot","output":{}}}',
    );
    assert.deepEqual(readSubServiceOutput({ ...IDENTITY, identifier: "reboot", output: { ok: true } }), {
      ok: true,
    });
    assert.deepEqual(readSubServiceOutput({ ok: true }), { ok: true });
    assert.equal(readSubServiceOutput(undefined), undefined);
  });
});

describe("a gateway's requests, platform side", () => {
  const message = "request format error";

  it("are read", () => {
    const login = { ...IDENTITY, network: 0 };
    assert.deepEqual(parseSubLogin(wire({ id: "1", params: login })), {
      id: "1",
      device: SUB,
      params: login,
    });
    assert.deepEqual(parseTopoRequest(wire({ id: "1", params: { ...IDENTITY, sasToken: "t" } })), {
      id: "1",
      device: SUB,
      sasToken: "t",
    });
    assert.deepEqual(parseTopoRequest(wire({ id: "1", params: IDENTITY })), {
      id: "1",
      device: SUB,
      sasToken: "",
    });
    assert.deepEqual(parseTopoGet(wire({ id: "1", version: "1.0" })), { id: "1" });
  });

  for (const [what, payload] of [...GARBAGE, ["no device", wire({ id: "", params: {} })] as const]) {
    it(`are refused with ${what}`, () => {
      for (const parse of [parseSubLogin, parseTopoRequest, parseTopoGet])
        assert.ok("code" in parse(payload));
    });
  }

  for (const params of [undefined, {}, { productID: "P2" }, { deviceName: "a" }, [IDENTITY]]) {
    it(`are refused with params ${JSON.stringify(params)}`, () => {
      for (const parse of [parseSubLogin, parseTopoRequest])
        assert.deepEqual(parse(wire({ id: "1", params })), { id: "1", code: 2402, message });
    });
  }
});
