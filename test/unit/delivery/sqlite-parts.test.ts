import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { BatchWriter, CHUNK_BYTES, ChunkPool, readChunk } from "../../../lib/delivery/sqlite-batch";
import { CommitGroup } from "../../../lib/delivery/sqlite-group";
import { CommitPacer } from "../../../lib/delivery/sqlite-pacer";
import { decodePage, encodePage } from "../../../lib/delivery/sqlite-page";
import { StoreThread } from "../../../lib/delivery/sqlite-thread";
import type { Lane } from "../../../lib/delivery/store";
import type { OneNetError } from "../../../lib/errors";
import { describeStore, record, textOf } from "../../support/stores";
import { makeTempFolder } from "../../support/temp-folder";

const lane = fc.constantFrom<Lane>(0, 1);
const position = fc.integer({ min: 1, max: 2 ** 43 - 1 });
const time = fc.integer({ min: 0, max: 8.64e15 });
const bytes = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const queueNumber = fc.integer({ min: 0, max: 100_000 });
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constant("x".repeat(CHUNK_BYTES)),
);

describe("disk store, packed batches", () => {
  const entry = fc.oneof(
    fc.record({
      kind: fc.constant("append"),
      queueNumber,
      lane,
      position,
      time,
      bytes,
      body,
      expires: fc.option(time),
    }),
    fc.record({
      kind: fc.constant("mark"),
      queueNumber,
      lane,
      position,
      packetId: fc.integer({ min: 1, max: 65_535 }),
      isReleased: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("remove"), queueNumber, lane, position }),
  );

  it("come out as they went in, whatever the records", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
        const writer = new BatchWriter(new ChunkPool());
        const expected: unknown[] = [];
        for (const each of entries) {
          const line = each.queueNumber * 2 + each.lane;
          if ("body" in each) {
            const { expires, time: queuedAtMs } = each;
            const more = { lane: each.lane, queuedAtMs, bytes: each.bytes };
            writer.append(
              each.queueNumber,
              each.position,
              record(each.body, expires === null ? more : { ...more, expiresAtMs: expires }),
            );
            expected.push([
              line,
              each.position,
              queuedAtMs,
              expires,
              each.bytes,
              Buffer.from(each.body).toString("hex"),
            ]);
          } else if ("packetId" in each) {
            const phase = each.isReleased ? "released" : "published";
            writer.mark(each.queueNumber, each.lane, each.position, { packetId: each.packetId, phase });
            expected.push([line, each.position, each.packetId, each.isReleased]);
          } else {
            writer.remove(each.queueNumber, each.lane, each.position);
            expected.push([line, each.position]);
          }
        }
        assert.deepEqual(readAll(writer), expected);
      }),
      { numRuns: 60 },
    );
  });

  function readAll(writer: BatchWriter): unknown[] {
    const found: unknown[] = [];
    const { chunks, lengths } = writer.takeChunks();
    for (const [index, chunk] of chunks.entries())
      readChunk(chunk, lengths[index] ?? 0, {
        append: (...all) => found.push([...all.slice(0, 5), Buffer.from(all[5]).toString("hex")]),
        mark: (...all) => found.push(all),
        remove: (...all) => found.push(all),
      });
    return found;
  }

  it("use chunks again that came back, but not odd ones", () => {
    const pool = new ChunkPool();
    const chunk = pool.take(10);
    assert.equal(chunk.byteLength, CHUNK_BYTES);
    pool.giveBack(chunk);
    assert.equal(pool.take(10), chunk);
    const large = pool.take(CHUNK_BYTES + 1);
    pool.giveBack(large);
    assert.notEqual(pool.take(CHUNK_BYTES + 1), large);
  });
});

describe("disk store, pages", () => {
  const row = fc.record({
    lane,
    position,
    queuedAtMs: time,
    expiresAtMs: fc.option(time),
    bytes,
    body: fc.option(fc.uint8Array({ maxLength: 200 })),
    mark: fc.option(
      fc.record({ packetId: fc.integer({ min: 1, max: 65_535 }), isReleased: fc.constantFrom(0, 1) }),
    ),
  });

  it("come out as they went in", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
        const page = encodePage(
          rows.map(({ mark, ...rest }) => ({
            ...rest,
            packetId: mark?.packetId ?? null,
            isReleased: mark?.isReleased ?? null,
          })),
        );
        const expected = rows.map(({ mark, expiresAtMs, position: place, ...rest }) => ({
          ...rest,
          body: Buffer.from(rest.body ?? []).toString("hex"),
          seq: place * 2 + rest.lane,
          ...(expiresAtMs === null ? {} : { expiresAtMs }),
          ...(mark === null
            ? {}
            : {
                inFlight: {
                  packetId: mark.packetId,
                  phase: mark.isReleased === 1 ? "released" : "published",
                },
              }),
        }));
        const found = decodePage(page).map((each) => ({
          ...each,
          body: Buffer.from(each.body).toString("hex"),
        }));
        assert.deepEqual(found, expected);
      }),
    );
  });
});

