import type { Clock } from "../clock";
import type { OneNetError } from "../errors";
import { asOneNetError } from "../errors";
import type { Backlog } from "./lane";
import { reviveMessage } from "./memory-backlog";
import type { QueuedMessage, Tell } from "./message";
import { decodeMessage, type StoredMessage } from "./message-codec";
import type { ExpiredRecord, Lane, StoredQueue, StoredRecord } from "./store";

const PAGE_BYTES = 4 * 1024 * 1024;
const READ_AGAIN_MS = 1000;

/** Who still waits for the outcome of a message that is on disk only. */
export interface WaitingSender {
  readonly tell: Tell;
  readonly queuedAt: number;
}

/** A message whose time was over while it was on disk only. */
export interface ExpiredOnDisk {
  readonly record: ExpiredRecord;
  /** Whoever waits for it. */
  readonly sender: WaitingSender | undefined;
}

/**
 * The part of a lane that is on disk only. What was stored by an earlier run is in it from the start; its senders
 * are gone, so nobody is told. Who still waits is remembered by the record's number.
 */
export class StoredBacklog implements Backlog {
  readonly #queue: StoredQueue;
  readonly #lane: Lane;
  readonly #clock: Clock;
  readonly #onUnreadable: (seq: number, error: OneNetError) => void;
  readonly #waiting = new Map<number, WaitingSender>();
  /** Records behind the cursor whose messages are in memory: live ones that have overtaken the backlog. */
  readonly #elsewhere = new Set<QueuedMessage>();
  /** Of these, the records of what was settled while a page is being read: the page may still have them. */
  readonly #goneMeanwhile = new Set<number>();
  /** Wall clock less monotonic clock when this began, ms: what the wall clock has jumped since is the difference. */
  readonly #wallAheadMs: number;
  /** From here on they are of this run, and know their age by the monotonic clock. */
  #ownFromSeq = Number.POSITIVE_INFINITY;
  #cursor = 0;
  #size: number;
  #bytes: number;
  #isReading = false;
  #purges = 0;

