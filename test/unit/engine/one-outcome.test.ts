import assert from "node:assert/strict";
import type { MessageStore } from "../../../lib/delivery/store";
import { TestDelivery } from "../../support/engine";
import { nextTurn } from "../../support/manual-clock";
import { describeStore, numbered, TestStores } from "../../support/stores";

const QUEUED = { completeWhen: "queued" } as const;

describeStore("delivery with a disk: one message, one outcome", () => {
  let stores: TestStores;
  let store: MessageStore;
  beforeEach(async () => {
    stores = new TestStores();
    store = await stores.open();
  });
  afterEach(() => stores.close());

  it("tells nothing twice of one in flight whose time ends while others lie on disk", async () => {
    const bench = await TestDelivery.open("disk-always", store, {
      inFlightMax: 1,
      ackTimeoutMs: 1e9,
      waitingSendersMax: 10_000,
    });
    for (const name of numbered(2500)) bench.publish(name, QUEUED);
    bench.publish("urgent", { ...QUEUED, priority: "high", expiryMs: 2000 });
    await bench.told.waitForCount(2501, () => true);
    const link = bench.up({ acknowledges: false });
    await link.sent.waitFor(({ name }) => name === "urgent");
    // The sweep looks at the disk each second; its answer comes some turns later.
    for (let second = 0; second < 4; second += 1) {
      bench.clock.advance(1000);
      await store.flush();
      await nextTurn();
    }
    link.acknowledges = true;
    link.sent.all[0]?.answer();
    await bench.outcomes.waitForCount(2501, () => true);
    await store.flush();
    assert.equal(bench.outcomes.length, 2501);
    assert.equal(bench.outcomes.filter(({ error }) => error !== undefined).length, 0);
    assert.equal(bench.delivery.held, 0);
    assert.equal((await store.queue("device").tally()).messages, 0);
  });
});
