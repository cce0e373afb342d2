import assert from "node:assert/strict";
import { signToken } from "../../../lib/protocol/token";
import { judgeLogin } from "../../../lib/simulator/login";
import { readRules, type SimulatorRules } from "../../../lib/simulator/options";
import { Registry } from "../../../lib/simulator/registry";
import {
  connectOptions,
  deviceToken,
  keyOf,
  STREAM,
  startTestSimulator,
  type TestSimulator,
  THING,
} from "../../support/simulated";

const PRODUCT = "products/Th1ngM0del";
const DEVICE = `${PRODUCT}/devices/lamp`;
const LAMP_KEY = keyOf(THING, "lamp");
const PAST = 1_600_000_000;

function judge(
  password: string,
  {
    clientId = "lamp",
    username = THING.productId,
    rules = {} as Partial<SimulatorRules>,
    product = THING as object,
  } = {},
) {
  const registry = new Registry();
  registry.add([{ ...THING, ...product }, STREAM]);
  const verdict = judgeLogin({ clientId, username, password }, registry, readRules(rules));
  return verdict.ok ? verdict.keyKind : verdict.code;
}

describe("simulator login", () => {
  describe("grants", () => {
    const granted: readonly (readonly [string, () => number | string, string])[] = [
      ["the device's own token", () => judge(deviceToken(THING, "lamp")), "device-key"],
      ["md5", () => judge(deviceToken(THING, "lamp", { method: "md5" })), "device-key"],
      ["sha1", () => judge(deviceToken(THING, "lamp", { method: "sha1" })), "device-key"],
      [
        "a card-management suffix",
        () => judge(deviceToken(THING, "lamp"), { clientId: "lamp?network=0&sn=1" }),
        "device-key",
      ],
      [
        "the product's token",
        () => judge(deviceToken(THING, "lamp", { res: PRODUCT, key: THING.productKey })),
        "product-key",
      ],
      [
        "a device token under the product key",
        () => judge(deviceToken(THING, "lamp", { key: THING.productKey })),
        "product-key",
      ],
      [
        "an expiry in milliseconds",
        () => judge(deviceToken(THING, "lamp", { expiresAtSeconds: Date.now() + 60_000 })),
        "device-key",
      ],
      [
        "version 2022-05-01",
        () => judge(deviceToken(THING, "lamp", { version: "2022-05-01" })),
        "device-key",
      ],
      [
        "an unencoded resource",
        () =>
          judge(
            decodeURIComponent(deviceToken(THING, "lamp")).replace(
              /sign=(.*)/,
              (_, sign) => `sign=${encodeURIComponent(sign)}`,
            ),
          ),
        "device-key",
      ],
    ];
    for (const [name, run, expected] of granted) it(name, () => assert.equal(run(), expected));
  });

  describe("refuses with the device log's code", () => {
    const refused: readonly (readonly [string, () => number | string, number])[] = [
      ["no client id", () => judge(deviceToken(THING, "lamp"), { clientId: "" }), 1101],
      ["no user name", () => judge(deviceToken(THING, "lamp"), { username: "" }), 1101],
      ["no password", () => judge(""), 1101],
      ["no token", () => judge("secret"), 1103],
      ["an unknown method", () => judge(deviceToken(THING, "lamp").replace("sha256", "sm2")), 1110],
      ["an unknown version", () => judge(deviceToken(THING, "lamp", { version: "1999" })), 1111],
      [
        "another version in strict mode",
        () =>
          judge(deviceToken(THING, "lamp", { version: "2022-05-01" }), {
            rules: { tokenVersions: "strict" },
          }),
        1111,
      ],
      ["an expired token", () => judge(deviceToken(THING, "lamp", { expiresAtSeconds: PAST })), 1104],
      ["an unknown product", () => judge(deviceToken(THING, "lamp"), { username: "N0Pr0duct" }), 1107],
      ["an unknown device", () => judge(deviceToken(THING, "lamp"), { clientId: "lamp2" }), 1107],
      [
        "a client id made of product and device",
        () => judge(deviceToken(THING, "lamp"), { clientId: `${THING.productId}&lamp` }),
        1107,
      ],
      ["another device's token", () => judge(deviceToken(THING, "fan")), 1114],
      ["the wrong key", () => judge(deviceToken(THING, "lamp", { key: keyOf(THING, "fan") })), 1106],
      [
        "the product key in strict mode",
        () =>
          judge(deviceToken(THING, "lamp", { key: THING.productKey }), {
            rules: { deviceResource: "strict" },
          }),
        1106,
      ],
      [
        "a product token where no product key is known",
        () =>
          judge(
            signToken(
              { version: "2018-10-31", res: PRODUCT, method: "md5", expiresAtSeconds: 4e9 },
              LAMP_KEY,
            ),
            { product: { productKey: undefined } },
          ),
        1105,
      ],
      [
        "a device token under another key where no product key is known",
        () =>
          judge(
            signToken(
              { version: "2018-10-31", res: DEVICE, method: "md5", expiresAtSeconds: 4e9 },
              THING.productKey,
            ),
            { product: { productKey: undefined } },
          ),
        1106,
      ],
    ];
    for (const [name, run, expected] of refused) it(name, () => assert.equal(run(), expected));
  });
});

