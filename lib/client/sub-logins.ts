import type { Clock } from "../clock";
import { asOneNetError, OneNetError } from "../errors";
import { deviceKey } from "../protocol/identity";
import type { DeviceIdentity } from "../protocol/topic";
import type { RequestTurns } from "./request-turns";

/**
 * Whether a sub-device is logged in (`sub/login`) when it first has something to say on a link.
 *
 * - `none`: it is not; the platform takes its datapoints all the same and shows it as *unknown*
 * - `lazy`: its first datapoints wait for the platform's answer, whatever that is: it judges them itself
 *
 * @see device-mqtt.md §6.2: the login is optional, and needs the topology
 */
export type SubLoginPolicy = "none" | "lazy";

export interface SubLoginsParts {
  readonly clock: Clock;
  /** The pace of the connection: where it is limited, logins go one by one, and take turns. */
  readonly messagesPerSecond: number | undefined;
  readonly turns: RequestTurns;
  /** Rejects with what the platform, or the link, has against it. */
  readonly login: (device: DeviceIdentity) => Promise<unknown>;
  /** A login failed. */
  readonly report: (error: OneNetError) => void;
}

interface SubDevice {
  readonly device: DeviceIdentity;
  phase: "new" | "asked" | "in" | "failed";
  waiting: (() => void)[];
  /** Monotonic ms; a login that failed is tried again with the next datapoints after this. */
  retryAtMs: number;
}

/** So many messages of datapoints wait here; what is more goes on without the answer. */
const WAITING_MAX = 5000;
/** More devices than a gateway may have. */
const DEVICES_MAX = 5000;
const RETRY_MS = 60_000;
/** Logins on their way at a time, where the pace is free. */
const ASKED_MAX = 8;

/**
 * Logs sub-devices in, each once on a link, when it has something to post, and holds that back until the platform has
 * answered. Nothing is held back while there is no link: it gathers in the outbox, and on the next link it goes while
 * the logins are on their way. With the link all logins are void.
 */
export class SubLogins {
  readonly #parts: SubLoginsParts;
  readonly #devices = new Map<string, SubDevice>();
  #toAsk: SubDevice[] = [];
  #asked = 0;
  #waiting = 0;
  /** Counts links; 0 while there is none. */
  #link = 0;
  #links = 0;

  constructor(parts: SubLoginsParts) {
    this.#parts = parts;
  }

  /** @param goOn called once, now or when the login is answered; in order for each device */
  whenLoggedIn(device: DeviceIdentity, goOn: () => void): void {
    const sub = this.#find(device);
    if (sub === undefined || sub.phase === "in" || this.#link === 0) return goOn();
    if (sub.phase === "failed") {
      if (sub.retryAtMs > this.#parts.clock.monotonicMs()) return goOn();
      sub.phase = "new";
    }
    if (sub.phase === "new") this.#ask(sub);
    sub.waiting.push(goOn);
    this.#waiting += 1;
    if (this.#waiting > WAITING_MAX) this.#release(sub);
  }

  linkUp(): void {
    this.#links += 1;
    this.#link = this.#links;
    for (const sub of this.#devices.values()) this.#ask(sub);
  }

  /** What waits goes on to where it can wait for the next link. */
  linkDown(): void {
    this.#link = 0;
    this.#toAsk = [];
    this.#asked = 0;
    const all = [...this.#devices.values()];
    this.#devices.clear();
    for (const sub of all) {
      if (sub.waiting.length > 0) this.#find(sub.device);
      this.#release(sub);
    }
  }

  /** What waits goes on without the answer: nobody may be there to see to it. */
  releaseAll(): void {
    for (const sub of this.#devices.values()) this.#release(sub);
  }

  /** The gateway has logged it in, or out, by itself. */
  changed(device: DeviceIdentity, isIn: boolean): void {
    const key = deviceKey(device);
    if (!isIn) {
      const sub = this.#devices.get(key);
      if (sub?.phase === "in") this.#devices.delete(key);
      return;
    }
    const sub = this.#link === 0 ? undefined : this.#find(device);
    if (sub === undefined) return;
    sub.phase = "in";
    this.#release(sub);
  }

  #find(device: DeviceIdentity): SubDevice | undefined {
    const key = deviceKey(device);
    const known = this.#devices.get(key);
    if (known !== undefined || this.#devices.size >= DEVICES_MAX) return known;
    const sub: SubDevice = { device, phase: "new", waiting: [], retryAtMs: 0 };
    this.#devices.set(key, sub);
    return sub;
  }

  #ask(sub: SubDevice): void {
    sub.phase = "asked";
    this.#toAsk.push(sub);
    this.#askNext();
  }

  #askNext(): void {
    const max = this.#parts.messagesPerSecond === undefined ? ASKED_MAX : 1;
    while (this.#link !== 0 && this.#asked < max) {
      const sub = this.#toAsk.shift();
      if (sub === undefined) return;
      const link = this.#link;
      this.#asked += 1;
      this.#parts.turns.take(() => this.#login(sub, link));
    }
  }

  #login(sub: SubDevice, link: number): void {
    if (link !== this.#link) return;
    // The gateway itself may have done it meanwhile.
    if (sub.phase !== "asked") return this.#goOn();
    this.#parts.login(sub.device).then(
      () => this.#answered(sub, link),
      (thrown) => this.#answered(sub, link, asOneNetError(thrown)),
    );
  }

  #answered(sub: SubDevice, link: number, cause?: OneNetError): void {
    if (link !== this.#link) return;
    const { clock, report } = this.#parts;
    if (sub.phase === "asked") {
      sub.phase = cause === undefined ? "in" : "failed";
      if (cause !== undefined) {
        sub.retryAtMs = clock.monotonicMs() + RETRY_MS;
        report(loginFailed(sub.device, cause));
      }
      this.#release(sub);
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#asked -= 1;
    this.#askNext();
  }

  #release(sub: SubDevice): void {
    const { waiting } = sub;
    sub.waiting = [];
    this.#waiting -= waiting.length;
    for (const goOn of waiting) goOn();
  }
}

function loginFailed(device: DeviceIdentity, cause: OneNetError): OneNetError {
  return new OneNetError(
    "ONENET_SUBDEVICE_LOGIN",
    { device: deviceKey(device), reason: cause.message },
    { cause },
  );
}
