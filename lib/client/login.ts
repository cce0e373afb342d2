import { OneNetError } from "../errors";
import type { DecodedToken } from "../protocol/token";
import { deviceResource, parseToken, productResource, signToken } from "../protocol/token";
import { BUILD_DATE_MS } from "./build-date";
import { isServerBusy, isVersionRefused, reasonText } from "./mqtt-error";
import type { ConnectionProfile, DeviceCredential, DeviceProfile } from "./profile";
import type { SessionOptions } from "./session";
import { tlsOptions } from "./tls-options";

/** Whether this machine's clock can be true: it is not before the day the package was built. */
export function isClockPlausible(nowMs: number): boolean {
  return nowMs >= BUILD_DATE_MS;
}

/** As long as a release is in use: by that time a token is valid whose start a wrong clock cannot tell. */
const RELEASE_LIFE_MS = 10 * 365 * 86_400_000;

/** Until when a token is to be valid that is signed now. */
export function tokenExpiryMs(nowMs: number, lifetimeMs: number): number {
  return isClockPlausible(nowMs) ? nowMs + lifetimeMs : BUILD_DATE_MS + Math.max(lifetimeMs, RELEASE_LIFE_MS);
}

/** The error that names a wrong clock. */
export function clockError(nowMs: number): OneNetError {
  const day = (ms: number) => new Date(ms).toISOString();
  return new OneNetError("ONENET_CLOCK_WRONG", { now: day(nowMs), buildDate: day(BUILD_DATE_MS) });
}

/**
 * Everything for one login, made afresh each time, with a token signed now: it never expires in service. With
 * a clock before the build date the token is signed from the build date on, for years: today is some day of them.
 *
 * @throws {OneNetError} ONENET_TOKEN_EXPIRED, ONENET_TOKEN_INVALID, ONENET_KEY_INVALID
 */
export function loginOptions(profile: ConnectionProfile, nowMs: number): SessionOptions {
  const usesTls = profile.endpoint.transport === "mqtts" || profile.endpoint.transport === "wss";
  const common = {
    endpoint: profile.endpoint,
    tlsOptions: usesTls ? tlsOptions(profile.tlsTrust) : {},
    keepAliveSeconds: profile.keepAliveSeconds,
    connectTimeoutMs: profile.connectTimeoutMs,
  };
  if (profile.kind === "device") {
    const { device, clientIdSuffix } = profile;
    return {
      ...common,
      protocolVersion: 4,
      clientId: clientIdSuffix === "" ? device.deviceName : `${device.deviceName}?${clientIdSuffix}`,
      username: device.productId,
      password: devicePassword(profile, nowMs),
      clean: true,
      sessionExpirySeconds: undefined,
      will: undefined,
    };
  }
  return {
    ...common,
    protocolVersion: profile.protocolVersion,
    clientId: profile.clientId,
    // [MQTT-3.1.2-22]: no password without a user name, though it may be empty.
    username: profile.username === "" && profile.password === "" ? undefined : profile.username,
    password: profile.password === "" ? undefined : profile.password,
    clean: profile.cleanSession,
    sessionExpirySeconds: profile.protocolVersion === 5 ? profile.sessionExpirySeconds : undefined,
    will: profile.will,
  };
}

/** The token (安全鉴权) for one login. */
function devicePassword(profile: DeviceProfile, nowMs: number): string {
  const { credential } = profile;
  if (credential.kind === "token") {
    checkToken(parseToken(credential.secret), profile, nowMs);
    return credential.secret;
  }
  const expiresAtSeconds = Math.ceil(tokenExpiryMs(nowMs, credential.tokenLifetimeMs) / 1000);
  const claims = {
    version: "2018-10-31",
    res: tokenResource(profile),
    expiresAtSeconds,
    method: credential.signMethod,
  };
  return signToken(claims, credential.secret);
}

/** A product key signs for the product: whether the platform takes it for a device resource is in dispute. */
function tokenResource(profile: DeviceProfile): string {
  const { productId, deviceName } = profile.device;
  return profile.credential.kind === "product-key"
    ? productResource(productId)
    : deviceResource(productId, deviceName);
}

/** Finds what the platform would refuse before a login is spent on it. */
function checkToken(token: DecodedToken, profile: DeviceProfile, nowMs: number): void {
  const { productId, deviceName } = profile.device;
  const expected = deviceResource(productId, deviceName);
  if (token.res !== expected && token.res !== productResource(productId)) {
    throw new OneNetError("ONENET_TOKEN_INVALID.resource", { res: token.res, expected });
  }
  if (isClockPlausible(nowMs) && token.expiresAtMs < nowMs) {
    const expiredAt = new Date(token.expiresAtMs).toISOString();
    throw new OneNetError("ONENET_TOKEN_EXPIRED", { expiredAt, now: new Date(nowMs).toISOString() });
  }
}

/** A CONNACK's return code as an error that says what to look at. */
export function connackError(returnCode: number, profile: ConnectionProfile, nowMs: number): OneNetError {
  const { host } = profile.endpoint;
  if (isVersionRefused(returnCode)) {
    const version = profile.kind === "broker" && profile.protocolVersion === 5 ? "5" : "3.1.1";
    return new OneNetError("ONENET_PROTOCOL_VERSION", { host, version, returnCode });
  }
  if (isServerBusy(returnCode)) return new OneNetError("ONENET_SERVER_BUSY", { host, returnCode });
  if (profile.kind === "broker") {
    return new OneNetError("ONENET_AUTH_FAILED.broker", { host, returnCode, reason: reasonText(returnCode) });
  }
  return new OneNetError("ONENET_AUTH_FAILED.device", {
    returnCode,
    host,
    productId: profile.device.productId,
    deviceName: profile.device.deviceName,
    ...describeCredential(profile, nowMs),
  });
}

/** What the login said, without what makes it valid. */
function describeCredential(profile: DeviceProfile, nowMs: number): Record<string, string> {
  const keyKind: DeviceCredential["kind"] = profile.credential.kind;
  if (keyKind === "token") {
    const token = parseToken(profile.credential.secret);
    const expiresAt = new Date(token.expiresAtMs).toISOString();
    return { keyKind, res: token.res, expiresAt, method: token.method };
  }
  const expiresAtMs = tokenExpiryMs(nowMs, profile.credential.tokenLifetimeMs);
  const method = profile.credential.signMethod;
  return { keyKind, res: tokenResource(profile), expiresAt: new Date(expiresAtMs).toISOString(), method };
}
