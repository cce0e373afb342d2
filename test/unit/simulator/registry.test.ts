import assert from "node:assert/strict";
import type { ErrorKey } from "../../../lib/errors";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { Registry } from "../../../lib/simulator/registry";
import { keyOf, STREAM, startTestSimulator, THING } from "../../support/simulated";

const { productId, productKey } = THING;
const LAMP = { deviceName: "lamp", deviceKey: keyOf(THING, "lamp") };
const FAN = { deviceName: "fan", deviceKey: keyOf(THING, "fan") };
const OTHER_KEY = STREAM.productKey;

function names(registry: Registry): string[] {
  return registry.devices().map((device) => `${device.productId}/${device.deviceName}`);
}

describe("simulator registry", () => {
  it("merges what several registrations name, and keeps what one still names", () => {
    const removed: string[] = [];
    const registry = new Registry((device) => removed.push(device.deviceName));
    const first = registry.add([{ productId, kind: "thing-model", devices: [LAMP] }]);
    const second = registry.add([
      { productId, kind: "thing-model", productKey, devices: [LAMP, FAN] },
      STREAM,
    ]);
    assert.deepEqual(names(registry), [`${productId}/lamp`, `${productId}/fan`, `${STREAM.productId}/lamp`]);
    assert.equal(registry.product(productId)?.productKey, productKey);
    second.remove();
    second.remove();
    assert.deepEqual(removed, ["fan", "lamp"]);
    assert.deepEqual(names(registry), [`${productId}/lamp`]);
    assert.equal(registry.product(productId)?.productKey, undefined);
    assert.equal(registry.product(STREAM.productId), undefined);
    first.remove();
    assert.equal(registry.product(productId), undefined);
  });

  it("takes a product without devices", () => {
    const registry = new Registry();
    const registration = registry.add([{ productId, kind: "data-stream", devices: [] }]);
    assert.equal(registry.product(productId)?.kind, "data-stream");
    registration.remove();
    assert.equal(registry.product(productId), undefined);
  });

  it("remembers what a device reported as long as somebody names it", () => {
    const registry = new Registry();
    const first = registry.add([THING]);
    registry.device(productId, "lamp")?.remember("properties", "t", 1, 1000);
    const second = registry.add([THING]);
    first.remove();
    assert.equal(registry.device(productId, "lamp")?.properties.get("t")?.value, 1);
    second.remove();
  });

  it("remembers the latest value by its time, of equal times the last that came", () => {
    const registry = new Registry();
    registry.add([THING]);
    const device = registry.device(productId, "lamp");
    device?.remember("datapoints", "t", 1, 1000);
    device?.remember("datapoints", "t", 2, 1000);
    device?.remember("datapoints", "t", 3, 999);
    assert.deepEqual(device?.datapoints.get("t"), { value: 2, atMs: 1000 });
  });

  it("remembers a thousand names, the newest ones", () => {
    const registry = new Registry();
    registry.add([THING]);
    const device = registry.device(productId, "lamp");
    for (let index = 0; index <= 1000; index += 1) device?.remember("properties", `p${index}`, index, index);
    assert.equal(device?.properties.size, 1000);
    assert.deepEqual([device?.properties.has("p0"), device?.properties.has("p1000")], [false, true]);
  });

  const conflicts: readonly (readonly [string, SimulatedProduct, string])[] = [
    ["another kind", { ...THING, kind: "data-stream" }, "kind thing-model and data-stream"],
    ["another product key", { ...THING, productKey: OTHER_KEY }, "another product key"],
    [
      "another device key",
      { ...THING, devices: [{ ...LAMP, deviceKey: OTHER_KEY }] },
      "another key for device lamp",
    ],
  ];
  for (const [name, product, difference] of conflicts) {
    it(`refuses ${name}, and then adds nothing`, () => {
      const registry = new Registry();
      registry.add([THING]);
      const newcomer = { productId: "N3w", kind: "data-stream", devices: [LAMP] } as const;
      assert.throws(() => registry.add([newcomer, product]), {
        key: "ONENET_SIMULATOR_CONFLICT.product",
        params: { productId, difference },
      });
      assert.deepEqual(names(registry), [`${productId}/lamp`, `${productId}/fan`]);
    });
  }

  it("refuses a registration that contradicts itself", () => {
    const registry = new Registry();
    const twice = { ...THING, devices: [LAMP, { ...LAMP, deviceKey: OTHER_KEY }] };
    assert.throws(() => registry.add([twice]), { key: "ONENET_SIMULATOR_CONFLICT.product" });
    assert.deepEqual(names(registry), []);
  });

  const invalid: readonly (readonly [string, object, ErrorKey])[] = [
    ["no product id", { productId: "" }, "ONENET_CONFIG_INVALID.missing"],
    ["a product id with a slash", { productId: "a/b" }, "ONENET_CONFIG_INVALID.text"],
    ["an unknown kind", { kind: "other" }, "ONENET_SIMULATOR_CONFIG"],
    ["a product key that is none", { productKey: "secret" }, "ONENET_KEY_INVALID"],
    ["an empty product key", { productKey: "" }, "ONENET_KEY_INVALID"],
    ["a device without a name", { devices: [{ ...LAMP, deviceName: "" }] }, "ONENET_CONFIG_INVALID.missing"],
    [
      "a device with a suffix",
      { devices: [{ ...LAMP, deviceName: "lamp?network=0" }] },
      "ONENET_CONFIG_INVALID.text",
    ],
    ["a device key that is none", { devices: [{ ...LAMP, deviceKey: "secret" }] }, "ONENET_KEY_INVALID"],
    ["a device without a key", { devices: [{ ...LAMP, deviceKey: "" }] }, "ONENET_KEY_INVALID"],
  ];
  for (const [name, change, key] of invalid) {
    it(`refuses ${name}`, () => {
      assert.throws(() => new Registry().add([{ ...THING, ...change }]), { key });
    });
  }

  it("adds and removes products of a running simulator; a removed device is cut off", async () => {
    const test = await startTestSimulator({ products: [] });
    try {
      const registration = test.simulator.addProducts([THING]);
      const client = await test.login(THING, "lamp");
      const closed = test.next("closed");
      registration.remove();
      await client.closed;
      assert.equal((await closed).reason, "removed");
      await assert.rejects(test.login(THING, "lamp"), /login of lamp: 4/);
    } finally {
      await test.stop();
    }
  });
});
