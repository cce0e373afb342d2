import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { StoredRecord } from "../../../lib/delivery/store";
import { openStore } from "../../../lib/delivery/store-registry";
import { startProcess } from "../../support/process";
import { describeStore, keep, record, TestStores, textOf } from "../../support/stores";

const CHILD = path.join(__dirname, "../../support/store-child.js");
const KILLS = 20;
/** Turns of a child's event loop after which it is killed at the latest: some hundred commits. */
const MAX_TURNS = 1000;

/** What the killed processes have been promised. */
class Promises {
  readonly #appended = new Set<number>();
  readonly #queued = new Set<number>();
  readonly #removing = new Set<number>();
  readonly #removed = new Set<number>();
  readonly #marked = new Map<number, number>();

  note(line: string): void {
    const [word, id, packetId] = line.split(" ");
    if (word === "appending") this.#appended.add(Number(id));
    if (word === "queued") this.#queued.add(Number(id));
    if (word === "removing") this.#removing.add(Number(id));
    if (word === "removed") this.#removed.add(Number(id));
    if (word === "marked") this.#marked.set(Number(id), Number(packetId));
  }

  get nextId(): number {
    return this.#appended.size + 1;
  }

  check(records: readonly StoredRecord[]): void {
    const stored = new Map(records.map((kept) => [Number(textOf(kept.body).split(" ")[0]), kept]));
    assert.equal(stored.size, records.length, "an id is there twice");
    const lost = [...this.#queued].filter((id) => !stored.has(id) && !this.#removing.has(id));
    assert.deepEqual(lost, [], "queued, and not in the file");
    const invented = [...stored.keys()].filter((id) => !this.#appended.has(id));
    assert.deepEqual(invented, [], "in the file, and never appended");
    const undead = [...this.#removed].filter((id) => stored.has(id));
    assert.deepEqual(undead, [], "removed, and still in the file");
    const unmarked = [...this.#marked].filter(
      ([id, packetId]) => !this.#removing.has(id) && stored.get(id)?.inFlight?.packetId !== packetId,
    );
    assert.deepEqual(unmarked, [], "a packet id was lost");
  }

  get queued(): number {
    return this.#queued.size;
  }
}

describeStore("disk store and kill -9", () => {
  let stores: TestStores;
  beforeEach(() => {
    stores = new TestStores();
  });
  afterEach(() => stores.close());

  /** Lets a process work for a random number of turns, and kills it in the midst of what comes then. */
  async function workAndDie(promises: Promises): Promise<void> {
    const notes = `${stores.file}.notes`;
    writeFileSync(notes, "");
    const child = startProcess(process.execPath, [CHILD, stores.file, notes, String(promises.nextId)]);
    const turns = Math.floor(Math.random() * MAX_TURNS);
    try {
      await child.lines.waitForCount(turns, () => true);
    } finally {
      child.child.kill("SIGKILL");
    }
    await child.exited;
    for (const line of readFileSync(notes, "utf8").split("\n")) promises.note(line);
  }

  async function readAll(): Promise<StoredRecord[]> {
    const store = await stores.open();
    const queue = store.queue("kill");
    const all: StoredRecord[] = [];
    for (const lane of [0, 1] as const)
      for (let after = 0; ; ) {
        const page = await queue.read(lane, after, { messages: 5000, bytes: 1e8 });
        all.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.seq;
      }
    assert.equal((await queue.tally()).messages, all.length);
    await store.close();
    return all;
  }

  it(`keeps every promise over ${KILLS} kills at random moments`, async function () {
    this.timeout(120_000);
    const promises = new Promises();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await workAndDie(promises);
      promises.check(await readAll());
    }
    assert.ok(promises.queued > KILLS, `${promises.queued} queued`);
    assert.deepEqual(stores.warnings, []);
  });

  it("is refused to a second process, and free as soon as the first is killed", async () => {
    const first = startProcess(process.execPath, [CHILD, stores.file]);
    await first.lines.waitFor((line) => line === "open");
    await assert.rejects(openStore(stores.file, { lockWaitMs: 50 }), { code: "ONENET_STORE_LOCKED" });
    first.child.kill("SIGKILL");
    const store = await stores.open();
    await keep(store.queue("kill"), record("mine"));
    await first.exited;
  });

  it("waits for a process that is just going", async () => {
    const first = startProcess(process.execPath, [CHILD, stores.file]);
    await first.lines.waitFor((line) => line === "open");
    const opening = stores.open({ lockWaitMs: 10_000 });
    // No wait for an event: the other process ends while the lock is being asked for, and that tells nobody.
    setTimeout(() => first.child.kill("SIGTERM"), 100);
    await keep((await opening).queue("kill"), record("mine"));
    await first.exited;
  });
});
