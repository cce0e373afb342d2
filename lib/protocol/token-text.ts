/**
 * What a token says, apart from how it is signed: no cryptography here, so a form in the browser reads tokens too.
 *
 * @see token.ts
 */
import { OneNetError } from "../errors";

/** The C SDK 2.1.3 also has `sm2` as a compile-time option; not supported here. */
export const SIGN_METHODS = ["md5", "sha1", "sha256"] as const;
export type SignMethod = (typeof SIGN_METHODS)[number];

/** 2018-10-31: devices; 2020-05-29: Studio applications; 2022-05-01: the current HTTP API. */
export type TokenVersion = "2018-10-31" | "2020-05-29" | "2022-05-01";
/** The version of a device's login, in all official device SDKs. */
export const DEVICE_TOKEN_VERSION: TokenVersion = "2018-10-31";
export const API_TOKEN_VERSION: TokenVersion = "2022-05-01";

export interface TokenClaims {
  readonly version: string;
  /** What the token opens, not encoded: `products/{pid}/devices/{device-name}`, `products/{pid}`, `userid/{uid}`. */
  readonly res: string;
  /** Unix seconds, absolute. */
  readonly expiresAtSeconds: number;
  readonly method: SignMethod;
}

export interface DecodedToken extends TokenClaims {
  readonly sign: string;
  readonly expiresAtMs: number;
  /** What was signed, letter by letter as it stood in the token (an `et` in ms, `SHA256` in capitals). */
  readonly signedText: string;
}

/** The resource of a device's login with its own key (一机一密). */
export function deviceResource(productId: string, deviceName: string): string {
  return `products/${productId}/devices/${deviceName}`;
}

/** The resource of a login with the product's key (一型一密), and of the HTTP API. */
export function productResource(productId: string): string {
  return `products/${productId}`;
}

/**
 * Reads a token, for diagnosis or to check a login. Order and encoding of the fields are free (official examples
 * leave `res` raw), `+` stands for itself; an `et` of 13 digits is in milliseconds, as the Java SDK sends it.
 *
 * @throws {OneNetError} ONENET_TOKEN_INVALID.format if a field is missing or unreadable
 * @throws {OneNetError} ONENET_TOKEN_INVALID.method if the method is not of {@link SIGN_METHODS} (capitals accepted)
 */
export function parseToken(token: string): DecodedToken {
  const fields = readFields(token);
  const version = fields.get("version");
  const res = fields.get("res");
  const et = fields.get("et");
  const method = fields.get("method");
  const sign = fields.get("sign");
  if (!version || !res || !et || !method || !sign || !/^\d{1,13}$/.test(et)) {
    throw new OneNetError("ONENET_TOKEN_INVALID.format", { missing: namesMissing(fields) });
  }
  const expiresAtMs = et.length === 13 ? Number(et) : Number(et) * 1000;
  return {
    version,
    res,
    expiresAtSeconds: Math.floor(expiresAtMs / 1000),
    expiresAtMs,
    method: readMethod(method),
    sign,
    signedText: `${et}\n${method}\n${res}\n${version}`,
  };
}

/** Field name -> decoded value; fields without `=` or with broken percent-encoding are left out. */
function readFields(token: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of token.trim().split("&")) {
    const at = field.indexOf("=");
    if (at < 1) continue;
    try {
      fields.set(field.slice(0, at), decodeURIComponent(field.slice(at + 1)));
    } catch {
      // stays missing, and is named so
    }
  }
  return fields;
}

function namesMissing(fields: ReadonlyMap<string, string>): string {
  const missing = ["version", "res", "et", "method", "sign"].filter((name) => !fields.get(name));
  return missing.length > 0 ? missing.join(", ") : "et";
}

function readMethod(text: string): SignMethod {
  const method = SIGN_METHODS.find((known) => known === text.toLowerCase());
  if (method) return method;
  // A long one is a slip of the mouse that caught more of the token.
  throw new OneNetError("ONENET_TOKEN_INVALID.method", { method: /^[\w-]{1,12}$/.test(text) ? text : "?" });
}