  /** @param recovered what there may be from an earlier run, at most */
  constructor(
    queue: StoredQueue,
    lane: Lane,
    clock: Clock,
    recovered: { readonly messages: number; readonly bytes: number },
    onUnreadable: (seq: number, error: OneNetError) => void,
  ) {
    this.#queue = queue;
    this.#lane = lane;
    this.#clock = clock;
    this.#size = recovered.messages;
    this.#bytes = recovered.bytes;
    this.#onUnreadable = onUnreadable;
    this.#wallAheadMs = clock.nowMs() - clock.monotonicMs();
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Everything up to here is in memory, or gone. */
  get cursor(): number {
    return this.#cursor;
  }

  /** A message that has been stored and is not kept in memory. */
  append(message: QueuedMessage): void {
    const { seq } = message;
    if (seq === undefined) throw new Error("not stored");
    this.#elsewhere.delete(message);
    this.#ownFromSeq = Math.min(this.#ownFromSeq, seq);
    if (this.#size === 0) this.#cursor = seq - 1;
    this.#size += 1;
    this.#bytes += message.bytes;
    if (!message.told) this.#waiting.set(seq, { tell: message.tell, queuedAt: message.queuedAt });
  }

  /** The message is in memory though its record lies behind the cursor, or will; reading passes it over. */
  exclude(message: QueuedMessage): void {
    this.#elsewhere.add(message);
  }

  /** It stands in the line again. */
  include(message: QueuedMessage): void {
    this.#elsewhere.delete(message);
  }

  /** The message is delivered or has failed: its record is gone, or about to be. */
  forget(message: QueuedMessage): void {
    const wasElsewhere = this.#elsewhere.delete(message);
    if (wasElsewhere && this.#isReading && message.seq !== undefined) this.#goneMeanwhile.add(message.seq);
  }

  take(limit: number, callback: (messages: readonly QueuedMessage[]) => void): void {
    const before = { messages: this.#size, bytes: this.#bytes };
    const purges = this.#purges;
    this.#isReading = true;
    this.#goneMeanwhile.clear();
    this.#queue.read(this.#lane, this.#cursor, { messages: limit, bytes: PAGE_BYTES }).then(
      (records) => {
        this.#isReading = false;
        // What has been purged meanwhile is not to come back.
        if (purges !== this.#purges) return callback([]);
        this.#cursor = records.at(-1)?.seq ?? this.#cursor;
        const here = this.#withoutElsewhere(records);
        // The count of an earlier run covers both lanes: an empty page says that there is no more in this one.
        this.#leave(records.length === 0 ? before : totalOf(here));
        callback(here.flatMap((record) => this.#revive(record)));
      },
      () => this.#readLater(callback),
    );
  }

  /** A page without what is in memory, or settled since it was read; that was never counted here. */
  #withoutElsewhere(records: readonly StoredRecord[]): readonly StoredRecord[] {
    const elsewhere = new Set([...[...this.#elsewhere].map(({ seq }) => seq), ...this.#goneMeanwhile]);
    return records.filter(({ seq }) => !elsewhere.has(seq));
  }

  /** The disk fails: asked again at once it would only be kept busy with that. */
  #readLater(callback: (messages: readonly QueuedMessage[]) => void): void {
    this.#isReading = false;
    this.#clock.startTimer(READ_AGAIN_MS, () => callback([]), true);
  }

  /**
   * What has expired on disk, without who waits for it: the caller tells. A wall clock that jumped ahead expires
   * nothing before its time; what is let go of too late for that expires when its turn comes.
   */
  async takeExpired(): Promise<ExpiredOnDisk[]> {
    // What is being read comes to memory, and expires there; with nothing here, the cursor says nothing.
    if (this.#isReading || this.#size === 0) return [];
    const wallMs = this.#clock.nowMs();
    const jumpedMs = wallMs - this.#clock.monotonicMs() - this.#wallAheadMs;
    const nowMs = wallMs - Math.max(0, jumpedMs);
    // One that is in memory as well expires there, or is in flight and has its answer.
    const elsewhere = new Set([...this.#elsewhere].map(({ seq }) => seq));
    const removed = await this.#queue.removeExpired(this.#lane, nowMs, this.#cursor);
    const records = removed.filter(({ seq }) => !elsewhere.has(seq));
    this.#leave(totalOf(records));
    return records.map((record) => ({ record, sender: this.#takeWaiting(record.seq) }));
  }

  /** It stays on disk. */
  takeAll(): readonly QueuedMessage[] {
    return [];
  }

  /** Whoever still waits for a message that is on disk only, oldest first. */
  takeWaiting(): WaitingSender[] {
    const senders = [...this.#waiting.values()];
    this.#waiting.clear();
    return senders;
  }

  /** Everything on disk has been thrown away. */
  clear(): void {
    this.#size = 0;
    this.#bytes = 0;
    this.#purges += 1;
  }

  #leave({ messages, bytes }: { readonly messages: number; readonly bytes: number }): void {
    this.#size = Math.max(0, this.#size - messages);
    this.#bytes = this.#size === 0 ? 0 : Math.max(0, this.#bytes - bytes);
  }

  #takeWaiting(seq: number): WaitingSender | undefined {
    const sender = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    return sender;
  }

  #revive(record: StoredRecord): QueuedMessage[] {
    const tell = this.#takeWaiting(record.seq)?.tell;
    try {
      const stored = decodeMessage(record.body);
      const message = { ...reviveMessage(this.#redated(stored, record), tell), seq: record.seq };
      return [record.inFlight === undefined ? message : { ...message, handshakeMark: record.inFlight }];
    } catch (thrown) {
      this.#onUnreadable(record.seq, asOneNetError(thrown));
      return [];
    }
  }

  /** An age that began before a restart is known by the wall clock only. */
  #redated(stored: StoredMessage, { seq, queuedAtMs }: StoredRecord): StoredMessage {
    if (seq >= this.#ownFromSeq) return stored;
    const ageMs = Math.max(0, this.#clock.nowMs() - queuedAtMs);
    return { ...stored, queuedAtMonotonicMs: this.#clock.monotonicMs() - ageMs };
  }
}

function totalOf(records: readonly { readonly bytes: number }[]): { messages: number; bytes: number } {
  return { messages: records.length, bytes: records.reduce((sum, { bytes }) => sum + bytes, 0) };
}
