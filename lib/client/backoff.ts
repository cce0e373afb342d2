import type { ErrorCode } from "../errors";
import { LOGIN_SPACING_MIN_MS } from "../protocol/limits";

/** What the delay before the next attempt depends on. */
export interface Failure {
  readonly code: ErrorCode;
  /** Failures in a row with this code, this one included; 1 is the first. */
  readonly timesInARow: number;
  /** How long attempts have failed without a break, in ms. */
  readonly failingForMs: number;
}

interface Rule {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Nothing was there that counts logins: a retry costs nobody anything. */
const QUICK: Rule = { firstMs: 400, maxMs: 800 };
/** After this long, nobody waits for the second: spare the network and the log. */
const PATIENCE_MS = 300_000;
const SLOW: Rule = { firstMs: 2000, maxMs: 5000 };

/** The other side said no, or the settings are wrong: it will not be better soon. */
const REFUSED: Rule = { firstMs: 5000, maxMs: 300_000 };

const RULES: Partial<Record<ErrorCode, Rule | "network">> = {
  ONENET_UNREACHABLE: "network",
  ONENET_LINK_LOST: "network",
  ONENET_ACK_TIMEOUT: "network",
  ONENET_PROTOCOL_VERSION: { firstMs: 10_000, maxMs: 300_000 },
  ONENET_SERVER_BUSY: { firstMs: 5000, maxMs: 60_000 },
  // A broker that restarts behind a balancer breaks off handshakes for a moment.
  ONENET_TLS_FAILED: { firstMs: 1000, maxMs: 60_000 },
  ONENET_KICKED: { firstMs: 4000, maxMs: 60_000 },
};

/**
 * How long to wait before the next attempt, in ms. A refused or unreachable address is tried again within a
 * second, for nothing there counts logins; what the other side refused backs off, doubling.
 *
 * @param random from 0 to under 1; spreads devices that fail together over a quarter of the delay
 */
export function retryDelayMs(failure: Failure, random: number): number {
  const known = RULES[failure.code] ?? REFUSED;
  const rule = known === "network" ? (failure.failingForMs > PATIENCE_MS ? SLOW : QUICK) : known;
  const delayMs = Math.min(rule.maxMs, rule.firstMs * 2 ** Math.min(failure.timesInARow - 1, 16));
  return Math.round(delayMs * (0.75 + random / 4));
}

/**
 * How long the next login must wait for the last one, in ms: OneNET counts logins (3 in 5 s by one page, then a
 * ban), so they keep two seconds and some jitter between them.
 */
export function loginPauseMs(lastLoginMs: number | undefined, nowMs: number, random: number): number {
  if (lastLoginMs === undefined) return 0;
  return Math.max(0, Math.round(lastLoginMs + LOGIN_SPACING_MIN_MS * (1 + random / 4) - nowMs));
}