describe("simulator login on the wire", () => {
  let test: TestSimulator;
  afterEach(() => test.stop());

  it("answers CONNACK 0 without a session, and tells of the login", async () => {
    test = await startTestSimulator();
    const told = test.next("login");
    const client = await test.open();
    const code = await client.login({
      ...connectOptions(THING, "lamp"),
      clientId: "lamp?network=0&sn=7",
      keepAliveSeconds: 120,
    });
    assert.equal(code, 0);
    assert.equal(client.frames.all[0]?.body[0], 0);
    const { at, address, tokenExpiresAtMs, ...event } = await told;
    assert.ok(at <= Date.now() && tokenExpiresAtMs > at);
    assert.match(address, /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(event, {
      event: "login",
      productId: THING.productId,
      deviceName: "lamp",
      keepAliveSeconds: 120,
      clientIdSuffix: "?network=0&sn=7",
      tls: false,
      keyKind: "device-key",
      tokenVersion: "2018-10-31",
      tokenMethod: "sha256",
    });
  });

  for (const connackForBadLogin of [4, 5] as const) {
    it(`answers CONNACK ${connackForBadLogin} and closes`, async () => {
      test = await startTestSimulator({ rules: { connackForBadLogin } });
      const refused = test.next("refused");
      const closed = test.next("closed");
      const client = await test.open();
      const options = { ...connectOptions(THING, "lamp"), password: deviceToken(THING, "fan") };
      assert.equal(await client.login(options), connackForBadLogin);
      assert.equal(await client.closed, "end");
      const { what, code, message, productId, deviceName } = await refused;
      assert.deepEqual(
        [what, code, message, productId, deviceName],
        ["login", 1114, "argument not match with token", THING.productId, "lamp"],
      );
      assert.equal((await closed).reason, "login-refused");
    });
  }

  it("evicts the older login of the same device, and of that one only", async () => {
    test = await startTestSimulator();
    const first = await test.login(THING, "lamp");
    const otherProduct = await test.login(STREAM, "lamp");
    const otherDevice = await test.login(THING, "fan");
    const closed = test.next("closed");
    const second = await test.login(THING, "lamp", { clientId: "lamp?network=0" });
    assert.equal(await first.closed, "end");
    const { productId, deviceName, reason } = await closed;
    assert.deepEqual([productId, deviceName, reason], [THING.productId, "lamp", "evicted"]);
    await Promise.all([second.settle(), otherProduct.settle(), otherDevice.settle()]);
    const { data } = await test.simulator.cloud.device({ productId: THING.productId, deviceName: "lamp" });
    assert.equal((data as { status: number }).status, 1);
  });

  it("is not evicted by a login that is refused", async () => {
    test = await startTestSimulator();
    const first = await test.login(THING, "lamp");
    const client = await test.open();
    assert.equal(await client.login({ ...connectOptions(THING, "lamp"), password: "wrong" }), 4);
    await first.settle();
  });

  it("does not repeat a name that cannot be one", async () => {
    test = await startTestSimulator();
    const refused = test.next("refused");
    const client = await test.open();
    const token = deviceToken(THING, "lamp");
    assert.equal(await client.login({ clientId: keyOf(THING, "lamp"), username: token, password: token }), 4);
    const { productId, deviceName } = await refused;
    assert.deepEqual([productId, deviceName], ["•••", "•••"]);
  });
});
