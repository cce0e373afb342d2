import {
  type DecodedToken,
  deviceResource,
  parseToken,
  productResource,
} from "../../../lib/protocol/token-text";
import { holdsEnv, type ReadField, STORED_PASSWORD, textOf } from "./reason";

const SOON_MS = 7 * 86_400_000;

export interface TokenPreview {
  readonly token: DecodedToken;
  readonly state: "good" | "soon" | "expired";
  /** Milliseconds from now to the expiry; negative once it is past. */
  readonly remainingMs: number;
  /** False if the token opens another device than the form's; true also while that is not known. */
  readonly isForDevice: boolean;
}

function isForDevice(res: string, read: ReadField): boolean {
  const [productId, deviceName] = [textOf(read("productId")), textOf(read("deviceName"))];
  if (productId === "" || deviceName === "" || holdsEnv(productId) || holdsEnv(deviceName)) return true;
  return res === deviceResource(productId, deviceName) || res === productResource(productId);
}

/** What a pasted token says, or undefined while it is none (its rule says why). */
export function previewToken(text: string, read: ReadField, nowMs: number): TokenPreview | undefined {
  if (text === "" || text === STORED_PASSWORD || holdsEnv(text)) return undefined;
  try {
    const token = parseToken(text);
    const remainingMs = token.expiresAtMs - nowMs;
    const state = remainingMs <= 0 ? "expired" : remainingMs < SOON_MS ? "soon" : "good";
    return { token, state, remainingMs, isForDevice: isForDevice(token.res, read) };
  } catch {
    return undefined;
  }
}

/** People paste the one where the other is asked for. */
export function looksLikeToken(text: string): boolean {
  return /(^|&)sign=/.test(text) && /(^|&)res=/.test(text);
}
