import type { Clock, Timer } from "../clock";
import { systemClock } from "../clock";
import { OneNetError } from "../errors";
import { Connection, processMessageIds } from "./connection";
import type { LoginLog } from "./link";
import type { ConnectionProfile } from "./profile";
import { poolKey, profileDifferences, profileLabel } from "./profile";

/** A share of a connection. */
export interface Lease {
  readonly connection: Connection;
  /** Twice does nothing. Resolves, for the last one, when what is in memory only is on disk, where there is one. */
  release(): Promise<void> | undefined;
}

interface Entry {
  readonly connection: Connection;
  leases: number;
  linger: Timer | undefined;
}

/** A redeploy takes less than this, and so costs no login. */
export const LINGER_MS = 5000;

const LOGIN_MEMORY_MS = 60_000;

/** One connection per device (or broker client) in the process, whoever asks for it. */
export class Pool {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #loginLogs = new Map<string, LoginLog>();
  readonly #closing = new Set<Promise<unknown>>();

  constructor(clock: Clock = systemClock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Keys of the connections that are there, lingering ones included. */
  get keys(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Opens the connection or shares the one that is there. One that only lingers is replaced when the settings
   * or the host have changed; what it holds moves on to the new one.
   *
   * @throws {OneNetError} ONENET_PROFILE_CONFLICT while others hold it with other settings
   */
  acquire(profile: ConnectionProfile): Lease {
    const key = poolKey(profile);
    let entry = this.#entries.get(key);
    const known = entry?.connection.profile;
    // Nodes of one connection node bring the same profile.
    if (entry !== undefined && known !== undefined && known !== profile) {
      const differences = profileDifferences(known, profile);
      if (entry.leases > 0 && differences.length > 0) {
        const device = profileLabel(profile);
        throw new OneNetError("ONENET_PROFILE_CONFLICT", { device, differences: differences.join(", ") });
      }
      const isElsewhere = JSON.stringify(known.endpoint) !== JSON.stringify(profile.endpoint);
      if (entry.leases === 0 && (isElsewhere || differences.length > 0))
        entry = this.#replace(entry, profile);
    }
    // Whatever kept it from its disk may be over now: a deploy is somebody's new attempt.
    if (entry?.connection.state.phase === "refused") entry.connection.reconnect();
    return this.#lease(key, entry ?? this.#open(key, profile));
  }

  /** The connection with this key, if there is one. */
  find(key: string): Connection | undefined {
    return this.#entries.get(key)?.connection;
  }

  /** Closes every connection nobody holds without waiting for its linger; resolves when all sockets are closed. */
  async closeIdle(): Promise<void> {
    for (const [key, entry] of [...this.#entries]) if (entry.leases === 0) this.#close(key, entry);
    await Promise.all([...this.#closing]);
  }

  /** For the exit of the process: every connection says DISCONNECT. @returns the number of messages lost */
  closeNow(): number {
    let lost = 0;
    for (const { connection } of this.#entries.values()) lost += connection.closeNow();
    this.#entries.clear();
    return lost;
  }

  #open(key: string, profile: ConnectionProfile): Entry {
    this.#forgetOldLogins();
    const loginLog = this.#loginLogs.get(key) ?? { lastLoginMs: undefined };
    this.#loginLogs.set(key, loginLog);
    const context = { clock: this.#clock, random: this.#random, loginLog, nextMessageId: processMessageIds };
    const entry: Entry = { connection: new Connection(profile, context), leases: 0, linger: undefined };
    this.#entries.set(key, entry);
    entry.connection.start();
    return entry;
  }

  /** After a minute the pace of logins asks no more for it. */
  #forgetOldLogins(): void {
    const oldestMs = this.#clock.monotonicMs() - LOGIN_MEMORY_MS;
    for (const [key, { lastLoginMs }] of this.#loginLogs) {
      if (!this.#entries.has(key) && (lastLoginMs ?? oldestMs) <= oldestMs) this.#loginLogs.delete(key);
    }
  }

  #replace(entry: Entry, profile: ConnectionProfile): Entry {
    entry.linger?.cancel();
    const successor = this.#open(poolKey(profile), profile);
    const closed = entry.connection.handOver((messages) => successor.connection.adopt(messages));
    this.#track(closed);
    return successor;
  }

  #lease(key: string, entry: Entry): Lease {
    entry.linger?.cancel();
    entry.linger = undefined;
    entry.leases += 1;
    let isReleased = false;
    const release = () => {
      if (isReleased) return undefined;
      isReleased = true;
      entry.leases -= 1;
      if (entry.leases > 0) return undefined;
      entry.linger = this.#clock.startTimer(LINGER_MS, () => this.#close(key, entry), true);
      return entry.connection.settleDown();
    };
    return { connection: entry.connection, release };
  }

  #close(key: string, entry: Entry): void {
    entry.linger?.cancel();
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    this.#track(entry.connection.close());
  }

  #track(closing: Promise<unknown>): void {
    const tracked = closing.finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }
}

/** The pool of this process. */
export const pool = new Pool();
