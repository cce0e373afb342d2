import { readLedger } from "../loss/ledger";

/** What became of one source's messages. */
export interface Account {
  readonly source: string;
  readonly fed: number;
  readonly done: number;
  readonly failed: number;
  readonly arrived: number;
  readonly duplicates: number;
  /** Done and never arrived. */
  readonly lost: number;
  /** Neither done nor failed. */
  readonly silent: number;
}

/** Compares what a node was given and said with what arrived. */
export function makeAccount(source: string, ledgerFile: string, arrivals: readonly number[]): Account {
  const { fed, done, failed } = readLedger(ledgerFile);
  const arrived = new Set(arrivals);
  const count = (ids: ReadonlySet<number>, isCounted: (id: number) => boolean) =>
    [...ids].filter(isCounted).length;
  return {
    source,
    fed: fed.size,
    done: done.size,
    failed: failed.size,
    arrived: arrived.size,
    duplicates: arrivals.length - arrived.size,
    lost: count(done, (id) => !arrived.has(id)),
    silent: count(fed, (id) => !done.has(id) && !failed.has(id)),
  };
}
