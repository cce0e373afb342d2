import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { symlink } from "node:fs/promises";
import path from "node:path";
import type { MessageStore, StoredQueue } from "../../../lib/delivery/store";
import { laneOf } from "../../../lib/delivery/store";
import { checkNode, openStore } from "../../../lib/delivery/store-registry";
import type { OneNetError } from "../../../lib/errors";
import {
  describeStore,
  hasStore,
  keep,
  keepAll,
  numbered,
  readTexts,
  record,
  TestStores,
  textOf,
} from "../../support/stores";
import { makeTempFolder } from "../../support/temp-folder";

const QUEUE = "onenet/product/lamp";

describe("disk store and Node.js", () => {
  for (const version of ["18.20.4", "20.20.2", "22.12.0"]) {
    it(`refuses Node.js ${version} and says why`, () => {
      assert.throws(
        () => checkNode(version),
        (error: OneNetError) => error.code === "ONENET_STORE_UNSUPPORTED" && error.message.includes(version),
      );
    });
  }

  for (const version of ["22.13.0", "22.23.2", "24.1.0"]) {
    it(`takes Node.js ${version}`, () => checkNode(version));
  }

  it("refuses to open on this Node.js, if it is too old, before it touches the disk", async () => {
    const folder = makeTempFolder("store");
    const file = path.join(folder, "onenet", "outbox.sqlite");
    if (hasStore()) return (await openStore(file)).close();
    await assert.rejects(openStore(file), { code: "ONENET_STORE_UNSUPPORTED" });
    assert.throws(() => statSync(path.dirname(file)), { code: "ENOENT" });
  });
});

