import { LENIENT_LIMITS, type RateLimits, STRICT_LIMITS } from "../protocol/limits";
import type { AboutDevice } from "./events";
import type { SimulatorRules } from "./options";

const LIMITS: Readonly<Record<SimulatorRules["limits"], RateLimits | undefined>> = {
  off: undefined,
  strict: STRICT_LIMITS,
  lenient: LENIENT_LIMITS,
};

/** At most `count` in `windowMs`, windows counted from the first one in them. */
class Window {
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(
    readonly count: number,
    readonly windowMs: number,
  ) {}

  /** Takes a place. @returns when it is, in milliseconds since 1970: now, or in a later window */
  take(nowMs: number): number {
    if (nowMs >= this.#startedAtMs + this.windowMs) {
      this.#startedAtMs = nowMs;
      this.#used = 0;
    }
    if (this.#used >= this.count) {
      this.#startedAtMs += this.windowMs;
      this.#used = 0;
    }
    this.#used += 1;
    return Math.max(nowMs, this.#startedAtMs);
  }

  /** Whether one more finds a place now; if so it is taken. */
  admits(nowMs: number): boolean {
    if (nowMs >= this.#startedAtMs + this.windowMs) {
      this.#startedAtMs = nowMs;
      this.#used = 0;
    }
    this.#used += 1;
    return this.#used <= this.count;
  }
}

interface DeviceRates {
  readonly logins: Window;
  readonly uplinks: readonly [qos0: Window, qos1: Window];
  readonly sets: Window;
  bannedUntilMs: number;
}

/**
 * The platform's limits in time, per device. The strict uplink rate is 1 a second, more waits for the next second;
 * pings, subscribe rate and bandwidth are not watched.
 *
 * @see device-mqtt.md §4.3
 */
export class RateKeeper {
  readonly #limits: RateLimits | undefined;
  /** By the device's record: what is gone takes its rates with it. */
  readonly #devices = new WeakMap<AboutDevice, DeviceRates>();

  constructor(readonly rules: SimulatorRules) {
    this.#limits = LIMITS[rules.limits];
  }

  /** Filters a session may hold. */
  get filtersPerSession(): number {
    return this.#limits?.filtersPerSession ?? Number.POSITIVE_INFINITY;
  }

  /** Whether this login is within the rate; one too many bans the device for a while. */
  admitsLogin(device: AboutDevice, nowMs = Date.now()): boolean {
    const rates = this.#ratesOf(device);
    if (!rates) return true;
    if (nowMs < rates.bannedUntilMs) return false;
    if (rates.logins.admits(nowMs)) return true;
    rates.bannedUntilMs = nowMs + this.rules.loginBanMs;
    return false;
  }

  /** When a message that came now is looked at. */
  uplinkAt(device: AboutDevice, qos: number, nowMs = Date.now()): number {
    return this.#ratesOf(device)?.uplinks[qos === 0 ? 0 : 1].take(nowMs) ?? nowMs;
  }

  /** Whether an application may set properties now. */
  admitsSet(device: AboutDevice, nowMs = Date.now()): boolean {
    return this.#ratesOf(device)?.sets.admits(nowMs) ?? true;
  }

  #ratesOf(device: AboutDevice): DeviceRates | undefined {
    if (!this.#limits) return undefined;
    const rates = this.#devices.get(device) ?? newRates(this.#limits);
    this.#devices.set(device, rates);
    return rates;
  }
}

function newRates(limits: RateLimits): DeviceRates {
  // "1 a second" and not "5 in 5 seconds": what is more waits for the next second.
  const perSecond = limits === STRICT_LIMITS;
  const uplink = (per5Seconds: number) =>
    perSecond ? new Window(per5Seconds / 5, 1000) : new Window(per5Seconds, 5000);
  const both = perSecond ? uplink(limits.qos1PublishesPer5Seconds) : undefined;
  return {
    logins: new Window(limits.loginsPer5Seconds, 5000),
    uplinks: [
      both ?? uplink(limits.qos0PublishesPer5Seconds),
      both ?? uplink(limits.qos1PublishesPer5Seconds),
    ],
    sets: new Window(limits.propertySetsPerSecond, 1000),
    bannedUntilMs: 0,
  };
}
