import assert from "node:assert/strict";
import { devicePacker } from "../../../lib/delivery/device-packer";
import { encodeMessage } from "../../../lib/delivery/message-codec";
import type { Packer } from "../../../lib/delivery/packer";
import type { MessageStore } from "../../../lib/delivery/store";
import { TestDelivery } from "../../support/engine";
import { ManualClock, nextTurn } from "../../support/manual-clock";
import { describeStore, keep, numbered, record, TestStores } from "../../support/stores";

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

  it("says which message it was: a topic, or streams", async () => {
    const clock = new ManualClock();
    const first = await TestDelivery.open("disk-always", store, { clock });
    const many = numbered(30, "s");
    for (const expiryMs of [1000, undefined]) {
      const options = { ...QUEUED, ...(expiryMs === undefined ? {} : { expiryMs }) };
      first.publish("publish", options);
      first.post("post", options, ["a", "b", "a"]);
      first.post("long", options, many);
    }
    await first.told.waitForCount(6, () => true);
    await stores.close();
    store = await stores.open();
    clock.advance(2000);
    const second = await TestDelivery.open("disk-always", store, { clock, packer: datapointPacker() });
    const subjects = [
      { topic: "topic" },
      { streams: ["a", "b"] },
      { streams: many.slice(0, 20), moreStreams: 10 },
    ];
    for (let turn = 0; turn < 10_000 && second.outcomes.length < 3; turn += 1) {
      clock.advance(1000);
      await nextTurn();
    }
    const expired = await second.outcomes.waitForCount(3, ({ error }) => error?.code === "ONENET_EXPIRED");
    assert.deepEqual(
      expired.map(({ subject }) => subject),
      subjects,
    );
    const link = second.up();
    await link.sent.waitForCount(2, () => true);
    second.delivery.settleReply("post:1");
    const done = await second.outcomes.waitForCount(3, ({ error }) => error === undefined);
    assert.deepEqual(new Set(done.map(({ subject }) => subject)), new Set(subjects));
  });

  it("says it also of one that expired on disk", async () => {
    const queue = store.queue("other");
    const points = numbered(25).map((stream) => ({ stream, value: 1 }));
    const common = { options: QUEUED, queuedAt: 1, queuedAtMonotonicMs: 1, attempts: 0, bytes: 1 };
    const publish = { topic: "topic", payload: "text", qos: 1, retain: false } as const;
    for (const draft of [
      { kind: "publish", publish },
      { kind: "datapoints", points, qos: 1 },
    ] as const) {
      await keep(queue, record(encodeMessage({ ...common, draft }), { expiresAtMs: 5 }));
    }
    await keep(queue, record("no record of ours", { expiresAtMs: 5 }));
    const expired = await queue.removeExpired(0, 10);
    assert.deepEqual(
      expired.map(({ subject }) => subject),
      [{ topic: "topic" }, { streams: numbered(20), moreStreams: 5 }, undefined],
    );
    assert.equal((await queue.tally()).messages, 0);
  });
});

function datapointPacker(): Packer {
  return devicePacker({ productId: "pid", deviceName: "dev" }, "data-stream", () => 1);
}
