import assert from "node:assert/strict";
import { BUILD_DATE_MS } from "../../../lib/client/build-date";
import { clockError, connackError, isClockPlausible, loginOptions } from "../../../lib/client/login";
import type { DeviceCredential, DeviceProfile } from "../../../lib/client/profile";
import { OneNetError } from "../../../lib/errors";
import { parseToken, verifyToken } from "../../../lib/protocol/token";
import { brokerProfile, deviceProfile } from "../../support/connections";
import { deviceToken, keyOf, THING } from "../../support/simulated";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const NOW = BUILD_DATE_MS + 1000 * HOUR_MS;

function device(credential: Partial<DeviceCredential>, more: Partial<DeviceProfile> = {}): DeviceProfile {
  const profile = deviceProfile(THING, "lamp", 1883, more);
  return { ...profile, credential: { ...profile.credential, ...credential } };
}

const tokenOf = (profile: DeviceProfile, nowMs: number) =>
  parseToken(loginOptions(profile, nowMs).password ?? "");

describe("loginOptions of a device", () => {
  it("logs in as the platform wants it", () => {
    const options = loginOptions(device({}, { clientIdSuffix: "network=0&sn=1" }), NOW);
    assert.equal(options.clientId, "lamp?network=0&sn=1");
    assert.equal(options.username, THING.productId);
    assert.deepEqual([options.protocolVersion, options.clean, options.will], [4, true, undefined]);
    assert.equal(loginOptions(device({}), NOW).clientId, "lamp");
  });

  const keys = [
    { kind: "device-key", secret: keyOf(THING, "lamp"), res: "products/Th1ngM0del/devices/lamp" },
    { kind: "product-key", secret: THING.productKey, res: "products/Th1ngM0del" },
  ] as const;
  for (const { kind, secret, res } of keys) {
    for (const signMethod of ["md5", "sha1", "sha256"] as const) {
      it(`signs with the ${kind} by ${signMethod}`, () => {
        const token = tokenOf(device({ kind, secret, signMethod, tokenLifetimeMs: HOUR_MS }), NOW);
        assert.deepEqual([token.res, token.method, token.version], [res, signMethod, "2018-10-31"]);
        assert.equal(token.expiresAtMs, NOW + HOUR_MS);
        assert.ok(verifyToken(token, secret));
      });
    }
  }

  it("signs a fresh token each time, never for less than it was told", () => {
    const profile = device({ tokenLifetimeMs: 1500 });
    assert.equal(tokenOf(profile, NOW + 1).expiresAtMs, NOW + 2000);
    assert.equal(tokenOf(profile, NOW + HOUR_MS).expiresAtMs, NOW + HOUR_MS + 2000);
  });

  it("signs for as long as a release is in use while the clock is before the build date", () => {
    const token = tokenOf(device({ tokenLifetimeMs: HOUR_MS }), 0);
    assert.equal(token.expiresAtMs, BUILD_DATE_MS + 10 * YEAR_MS);
    const longer = tokenOf(device({ tokenLifetimeMs: 11 * YEAR_MS }), BUILD_DATE_MS - 1);
    assert.equal(longer.expiresAtMs, BUILD_DATE_MS + 11 * YEAR_MS);
  });

  describe("with a ready-made token", () => {
    const ready = (options: Parameters<typeof deviceToken>[2]) =>
      device({ kind: "token", secret: deviceToken(THING, "lamp", options) });

    it("takes it as it is, for the device or its product", () => {
      for (const res of ["products/Th1ngM0del/devices/lamp", "products/Th1ngM0del"]) {
        const profile = ready({ res });
        assert.equal(loginOptions(profile, Date.now()).password, profile.credential.secret);
      }
    });

    it("finds an expired one before a login is spent on it", () => {
      const expiresAtSeconds = NOW / 1000 - 1;
      assert.throws(() => loginOptions(ready({ expiresAtSeconds }), NOW), {
        key: "ONENET_TOKEN_EXPIRED",
        params: {
          expiredAt: new Date(expiresAtSeconds * 1000).toISOString(),
          now: new Date(NOW).toISOString(),
        },
      });
    });

    it("lets the platform judge when the clock here cannot", () => {
      const profile = ready({ expiresAtSeconds: 1 });
      assert.equal(loginOptions(profile, BUILD_DATE_MS - 1).password, profile.credential.secret);
    });

    for (const res of ["products/Th1ngM0del/devices/fan", "products/other", "userid/1"]) {
      it(`finds one for ${res}`, () =>
        assert.throws(() => loginOptions(ready({ res }), Date.now()), {
          key: "ONENET_TOKEN_INVALID.resource",
          params: { res, expected: "products/Th1ngM0del/devices/lamp" },
        }));
    }
  });
});

