import assert from "node:assert/strict";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { findProgram } from "../../support/needs";
import { runProgram } from "../../support/process";
import {
  describeStore,
  keep,
  numbered,
  readTexts,
  record,
  StoreFaults,
  TestStores,
} from "../../support/stores";

const TRACED = path.join(__dirname, "../../support/store-traced.js");

describeStore("disk store, commits", () => {
  let stores: TestStores;
  beforeEach(() => {
    stores = new TestStores();
  });
  afterEach(() => stores.close());

  it("are durable: a log that is synced at each commit, and a lock for life", async () => {
    const { connect, readNumber } = await import("../../../lib/delivery/sqlite-database.js");
    const database = connect(stores.file, 0);
    const SQLITE_SYNC_FULL = 2;
    assert.equal(readNumber(database, "PRAGMA synchronous"), SQLITE_SYNC_FULL);
    assert.equal(database.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
    assert.equal(database.prepare("PRAGMA locking_mode").get()?.["locking_mode"], "exclusive");
    database.close();
  });

  if (findProgram("strace") !== undefined)
    it("write, then sync, then call back (as the kernel sees it)", async function () {
      this.timeout(60_000);
      const calls = ["-e", "trace=pwrite64,fsync,fdatasync,write", "-s", "64"];
      const { output } = await runProgram("strace", ["-f", ...calls, process.execPath, TRACED, stores.file]);
      const happened = output
        .split("\n")
        .map((line) => /(fsync|fdatasync)\(|(traced-\d)|write\(1, "(appending|committed) (\d)/.exec(line))
        .flatMap((found) =>
          found === null ? [] : [found[1] === undefined ? (found[2] ?? `${found[3]} ${found[4]}`) : "sync"],
        );
      for (const id of [1, 2, 3]) {
        const from = happened.indexOf(`appending ${id}`);
        const written = happened.indexOf(`traced-${id}`, from);
        const synced = happened.indexOf("sync", written);
        const called = happened.indexOf(`committed ${id}`);
        assert.ok(from >= 0 && from < written && written < synced && synced < called, happened.join(", "));
      }
    });

  it("hold what was appended in one turn, and what came while one ran", async () => {
    const faults = new StoreFaults();
    const store = await stores.open({ faults: faults.cells });
    const queue = store.queue("lamp");
    const before = store.commits;
    await Promise.all(numbered(100).map((body) => keep(queue, record(body))));
    assert.equal(store.commits, before + 1);
    faults.commitDelayMs = 50;
    const first = keep(queue, record("first"));
    while (true) {
      await new Promise((resolve) => setImmediate(resolve));
      keep(queue, record("meanwhile"));
      if (await Promise.race([first.then(() => true), new Promise((resolve) => setImmediate(resolve))]))
        break;
    }
    await store.flush();
    assert.ok(store.commits <= before + 4, `${store.commits - before} commits`);
    assert.ok((await readTexts(queue)).length > 110);
  });

  it("call back in the order of the calls", async () => {
    const queue = (await stores.open()).queue("lamp");
    const called: number[] = [];
    const all: Promise<number>[] = [];
    for (let id = 0; id < 500; id += 1) {
      all.push(keep(queue, record(`${id}`)));
      all.at(-1)?.then(() => called.push(id));
      if (id % 37 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    assert.deepEqual(
      called,
      [...called].sort((a, b) => a - b),
    );
  });

  it("of a large backlog of appends are several, of bounded size", async () => {
    const store = await stores.open();
    const queue = store.queue("lamp");
    const body = "x".repeat(100_000);
    const before = store.commits;
    await Promise.all(Array.from({ length: 250 }, () => keep(queue, record(body))));
    assert.ok(store.commits - before >= 3, `${store.commits - before} commits`);
    assert.deepEqual((await queue.tally()).bytes, 250 * body.length);
  });

  it("on a slow disk delay the callback, not the event loop", async () => {
    const faults = new StoreFaults();
    const queue = (await stores.open({ faults: faults.cells })).queue("lamp");
    await keep(queue, record("warm"));
    faults.commitDelayMs = 200;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedAt = performance.now();
    let turns = 0;
    const all: Promise<number>[] = [];
    const flow = setInterval(() => {
      turns += 1;
      all.push(keep(queue, record(`${turns}`)));
    }, 2);
    await keep(queue, record("slow"));
    const tookMs = performance.now() - startedAt;
    await keep(queue, record("slow again"));
    clearInterval(flow);
    delay.disable();
    await Promise.all(all);
    assert.ok(tookMs >= 200, `committed after ${tookMs} ms`);
    // A loop that waited for the disk would turn once or twice, and wait as long as the disk.
    assert.ok(turns > 10, `${turns} turns in 400 ms`);
    assert.ok(delay.percentile(50) / 1e6 < 100, `event loop delay ${delay.percentile(50) / 1e6} ms`);
  });

  it("hold no process open once they are done", async () => {
    const { code, output } = await runProgram(process.execPath, [TRACED, stores.file, "leave open"]);
    assert.equal(code, 0, output);
    assert.equal((await readTexts((await stores.open()).queue("traced"))).length, 3);
  });
});
