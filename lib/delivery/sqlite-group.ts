import type { OneNetError } from "../errors";
import type { ChunkPool } from "./sqlite-batch";
import { BatchWriter } from "./sqlite-batch";
import type { CommitAsk } from "./sqlite-protocol";
import type { Committed, InFlightMark, Lane, NewRecord } from "./store";

interface Member {
  readonly index: number;
  /** The first position of each lane that was appended in this group. */
  readonly firstAppended: [number, number];
}

/** Removed positions of one lane of a queue. */
interface Range {
  readonly identity: string;
  readonly lane: Lane;
  readonly first: number;
  last: number;
}

/** What is gathered for one commit. */
export class CommitGroup {
  readonly #writer: BatchWriter;
  readonly #members = new Map<string, Member>();
  readonly #callbacks: Committed[] = [];
  readonly #removed: Range[] = [];
  readonly #lastRemoved = new Map<string, Range>();
  /** Appends and marks. */
  entries = 0;

  constructor(pool: ChunkPool) {
    this.#writer = new BatchWriter(pool);
  }

  get isEmpty(): boolean {
    return this.entries === 0 && this.#removed.length === 0;
  }

  get bytes(): number {
    return this.#writer.size;
  }

  append(identity: string, position: number, record: NewRecord, committed: Committed | undefined): void {
    const member = this.#memberOf(identity);
    if (position < member.firstAppended[record.lane]) member.firstAppended[record.lane] = position;
    this.#writer.append(member.index, position, record);
    this.#entered(committed);
  }

  mark(
    identity: string,
    lane: Lane,
    position: number,
    mark: InFlightMark,
    committed: Committed | undefined,
  ): void {
    this.#writer.mark(this.#memberOf(identity).index, lane, position, mark);
    this.#entered(committed);
  }

  /**
   * Removals come before appends in the commit, to make room; but for one that was appended in this very group,
   * which goes in its turn.
   */
  remove(identity: string, lane: Lane, position: number): void {
    const member = this.#memberOf(identity);
    if (position >= member.firstAppended[lane]) {
      this.#writer.remove(member.index, lane, position);
      this.entries += 1;
    } else this.removeRange(identity, lane, position, position);
  }

  removeRange(identity: string, lane: Lane, first: number, last: number): void {
    const key = `${lane}${identity}`;
    const latest = this.#lastRemoved.get(key);
    if (latest !== undefined && latest.last + 1 === first) {
      latest.last = last;
      return;
    }
    const range = { identity, lane, first, last };
    this.#removed.push(range);
    this.#lastRemoved.set(key, range);
  }

  /** For the thread. What was appended is gone from here afterwards. */
  takeAsk(): CommitAsk {
    const removals = this.#removed.flatMap(({ identity, lane, first, last }) => [
      this.#memberOf(identity).index * 2 + lane,
      first,
      last,
    ]);
    return { identities: [...this.#members.keys()], ...this.#writer.takeChunks(), removals };
  }

  /** Tells everyone, in the order of their calls. */
  settle(error: OneNetError | undefined): void {
    for (const committed of this.#callbacks) {
      try {
        committed(error);
      } catch (thrown) {
        // One that throws is a bug to be seen, but not at the others' cost.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }

  /** What a failed commit did not remove is removed with a later one. */
  removeAgain(later: CommitGroup): void {
    for (const { identity, lane, first, last } of this.#removed)
      later.removeRange(identity, lane, first, last);
  }

  #entered(committed: Committed | undefined): void {
    this.entries += 1;
    if (committed !== undefined) this.#callbacks.push(committed);
  }

  #memberOf(identity: string): Member {
    const known = this.#members.get(identity);
    if (known !== undefined) return known;
    const member: Member = {
      index: this.#members.size,
      firstAppended: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    };
    this.#members.set(identity, member);
    return member;
  }
}
