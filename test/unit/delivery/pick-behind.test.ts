import assert from "node:assert/strict";
import { openShelf } from "../../../lib/delivery/shelf";
import { DeliveryBench } from "../../support/delivery-bench";
import { ManualClock } from "../../support/manual-clock";
import { describeStore, TestStores } from "../../support/stores";
import { ThingPlatform } from "../../support/thing-platform";

const AT = 1_700_000_000_000;
const DEVICES = 100;
const ROUNDS = 40;

describeStore("a backlog of many sub-devices on disk", () => {
  const stores = new TestStores();
  afterEach(() => stores.close());

  it("leaves as history, each device's in order, and leaves nothing behind, over lost links", async function () {
    this.timeout(30_000);
    const clock = new ManualClock();
    const store = await stores.open();
    const queue = store.queue("onenet/pid/dev");
    const shelf = await openShelf(queue, "disk-always", clock, () => undefined);
    const limits = { maxMessages: 100_000, maxBytes: 2 ** 30, whenFull: "refuse-new" } as const;
    const bench = new DeliveryBench({
      productKind: "thing-model",
      clock,
      limits,
      shelf,
      messagesPerSecond: 1,
      inFlightMax: 1,
    });
    const platform = new ThingPlatform(bench);
    for (let n = 0; n < DEVICES * ROUNDS; n += 1) {
      const device = { productId: "P2", deviceName: `d${n % DEVICES}` };
      const points = [{ stream: "a", value: n, atMs: AT + n, device }];
      const draft = { kind: "datapoints", points, qos: 1 } as const;
      bench.enqueue("", draft, 100, { completeWhen: "queued" });
    }
    while (bench.told.length < DEVICES * ROUNDS) await store.flush();
    for (let second = 0; bench.delivery.held > 0; second += 1) {
      if (second % 20 === 0) {
        bench.down();
        await bench.up();
      }
      await platform.answer();
      await bench.pass(1000);
      // Pages are read by the store's thread.
      await queue.read(0, 0, { messages: 1, bytes: 1 });
    }
    const values = new Map<string, unknown[]>();
    for (const { stream, value, device } of platform.accepted.flatMap(({ points }) => points)) {
      const key = `${device?.deviceName} ${stream}`;
      values.set(key, [...(values.get(key) ?? []), value]);
    }
    for (let device = 0; device < DEVICES; device += 1) {
      const own = Array.from({ length: ROUNDS }, (_, round) => round * DEVICES + device);
      assert.deepEqual(values.get(`d${device} a`), own);
    }
    assert.ok(platform.seen.length < 100, `${platform.seen.length} messages`);
    await store.flush();
    assert.deepEqual(await queue.read(0, 0, { messages: 1, bytes: 1 }), []);
  });
});
