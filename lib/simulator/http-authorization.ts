import { type DecodedToken, parseToken, verifyToken } from "../protocol/token";
import type { SimulatorContext } from "./context";
import type { ProductRecord } from "./device-record";

/** Whom a token speaks for: the account, a product, or one device of it. */
export interface Principal {
  /** Absent: everything of the account. */
  readonly productId?: string;
  /** Absent: every device of the product. */
  readonly deviceName?: string;
}

/** What a call is about. */
export interface Target {
  readonly productId: string;
  readonly deviceName?: string;
}

/**
 * Checks the `authorization` header.
 *
 * @returns whom it speaks for, or why it is refused (without anything of the token)
 * @see cloud-api.md §1.1
 */
export function authenticate(
  context: SimulatorContext,
  header: string | undefined,
  nowMs = Date.now(),
): Principal | string {
  if (!header) return "authorization cannot be empty";
  const token = readToken(header);
  if (!token) return "authorization format error";
  const versions = context.rules.tokenVersions === "strict" ? ["2022-05-01"] : ["2022-05-01", "2018-10-31"];
  if (!versions.includes(token.version)) return "version not supported";
  if (token.expiresAtMs < nowMs) return "token expired";
  return principalOf(context, token) ?? "sign not match";
}

/** Whether the principal may touch the target. Binding of devices to projects, which narrows it, is not simulated. */
export function mayTouch(principal: Principal, { productId, deviceName }: Target): boolean {
  return (
    (principal.productId === undefined || principal.productId === productId) &&
    (principal.deviceName === undefined || principal.deviceName === deviceName)
  );
}

function readToken(header: string): DecodedToken | undefined {
  try {
    return parseToken(header);
  } catch {
    return undefined;
  }
}

/** The resource is one of few forms; whose it is tells the key. */
function principalOf(
  { registry, rules, user }: SimulatorContext,
  token: DecodedToken,
): Principal | undefined {
  if (user && token.res === `userid/${user.userId}`)
    return verifyToken(token, user.accessKey) ? {} : undefined;
  const [, productId = "", deviceName] = /^products\/([^/]+)(?:\/devices\/([^/]+))?$/.exec(token.res) ?? [];
  const product = registry.product(productId);
  if (!product) return undefined;
  if (deviceName === undefined) return signedByProduct(token, product) ? { productId } : undefined;
  const device = product.devices.get(deviceName);
  if (!device) return undefined;
  const signed =
    verifyToken(token, device.deviceKey) ||
    (rules.deviceResource === "permissive" && signedByProduct(token, product));
  return signed ? { productId, deviceName } : undefined;
}

function signedByProduct(token: DecodedToken, { productKey }: ProductRecord): boolean {
  return productKey !== undefined && verifyToken(token, productKey);
}
