/**
 * The security token (安全鉴权): the MQTT password and the `authorization` of the HTTP API.
 *
 * ```
 * version=<v>&res=<resource>&et=<Unix seconds>&method=<m>&sign=<base64>      values percent-encoded
 * sign = base64(HMAC_<method>(base64decode(key), et "\n" method "\n" res "\n" version))      values as they are
 * ```
 * No error of this file contains a token, a signature or a key.
 *
 * @see docs 1464 and 1486, docs 2022 device-auth.md
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { OneNetError } from "../errors";
import { isBase64Key } from "./access-key";
import type { DecodedToken, SignMethod, TokenClaims } from "./token-text";

export { isBase64Key } from "./access-key";
export * from "./token-text";

/**
 * Signs a token.
 *
 * @param accessKeyBase64 the device, product or user key as the console shows it
 * @throws {OneNetError} ONENET_KEY_INVALID if the key is not base64
 */
export function signToken(claims: TokenClaims, accessKeyBase64: string): string {
  const { version, res, method } = claims;
  const et = Math.floor(claims.expiresAtSeconds);
  const sign = signText(method, `${et}\n${method}\n${res}\n${version}`, accessKeyBase64);
  return Object.entries({ version, res, et, method, sign })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/**
 * Whether the token was signed with this key. Takes the same time whatever part of the signature is wrong.
 * Expiry and resource are not looked at.
 *
 * @throws {OneNetError} ONENET_KEY_INVALID if the key is not base64
 */
export function verifyToken(token: DecodedToken, accessKeyBase64: string): boolean {
  const expected = Buffer.from(signText(token.method, token.signedText, accessKeyBase64));
  const got = Buffer.from(token.sign);
  return expected.length === got.length && timingSafeEqual(expected, got);
}

function signText(method: SignMethod, text: string, accessKeyBase64: string): string {
  if (!isBase64Key(accessKeyBase64)) throw new OneNetError("ONENET_KEY_INVALID", { field: "key" });
  return createHmac(method, Buffer.from(accessKeyBase64, "base64")).update(text).digest("base64");
}
