import { OneNetError } from "../errors";
import type { Endpoint } from "../protocol/platform";

/** What is needed to put a connection error in words. */
export interface ErrorContext {
  readonly endpoint: Endpoint;
  readonly connectTimeoutMs: number;
  /** For how long nothing has come from the other side. */
  readonly silentForMs: number;
  /** The login was sent: what ends the connection now is an answer to it. */
  readonly isOnline: boolean;
}

const TLS_CODES: Readonly<Record<string, "untrusted" | "hostname" | "expired">> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "untrusted",
  CERT_SIGNATURE_FAILURE: "untrusted",
  CERT_UNTRUSTED: "untrusted",
  INVALID_CA: "untrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "hostname",
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "expired",
};

const TIMEOUT_CODES = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT"]);
const DNS_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA"]);
const CLOSED_CODES = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);

/**
 * An error of MQTT.js or of the socket below it, as one of ours. CONNACK return codes are not read here: what
 * they mean depends on who logs in (see {@link connackError}).
 */
export function connectionError(thrown: unknown, context: ErrorContext): OneNetError {
  const { host, port } = context.endpoint;
  const code = codeOf(thrown);
  const message = textOf(thrown, "message");
  const cause = { cause: thrown };
  if (code in TLS_CODES) {
    const reason = TLS_CODES[code] ?? "untrusted";
    return new OneNetError(`ONENET_TLS_FAILED.${reason}`, { host, port, reason: code }, cause);
  }
  if (isTlsError(code, message)) {
    return new OneNetError("ONENET_TLS_FAILED.other", { host, port, reason: code || message }, cause);
  }
  if (/keepalive timeout/i.test(message) || (context.isOnline && TIMEOUT_CODES.has(code))) {
    const seconds = Math.round(context.silentForMs / 1000);
    return new OneNetError("ONENET_LINK_LOST.silent", { host, seconds }, cause);
  }
  if (/connack timeout/i.test(message) || TIMEOUT_CODES.has(code)) {
    const timeoutSeconds = context.connectTimeoutMs / 1000;
    return new OneNetError("ONENET_UNREACHABLE.timeout", { host, port, timeoutSeconds }, cause);
  }
  if (code === "ECONNREFUSED") return new OneNetError("ONENET_UNREACHABLE.refused", { host, port }, cause);
  if (DNS_CODES.has(code)) return new OneNetError("ONENET_UNREACHABLE.dns", { host, port }, cause);
  if (CLOSED_CODES.has(code)) return closedError(context);
  if (code !== "") return new OneNetError("ONENET_UNREACHABLE.network", { host, port, reason: code }, cause);
  return new OneNetError("ONENET_LINK_LOST.protocol", { host, detail: message }, cause);
}

/** The other side closed the connection and gave no reason. */
export function closedError(context: ErrorContext): OneNetError {
  const { host, port } = context.endpoint;
  return context.isOnline
    ? new OneNetError("ONENET_LINK_LOST.closed", { host, port })
    : new OneNetError("ONENET_UNREACHABLE.closed", { host, port });
}

/** MQTT 3.1.1 CONNACK 1, MQTT 5 reason 132: the other protocol version is wanted. */
export function isVersionRefused(returnCode: number): boolean {
  return returnCode === 1 || returnCode === 132;
}

/** MQTT 3.1.1 CONNACK 3, MQTT 5 reasons 136, 137 and 151: it may go well later. */
export function isServerBusy(returnCode: number): boolean {
  return [3, 136, 137, 151, 159].includes(returnCode);
}

const MQTT5_REASONS: Readonly<Record<number, string>> = {
  2: "client identifier rejected",
  4: "bad user name or password",
  5: "not authorized",
  128: "unspecified error",
  129: "malformed packet",
  130: "protocol error",
  131: "implementation specific error",
  133: "client identifier not valid",
  134: "bad user name or password",
  135: "not authorized",
  138: "banned",
  140: "bad authentication method",
  144: "topic name invalid",
  149: "packet too large",
  151: "quota exceeded",
  153: "payload format invalid",
  154: "retain not supported",
  155: "QoS not supported",
  156: "use another server",
  157: "server moved",
  159: "connection rate exceeded",
};

/** What a CONNACK, PUBACK or DISCONNECT code means, in the words of the MQTT 5 standard. */
export function reasonText(code: number): string {
  return MQTT5_REASONS[code] ?? `code ${code}`;
}

/** MQTT 5 DISCONNECT reason 142: another client logged in with this client id. */
export const SESSION_TAKEN_OVER = 142;

function isTlsError(code: string, message: string): boolean {
  return (
    /^(ERR_SSL|ERR_TLS|EPROTO|ERR_OSSL)/.test(code) ||
    /^(SSL|TLS)|routines:|wrong version number|before secure TLS connection/.test(message)
  );
}

/** The system's or OpenSSL's name of an error. MQTT.js has numbers for what is wrong with a packet: they are none. */
function codeOf(thrown: unknown): string {
  const code = textOf(thrown, "code");
  return /^\d+$/.test(code) ? "" : code;
}

function textOf(thrown: unknown, name: "code" | "message"): string {
  if (typeof thrown !== "object" || thrown === null) return name === "message" ? String(thrown) : "";
  const value: unknown = Reflect.get(thrown, name);
  return value === undefined || value === null ? "" : String(value);
}
