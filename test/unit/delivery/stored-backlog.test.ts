import assert from "node:assert/strict";
import type { QueuedMessage } from "../../../lib/delivery/message";
import { encodeMessage } from "../../../lib/delivery/message-codec";
import type { PageLimits, StoredQueue, StoredRecord } from "../../../lib/delivery/store";
import { StoredBacklog } from "../../../lib/delivery/stored-backlog";
import { ManualClock } from "../../support/manual-clock";

const DAY_MS = 86_400_000;

/** A disk that answers when it is told to, with what was on it when it was asked. */
class SlowQueue {
  records: StoredRecord[] = [];
  #answers: (() => void)[] = [];

  read(_lane: 0 | 1, afterSeq: number, { messages }: PageLimits): Promise<StoredRecord[]> {
    const found = this.records.filter(({ seq }) => seq > afterSeq).slice(0, messages);
    return new Promise((resolve) => this.#answers.push(() => resolve(found)));
  }

  /** By which time it was asked to look, ms since the Unix epoch. */
  readonly expiredBy: number[] = [];

  async removeExpired(_lane: 0 | 1, nowMs: number): Promise<[]> {
    this.expiredBy.push(nowMs);
    return [];
  }

  answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }
}

function makeMessage(seq: number): QueuedMessage {
  return {
    draft: { kind: "publish", publish: { topic: "t", payload: String(seq), qos: 1, retain: false } },
    bytes: 10,
    options: { completeWhen: "queued" },
    tell: () => undefined,
    queuedAt: 0,
    queuedAtMonotonicMs: 0,
    attempts: 0,
    state: "queued",
    told: true,
    isOutcomeOpen: false,
    settled: false,
    partsLeft: 1,
    failed: undefined,
    seq,
  };
}

describe("a backlog on disk", () => {
  let disk: SlowQueue;
  let backlog: StoredBacklog;
  let clock: ManualClock;

  beforeEach(() => {
    disk = new SlowQueue();
    clock = new ManualClock();
    const queue = disk as unknown as StoredQueue;
    backlog = new StoredBacklog(queue, 0, clock, { messages: 0, bytes: 0 }, (_seq, error) =>
      assert.fail(error),
    );
  });

  function keep(message: QueuedMessage): void {
    const body = Buffer.from(encodeMessage(message));
    disk.records.push({ seq: message.seq ?? 0, lane: 0, queuedAtMs: 0, bytes: message.bytes, body });
  }

  function take(limit: number): Promise<readonly (number | undefined)[]> {
    return new Promise((resolve) =>
      backlog.take(limit, (messages) => resolve(messages.map(({ seq }) => seq))),
    );
  }

  it("does not bring back a live message that was delivered while the page with it was read", async () => {
    const [waiting, live, other] = [makeMessage(2), makeMessage(4), makeMessage(6)];
    for (const message of [waiting, live, other]) keep(message);
    backlog.append(waiting);
    for (const message of [live, other]) backlog.exclude(message);
    const taken = take(100);
    backlog.forget(live);
    disk.answer();
    assert.deepEqual(await taken, [2]);
  });
  it("reads to the end, whatever lies between that has overtaken it", async () => {
    const [waiting, live, later] = [makeMessage(2), makeMessage(4), makeMessage(6)];
    for (const message of [waiting, live, later]) keep(message);
    backlog.append(waiting);
    backlog.exclude(live);
    backlog.append(later);
    const first = take(2);
    disk.answer();
    assert.deepEqual(await first, [2]);
    assert.equal(backlog.size, 1);
    const second = take(2);
    disk.answer();
    assert.deepEqual(await second, [6]);
    assert.equal(backlog.size, 0);
  });

  it("makes nothing older when the wall clock jumps, ahead or back", async () => {
    const startedMs = clock.nowMs();
    const message = { ...makeMessage(2), queuedAt: startedMs, queuedAtMonotonicMs: clock.monotonicMs() };
    keep(message);
    backlog.append(message);
    clock.advance(1000);
    await backlog.takeExpired();
    clock.setWall(startedMs + 1000 + DAY_MS);
    clock.advance(1000);
    await backlog.takeExpired();
    clock.setWall(startedMs - DAY_MS);
    await backlog.takeExpired();
    assert.deepEqual(disk.expiredBy, [startedMs + 1000, startedMs + 2000, startedMs - DAY_MS]);
    clock.setWall(startedMs + DAY_MS);
    const taken = new Promise<readonly QueuedMessage[]>((resolve) => backlog.take(1, resolve));
    disk.answer();
    assert.equal((await taken)[0]?.queuedAtMonotonicMs, clock.monotonicMs() - 2000);
  });
});
