import type { ErrorKey, ErrorParams } from "../errors";
import type { ExpiredRecord, Lane, QueueTally } from "./store";

/** An error on its way between threads. */
export interface Failure {
  readonly key: ErrorKey;
  readonly params: ErrorParams;
}

/** What the thread is started with. */
export interface ThreadOptions {
  readonly file: string;
  readonly lockWaitMs: number;
  readonly maxFileBytes: number | undefined;
  readonly faults: SharedArrayBuffer | undefined;
}

/** A queue in the file, with the last position given in each lane. */
export interface OpenedQueue {
  readonly identity: string;
  readonly last: readonly [number, number];
}

export interface CommitAsk {
  /** What the queue numbers in chunks and removals mean. */
  readonly identities: readonly string[];
  /** Packed appends and marks, see sqlite-batch.ts. Transferred, and given back in the answer. */
  readonly chunks: readonly ArrayBuffer[];
  /** The used part of each chunk. */
  readonly lengths: readonly number[];
  /** Threes of line (queue number × 2 + lane), first and last position; done before the chunks. */
  readonly removals: readonly number[];
}

export interface CommitAnswer {
  readonly chunks: readonly ArrayBuffer[];
  /** Why nothing of the chunks was kept. */
  readonly failure?: Failure;
  /** Whether the removals were kept, also without the chunks. */
  readonly isRemoved: boolean;
}

export interface ReadAsk {
  readonly identity: string;
  readonly lane: Lane;
  /** Position, not seq. */
  readonly after: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface ExpireAsk {
  readonly identity: string;
  readonly lane: Lane;
  readonly nowMs: number;
  readonly after: number;
  readonly limit: number;
}

export interface PurgeAsk {
  readonly identity: string;
  /** Positions that stay, of each lane, ascending. */
  readonly keep: readonly [readonly number[], readonly number[]];
}

/** What can be asked of the thread. Asks are answered in their order. */
export interface Calls {
  open: { ask: undefined; answer: readonly OpenedQueue[] };
  commit: { ask: CommitAsk; answer: CommitAnswer };
  /** Answers a page, see sqlite-page.ts. */
  read: { ask: ReadAsk; answer: ArrayBuffer };
  readInFlight: { ask: { readonly identity: string }; answer: ArrayBuffer };
  removeExpired: { ask: ExpireAsk; answer: readonly ExpiredRecord[] };
  tally: { ask: { readonly identity: string }; answer: QueueTally };
  tallies: { ask: undefined; answer: readonly QueueTally[] };
  purge: {
    ask: PurgeAsk;
    answer: { readonly messages: number; readonly bytes: number };
  };
  /** Answers when all asked before is answered. */
  flush: { ask: undefined; answer: undefined };
  close: { ask: undefined; answer: undefined };
}

export type CallName = keyof Calls;

export interface Asked<Name extends CallName = CallName> {
  readonly id: number;
  readonly name: Name;
  readonly ask: Calls[Name]["ask"];
}

export type Answered =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly warning: Failure };