describeStore("disk store", () => {
  let stores: TestStores;
  let store: MessageStore;
  let queue: StoredQueue;

  beforeEach(async () => {
    stores = new TestStores();
    store = await stores.open();
    queue = store.queue(QUEUE);
  });
  afterEach(() => stores.close());

  async function reopen(): Promise<void> {
    await stores.close();
    store = await stores.open();
    queue = store.queue(QUEUE);
  }

  describe("records", () => {
    it("come back in the order of append, after a restart too", async () => {
      const bodies = numbered(2500);
      await keepAll(queue, bodies);
      assert.deepEqual(await readTexts(queue), bodies);
      await reopen();
      assert.deepEqual(await readTexts(queue, 0, 700), bodies);
    });

    it("keep all they are given", async () => {
      const body = Uint8Array.from([0, 255, 1, 254]);
      const seq = await keep(queue, {
        lane: 1,
        queuedAtMs: 1_700_000_000_123,
        expiresAtMs: 1_700_000_060_123,
        bytes: 77,
        body,
      });
      await reopen();
      const [kept, ...others] = await queue.read(1, 0, { messages: 10 });
      assert.deepEqual(others, []);
      assert.deepEqual(kept, {
        seq,
        lane: 1,
        queuedAtMs: 1_700_000_000_123,
        expiresAtMs: 1_700_000_060_123,
        bytes: 77,
        body,
      });
    });

    it("may be empty, large, or text in any language", async () => {
      const large = "大".repeat(400_000);
      const texts = ["", large, "数据点 🙂", "plain"];
      await keepAll(queue, texts);
      await reopen();
      assert.deepEqual(await readTexts(queue), texts);
    });

    it("are copied at append: the caller may use its buffer again", async () => {
      const body = Buffer.from("before");
      const kept = keep(queue, record(body));
      body.fill(120);
      await kept;
      assert.deepEqual(await readTexts(queue), ["before"]);
    });

    it("are seen by whoever asks after them, committed or not", async () => {
      queue.append(record("a"));
      const gone = queue.append(record("b"));
      queue.append(record("c"));
      queue.remove(gone);
      assert.deepEqual(await readTexts(queue), ["a", "c"]);
    });

    it("get a seq that grows, names its lane and is never given again while something is stored", async () => {
      const first = queue.append(record("a"));
      const urgent = queue.append(record("b", { lane: 1 }));
      const second = queue.append(record("c"));
      assert.ok(first < second);
      assert.deepEqual([first, urgent, second].map(laneOf), [0, 1, 0]);
      queue.remove(first);
      await reopen();
      assert.ok(queue.append(record("d")) > second);
      assert.ok(queue.append(record("e", { lane: 1 })) > urgent);
    });

    it("of one queue are not seen in another", async () => {
      const other = store.queue("onenet/product/fan");
      await Promise.all([keepAll(queue, numbered(50, "lamp")), keepAll(other, numbered(50, "fan"))]);
      await reopen();
      assert.deepEqual(await readTexts(queue), numbered(50, "lamp"));
      assert.deepEqual(await readTexts(store.queue("onenet/product/fan")), numbered(50, "fan"));
    });

    it("of one lane are not seen in the other", async () => {
      await keep(queue, record("normal"));
      await keep(queue, record("high", { lane: 1 }));
      assert.deepEqual(await readTexts(queue, 0), ["normal"]);
      assert.deepEqual(await readTexts(queue, 1), ["high"]);
    });
  });

  describe("pages", () => {
    it("end at the number asked for, or at the bytes", async () => {
      await keepAll(queue, numbered(20, "1234567"));
      const page = await queue.read(0, 0, { messages: 5 });
      assert.equal(page.length, 5);
      const small = await queue.read(0, page.at(-1)?.seq ?? 0, { messages: 100, bytes: 25 });
      assert.deepEqual(
        small.map(({ body }) => textOf(body)),
        ["12345675", "12345676", "12345677"],
      );
    });

    it("hold one record at least, however large", async () => {
      await keepAll(queue, ["large".repeat(100), "next"]);
      const page = await queue.read(0, 0, { messages: 10, bytes: 1 });
      assert.equal(page.length, 1);
    });

    it("of a queue nobody ever used are empty", async () => {
      assert.deepEqual(await store.queue("unknown").read(0, 0, { messages: 5 }), []);
      assert.deepEqual(await store.queue("unknown").readInFlight(), []);
      assert.deepEqual(await store.queue("unknown").removeExpired(0, Date.now()), []);
      assert.deepEqual(await store.queue("unknown").purge(), { messages: 0, bytes: 0 });
    });
  });

  describe("removal", () => {
    it("takes out single records and stretches, in any order", async () => {
      const seqs = await keepAll(queue, numbered(1000));
      const gone = new Set<number>();
      for (let index = 0; index < 400; index += 1) gone.add(index);
      for (let index = 999; index > 400; index -= 7) gone.add(index);
      for (const index of gone) queue.remove(seqs[index] ?? 0);
      await store.flush();
      await reopen();
      const left = numbered(1000).filter((_, index) => !gone.has(index));
      assert.deepEqual(await readTexts(queue), left);
      assert.equal((await queue.tally()).messages, left.length);
    });

    it("is on disk without anybody asking, soon", async () => {
      const seq = await keep(queue, record("a"));
      const before = store.commits;
      queue.remove(seq);
      while (store.commits === before) await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal((await queue.tally()).messages, 0);
    });

    it("of what is unknown or gone already does nothing", async () => {
      const [seq = 0] = await keepAll(queue, ["a", "b"]);
      queue.remove(seq);
      queue.remove(seq);
      queue.remove(4_000_000);
      assert.deepEqual(await readTexts(queue), ["b"]);
      assert.equal((await queue.tally()).messages, 1);
    });
  });

  describe("handshakes", () => {
    it("come back with their packet id and phase; removal ends them", async () => {
      const [first = 0, second = 0, third = 0] = await keepAll(queue, numbered(3));
      const urgent = await keep(queue, record("urgent", { lane: 1 }));
      queue.markInFlight(first, { packetId: 1, phase: "published" });
      queue.markInFlight(second, { packetId: 65_535, phase: "published" });
      queue.markInFlight(second, { packetId: 65_535, phase: "released" });
      queue.markInFlight(third, { packetId: 3, phase: "released" });
      queue.markInFlight(urgent, { packetId: 4, phase: "published" });
      queue.remove(third);
      await reopen();
      const marked = await queue.readInFlight();
      assert.deepEqual(
        marked.map(({ seq, inFlight }) => [seq, inFlight?.packetId, inFlight?.phase]),
        [
          [urgent, 4, "published"],
          [first, 1, "published"],
          [second, 65_535, "released"],
        ],
      );
      assert.deepEqual((await queue.read(0, 0, { messages: 1 }))[0]?.inFlight, {
        packetId: 1,
        phase: "published",
      });
    });

    it("are committed before the callback, together with an append of the same turn", async () => {
      const before = store.commits;
      await new Promise<void>((resolve, reject) => {
        const seq = queue.append(record("a"));
        queue.markInFlight(seq, { packetId: 9, phase: "published" }, (error) =>
          error === undefined ? resolve() : reject(error),
        );
      });
      assert.equal(store.commits, before + 1);
    });

    it("of a record that is gone are not kept", async () => {
      const seq = await keep(queue, record("a"));
      queue.remove(seq);
      queue.markInFlight(seq, { packetId: 9, phase: "published" });
      assert.deepEqual(await queue.readInFlight(), []);
      await reopen();
      assert.deepEqual(await queue.readInFlight(), []);
    });
  });

  describe("expiry", () => {
    const NOW = 1_700_000_100_000;

    it("removes what is over time, oldest first, and says what that was", async () => {
      const expiring = (body: string, inMs: number) => keep(queue, record(body, { expiresAtMs: NOW + inMs }));
      const late = await expiring("late", -1000);
      await expiring("later", 1);
      await keep(queue, record("never"));
      const due = await expiring("due", 0);
      const expired = await queue.removeExpired(0, NOW);
      assert.deepEqual(expired, [
        { seq: late, lane: 0, queuedAtMs: 1_700_000_000_000, expiresAtMs: NOW - 1000, bytes: 4 },
        { seq: due, lane: 0, queuedAtMs: 1_700_000_000_000, expiresAtMs: NOW, bytes: 3 },
      ]);
      await reopen();
      assert.deepEqual(await readTexts(queue), ["later", "never"]);
      assert.deepEqual((await queue.tally()).messages, 2);
    });

    it("leaves alone the other lane, what is before the seq given, other queues and what is in flight", async () => {
      const over = { expiresAtMs: NOW - 1 };
      const before = await keep(queue, record("before", over));
      const after = await keep(queue, record("after", over));
      const flying = await keep(queue, record("flying", over));
      queue.markInFlight(flying, { packetId: 1, phase: "published" });
      await keep(queue, record("urgent", { lane: 1, ...over }));
      await keep(store.queue("other"), record("other", over));
      const expired = await queue.removeExpired(0, NOW, before);
      assert.deepEqual(
        expired.map(({ seq }) => seq),
        [after],
      );
      assert.deepEqual(await readTexts(queue), ["before", "flying"]);
      assert.deepEqual(await readTexts(queue, 1), ["urgent"]);
      assert.deepEqual(await readTexts(store.queue("other")), ["other"]);
    });

    it("goes at most so far as it is told", async () => {
      await Promise.all(numbered(25).map((body) => keep(queue, record(body, { expiresAtMs: NOW }))));
      const counts: number[] = [];
      for (let count = -1; count !== 0; counts.push(count))
        count = (await queue.removeExpired(0, NOW, 0, 10)).length;
      assert.deepEqual(counts, [10, 10, 5, 0]);
    });
  });

  describe("tallies", () => {
    it("count messages and bytes and know the oldest, also of queues that nobody uses", async () => {
      await keep(queue, record("a", { bytes: 100, queuedAtMs: 5000 }));
      await keep(queue, record("b", { bytes: 50, queuedAtMs: 3000, lane: 1 }));
      await keep(store.queue("orphan"), record("c", { bytes: 7, queuedAtMs: 1000 }));
      await reopen();
      assert.deepEqual(await queue.tally(), {
        identity: QUEUE,
        messages: 2,
        bytes: 150,
        oldestQueuedAtMs: 3000,
      });
      assert.deepEqual(await store.tallies(), [
        { identity: QUEUE, messages: 2, bytes: 150, oldestQueuedAtMs: 3000 },
        { identity: "orphan", messages: 1, bytes: 7, oldestQueuedAtMs: 1000 },
      ]);
    });

    it("of empty queues are zero, and not listed", async () => {
      queue.remove(await keep(queue, record("a")));
      assert.deepEqual(await queue.tally(), { identity: QUEUE, messages: 0, bytes: 0 });
      assert.deepEqual(await store.tallies(), []);
    });
  });

  it("purges a queue, and only that, and only what is in it", async () => {
    await keepAll(queue, numbered(300));
    await keep(queue, record("urgent", { lane: 1, bytes: 1000 }));
    await keep(store.queue("other"), record("stays"));
    const purging = queue.purge();
    const later = keep(queue, record("later"));
    const { messages, bytes } = await purging;
    assert.deepEqual([messages, bytes > 1000], [301, true]);
    await later;
    await reopen();
    assert.deepEqual(await readTexts(queue), ["later"]);
    assert.deepEqual(await readTexts(store.queue("other")), ["stays"]);
  });

  describe("close", () => {
    it("commits what is pending first", async () => {
      const kept = keepAll(queue, numbered(100));
      await store.close();
      await kept;
      await reopen();
      assert.equal((await queue.tally()).messages, 100);
    });

    it("refuses what comes later", async () => {
      await store.close();
      await store.close();
      await assert.rejects(keep(queue, record("late")), { code: "ONENET_CLOSED" });
      const marked = new Promise((resolve) =>
        queue.markInFlight(2, { packetId: 1, phase: "published" }, resolve),
      );
      assert.equal(((await marked) as OneNetError).code, "ONENET_CLOSED");
      queue.remove(2);
      await assert.rejects(queue.tally(), { code: "ONENET_CLOSED" });
      await store.flush();
    });

    it("leaves one file, and no log", async () => {
      await keep(queue, record("a"));
      await store.close();
      assert.throws(() => statSync(`${store.file}-wal`), { code: "ENOENT" });
    });
  });

  describe("sharing", () => {
    it("opens a file once in a process, by whatever path, and closes it with the last one", async () => {
      const folder = path.dirname(path.dirname(stores.file));
      await symlink(path.join(folder, "onenet"), path.join(folder, "alias"));
      const second = await openStore(path.join(folder, "alias", "outbox.sqlite"));
      assert.equal(second.file, store.file);
      assert.equal(second.queue(QUEUE), queue);
      await store.close();
      await keep(second.queue(QUEUE), record("still open"));
      await second.close();
      await reopen();
      assert.deepEqual(await readTexts(queue), ["still open"]);
    });

    it("opens again while it is being closed, and several at once", async () => {
      await keep(queue, record("a"));
      const closing = store.close();
      const reopened = await Promise.all([openStore(stores.file), openStore(stores.file)]);
      await closing;
      assert.deepEqual(await readTexts(reopened[0].queue(QUEUE)), ["a"]);
      assert.equal(reopened[0].queue(QUEUE), reopened[1].queue(QUEUE));
      await Promise.all(reopened.map((each) => each.close()));
    });
  });

  it("makes folder and file for their owner only", async () => {
    const folder = path.join(makeTempFolder("store"), "deep", "onenet");
    const fresh = await openStore(path.join(folder, "outbox.sqlite"));
    await keep(fresh.queue(QUEUE), record("a"));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(fresh.file).mode & 0o777, 0o600);
    assert.equal(statSync(`${fresh.file}-wal`).mode & 0o777, 0o600);
    await fresh.close();
  });

  it("reports a callback that throws without sparing the others", async () => {
    const thrown = new Promise<Error>((resolve) => {
      const listeners = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const listener of listeners) process.on("uncaughtException", listener);
        resolve(error);
      });
    });
    queue.append(record("a"), () => {
      throw new Error("a bug");
    });
    await keep(queue, record("b"));
    assert.equal((await thrown).message, "a bug");
  });
});
