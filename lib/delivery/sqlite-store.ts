import { asOneNetError, OneNetError } from "../errors";
import { ChunkPool } from "./sqlite-batch";
import { CommitGroup } from "./sqlite-group";
import { CommitPacer } from "./sqlite-pacer";
import type { CommitAnswer, OpenedQueue } from "./sqlite-protocol";
import type { QueueHome } from "./sqlite-queue";
import { SqliteQueue } from "./sqlite-queue";
import type { StoreThread } from "./sqlite-thread";
import type { Committed, InFlightMark, Lane, NewRecord, QueueTally, StoredQueue } from "./store";

/** A group that has grown to this is closed: a commit must not take for ever, nor the log grow too long. */
const MAX_GROUP_BYTES = 2 * 1024 * 1024;

/**
 * The main thread's side of a store: gathers what is to be committed while the thread commits what was gathered
 * before, one commit at a time.
 */
export class SqliteStore implements QueueHome {
  readonly #thread: StoreThread;
  readonly #queues = new Map<string, SqliteQueue>();
  readonly #pool = new ChunkPool();
  readonly #pacer = new CommitPacer(
    () => (this.#full.length > 0 ? Number.POSITIVE_INFINITY : this.#gathering.entries),
    () => this.#commitOldest(),
  );
  /** Full ones that wait for their turn. */
  #full: CommitGroup[] = [];
  #gathering = new CommitGroup(this.#pool);
  #commitsAsked = 0;
  #isClosed = false;
  commits = 0;

  /** @param onLost called once everything that was asked has failed, when the thread has ended by itself */
  constructor(
    thread: StoreThread,
    opened: readonly OpenedQueue[],
    onLost: (problem: OneNetError) => void = () => undefined,
  ) {
    this.#thread = thread;
    thread.onFailed = (problem) => {
      this.#commitAll();
      setImmediate(() => onLost(problem));
    };
    for (const { identity, last } of opened)
      this.#queues.set(identity, new SqliteQueue(identity, this, last));
  }

  /** Why it can do no more. */
  get failure(): OneNetError | undefined {
    return this.#thread.failure;
  }

  queue(identity: string): StoredQueue {
    const known = this.#queues.get(identity);
    if (known !== undefined) return known;
    const queue = new SqliteQueue(identity, this, [0, 0]);
    this.#queues.set(identity, queue);
    return queue;
  }

  async tallies(): Promise<QueueTally[]> {
    return [...(await this.ask("tallies", undefined))];
  }

  async flush(): Promise<void> {
    if (this.failure === undefined) await this.ask("flush", undefined).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#commitAll();
    await this.#thread.call("close", undefined).catch(() => undefined);
    await this.#thread.end();
  }

  append(identity: string, position: number, record: NewRecord, committed: Committed | undefined): void {
    if (this.#isClosed) return refuse(committed);
    this.#gathering.append(identity, position, record, committed);
    this.#hurry();
  }

  mark(
    identity: string,
    lane: Lane,
    position: number,
    mark: InFlightMark,
    committed: Committed | undefined,
  ): void {
    if (this.#isClosed) return refuse(committed);
    this.#gathering.mark(identity, lane, position, mark, committed);
    this.#hurry();
  }

  remove(identity: string, lane: Lane, position: number): void {
    if (this.#isClosed) return;
    this.#gathering.remove(identity, lane, position);
    this.#pacer.inTime();
  }

  readonly ask: StoreThread["call"] = (name, ask) => {
    if (this.#isClosed) return Promise.reject(new OneNetError("ONENET_CLOSED"));
    this.#commitAll();
    return this.#thread.call(name, ask);
  };

  #hurry(): void {
    if (this.#gathering.bytes >= MAX_GROUP_BYTES) this.#closeGroup();
    this.#pacer.hurry();
  }

  #closeGroup(): void {
    if (this.#gathering.isEmpty) return;
    this.#full.push(this.#gathering);
    this.#gathering = new CommitGroup(this.#pool);
  }

  #commitOldest(): void {
    if (this.#full.length === 0) this.#closeGroup();
    const group = this.#full.shift();
    if (group !== undefined) this.#commit(group);
  }

  /** Whoever asks something sees all that came before. */
  #commitAll(): void {
    this.#closeGroup();
    for (const group of this.#full.splice(0)) this.#commit(group);
  }

  #commit(group: CommitGroup): void {
    this.#commitsAsked += 1;
    this.#pacer.started();
    const ask = group.takeAsk();
    this.#thread.call("commit", ask, ask.chunks).then(
      (answer) => this.#committed(group, answer),
      (thrown) => this.#committed(group, { chunks: [], isRemoved: false, failure: asOneNetError(thrown) }),
    );
  }

  #committed(group: CommitGroup, answer: CommitAnswer): void {
    this.#commitsAsked -= 1;
    for (const chunk of answer.chunks) this.#pool.giveBack(chunk);
    const { failure } = answer;
    if (failure === undefined) this.commits += 1;
    if (this.#commitsAsked === 0) this.#pacer.finished();
    if (!answer.isRemoved && this.failure === undefined) group.removeAgain(this.#gathering);
    group.settle(failure === undefined ? undefined : new OneNetError(failure.key, failure.params));
    if (this.#full.length > 0 || this.#gathering.entries > 0) this.#pacer.hurry();
    else if (!this.#gathering.isEmpty) this.#pacer.inTime(failure !== undefined);
  }
}

function refuse(committed: Committed | undefined): void {
  if (committed !== undefined) queueMicrotask(() => committed(new OneNetError("ONENET_CLOSED")));
}
