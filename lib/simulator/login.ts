import { OneNetError } from "../errors";
import { parseClientId } from "../protocol/hardware";
import {
  type DecodedToken,
  deviceResource,
  parseToken,
  productResource,
  verifyToken,
} from "../protocol/token";
import type { DeviceRecord, ProductRecord } from "./device-record";
import type { SimulatorRules } from "./options";
import type { Registry } from "./registry";

/** What a CONNECT says. */
export interface LoginRequest {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface LoginGranted {
  readonly ok: true;
  readonly device: DeviceRecord;
  readonly keyKind: "device-key" | "product-key";
  readonly token: DecodedToken;
}

/** A refusal with the code of the platform's device log. @see device-mqtt.md §6.4 */
export interface LoginRefused {
  readonly ok: false;
  readonly code: number;
  readonly message: string;
}

/** Decides on a login: identity, token, expiry, key. */
export function judgeLogin(
  request: LoginRequest,
  registry: Registry,
  rules: SimulatorRules,
  nowMs = Date.now(),
): LoginGranted | LoginRefused {
  const { deviceName } = parseClientId(request.clientId);
  if (!deviceName || !request.username || !request.password) return refuse(1101, "invalid argument");
  const token = readToken(request.password);
  if ("ok" in token) return token;
  const early = checkClaims(token, rules, nowMs);
  if (early) return early;
  const product = registry.product(request.username);
  const device = product?.devices.get(deviceName);
  if (!product || !device) return refuse(1107, "device not found");
  return judgeKey(token, product, device, rules);
}

function readToken(password: string): DecodedToken | LoginRefused {
  try {
    return parseToken(password);
  } catch (error) {
    const method = error instanceof OneNetError && error.key === "ONENET_TOKEN_INVALID.method";
    return method ? refuse(1110, "sign method not supported") : refuse(1103, "invalid token");
  }
}

function checkClaims(token: DecodedToken, rules: SimulatorRules, nowMs: number): LoginRefused | undefined {
  const versions =
    rules.tokenVersions === "strict" ? ["2018-10-31"] : ["2018-10-31", "2020-05-29", "2022-05-01"];
  if (!versions.includes(token.version)) return refuse(1111, "invalid version");
  if (token.expiresAtMs < nowMs) return refuse(1104, "token expired");
  return undefined;
}

function judgeKey(
  token: DecodedToken,
  product: ProductRecord,
  device: DeviceRecord,
  rules: SimulatorRules,
): LoginGranted | LoginRefused {
  const forDevice = token.res === deviceResource(product.productId, device.deviceName);
  if (!forDevice && token.res !== productResource(product.productId)) {
    return refuse(1114, "argument not match with token");
  }
  if (forDevice && verifyToken(token, device.deviceKey))
    return { ok: true, device, keyKind: "device-key", token };
  const productKeyFits = !forDevice || rules.deviceResource === "permissive";
  if (productKeyFits && product.productKey !== undefined && verifyToken(token, product.productKey)) {
    return { ok: true, device, keyKind: "product-key", token };
  }
  if (!forDevice && product.productKey === undefined) return refuse(1105, "seckey not found");
  return refuse(1106, "sign not match");
}

function refuse(code: number, message: string): LoginRefused {
  return { ok: false, code, message };
}
