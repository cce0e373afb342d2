import assert from "node:assert/strict";
import fc from "fast-check";
import { OneNetError } from "../../../lib/errors";
import { hideSecret } from "../../../lib/protocol/access-key";
import {
  API_TOKEN_VERSION,
  DEVICE_TOKEN_VERSION,
  deviceResource,
  isBase64Key,
  parseToken,
  productResource,
  SIGN_METHODS,
  signToken,
  type TokenClaims,
  verifyToken,
} from "../../../lib/protocol/token";
import { refuses } from "./expect";

interface Vector {
  readonly source: string;
  readonly key: string;
  readonly claims: TokenClaims;
  readonly token: string;
}

const CLOUD_KEY = "bWFkZS11cC1hY2Nlc3Mta2V5LTAxMjM0NTY3ODlhYg==";

const VECTORS: readonly Vector[] = [
  {
    source: "docs 2022, connect.md",
    key: "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=",
    claims: {
      version: DEVICE_TOKEN_VERSION,
      res: deviceResource("238322", "mqtts-test-device"),
      expiresAtSeconds: 7557387130,
      method: "sha1",
    },
    token:
      "version=2018-10-31&res=products%2F238322%2Fdevices%2Fmqtts-test-device&et=7557387130&method=sha1&sign=Rs0u%2FKnyoK5%2FMuKo5xKa0tW%2BWqY%3D",
  },
  {
    source: "docs 2022, 使用MQTT.fx客户端接入.md",
    key: "l3Vdt0EVyzPFR3kZs2XpQzn5v3Ht2VlvATmXxV0zdak=",
    claims: {
      version: DEVICE_TOKEN_VERSION,
      res: deviceResource("EJyXIoGn8p", "test"),
      expiresAtSeconds: 1596067735,
      method: "md5",
    },
    token:
      "version=2018-10-31&res=products%2FEJyXIoGn8p%2Fdevices%2Ftest&et=1596067735&method=md5&sign=KjQ3tFpNOHv6Cm2rLjDV%2FA%3D%3D",
  },
  {
    source: "cloud-api, product",
    key: CLOUD_KEY,
    claims: {
      version: API_TOKEN_VERSION,
      res: productResource("Ab3dEf6hIj"),
      expiresAtSeconds: 1893456000,
      method: "sha256",
    },
    token:
      "version=2022-05-01&res=products%2FAb3dEf6hIj&et=1893456000&method=sha256&sign=XSJrND2IfDssm05VChHwLtdIpmGxtC5U4r6Sqdg1lDo%3D",
  },
  {
    source: "cloud-api, user",
    key: CLOUD_KEY,
    claims: {
      version: API_TOKEN_VERSION,
      res: "userid/100001",
      expiresAtSeconds: 1893456000,
      method: "sha1",
    },
    token:
      "version=2022-05-01&res=userid%2F100001&et=1893456000&method=sha1&sign=cjVwtD8V6clOHk5CwMNb2in%2FM1w%3D",
  },
  {
    source: "cloud-api, device",
    key: CLOUD_KEY,
    claims: {
      version: DEVICE_TOKEN_VERSION,
      res: deviceResource("Ab3dEf6hIj", "dev-01"),
      expiresAtSeconds: 1893456000,
      method: "md5",
    },
    token:
      "version=2018-10-31&res=products%2FAb3dEf6hIj%2Fdevices%2Fdev-01&et=1893456000&method=md5&sign=qF%2FEKKyJ3rhEoadNc57WZw%3D%3D",
  },
];