describe("loginOptions of a broker's client", () => {
  it("leaves out what is empty", () => {
    const options = loginOptions(brokerProfile(1883, { username: "", password: "" }), NOW);
    assert.deepEqual([options.username, options.password, options.will], [undefined, undefined, undefined]);
  });

  it("takes over the rest; the session expiry in MQTT 5 only", () => {
    const will = { topic: "w", payload: "gone", qos: 1, retain: true } as const;
    const profile = brokerProfile(1883, {
      username: "u",
      password: "p",
      cleanSession: false,
      sessionExpirySeconds: 60,
      will,
    });
    const options = loginOptions(profile, NOW);
    assert.deepEqual(
      [options.username, options.password, options.clean, options.sessionExpirySeconds, options.will],
      ["u", "p", false, undefined, will],
    );
    assert.equal(loginOptions({ ...profile, protocolVersion: 5 }, NOW).sessionExpirySeconds, 60);
  });

  it("gives TLS options where the transport has TLS", () => {
    const tlsTrust = { kind: "options", options: { ca: "x" } } as const;
    for (const transport of ["mqtt", "mqtts", "ws", "wss"] as const) {
      const endpoint = { transport, host: "h", port: 1 };
      const { tlsOptions } = loginOptions(brokerProfile(1, { endpoint, tlsTrust }), NOW);
      assert.deepEqual(tlsOptions, transport.endsWith("s") && transport !== "ws" ? { ca: "x" } : {});
    }
  });
});

describe("connackError", () => {
  const broker = brokerProfile(1883);
  const cases: readonly (readonly [code: number, device: string, broker: string])[] = [
    [1, "ONENET_PROTOCOL_VERSION", "ONENET_PROTOCOL_VERSION"],
    [2, "ONENET_AUTH_FAILED.device", "ONENET_AUTH_FAILED.broker"],
    [3, "ONENET_SERVER_BUSY", "ONENET_SERVER_BUSY"],
    [4, "ONENET_AUTH_FAILED.device", "ONENET_AUTH_FAILED.broker"],
    [5, "ONENET_AUTH_FAILED.device", "ONENET_AUTH_FAILED.broker"],
    [135, "ONENET_AUTH_FAILED.device", "ONENET_AUTH_FAILED.broker"],
    [132, "ONENET_PROTOCOL_VERSION", "ONENET_PROTOCOL_VERSION"],
    [159, "ONENET_SERVER_BUSY", "ONENET_SERVER_BUSY"],
  ];
  for (const [code, forDevice, forBroker] of cases) {
    it(`${code} → ${forDevice} and ${forBroker}`, () => {
      const errors = [connackError(code, device({}), NOW), connackError(code, broker, NOW)];
      assert.deepEqual(
        errors.map(({ key }) => key),
        [forDevice, forBroker],
      );
      for (const error of errors) {
        assert.equal(error.params["returnCode"], code);
        assert.doesNotMatch(error.message, /\{\{/);
      }
    });
  }

  it("says what the login said, and not what makes it valid", () => {
    for (const profile of [
      device({}),
      device({ kind: "product-key", secret: THING.productKey }),
      device({
        kind: "token",
        secret: deviceToken(THING, "lamp", { expiresAtSeconds: NOW / 1000 + 60 }),
      }),
    ]) {
      const error = connackError(4, profile, NOW);
      assert.match(String(error.params["res"]), /^products\/Th1ngM0del/);
      assert.equal(error.params["keyKind"], profile.credential.kind);
      const text = JSON.stringify([error, error.params, error.message]);
      const { sign } = tokenOf(profile, NOW);
      assert.ok(!text.includes(profile.credential.secret) && !text.includes(sign), "a secret in an error");
    }
  });
});

describe("the clock", () => {
  it("is plausible from the build date on", () => {
    assert.deepEqual([isClockPlausible(BUILD_DATE_MS - 1), isClockPlausible(BUILD_DATE_MS)], [false, true]);
  });

  it("is named when it is wrong", () => {
    const error = clockError(0);
    assert.ok(error instanceof OneNetError);
    assert.deepEqual(error.params, {
      now: "1970-01-01T00:00:00.000Z",
      buildDate: new Date(BUILD_DATE_MS).toISOString(),
    });
  });
});
