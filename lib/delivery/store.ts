import type { OneNetError } from "../errors";
import type { Subject } from "./subject";

/** Which of a queue's two lines a record stands in: 0 is the ordinary one, 1 the one that overtakes it. */
export type Lane = 0 | 1;

/** A record that is to be kept. */
export interface NewRecord {
  readonly lane: Lane;
  /** ms since the Unix epoch. */
  readonly queuedAtMs: number;
  /** ms since the Unix epoch; without it the record never expires. */
  readonly expiresAtMs?: number;
  /** What it counts against the bounds of its queue; an integer from 0. */
  readonly bytes: number;
  /** Copied before `append` returns. Text is kept as UTF-8. */
  readonly body: Uint8Array | string;
}

/**
 * How far the QoS 2 handshake of a record has come: `published` before its PUBLISH may leave, `released` once
 * PUBREC came and before its PUBREL may leave.
 */
export interface InFlightMark {
  /** 1 to 65,535. */
  readonly packetId: number;
  readonly phase: "published" | "released";
}

/** A record as it comes back. Records of one page share one buffer: copy a body that is kept for long. */
export interface StoredRecord {
  readonly seq: number;
  readonly lane: Lane;
  readonly queuedAtMs: number;
  readonly expiresAtMs?: number;
  readonly bytes: number;
  readonly body: Uint8Array;
  readonly inFlight?: InFlightMark;
}

/** What is known of a record that was removed because its time was over. */
export interface ExpiredRecord {
  readonly seq: number;
  readonly lane: Lane;
  readonly queuedAtMs: number;
  readonly expiresAtMs: number;
  readonly bytes: number;
  /** Missing when it could not be read. */
  readonly subject?: Subject;
}

export interface QueueTally {
  readonly identity: string;
  readonly messages: number;
  readonly bytes: number;
  /** Missing when the queue is empty. */
  readonly oldestQueuedAtMs?: number;
}

/** Called once: without an error after the commit, that is, when the disk has it. */
export type Committed = (error?: OneNetError) => void;

/** The bounds of a page; it ends at whichever is reached first, and holds at least one record if there is one. */
export interface PageLimits {
  readonly messages: number;
  /** Of bodies. Default 1 MiB. */
  readonly bytes?: number;
}

/**
 * The records of one device. A `seq` is unique within the queue, grows within its lane in the order of
 * `append`, and names its lane ({@link laneOf}). Whatever is asked sees all that was asked before it.
 */
export interface StoredQueue {
  readonly identity: string;
  /**
   * Keeps a record. What is appended together is committed together: all of it or, with an error, nothing.
   *
   * @param committed ONENET_STORE_FULL or ONENET_STORE_FAILED when it is not kept: later ones may be;
   *   ONENET_CLOSED after `close`
   * @returns its seq
   */
  append(record: NewRecord, committed?: Committed): number;
  /** Lets go of a record, with its mark, at one of the next commits (20 ms at most). An unknown seq is no error. */
  remove(seq: number): void;
  /** Keeps how far the handshake of a record has come; it replaces the mark before. */
  markInFlight(seq: number, mark: InFlightMark, committed?: Committed): void;
  /** The next records of a lane, oldest first. @param afterSeq 0 for the first page */
  read(lane: Lane, afterSeq: number, limits: PageLimits): Promise<StoredRecord[]>;
  /** Every record that carries a mark, lane 1 first, each lane oldest first. */
  readInFlight(): Promise<StoredRecord[]>;
  /**
   * Removes the records of a lane that are over time by the wall clock, but for those with a mark.
   *
   * @param afterSeq only those behind it: what is held in memory expires there
   * @param limit at most so many at once (default 1,000); call again while as many come back
   */
  removeExpired(lane: Lane, nowMs: number, afterSeq?: number, limit?: number): Promise<ExpiredRecord[]>;
  tally(): Promise<QueueTally>;
  /** Removes everything that is in the queue now, but for the records with these numbers. @returns how much that was */
  purge(keep?: readonly number[]): Promise<{ readonly messages: number; readonly bytes: number }>;
}

/** A durable home of queues. Nothing in it ever blocks the caller. */
export interface MessageStore {
  /** Absolute path. */
  readonly file: string;
  /** Commits so far, each with its own fsync. */
  readonly commits: number;
  /** The queue of a device; the same one each time, also for others who share the store. */
  queue(identity: string): StoredQueue;
  /** All queues that hold something, whether anybody uses them or not. */
  tallies(): Promise<QueueTally[]>;
  /** Resolves when all that was asked so far is committed, or has failed and said so. */
  flush(): Promise<void>;
  /** Commits what is pending and gives the store back; the last one who does closes the file. Idempotent. */
  close(): Promise<void>;
}

export interface StoreLimits {
  /** The file grows no larger (then ONENET_STORE_FULL). Default: as large as the disk allows. */
  readonly maxFileBytes?: number;
}

/** Things that go wrong, for tests; cells of {@link StoreOptions.faults}. */
export const STORE_FAULT = { commitDelayMs: 0, failWithCode: 1, failTimes: 2 } as const;

export interface StoreOptions {
  readonly limits?: StoreLimits;
  /** How long another process may take to let go of the file (a restart). Default 1,000 ms. */
  readonly lockWaitMs?: number;
  /**
   * Told what happened to the file while the store works on: ONENET_STORE_CORRUPT with the name it was set aside
   * under. What could be read is in the new file; ask for the tallies again.
   */
  readonly onWarning?: (warning: OneNetError) => void;
  /** Told once, when the store can do no more (its thread has ended): close it, and open it again. */
  readonly onLost?: (problem: OneNetError) => void;
  /** Tests only: three 32-bit cells, see {@link STORE_FAULT}. Read by the thread before each commit. */
  readonly faults?: SharedArrayBuffer;
}

/** The lane that a seq stands in. */
export function laneOf(seq: number): Lane {
  return seq % 2 === 1 ? 1 : 0;
}
