import assert from "node:assert/strict";
import { OneNetError } from "../../lib/errors";
import { parseToken, verifyToken } from "../../lib/protocol/token";
import type { Message } from "../../nodes/shared/runtime";
import { Subdevice, type SubdeviceConfig } from "../../nodes/shared/subdevice";
import { readTargetDevice } from "../../nodes/shared/target-device";

const OWN = { productId: "P1", deviceName: "gateway" };
const KEY = Buffer.alloc(32, 7).toString("base64");
const CONFIG: SubdeviceConfig = {
  productId: "P2",
  deviceName: "",
  key: undefined,
  login: "none",
  addsToTopology: false,
  model: undefined,
  rules: undefined,
};
const ANY = new Subdevice(() => "c", CONFIG);
const PUMP = new Subdevice(() => "c", { ...CONFIG, deviceName: "pump" });

const targetOf = (device: unknown, subdevice?: Subdevice) =>
  readTargetDevice({ _msgid: "1", device } as unknown as Message, subdevice, OWN);

function refusal(device: unknown, subdevice?: Subdevice): { key: string; text: string } {
  try {
    const target = targetOf(device, subdevice);
    return { key: "", text: JSON.stringify(target) };
  } catch (thrown) {
    assert.ok(thrown instanceof OneNetError);
    return { key: thrown.key, text: thrown.message };
  }
}

describe("which device a message is for", () => {
  it("is the connection's own when nothing else is named", () => {
    for (const nothing of [undefined, null, ""]) assert.equal(targetOf(nothing), undefined);
    assert.equal(targetOf(OWN), undefined);
    assert.equal(targetOf({ ...OWN }, PUMP), undefined, "the gateway speaks for itself, whatever is chosen");
  });

  it("is the one of the form, or the one that msg.device names", () => {
    assert.deepEqual(targetOf(undefined, PUMP), { productId: "P2", deviceName: "pump" });
    assert.deepEqual(targetOf("pump", PUMP), { productId: "P2", deviceName: "pump" });
    assert.deepEqual(targetOf(" fan-7 ", ANY), { productId: "P2", deviceName: "fan-7" });
    assert.deepEqual(targetOf({ productId: "P2", deviceName: "fan-7" }, ANY), targetOf("fan-7", ANY));
    assert.deepEqual(targetOf({ productId: "P3", deviceName: "x" }), { productId: "P3", deviceName: "x" });
  });

  it("is one and the same object for a name, however many messages name it", () => {
    assert.equal(targetOf("fan-7", ANY), targetOf({ productId: "P2", deviceName: "fan-7" }, ANY));
    for (let n = 0; n < 5000; n += 1) targetOf(`d${n}`, ANY);
    assert.deepEqual(targetOf("fan-7", ANY), { productId: "P2", deviceName: "fan-7" });
  });

  it("is refused when form and message do not say it together", () => {
    assert.equal(refusal(undefined, ANY).key, "ONENET_SUBDEVICE_UNCLEAR.unnamed");
    assert.equal(refusal("pump").key, "ONENET_SUBDEVICE_UNCLEAR.product");
    const other = refusal("fan", PUMP);
    assert.equal(other.key, "ONENET_SUBDEVICE_UNCLEAR.other");
    assert.match(other.text, /P2\/fan.*P2\/pump/);
    assert.match(refusal({ productId: "P3", deviceName: "fan" }, ANY).text, /P3\/fan.*P2\/\*/);
  });

  it("is refused when msg.device is no device", () => {
    const wrong = [7, true, [], ["pump"], {}, { deviceName: "pump" }, { productId: "P2", deviceName: 3 }];
    for (const device of wrong) {
      const { key, text } = refusal(device, ANY);
      assert.equal(key, "ONENET_MESSAGE_INVALID", JSON.stringify(device));
      assert.match(text, /^msg\.device must be a device's name or \{productId, deviceName\}/);
    }
    for (const name of ["fan 7", "ä", "x".repeat(65), " "]) {
      const { key, text } = refusal(name, ANY);
      assert.equal(key, "ONENET_MESSAGE_INVALID", name);
      assert.match(text, /^msg\.device must be/);
    }
    assert.match(refusal({ productId: "P-2", deviceName: "x" }).text, /^msg\.device\.productId must be/);
  });
});

describe("a sub-device's topology token", () => {
  const signing = { method: "sha1", lifetimeMs: 60_000 } as const;
  const device = { productId: "P2", deviceName: "pump" };
  const nowMs = 1_900_000_000_000;
  const signed = (kind: "device-key" | "product-key") =>
    parseToken(
      new Subdevice(() => "c", { ...CONFIG, key: { kind, secret: KEY } }).sign(device, signing, nowMs),
    );

  it("is for the device with its key, for the product with the product's", () => {
    assert.equal(signed("device-key").res, "products/P2/devices/pump");
    assert.equal(signed("product-key").res, "products/P2");
  });

  it("is signed as the gateway's login is, and ends", () => {
    const token = signed("device-key");
    assert.deepEqual(
      [token.version, token.method, token.expiresAtMs],
      ["2018-10-31", "sha1", nowMs + 60_000],
    );
    assert.ok(verifyToken(token, KEY));
  });

  it("cannot be made without a key", () => {
    assert.throws(() => PUMP.sign(device, signing, nowMs), /P2\/pump.*Fill in its key/);
  });
});
