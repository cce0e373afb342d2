import type { AboutDevice } from "./events";

/** Which devices a fault strikes, and how often. Nothing given: every device, until ended. */
export interface FaultScope {
  readonly productId?: string;
  readonly deviceName?: string;
  /** Ends by itself after this many strikes. */
  readonly count?: number;
}

/** A fault that is on. */
export interface ActiveFault {
  /** How often it has struck. */
  readonly hits: number;
  /** Ends it; again is harmless. */
  end(): void;
}

export interface FaultKinds {
  /** CONNACK with this return code, or closed without one. Default 4. */
  refuseLogin: { readonly returnCode?: 1 | 2 | 3 | 4 | 5 | "close" };
  /** The message is taken, its PUBACK is never sent. */
  dropAck: object;
  delayAck: { readonly delayMs: number };
  /** The message is taken, the platform's own reply (accepted, rejected, …/reply) is never sent. */
  dropReply: object;
  delayReply: { readonly delayMs: number };
  /** A datapoint post with this stream is answered `rejected`. Defaults 98, `illegal data`. */
  rejectStream: { readonly stream: string; readonly code?: number; readonly message?: string };
  /** A property post with this identifier is refused. Defaults 2306, `identifier not exist:identifier:X`. */
  rejectIdentifier: { readonly identifier: string; readonly code?: number; readonly message?: string };
  /** SUBACK 0x80 for this filter, or for all. */
  refuseSubscription: { readonly filter?: string };
  /**
   * Another login of the same device, as it were: closes the link. Strikes the present link, or the next login if
   * there is none; with a count, as many logins. Default count 1.
   */
  evict: object;
  /** The link stays open and nothing is read or answered any more; later logins get no CONNACK. Has no count. */
  goSilent: object;
  /**
   * Resets the TCP connection: `now` (default; of the next login if there is no link; default count 1), at each
   * `publish` (before its PUBACK, the message is lost) or right after each `login`. With `containing`, at a publish
   * with this text in its payload only.
   */
  cutLink: { readonly when?: "now" | "publish" | "login"; readonly containing?: string };
}

export type FaultKind = keyof FaultKinds;

/** The switches; each gives a handle that ends the fault. */
export type Faults = {
  readonly [K in FaultKind]: (
    ...args: object extends FaultKinds[K]
      ? [options?: FaultScope & FaultKinds[K]]
      : [options: FaultScope & FaultKinds[K]]
  ) => ActiveFault;
} & {
  /** Ends every fault. */
  clear(): void;
};

interface Entry<K extends FaultKind = FaultKind> {
  readonly kind: K;
  readonly options: FaultScope & FaultKinds[K];
  hits: number;
}

/** What happens beyond bookkeeping when a fault starts or ends. */
export interface FaultEffects {
  started(kind: FaultKind): void;
  ended(kind: FaultKind): void;
}

/** Which faults are on. */
export class FaultBoard {
  readonly #entries = new Set<Entry>();
  #effects: FaultEffects | undefined;

  /** Set once the broker stands. */
  attach(effects: FaultEffects): void {
    this.#effects = effects;
  }

  start<K extends FaultKind>(kind: K, options: FaultScope & FaultKinds[K]): ActiveFault {
    const entry: Entry<K> = { kind, options, hits: 0 };
    this.#entries.add(entry as Entry);
    this.#effects?.started(kind);
    return {
      get hits() {
        return entry.hits;
      },
      end: () => this.#end(entry as Entry),
    };
  }

  /** Strikes with the oldest matching fault: counts it and gives its options. */
  strike<K extends FaultKind>(
    kind: K,
    device: AboutDevice,
    fits: (options: FaultKinds[K]) => boolean = () => true,
  ): FaultKinds[K] | undefined {
    for (const entry of this.#entries as Set<Entry<K>>) {
      if (entry.kind !== kind || !inScope(entry.options, device) || !fits(entry.options)) continue;
      entry.hits += 1;
      if (entry.hits === entry.options.count) this.#end(entry as Entry);
      return entry.options;
    }
    return undefined;
  }

  /** Whether such a fault is on; strikes nothing. */
  isOn(kind: FaultKind, device: AboutDevice): boolean {
    return [...this.#entries].some((entry) => entry.kind === kind && inScope(entry.options, device));
  }

  clear(): void {
    for (const entry of [...this.#entries]) this.#end(entry);
  }

  #end(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#effects?.ended(entry.kind);
  }
}

/** Whether a fault with this scope is meant for the device. */
export function inScope(scope: FaultScope, device: AboutDevice): boolean {
  return (
    (scope.productId === undefined || scope.productId === device.productId) &&
    (scope.deviceName === undefined || scope.deviceName === device.deviceName)
  );
}

/** The switches over a board. */
export function faultSwitches(board: FaultBoard): Faults {
  return {
    refuseLogin: (options = {}) => board.start("refuseLogin", options),
    dropAck: (options = {}) => board.start("dropAck", options),
    delayAck: (options) => board.start("delayAck", options),
    dropReply: (options = {}) => board.start("dropReply", options),
    delayReply: (options) => board.start("delayReply", options),
    rejectStream: (options) => board.start("rejectStream", options),
    rejectIdentifier: (options) => board.start("rejectIdentifier", options),
    refuseSubscription: (options = {}) => board.start("refuseSubscription", options),
    evict: (options = {}) => board.start("evict", { count: 1, ...options }),
    goSilent: ({ count: _, ...scope } = {}) => board.start("goSilent", scope),
    cutLink: ({ when = "now", ...scope } = {}) =>
      board.start("cutLink", { ...(when === "now" ? { count: 1 } : {}), when, ...scope }),
    clear: () => board.clear(),
  };
}
