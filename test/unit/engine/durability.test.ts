import assert from "node:assert/strict";
import type { StoreMode } from "../../../lib/delivery/durability";
import type { QueuedMessage } from "../../../lib/delivery/message";
import type { MessageStore } from "../../../lib/delivery/store";
import { type Outcome, TestDelivery } from "../../support/engine";
import { ManualClock, nextTurn } from "../../support/manual-clock";
import { describeStore, numbered, StoreFaults, TestStores } from "../../support/stores";

const QUEUED = { completeWhen: "queued" } as const;

describeStore("delivery with a disk", () => {
  let stores: TestStores;
  let store: MessageStore;
  beforeEach(async () => {
    stores = new TestStores();
    store = await stores.open();
  });
  afterEach(() => stores.close());

  function open(
    mode: StoreMode,
    changes: Parameters<typeof TestDelivery.open>[2] = {},
  ): Promise<TestDelivery> {
    return TestDelivery.open(mode, store, changes);
  }

  /** The process ends; the next one has the file. */
  async function restart(): Promise<void> {
    await stores.close();
    store = await stores.open();
  }

  async function stored(key = "device"): Promise<number> {
    return (await store.queue(key).tally()).messages;
  }

  const all = () => true;
  const isDone = ({ error, receipt }: Outcome) => error === undefined && receipt.state === "acknowledged";

  describe("disk-always", () => {
    it("says “queued” and sends only after the commit", async () => {
      await stores.close();
      const faults = new StoreFaults();
      store = await stores.open({ faults: faults.cells });
      const { commits } = store;
      faults.commitDelayMs = 100;
      const bench = await open("disk-always");
      const link = bench.up();
      const commitsWhenSent: number[] = [];
      const sent = link.sent.waitFor(() => {
        commitsWhenSent.push(store.commits);
        return true;
      });
      const told = bench.told.waitFor(() => store.commits > commits);
      bench.publish("a", QUEUED);
      bench.publish("b", { ...QUEUED, priority: "high" });
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      assert.equal(bench.told.length, 0);
      assert.equal(link.sent.length, 0);
      await told;
      await sent;
      assert.ok(commitsWhenSent.every((count) => count > commits));
      await bench.outcomes.waitForCount(2, isDone);
      assert.equal(await stored(), 0);
    });

    it("never writes what is transient, and tells its sender no less than it asked for", async () => {
      const bench = await open("disk-always", { waitingSendersMax: 0 });
      bench.publish("fleeting", { completeWhen: "acknowledged", transient: true });
      bench.publish("kept", QUEUED);
      await bench.told.waitFor(({ name }) => name === "kept");
      assert.equal(await stored(), 1);
      bench.delivery.storeAll();
      assert.equal(await stored(), 1);
      const link = bench.up();
      const { receipt } = await bench.told.waitFor(({ name }) => name === "fleeting");
      assert.equal(receipt.state, "acknowledged");
      assert.equal(link.names[0], "fleeting");
    });

    it("delivers after a restart what was queued, in order, and reports each outcome", async () => {
      const first = await open("disk-always");
      for (const name of numbered(5000)) {
        first.publish(name, { ...QUEUED, priority: name.endsWith("9") ? "high" : "normal" });
      }
      await first.told.waitForCount(5000, all);
      await restart();
      const second = await open("disk-always");
      assert.equal(second.delivery.held, 5000);
      const link = second.up();
      await second.outcomes.waitForCount(5000, isDone);
      const high = numbered(5000).filter((name) => name.endsWith("9"));
      const normal = numbered(5000).filter((name) => !name.endsWith("9"));
      assert.deepEqual(
        link.names.filter((name) => name.endsWith("9")),
        high,
      );
      assert.deepEqual(
        link.names.filter((name) => !name.endsWith("9")),
        normal,
      );
      assert.equal(second.outcomes.length, 5000);
      assert.equal(second.delivery.held, 0);
      assert.equal(second.delivery.heldBytes, 0);
      assert.equal(await stored(), 0);
    });

    it("completes as queued what is beyond the senders it keeps waiting", async () => {
      const bench = await open("disk-always", { waitingSendersMax: 10 });
      for (const name of numbered(25)) bench.publish(name);
      await bench.told.waitForCount(15, all);
      assert.deepEqual(bench.how("m10"), ["queued"]);
      assert.deepEqual(bench.how("m9"), []);
      bench.up();
      await bench.told.waitForCount(25, all);
      await bench.outcomes.waitForCount(15, isDone);
      assert.deepEqual(bench.how("m9"), ["acknowledged"]);
      assert.deepEqual(bench.how("m10"), ["queued"]);
    });

    it("fails what has expired meanwhile, whether the link is there after the restart or not", async () => {
      for (const hasLink of [true, false]) {
        const first = await open("disk-always");
        for (const name of numbered(30)) first.publish(name, { ...QUEUED, expiryMs: 60_000 });
        first.publish("lasting", QUEUED);
        await first.told.waitForCount(31, all);
        await restart();
        const clock = new ManualClock();
        clock.setWall(Date.now() + 61_000);
        const second = await open("disk-always", { clock });
        const link = hasLink ? second.up() : undefined;
        for (let turn = 0; turn < 10_000 && second.outcomes.length < 30; turn += 1) {
          if (!hasLink) clock.advance(1000);
          await nextTurn();
        }
        const expired = await second.outcomes.waitForCount(
          30,
          ({ error }) => error?.code === "ONENET_EXPIRED",
        );
        assert.equal(expired.length, 30);
        await (link ?? second.up()).sent.waitFor(({ name }) => name === "lasting");
        await second.outcomes.waitForCount(31, all);
        assert.equal(second.outcomes.filter(isDone).length, 1);
        assert.equal(second.delivery.held, 0);
        assert.equal(await stored(), 0);
      }
    });

    it("purges what waits, at hand and on disk, and tells who waits for it", async () => {
      const bench = await open("disk-always", { waitingSendersMax: 10_000 });
      for (const name of numbered(3000)) bench.publish(name);
      await store.flush();
      const first = open("disk-always", { key: "other" });
      (await first).publish("kept", QUEUED);
      await (await first).told.waitForCount(1, all);
      assert.equal(await bench.delivery.purge(), 3000);
      assert.equal(bench.told.filter(({ error }) => error?.code === "ONENET_PURGED").length, 3000);
      assert.equal(bench.delivery.held, 0);
      assert.equal(await stored(), 0);
      assert.equal(await stored("other"), 1);
      const link = bench.up();
      bench.publish("next");
      await bench.told.waitFor(({ name }) => name === "next");
      assert.deepEqual(link.names, ["next"]);
    });

    it("sends nothing of a page that was on its way from the disk at a purge", async () => {
      const first = await open("disk-always");
      for (const name of numbered(100)) first.publish(name, QUEUED);
      await first.told.waitForCount(100, all);
      await restart();
      const second = await open("disk-always");
      const link = second.up({ acknowledges: false });
      const purged = second.delivery.purge();
      await purged;
      link.acknowledges = true;
      second.publish("next");
      await second.told.waitFor(({ name }) => name === "next");
      assert.deepEqual(link.names, ["next"]);
      assert.equal(second.delivery.held, 0);
    });

    it("fails what the disk does not take", async () => {
      await stores.close();
      const faults = new StoreFaults();
      store = await stores.open({ faults: faults.cells });
      const bench = await open("disk-always");
      faults.fail(13);
      bench.publish("a");
      bench.publish("b", QUEUED);
      await bench.told.waitForCount(2, ({ error }) => error?.code === "ONENET_STORE_FULL");
      faults.recover();
      bench.up();
      bench.publish("c");
      await bench.told.waitFor(({ name }) => name === "c");
      assert.deepEqual(bench.how("c"), ["acknowledged"]);
      assert.equal(bench.delivery.held, 0);
    });

    it("takes over 2,500 messages of a connection that had them in memory only", async () => {
      const memory = await open("memory");
      for (const name of numbered(2500)) memory.publish(name);
      const disk = await open("disk-always");
      disk.delivery.adopt(memory.delivery.handOver());
      await store.flush();
      assert.equal(await stored(), 2500);
      const link = disk.up();
      await memory.told.waitForCount(2500, isDone);
      assert.deepEqual(link.names, numbered(2500));
    });

    it("says “queued” after the commit also when it hands over, and its heir delivers it once", async () => {
      const first = await open("disk-always");
      for (const name of numbered(50)) first.publish(name);
      const { commits } = store;
      const told = first.told.waitFor(() => true).then(() => store.commits);
      const second = await open("disk-always");
      second.delivery.adopt(first.delivery.handOver());
      assert.ok((await told) > commits);
      const link = second.up();
      await second.outcomes.waitForCount(50, isDone);
      assert.deepEqual(link.names, numbered(50));
      assert.ok(first.told.filter(({ receipt }) => receipt.state === "queued").length === 50);
      assert.equal(await stored(), 0);
    });

    it("keeps two connections in one file apart", async () => {
      const one = await open("disk-always", { key: "one" });
      const two = await open("disk-always", { key: "two" });
      for (const name of numbered(300)) {
        one.publish(`one-${name}`, QUEUED);
        two.publish(`two-${name}`, QUEUED);
      }
      await one.told.waitForCount(300, all);
      await two.told.waitForCount(300, all);
      await restart();
      const again = await open("disk-always", { key: "two" });
      const link = again.up();
      await again.outcomes.waitForCount(300, isDone);
      assert.deepEqual(link.names, numbered(300, "two-m"));
      assert.equal(await stored("one"), 300);
      assert.equal(await stored("two"), 0);
    });
  });

  describe("disk-behind", () => {
    it("never touches the disk with live traffic", async () => {
      const bench = await open("disk-behind");
      const { commits } = store;
      bench.up();
      for (let round = 0; round < 20; round += 1) {
        for (const name of numbered(50, `r${round}-`)) bench.publish(name);
        await bench.told.waitForCount(50 * (round + 1), all);
        bench.clock.advance(200);
      }
      await store.flush();
      assert.equal(store.commits, commits);
      assert.equal(await stored(), 0);
    });

    it("stores what has waited for 250 ms", async () => {
      const bench = await open("disk-behind");
      bench.publish("a");
      bench.clock.advance(249);
      bench.publish("b");
      assert.equal(await stored(), 0);
      bench.clock.advance(1);
      assert.equal(await stored(), 1);
      bench.clock.advance(249);
      assert.equal(await stored(), 2);
      const link = bench.up();
      await bench.told.waitForCount(2, isDone);
      assert.deepEqual(link.names, ["a", "b"]);
      assert.equal(await stored(), 0);
    });

    it("puts on disk, in order, what is beyond the head", async () => {
      const bench = await open("disk-behind", { waitingSendersMax: 10_000 });
      for (const name of numbered(2500)) bench.publish(name);
      await store.flush();
      assert.equal(await stored(), 2500);
      const link = bench.up();
      await bench.told.waitForCount(2500, isDone);
      assert.deepEqual(link.names, numbered(2500));
    });

    it("keeps the order over a restart", async () => {
      const first = await open("disk-behind");
      for (const name of numbered(3000)) first.publish(name, QUEUED);
      first.delivery.storeAll();
      await store.flush();
      await restart();
      const second = await open("disk-behind");
      const link = second.up();
      for (const name of numbered(100, "new")) second.publish(name, QUEUED);
      await second.outcomes.waitForCount(3100, isDone);
      assert.deepEqual(link.names, [...numbered(3000), ...numbered(100, "new")]);
    });

    it("takes over what another one held in memory only, behind what is on disk", async () => {
      const first = await open("disk-behind");
      for (const name of numbered(10)) first.publish(name, QUEUED);
      first.delivery.storeAll();
      await store.flush();
      for (const name of numbered(3, "late")) first.publish(name);
      const second = await open("disk-behind");
      const messages: QueuedMessage[] = first.delivery.handOver();
      assert.equal(messages.length, 3);
      second.delivery.adopt(messages);
      const link = second.up();
      await first.told.waitForCount(13, all);
      await second.outcomes.waitForCount(10, isDone);
      assert.deepEqual(link.names, [...numbered(10), ...numbered(3, "late")]);
    });

    it("live first: nothing is lost or sent twice when the link goes while live ones wait", async () => {
      const bench = await open("disk-behind", {
        order: "live-first",
        messagesPerSecond: 1,
        waitingSendersMax: 100_000,
        ackTimeoutMs: 100_000_000,
      });
      for (const name of numbered(2030)) bench.publish(name);
      await store.flush();
      const first = bench.up();
      await first.sent.waitForCount(1, all);
      for (const name of numbered(20, "live")) bench.publish(name);
      bench.clock.advance(1000);
      assert.deepEqual(first.names, ["m0", "live0"]);
      // Some of them are on disk by now, some are not.
      bench.clock.advance(100);
      for (const name of numbered(5, "young")) bench.publish(name);
      bench.down();
      await store.flush();
      const names = [...first.names];
      const second = bench.up();
      for (let turn = 0; turn < 50_000 && bench.told.length < 2055; turn += 1) {
        bench.clock.advance(1000);
        await nextTurn();
      }
      names.push(...second.names);
      const once = new Set(names);
      assert.equal(once.size, 2055);
      assert.ok(names.length <= 2057, `${names.length} were sent`);
      assert.equal(bench.delivery.held, 0);
    });

    it("live first: a live one that is stored while it waits is not sent again from there", async () => {
      const bench = await open("disk-behind", {
        order: "live-first",
        inFlightMax: 1,
        waitingSendersMax: 100_000,
        ackTimeoutMs: 100_000_000,
      });
      for (const name of numbered(2010)) bench.publish(name);
      await store.flush();
      const link = bench.up({ acknowledges: false });
      await nextTurn();
      for (const name of numbered(30, "live")) bench.publish(name);
      bench.clock.advance(300);
      await store.flush();
      assert.equal(await stored(), 2040);
      link.acknowledges = true;
      link.sent.all[0]?.answer();
      await bench.told.waitForCount(2040, all, { timeoutMs: 15_000 });
      await store.flush();
      await nextTurn();
      assert.equal(link.names.length, 2040);
      assert.equal(new Set(link.names).size, 2040);
      assert.equal(bench.delivery.held, 0);
    });
  });

  describe("QoS 2 handshakes", () => {
    const RELEASED = { packetId: 7, phase: "released" } as const;

    /** A message whose handshake has come as far as PUBREC. */
    async function releasedMessage(bench: TestDelivery): Promise<void> {
      const link = bench.up({ acknowledges: false });
      bench.publish("a", { ...QUEUED, qos: 2 });
      const { handshake } = await link.sent.waitFor(all);
      await new Promise<void>((kept) => handshake?.keep({ packetId: 7, phase: "published" }, kept));
      await new Promise<void>((kept) => handshake?.keep(RELEASED, kept));
    }

    it("go on where they stopped on a link that keeps the session, also after a restart", async () => {
      const first = await open("disk-always");
      await releasedMessage(first);
      first.down();
      const again = first.up({ resumesSession: true, acknowledges: false });
      assert.deepEqual((await again.sent.waitFor(all)).handshake?.mark, RELEASED);
      assert.deepEqual(again.reserved, [7]);
      await restart();
      const second = await open("disk-always");
      const link = second.up({ resumesSession: true });
      assert.ok(link.reserved.includes(7));
      assert.deepEqual((await link.sent.waitFor(all)).handshake?.mark, RELEASED);
      await second.outcomes.waitFor(isDone);
      assert.equal(await stored(), 0);
    });

    it("begin again once the session was lost, though the message is sent on a later link only", async () => {
      const bench = await open("disk-always");
      await releasedMessage(bench);
      bench.down();
      bench.up({ resumesSession: false, receiveMaximum: 0 });
      bench.down();
      const link = bench.up({ resumesSession: true });
      const { handshake, dup } = await link.sent.waitFor(all);
      assert.notEqual(handshake?.mark?.phase, "released");
      assert.equal(dup, true);
    });

    it("begin again after a restart and a lost session, and after another restart", async () => {
      await releasedMessage(await open("disk-always"));
      await restart();
      const second = await open("disk-always");
      const lost = second.up({ resumesSession: false, receiveMaximum: 0 });
      assert.deepEqual(lost.reserved, [7]);
      await nextTurn();
      second.down();
      const resumed = second.up({ resumesSession: true, acknowledges: false });
      assert.notEqual((await resumed.sent.waitFor(all)).handshake?.mark?.phase, "released");
      await restart();
      const third = await open("disk-always");
      const link = third.up({ resumesSession: true });
      assert.notEqual((await link.sent.waitFor(all)).handshake?.mark?.phase, "released");
    });
  });
});
