import assert from "node:assert/strict";
import { STORE_AGAIN_MS } from "../../../lib/delivery/durability";
import type { MessageStore } from "../../../lib/delivery/store";
import { type Outcome, TestDelivery } from "../../support/engine";
import { nextTurn } from "../../support/manual-clock";
import { describeStore, numbered, StoreFaults, TestStores } from "../../support/stores";

const QUEUED = { completeWhen: "queued" } as const;
const DISK_FULL = 13;

describeStore("delivery with a full queue or a full disk", () => {
  let stores: TestStores;
  let store: MessageStore;
  let faults: StoreFaults;
  beforeEach(async () => {
    stores = new TestStores();
    faults = new StoreFaults();
    store = await stores.open({ faults: faults.cells });
  });
  afterEach(() => stores.close());

  const all = () => true;
  const isDone = ({ error, receipt }: Outcome) => error === undefined && receipt.state === "acknowledged";
  const isDropped = ({ error }: Outcome) => error?.key === "ONENET_QUEUE_FULL.dropped";
  const stored = async () => (await store.queue("device").tally()).messages;

  describe("drop-oldest", () => {
    const limits = { maxMessages: 3010, maxBytes: 2 ** 30, whenFull: "drop-oldest" } as const;

    for (const hasRestarted of [false, true]) {
      it(`drops normal ones on disk, never high ones, ${hasRestarted ? "after a restart" : "while a page is read"}`, async () => {
        let bench = await TestDelivery.open("disk-always", store, {
          limits,
          inFlightMax: 1,
          ackTimeoutMs: 1e9,
        });
        for (const name of numbered(3000)) bench.publish(name, QUEUED);
        for (const name of numbered(10, "high")) bench.publish(name, { ...QUEUED, priority: "high" });
        await bench.told.waitForCount(3010, all);
        if (hasRestarted) {
          await stores.close();
          store = await stores.open();
          bench = await TestDelivery.open("disk-always", store, {
            limits,
            inFlightMax: 1,
            ackTimeoutMs: 1e9,
          });
        }
        for (const name of numbered(2500, "new")) bench.publish(name, QUEUED);
        await bench.outcomes.waitForCount(2500, isDropped);
        await bench.told.waitForCount(hasRestarted ? 2500 : 5510, all);
        assert.equal(bench.told.filter(({ error }) => error !== undefined).length, 0);
        assert.equal(bench.delivery.held, 3010);
        assert.equal(bench.delivery.heldBytes, 301_000);
        assert.equal(await stored(), 3010);
        const link = bench.up({ acknowledges: false });
        await link.sent.waitForCount(1, all);
        link.acknowledges = true;
        link.sent.all[0]?.answer();
        await bench.outcomes.waitForCount(3010, isDone, { timeoutMs: 20_000 });
        const isHigh = (name: string) => name.startsWith("high");
        assert.deepEqual(link.names.filter(isHigh), numbered(10, "high"));
        const normal = [...numbered(3000).slice(2500), ...numbered(2500, "new")];
        assert.deepEqual(
          link.names.filter((name) => !isHigh(name)),
          normal,
        );
        assert.equal(bench.delivery.held, 0);
      });
    }

    it("on a full disk drops the oldest and tries once more", async () => {
      const bench = await TestDelivery.open("disk-always", store, { limits });
      for (const name of numbered(1000)) bench.publish(name, QUEUED);
      await bench.told.waitForCount(1000, all);
      faults.fail(DISK_FULL, 1);
      for (const name of numbered(3, "new")) bench.publish(name, QUEUED);
      await bench.told.waitForCount(1003, all);
      assert.deepEqual(bench.how("new0"), ["queued"]);
      assert.deepEqual(bench.how("new2"), ["queued"]);
      const dropped = bench.outcomes.filter(isDropped).length;
      assert.ok(dropped > 0 && dropped < 1000, `${dropped} dropped`);
      const link = bench.up();
      await bench.outcomes.waitForCount(1003 - dropped, isDone);
      assert.deepEqual(link.names, [...numbered(1000).slice(dropped), ...numbered(3, "new")]);
      assert.equal(await stored(), 0);
    });

    it("on a disk that stays full refuses the new one", async () => {
      const bench = await TestDelivery.open("disk-always", store, { limits });
      for (const name of numbered(1000)) bench.publish(name, QUEUED);
      await bench.told.waitForCount(1000, all);
      faults.fail(DISK_FULL);
      bench.publish("new");
      await bench.told.waitFor(({ name }) => name === "new");
      assert.deepEqual(bench.how("new"), ["ONENET_STORE_FULL"]);
      faults.recover();
      bench.publish("later", QUEUED);
      await bench.told.waitFor(({ name }) => name === "later");
      assert.deepEqual(bench.how("later"), ["queued"]);
    });
  });

  describe("disk-behind, on a full disk", () => {
    it("tries again later what was not written, and knows what it would lose", async () => {
      const bench = await TestDelivery.open("disk-behind", store);
      faults.fail(DISK_FULL);
      for (const name of numbered(10)) bench.publish(name, QUEUED);
      bench.clock.advance(250);
      await store.flush();
      assert.equal(await stored(), 0);
      assert.equal(bench.delivery.heldInMemory, 10);
      faults.recover();
      bench.publish("younger", QUEUED);
      bench.clock.advance(STORE_AGAIN_MS - 1);
      await store.flush();
      assert.equal(await stored(), 0);
      bench.clock.advance(1);
      await store.flush();
      assert.equal(await stored(), 11);
      assert.equal(bench.delivery.heldInMemory, 0);
      await stores.close();
      store = await stores.open();
      const second = await TestDelivery.open("disk-behind", store);
      const link = second.up();
      await second.outcomes.waitForCount(11, isDone);
      assert.deepEqual(link.names, [...numbered(10), "younger"]);
    });

    it("tries once more at a clean stop", async () => {
      const bench = await TestDelivery.open("disk-behind", store);
      faults.fail(DISK_FULL);
      for (const name of numbered(10)) bench.publish(name, QUEUED);
      bench.clock.advance(250);
      await store.flush();
      bench.delivery.storeAll();
      await store.flush();
      assert.equal(bench.delivery.heldInMemory, 10);
      faults.recover();
      bench.delivery.storeAll();
      await store.flush();
      assert.equal(bench.delivery.heldInMemory, 0);
      assert.equal(await stored(), 10);
    });

    it("sends once what was written at the second attempt only", async () => {
      const bench = await TestDelivery.open("disk-behind", store, { waitingSendersMax: 1e6 });
      faults.fail(DISK_FULL);
      for (const name of numbered(2000)) bench.publish(name);
      bench.clock.advance(250);
      await store.flush();
      bench.publish("refused");
      await bench.told.waitFor(({ name }) => name === "refused");
      assert.deepEqual(bench.how("refused"), ["ONENET_STORE_FULL"]);
      faults.recover();
      bench.clock.advance(STORE_AGAIN_MS);
      for (const name of numbered(500, "later")) bench.publish(name);
      await store.flush();
      await nextTurn();
      assert.equal(await stored(), 2500);
      const link = bench.up();
      await bench.told.waitForCount(2501, all);
      assert.deepEqual(link.names, [...numbered(2000), ...numbered(500, "later")]);
      assert.equal(bench.delivery.held, 0);
    });
  });

  it("purges what waits; what is in flight stays on disk and is seen through", async () => {
    const bench = await TestDelivery.open("disk-always", store, { inFlightMax: 3 });
    for (const name of numbered(10)) bench.publish(name, QUEUED);
    await bench.told.waitForCount(10, all);
    const link = bench.up({ acknowledges: false });
    await link.sent.waitForCount(3, all);
    assert.equal(await bench.delivery.purge(), 7);
    assert.equal(bench.delivery.held, 3);
    assert.equal(bench.delivery.heldBytes, 300);
    assert.equal(await stored(), 3);
    for (const { answer } of link.sent.all) answer();
    await bench.outcomes.waitForCount(3, isDone);
    assert.equal(bench.delivery.held, 0);
    assert.equal(await stored(), 0);
  });
});