describe("token", () => {
  for (const { source, key, claims, token } of VECTORS) {
    it(`signs, reads and verifies the vector of ${source}`, () => {
      assert.equal(signToken(claims, key), token);
      const { version, res, expiresAtSeconds, method, expiresAtMs } = parseToken(token);
      assert.deepEqual({ version, res, expiresAtSeconds, method }, claims);
      assert.equal(expiresAtMs, claims.expiresAtSeconds * 1000);
      assert.equal(verifyToken(parseToken(token), key), true);
    });
  }

  const [vector] = VECTORS as [Vector];
  const other = VECTORS[1]?.key ?? "";

  it("verifies no other key, no changed claim, no shortened signature", () => {
    assert.equal(verifyToken(parseToken(vector.token), other), false);
    assert.equal(
      verifyToken(parseToken(vector.token.replace("7557387130", "7557387131")), vector.key),
      false,
    );
    assert.equal(verifyToken(parseToken(vector.token.replace("WqY%3D", "WqY")), vector.key), false);
  });

  it("signs whole seconds", () => {
    const claims = { ...vector.claims, expiresAtSeconds: vector.claims.expiresAtSeconds + 0.9 };
    assert.equal(signToken(claims, vector.key), vector.token);
  });

  it("reads any order, raw values, blanks around, and keeps + as it is", () => {
    const token = ` sign=a+b=&method=sha1&et=1893456000&res=products/p/devices/d&version=2018-10-31\n`;
    assert.deepEqual(parseToken(token), {
      version: "2018-10-31",
      res: "products/p/devices/d",
      expiresAtSeconds: 1893456000,
      expiresAtMs: 1893456000000,
      method: "sha1",
      sign: "a+b=",
      signedText: "1893456000\nsha1\nproducts/p/devices/d\n2018-10-31",
    });
  });

  it("takes 13 digits as milliseconds, and verifies them as they were signed", () => {
    const claims: TokenClaims = { ...vector.claims, expiresAtSeconds: 1893456000123 };
    const decoded = parseToken(signToken(claims, vector.key));
    assert.equal(decoded.expiresAtMs, 1893456000123);
    assert.equal(decoded.expiresAtSeconds, 1893456000);
    assert.equal(verifyToken(decoded, vector.key), true);
  });

  it("takes a method in capitals, and verifies it as it was signed", () => {
    const decoded = parseToken("version=2022-05-01&res=userid/1&et=1893456000&method=SHA256&sign=x");
    assert.equal(decoded.method, "sha256");
    assert.match(decoded.signedText, /\nSHA256\n/);
  });

  const broken: readonly (readonly [what: string, token: string, missing: string])[] = [
    ["nothing", "", "version, res, et, method, sign"],
    ["a key", vector.key, "version, res, et, method, sign"],
    ["no sign", vector.token.replace(/&sign=.*/, ""), "sign"],
    ["an empty res", vector.token.replace(/res=[^&]*/, "res="), "res"],
    ["broken percent-encoding", vector.token.replace(/sign=.*/, "sign=%zz"), "sign"],
    ["an et that is no number", vector.token.replace("7557387130", "tomorrow"), "et"],
    ["an et of 14 digits", vector.token.replace("7557387130", "75573871300000"), "et"],
    ["a field without =", vector.token.replace("method=sha1", "method"), "method"],
  ];
  for (const [what, token, missing] of broken) {
    it(`refuses ${what}, naming ${missing}`, () => {
      refuses(() => parseToken(token), "ONENET_TOKEN_INVALID.format", { missing });
    });
  }

  it("refuses an unknown method, and does not repeat what could be more than a method", () => {
    const withMethod = (method: string) => vector.token.replace("method=sha1", `method=${method}`);
    refuses(() => parseToken(withMethod("sm2")), "ONENET_TOKEN_INVALID.method", { method: "sm2" });
    const pasted = encodeURIComponent(vector.key);
    refuses(() => parseToken(withMethod(pasted)), "ONENET_TOKEN_INVALID.method", { method: "?" });
  });

  it("refuses a key that is none", () => {
    for (const key of ["", "password", vector.key.slice(0, -1)]) {
      refuses(() => signToken(vector.claims, key), "ONENET_KEY_INVALID");
      refuses(() => verifyToken(parseToken(vector.token), key), "ONENET_KEY_INVALID");
    }
  });

  it("puts no key and no token into an error", () => {
    const key = `${vector.key}!`;
    for (const act of [() => signToken(vector.claims, key), () => parseToken(`${vector.token}&et=${key}`)]) {
      assert.throws(act, (thrown) => {
        assert.ok(thrown instanceof OneNetError);
        assert.doesNotMatch(`${thrown.message} ${JSON.stringify(thrown.params)}`, /EnW4T71e|Rs0u/);
        return true;
      });
    }
  });

  it("reads back and verifies whatever it signed", () => {
    const claims = fc.record(
      {
        version: fc.string({ minLength: 1, unit: "grapheme" }),
        res: fc.string({ minLength: 1, unit: "grapheme" }),
        expiresAtSeconds: fc.integer({ min: 1, max: 999_999_999_999 }),
        method: fc.constantFrom(...SIGN_METHODS),
      },
      { noNullPrototype: true },
    );
    const keys = fc
      .uint8Array({ minLength: 16, maxLength: 64 })
      .map((key) => Buffer.from(key).toString("base64"));
    fc.assert(
      fc.property(claims, keys, (given, key) => {
        const decoded = parseToken(signToken(given, key));
        const { version, res, expiresAtSeconds, method } = decoded;
        assert.deepEqual({ version, res, expiresAtSeconds, method }, given);
        assert.equal(verifyToken(decoded, key), true);
      }),
    );
  });
});

describe("access key", () => {
  const cases: readonly (readonly [what: string, text: string, isKey: boolean])[] = [
    ["32 bytes", "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=", true],
    ["31 bytes", CLOUD_KEY, true],
    ["16 bytes", Buffer.alloc(16, 7).toString("base64"), true],
    ["33 bytes, no padding", Buffer.alloc(33, 7).toString("base64"), true],
    ["15 bytes", Buffer.alloc(15, 7).toString("base64"), false],
    ["nothing", "", false],
    ["a blank at the end", `${CLOUD_KEY} `, false],
    ["one character lost", CLOUD_KEY.slice(1), false],
    ["padding in the middle", `AA==${CLOUD_KEY}`, false],
    ["unused bits set", "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlN=", false],
    ["base64url", "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiD-_M=", false],
    ["a token", "version=2018-10-31&res=products%2Fp", false],
    ["a legacy api-key", "YnM0ImFmJKTYD=F4ZkXb2=Us5ns=", false],
  ];
  for (const [what, text, isKey] of cases) {
    it(`${isKey ? "takes" : "refuses"} ${what}`, () => assert.equal(isBase64Key(text), isKey));
  }

  it("hides a key or a token that stands in the wrong field, and nothing else", () => {
    for (const secret of [CLOUD_KEY, ` ${CLOUD_KEY}\n`, "version=2018-10-31&sign=x"]) {
      assert.equal(hideSecret(secret), "•••");
    }
    for (const name of ["温室 3", "dev.01", "green house, first floor"]) assert.equal(hideSecret(name), name);
  });
});
