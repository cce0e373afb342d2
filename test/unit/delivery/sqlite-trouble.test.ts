import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { StoredQueue } from "../../../lib/delivery/store";
import { openStore } from "../../../lib/delivery/store-registry";
import type { OneNetError } from "../../../lib/errors";
import { canMount, mountDisk, unmount } from "../../support/small-disk";
import {
  describeStore,
  keep,
  keepAll,
  numbered,
  readTexts,
  record,
  StoreFaults,
  TestStores,
} from "../../support/stores";
import { makeTempFolder } from "../../support/temp-folder";

const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const KIB = 1024;

describeStore("disk store in trouble", () => {
  let stores: TestStores;
  beforeEach(() => {
    stores = new TestStores();
  });
  afterEach(() => stores.close());

  const open = async (options = {}) => (await stores.open(options)).queue("lamp");
  const restart = async () => {
    await stores.close();
    return open();
  };

  describe("with a file that is damaged", () => {
    /** A store of 3,000 records, closed; its bodies. */
    async function makeStore(): Promise<string[]> {
      const bodies = numbered(3000, "message ".repeat(20));
      await keepAll(await open(), bodies);
      await stores.close();
      return bodies;
    }

    function assertSetAside(): OneNetError {
      const [warning, ...more] = stores.warnings;
      assert.deepEqual(more, []);
      assert.equal(warning?.code, "ONENET_STORE_CORRUPT");
      const name = String(warning?.params["setAside"]);
      assert.ok(existsSync(name) && name.startsWith(`${stores.file}.corrupt-2`));
      assert.ok(warning?.message.includes(name));
      return warning as OneNetError;
    }

    async function assertWorks(queue: StoredQueue): Promise<void> {
      const before = (await queue.tally()).messages;
      await keep(queue, record("new"));
      const again = await restart();
      assert.equal((await again.tally()).messages, before + 1);
      assert.equal((await readTexts(again)).at(-1), "new");
      assert.equal(stores.warnings.length, 1);
    }

    it("sets garbage aside and works on with a new file", async () => {
      writeFileSync(stores.file, randomBytes(100_000));
      const queue = await open();
      const { params } = assertSetAside();
      assert.equal(params["rescued"], 0);
      assert.equal(statSync(String(params["setAside"])).size, 100_000);
      await assertWorks(queue);
    });

    it("sets another program's file aside", async () => {
      const { DatabaseSync } = await import("node:sqlite");
      const foreign = new DatabaseSync(stores.file);
      foreign.exec("CREATE TABLE message (text); INSERT INTO message VALUES ('mine')");
      foreign.close();
      await assertWorks(await open());
      assertSetAside();
    });

    it("keeps what can be read of a torn file", async () => {
      const bodies = await makeStore();
      truncateSync(stores.file, Math.floor(statSync(stores.file).size / 8192) * 4096);
      const queue = await open();
      const { params } = assertSetAside();
      const rescued = await readTexts(queue);
      assert.equal(params["rescued"], rescued.length);
      assert.ok(rescued.length > 500, `${rescued.length} rescued`);
      const isOurs = new Set(bodies);
      assert.ok(rescued.every((body) => isOurs.has(body)));
      assert.equal((await queue.tally()).messages, rescued.length);
      await assertWorks(queue);
    });

    it("keeps what stands before and behind a damaged page", async () => {
      const bodies = await makeStore();
      const bytes = readFileSync(stores.file);
      randomBytes(4096).copy(bytes, Math.floor(bytes.length / 8192) * 4096);
      writeFileSync(stores.file, bytes);
      const queue = await open();
      assertSetAside();
      const rescued = await readTexts(queue);
      assert.equal(rescued[0], bodies[0]);
      assert.equal(rescued.at(-1), bodies.at(-1));
      assert.ok(rescued.length > 2900 && rescued.length < 3000, `${rescued.length} rescued`);
    });

    it("notices the damage while it runs, and goes on", async () => {
      const body = "x".repeat(1000);
      const queue = await open();
      await keepAll(queue, Array(8000).fill(body));
      await stores.close();
      const again = await open();
      overwriteMiddle(stores.file);
      const left = await readTexts(again);
      assertSetAside();
      assert.ok(left.length > 4000 && left.length < 8000, `${left.length} left`);
      assert.equal((await again.tally()).messages, left.length);
      await keep(again, record("new"));
      assert.equal((await readTexts(again)).at(-1), "new");
    });

    it("keeps mark and queue of what it rescues", async () => {
      const queue = await open();
      const [first = 0] = await keepAll(queue, numbered(3000));
      queue.markInFlight(first, { packetId: 7, phase: "released" });
      await stores.close();
      const bytes = readFileSync(stores.file);
      randomBytes(4096).copy(bytes, Math.floor(bytes.length / 8192) * 4096);
      writeFileSync(stores.file, bytes);
      const [marked] = await (await open()).readInFlight();
      assert.equal(marked?.seq, first);
      assert.deepEqual(marked?.inFlight, { packetId: 7, phase: "released" });
    });

    it("brings a replacement to its end that was cut off", async () => {
      const bodies = await makeStore();
      renameSync(stores.file, `${stores.file}.rescued`);
      assert.deepEqual(await readTexts(await open()), bodies);
    });

    it("takes a log that was cut anywhere for what it holds up to there", async () => {
      const queue = await open();
      const bodies = numbered(200);
      for (const body of bodies) await keep(queue, record(body));
      const copies = makeTempFolder("torn");
      const wal = readFileSync(`${stores.file}-wal`);
      for (let part = 0; part <= 10; part += 1) {
        const copy = path.join(copies, `${part}.sqlite`);
        copyFileSync(stores.file, copy);
        const cut = part === 10 ? wal.length : Math.floor(Math.random() * wal.length);
        writeFileSync(`${copy}-wal`, wal.subarray(0, cut));
        const store = await openStore(copy, { onWarning: (warning) => assert.fail(warning) });
        const left = await readTexts(store.queue("lamp"));
        assert.deepEqual(left, bodies.slice(0, left.length));
        if (part === 10) assert.equal(left.length, bodies.length);
        await store.close();
      }
    });
  });

  /** By another process: closing the file in this one would drop its lock. */
  function overwriteMiddle(file: string): void {
    const program = `const fs = require("fs"); const d = fs.openSync(process.argv[1], "r+");
      const at = Math.floor(fs.fstatSync(d).size / 8192) * 4096; fs.writeSync(d, Buffer.alloc(40960, 0xa5), 0, 40960, at);`;
    execFileSync(process.execPath, ["-e", program, file]);
  }

  /** One after the other, until the disk is full. */
  async function fill(queue: StoredQueue, body: string): Promise<number[]> {
    const kept: number[] = [];
    for (;;) {
      const seq = await keep(queue, record(body)).catch(() => undefined);
      if (seq === undefined) return kept;
      kept.push(seq);
    }
  }

  describe("with a full disk", () => {
    it("refuses whole batches, keeps what was there, and takes messages again when there is room", async () => {
      const queue = await open({ limits: { maxFileBytes: 200 * KIB } });
      const kept: number[] = [];
      const batch = () =>
        Promise.allSettled(Array.from({ length: 20 }, () => keep(queue, record("x".repeat(1000)))));
      let refused: readonly PromiseSettledResult<number>[] = [];
      for (let turn = 0; turn < 20 && refused.length === 0; turn += 1) {
        const results = await batch();
        const isKept = results.map(({ status }) => status === "fulfilled");
        assert.equal(new Set(isKept).size, 1, "half a batch");
        for (const result of results) if (result.status === "fulfilled") kept.push(result.value);
        if (isKept[0] === false) refused = results;
      }
      for (const result of refused)
        assert.equal(result.status === "rejected" && result.reason.code, "ONENET_STORE_FULL");
      assert.ok(kept.length >= 100);
      const stored = await queue.read(0, 0, { messages: 1000 });
      assert.deepEqual(
        stored.map(({ seq }) => seq),
        kept,
      );
      for (const seq of kept.slice(0, 50)) queue.remove(seq);
      assert.ok((await batch()).every(({ status }) => status === "fulfilled"));
      assert.equal((await queue.tally()).messages, kept.length - 50 + 20);
      assert.equal((await (await restart()).tally()).messages, kept.length - 50 + 20);
    });

    it("makes room by what is removed in the same batch", async () => {
      const queue = await open({ limits: { maxFileBytes: 100 * KIB } });
      const kept = await fill(queue, "x".repeat(2000));
      for (const seq of kept.slice(0, 10)) queue.remove(seq);
      await Promise.all(numbered(8).map(() => keep(queue, record("y".repeat(2000)))));
      assert.equal((await queue.tally()).messages, kept.length - 2);
    });

    it("takes what comes with its own room, at once", async () => {
      const faults = new StoreFaults();
      const queue = await open({ faults: faults.cells });
      const seqs = await keepAll(queue, numbered(10));
      faults.fail(SQLITE_FULL, 1);
      for (const seq of seqs.slice(0, 5)) queue.remove(seq);
      await keepAll(queue, ["new", "newer"]);
      assert.deepEqual(await readTexts(queue), [...numbered(10).slice(5), "new", "newer"]);
    });

    // A file system of a known size needs root.
    if (canMount()) {
      it("takes messages again when all are gone, though its log has grown over the whole disk", async () => {
        const folder = path.dirname(stores.file);
        mountDisk(folder, 16);
        try {
          const queue = await open();
          const body = "x".repeat(4090);
          const kept: number[] = [];
          // In large batches, so that the log grows faster than it is copied into the file.
          for (const count of [500, 460]) kept.push(...(await keepAll(queue, Array(count).fill(body))));
          await assert.rejects(keepAll(queue, Array(500).fill(body)), { code: "ONENET_STORE_FULL" });
          kept.push(...(await fill(queue, body)));
          for (const seq of kept) queue.remove(seq);
          assert.equal((await queue.tally()).messages, 0);
          await keep(queue, record("taken"));
          assert.deepEqual(await readTexts(queue), ["taken"]);
          assert.equal(existsSync(`${stores.file}-reserve`), false, "nothing would be left beside it");
        } finally {
          await stores.close();
          unmount(folder);
        }
      });
    }

    it("removes all the same what is done, if need be later", async () => {
      const faults = new StoreFaults();
      const queue = await open({ faults: faults.cells });
      const seqs = await keepAll(queue, numbered(10));
      faults.fail(SQLITE_FULL);
      for (const seq of seqs.slice(0, 5)) queue.remove(seq);
      await assert.rejects(keep(queue, record("refused")), { code: "ONENET_STORE_FULL" });
      assert.equal((await queue.tally()).messages, 10);
      faults.recover();
      await keep(queue, record("taken"));
      assert.deepEqual(await readTexts(queue), [...numbered(10).slice(5), "taken"]);
      const again = await restart();
      assert.deepEqual(await readTexts(again), [...numbered(10).slice(5), "taken"]);
    });

    it("has room in reserve to let go of what is done, and makes a new one", async () => {
      const faults = new StoreFaults();
      const queue = await open({ faults: faults.cells });
      const seqs = await keepAll(queue, numbered(10));
      const reserve = `${stores.file}-reserve`;
      const { size } = statSync(reserve);
      assert.ok(size >= 10 * KIB * KIB);
      faults.fail(SQLITE_FULL, 2);
      for (const seq of seqs.slice(0, 5)) queue.remove(seq);
      assert.equal((await queue.tally()).messages, 5);
      assert.equal(existsSync(reserve), false);
      await keep(queue, record("taken"));
      assert.equal(statSync(reserve).size, size);
      assert.equal(statSync(reserve).mode & 0o777, 0o600);
    });

    it("can be purged, and rid of what has expired", async () => {
      const faults = new StoreFaults();
      const queue = await open({ faults: faults.cells });
      await keep(queue, record("over", { expiresAtMs: 1 }));
      await keep(queue, record("stays"));
      faults.fail(SQLITE_FULL, 1);
      assert.equal((await queue.removeExpired(0, 2)).length, 1);
      faults.fail(SQLITE_FULL, 1);
      assert.equal((await queue.purge()).messages, 1);
      faults.fail(SQLITE_FULL);
      await assert.rejects(keep(queue, record("refused")), { code: "ONENET_STORE_FULL" });
      await assert.rejects(
        queue.purge().then(() => keep(queue, record("refused"))),
        {
          code: "ONENET_STORE_FULL",
        },
      );
    });

    it("works without a reserve as long as there is room", async () => {
      mkdirSync(`${stores.file}-reserve`);
      const faults = new StoreFaults();
      const queue = await open({ faults: faults.cells });
      const seq = await keep(queue, record("taken"));
      faults.fail(SQLITE_FULL, 2);
      queue.remove(seq);
      await keep(queue, record("new"));
      assert.deepEqual(await readTexts(queue), ["new"]);
      rmdirSync(`${stores.file}-reserve`);
    });

    it("tries removals again by itself", async () => {
      const faults = new StoreFaults();
      const store = await stores.open({ faults: faults.cells });
      const queue = store.queue("lamp");
      const seq = await keep(queue, record("a"));
      const commits = store.commits;
      faults.fail(SQLITE_FULL);
      queue.remove(seq);
      await store.flush();
      faults.recover();
      while (store.commits === commits) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(await readTexts(queue), []);
    });
  });

  it("says what another disk error was, and works when it is over", async () => {
    const faults = new StoreFaults();
    const queue = await open({ faults: faults.cells });
    faults.fail(SQLITE_IOERR);
    await assert.rejects(
      keep(queue, record("a")),
      (error: OneNetError) => error.code === "ONENET_STORE_FAILED" && error.message.includes(stores.file),
    );
    const marked = new Promise<OneNetError | undefined>((resolve) =>
      queue.markInFlight(2, { packetId: 1, phase: "published" }, resolve),
    );
    assert.equal((await marked)?.code, "ONENET_STORE_FAILED");
    await assert.rejects(
      queue.purge().then(() => keep(queue, record("b"))),
      { code: "ONENET_STORE_FAILED" },
    );
    faults.recover();
    await keep(queue, record("c"));
    assert.deepEqual(await readTexts(await restart()), ["c"]);
  });

  describe("that cannot be opened", () => {
    it("says so of a folder where the file should be", async () => {
      mkdirSync(stores.file);
      await assert.rejects(open(), { code: "ONENET_STORE_UNWRITABLE" });
    });

    it("says so of a file where the folder should be", async () => {
      writeFileSync(stores.file, "");
      await assert.rejects(openStore(path.join(stores.file, "outbox.sqlite")), {
        code: "ONENET_STORE_UNWRITABLE",
      });
    });

    it("says so of a folder that cannot be written, and can be opened once it can", async () => {
      const folder = path.dirname(stores.file);
      await asOrdinaryUser(path.dirname(folder), async () => {
        chmodSync(folder, 0o500);
        await assert.rejects(
          open(),
          (error: OneNetError) =>
            error.code === "ONENET_STORE_UNWRITABLE" && error.message.includes(stores.file),
        );
        chmodSync(folder, 0o700);
        await keep(await open(), record("a"));
        await stores.close();
      });
    });

    it("says so of a file that cannot be written", async () => {
      await keep(await open(), record("a"));
      await stores.close();
      await asOrdinaryUser(path.dirname(path.dirname(stores.file)), async () => {
        chmodSync(path.dirname(stores.file), 0o500);
        await assert.rejects(open(), { code: "ONENET_STORE_UNWRITABLE" });
        chmodSync(path.dirname(stores.file), 0o700);
      });
      assert.deepEqual(await readTexts(await open()), ["a"]);
    });

    it("refuses a file of a newer version, and leaves it as it is", async () => {
      await keep(await open(), record("a"));
      await stores.close();
      await alter(stores.file, "PRAGMA user_version = 99");
      await assert.rejects(open(), (error: OneNetError) => {
        assert.equal(error.code, "ONENET_STORE_VERSION");
        assert.deepEqual([error.params["version"], error.params["known"]], [99, 1]);
        return true;
      });
      assert.ok(readdirSync(path.dirname(stores.file)).every((name) => !name.includes("corrupt")));
      await alter(stores.file, "PRAGMA user_version = 1");
      assert.deepEqual(await readTexts(await open()), ["a"]);
    });
  });

  async function alter(file: string, sql: string): Promise<void> {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  }
});

/** Root may write everywhere; so the folder is given to nobody, and this process is nobody meanwhile. */
async function asOrdinaryUser(folder: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  execFileSync("chown", ["-R", "nobody", folder]);
  process.seteuid?.("nobody");
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
