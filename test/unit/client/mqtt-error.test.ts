import assert from "node:assert/strict";
import type { ErrorContext } from "../../../lib/client/mqtt-error";
import {
  closedError,
  connectionError,
  isServerBusy,
  isVersionRefused,
  reasonText,
} from "../../../lib/client/mqtt-error";
import type { ErrorKey } from "../../../lib/errors";

const CONTEXT: ErrorContext = {
  endpoint: { transport: "mqtt", host: "h", port: 1883 },
  connectTimeoutMs: 15_000,
  silentForMs: 91_400,
  isOnline: false,
};
const ONLINE = { ...CONTEXT, isOnline: true };

const coded = (code: string, message = "") => Object.assign(new Error(message), { code });

describe("connectionError", () => {
  const connecting: readonly (readonly [thrown: unknown, key: ErrorKey, params?: Record<string, unknown>])[] =
    [
      [coded("ECONNREFUSED"), "ONENET_UNREACHABLE.refused", { host: "h", port: 1883 }],
      [Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }), "ONENET_UNREACHABLE.refused"],
      [coded("ENOTFOUND"), "ONENET_UNREACHABLE.dns"],
      [coded("EAI_AGAIN"), "ONENET_UNREACHABLE.dns"],
      [coded("ETIMEDOUT"), "ONENET_UNREACHABLE.timeout", { host: "h", port: 1883, timeoutSeconds: 15 }],
      [new Error("connack timeout"), "ONENET_UNREACHABLE.timeout"],
      [
        coded("EHOSTUNREACH"),
        "ONENET_UNREACHABLE.network",
        { host: "h", port: 1883, reason: "EHOSTUNREACH" },
      ],
      [coded("ENETUNREACH"), "ONENET_UNREACHABLE.network"],
      [coded("ECONNRESET"), "ONENET_UNREACHABLE.closed"],
      [coded("EPIPE"), "ONENET_UNREACHABLE.closed"],
      [coded("DEPTH_ZERO_SELF_SIGNED_CERT"), "ONENET_TLS_FAILED.untrusted"],
      [coded("SELF_SIGNED_CERT_IN_CHAIN"), "ONENET_TLS_FAILED.untrusted"],
      [coded("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), "ONENET_TLS_FAILED.untrusted"],
      [coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "ONENET_TLS_FAILED.untrusted"],
      [coded("ERR_TLS_CERT_ALTNAME_INVALID"), "ONENET_TLS_FAILED.hostname"],
      [coded("CERT_HAS_EXPIRED"), "ONENET_TLS_FAILED.expired"],
      [coded("CERT_NOT_YET_VALID"), "ONENET_TLS_FAILED.expired"],
      [coded("ERR_SSL_WRONG_VERSION_NUMBER"), "ONENET_TLS_FAILED.other"],
      [coded("EPROTO"), "ONENET_TLS_FAILED.other"],
      [coded("ERR_OSSL_PEM_NO_START_LINE"), "ONENET_TLS_FAILED.other"],
      [
        coded(
          "ECONNRESET",
          "Client network socket disconnected before secure TLS connection was established",
        ),
        "ONENET_TLS_FAILED.other",
      ],
      [new Error("SSL routines:ssl3_read: tlsv1 alert"), "ONENET_TLS_FAILED.other"],
      [
        new Error("Invalid header flag bits"),
        "ONENET_LINK_LOST.protocol",
        { host: "h", detail: "Invalid header flag bits" },
      ],
      ["a text", "ONENET_LINK_LOST.protocol", { host: "h", detail: "a text" }],
      [null, "ONENET_LINK_LOST.protocol"],
      [{ code: null }, "ONENET_LINK_LOST.protocol"],
    ];
  for (const [thrown, key, params] of connecting) {
    const name =
      thrown instanceof Error ? `${Reflect.get(thrown, "code") ?? ""} ${thrown.message}` : String(thrown);
    it(`while connecting: ${name} → ${key}`, () => {
      const error = connectionError(thrown, CONTEXT);
      assert.equal(error.key, key);
      if (params !== undefined) assert.deepEqual(error.params, params);
      assert.doesNotMatch(error.message, /\{\{/);
    });
  }

  const online: readonly (readonly [thrown: unknown, key: ErrorKey, params?: Record<string, unknown>])[] = [
    [coded("ECONNRESET"), "ONENET_LINK_LOST.closed"],
    [coded("EPIPE"), "ONENET_LINK_LOST.closed"],
    [new Error("Keepalive timeout"), "ONENET_LINK_LOST.silent", { host: "h", seconds: 91 }],
    [coded("ETIMEDOUT"), "ONENET_LINK_LOST.silent", { host: "h", seconds: 91 }],
    [coded("EHOSTUNREACH"), "ONENET_UNREACHABLE.network", { host: "h", port: 1883, reason: "EHOSTUNREACH" }],
    [
      Object.assign(new Error("duplicate CONNACK"), { code: 130 }),
      "ONENET_LINK_LOST.protocol",
      { host: "h", detail: "duplicate CONNACK" },
    ],
    [new Error("Invalid packet"), "ONENET_LINK_LOST.protocol"],
  ];
  for (const [thrown, key, params] of online) {
    const { message, code = "" } = thrown as Error & { code?: unknown };
    it(`while online: ${code} ${message} → ${key}`, () => {
      const error = connectionError(thrown, ONLINE);
      assert.equal(error.key, key);
      if (params !== undefined) assert.deepEqual(error.params, params);
      assert.doesNotMatch(error.message, /\{\{/);
    });
  }

  it("keeps what was thrown as the cause", () => {
    const thrown = coded("ENOTFOUND");
    assert.equal(connectionError(thrown, CONTEXT).cause, thrown);
  });
});

describe("closedError", () => {
  it("tells a login that was not answered from a connection that ended", () => {
    assert.equal(closedError(CONTEXT).key, "ONENET_UNREACHABLE.closed");
    assert.equal(closedError(ONLINE).key, "ONENET_LINK_LOST.closed");
  });
});

describe("return codes", () => {
  it("that mean another version, and that mean later", () => {
    const codes = [1, 2, 3, 4, 5, 128, 132, 134, 135, 136, 137, 151, 159];
    assert.deepEqual(codes.filter(isVersionRefused), [1, 132]);
    assert.deepEqual(codes.filter(isServerBusy), [3, 136, 137, 151, 159]);
  });

  it("have words", () => {
    assert.equal(reasonText(135), "not authorized");
    assert.equal(reasonText(5), "not authorized");
    assert.equal(reasonText(250), "code 250");
  });
});