describe("disk store, groups", () => {
  it("ask for removals in stretches, each lane of each queue by itself", () => {
    const group = new CommitGroup(new ChunkPool());
    for (const place of [1, 2, 3]) {
      group.remove("a", 0, place);
      group.remove("a", 1, place + 10);
      group.remove("b", 0, place);
    }
    group.remove("a", 0, 5);
    const { identities, removals } = group.takeAsk();
    assert.deepEqual(identities, ["a", "b"]);
    assert.deepEqual(removals, [0, 1, 3, 1, 11, 13, 2, 1, 3, 0, 5, 5]);
  });

  it("remove in its turn what they have appended themselves", () => {
    const group = new CommitGroup(new ChunkPool());
    group.append("a", 7, record("new"), undefined);
    group.remove("a", 0, 7);
    group.remove("a", 0, 6);
    const ask = group.takeAsk();
    assert.deepEqual(ask.removals, [0, 6, 6]);
    const kinds: string[] = [];
    readChunk(ask.chunks[0] ?? new ArrayBuffer(0), ask.lengths[0] ?? 0, {
      append: (_line, _position, _queuedAt, _expiresAt, _bytes, kept) => kinds.push(textOf(kept)),
      mark: () => kinds.push("mark"),
      remove: (_line, place) => kinds.push(`remove ${place}`),
    });
    assert.deepEqual(kinds, ["new", "remove 7"]);
  });
});

describe("disk store, pace", () => {
  /** A pacer whose input grows by `growth(turn)` entries and whose clock goes on by 1 ms in each turn. */
  async function gather(growth: (turn: number) => number): Promise<{ turn: number; entries: number }> {
    let turn = 0;
    let entries = growth(0);
    return new Promise((resolve) => {
      const pacer = new CommitPacer(
        () => entries,
        () => resolve({ turn, entries }),
        () => turn,
      );
      pacer.hurry();
      const next = (): void => {
        turn += 1;
        entries += growth(turn);
        if (turn < 1000) setImmediate(next);
      };
      setImmediate(next);
    });
  }

  it("commits a single entry in the next turns", async () => {
    const { turn, entries } = await gather((each) => (each === 0 ? 1 : 0));
    assert.ok(turn <= 3, `${turn}`);
    assert.equal(entries, 1);
  });

  it("gathers while more keeps coming, for a few milliseconds", async () => {
    const { turn, entries } = await gather(() => 1);
    assert.ok(turn >= 4 && turn <= 8, `${turn}`);
    assert.ok(entries >= 5);
  });

  it("gathers no more than so many", async () => {
    const { turn } = await gather(() => 300);
    assert.ok(turn <= 2, `${turn}`);
  });

  it("leaves two milliseconds between small commits, and none before a large one", async () => {
    for (const { count, isLate } of [
      { count: 3, isLate: true },
      { count: 150, isLate: false },
    ]) {
      let nowMs = 0;
      const committedAt = await new Promise<number>((resolve) => {
        const pacer = new CommitPacer(
          () => count,
          () => resolve(nowMs),
          () => nowMs,
        );
        pacer.started();
        pacer.finished();
        pacer.hurry();
        const tick = setInterval(() => {
          nowMs += 1;
          if (nowMs > 10) clearInterval(tick);
        }, 5);
      });
      assert.equal(committedAt >= 2, isLate, `${count} entries after ${committedAt} ms`);
    }
  });

  it("lets nothing wait for longer than 20 ms, at any rate", async () => {
    for (const every of [1, 2, 3, 5, 8, 13]) {
      const { turn } = await gather((each) => (each % every === 0 ? 1 : 0));
      assert.ok(turn <= 15, `every ${every} ms: ${turn}`);
    }
  });
});

describeStore("disk store, versions", () => {
  it("upgrades an older file in one transaction, or not at all", async () => {
    const { connect, readNumber, upgrade } = await import("../../../lib/delivery/sqlite-database.js");
    const database = connect(path.join(makeTempFolder("store"), "old.sqlite"), 0);
    const steps = [
      "CREATE TABLE kept (value); INSERT INTO kept VALUES (1)",
      "ALTER TABLE kept ADD COLUMN more; UPDATE kept SET more = value + 1",
    ];
    upgrade(database, "old.sqlite", steps.slice(0, 1));
    assert.throws(() => upgrade(database, "old.sqlite", [...steps, "CREATE TABLE broken ("]));
    assert.equal(readNumber(database, "PRAGMA user_version"), 1);
    assert.throws(() => readNumber(database, "SELECT more FROM kept"));
    upgrade(database, "old.sqlite", steps);
    upgrade(database, "old.sqlite", steps);
    assert.equal(readNumber(database, "PRAGMA user_version"), 2);
    assert.equal(readNumber(database, "SELECT more FROM kept"), 2);
    assert.throws(
      () => upgrade(database, "old.sqlite", steps.slice(0, 1)),
      (error: OneNetError) => error.code === "ONENET_STORE_VERSION",
    );
    database.close();
  });
});

describeStore("disk store, thread", () => {
  it("that ends tells everyone who waits, and everyone who comes", async () => {
    const file = path.join(makeTempFolder("store"), "outbox.sqlite");
    const thread = new StoreThread(
      { file, lockWaitMs: 0, maxFileBytes: undefined, faults: undefined },
      assert.fail,
    );
    const opening = thread.call("open", undefined);
    opening.catch(() => undefined);
    await thread.end();
    await assert.rejects(thread.call("flush", undefined), { code: "ONENET_STORE_FAILED" });
    assert.equal(thread.failure?.params["file"], file);
    await opening.catch((error: OneNetError) => assert.equal(error.code, "ONENET_STORE_FAILED"));
    assert.equal(existsSync(`${file}.rescued`), false);
  });
});
