import { decodePage } from "./sqlite-page";
import type { StoreThread } from "./sqlite-thread";
import type {
  Committed,
  ExpiredRecord,
  InFlightMark,
  Lane,
  NewRecord,
  PageLimits,
  QueueTally,
  StoredQueue,
  StoredRecord,
} from "./store";
import { laneOf } from "./store";

const DEFAULT_PAGE_BYTES = 1024 * 1024;
const DEFAULT_EXPIRED_LIMIT = 1000;

/** What a queue needs of its store. */
export interface QueueHome {
  append(identity: string, position: number, record: NewRecord, committed: Committed | undefined): void;
  remove(identity: string, lane: Lane, position: number): void;
  mark(
    identity: string,
    lane: Lane,
    position: number,
    mark: InFlightMark,
    committed: Committed | undefined,
  ): void;
  /** Asks the thread after all that was asked before. */
  ask: StoreThread["call"];
}

function positionOf(seq: number): number {
  return Math.floor(seq / 2);
}

/** One device's records: gives them their places, and asks its store for the rest. */
export class SqliteQueue implements StoredQueue {
  readonly identity: string;
  readonly #home: QueueHome;
  /** The last position given in each lane; a seq is position × 2 + lane. */
  readonly #last: [number, number];

  constructor(identity: string, home: QueueHome, last: readonly [number, number]) {
    this.identity = identity;
    this.#home = home;
    this.#last = [...last];
  }

  append(record: NewRecord, committed?: Committed): number {
    const position = this.#last[record.lane] + 1;
    this.#last[record.lane] = position;
    this.#home.append(this.identity, position, record, committed);
    return position * 2 + record.lane;
  }

  remove(seq: number): void {
    this.#home.remove(this.identity, laneOf(seq), positionOf(seq));
  }

  markInFlight(seq: number, mark: InFlightMark, committed?: Committed): void {
    this.#home.mark(this.identity, laneOf(seq), positionOf(seq), mark, committed);
  }

  async read(lane: Lane, afterSeq: number, limits: PageLimits): Promise<StoredRecord[]> {
    const { messages, bytes = DEFAULT_PAGE_BYTES } = limits;
    const ask = { identity: this.identity, lane, after: positionOf(afterSeq), messages, bytes };
    return decodePage(await this.#home.ask("read", ask));
  }

  async readInFlight(): Promise<StoredRecord[]> {
    return decodePage(await this.#home.ask("readInFlight", { identity: this.identity }));
  }

  async removeExpired(
    lane: Lane,
    nowMs: number,
    afterSeq = 0,
    limit = DEFAULT_EXPIRED_LIMIT,
  ): Promise<ExpiredRecord[]> {
    const ask = { identity: this.identity, lane, nowMs, after: positionOf(afterSeq), limit };
    return [...(await this.#home.ask("removeExpired", ask))];
  }

  tally(): Promise<QueueTally> {
    return this.#home.ask("tally", { identity: this.identity });
  }

  purge(keep: readonly number[] = []): Promise<{ readonly messages: number; readonly bytes: number }> {
    const kept: [number[], number[]] = [[], []];
    for (const seq of [...keep].sort((a, b) => a - b)) kept[laneOf(seq)].push(positionOf(seq));
    return this.#home.ask("purge", { identity: this.identity, keep: kept });
  }
}
