import assert from "node:assert/strict";
import { Admission } from "../../../lib/delivery/admission";
import type { DeliverySettings } from "../../../lib/delivery/delivery-settings";
import { devicePacker } from "../../../lib/delivery/device-packer";
import type { StoreMode } from "../../../lib/delivery/durability";
import type { DeliveryOptions } from "../../../lib/delivery/message";
import { countMessageIds } from "../../../lib/delivery/message-id";
import { postReplyKey } from "../../../lib/delivery/packer";
import type { MessageStore } from "../../../lib/delivery/store";
import { TestDelivery, type TestLink } from "../../support/engine";
import { nextTurn } from "../../support/manual-clock";
import { describeStore, TestStores } from "../../support/stores";

const GATEWAY = { productId: "p", deviceName: "gw" };
const sub = (deviceName: string) => ({ productId: "P2", deviceName });

describe("what sub-devices say that may not post yet", () => {
  let admission: Admission;
  let allowed: Set<string>;
  let bench: TestDelivery;
  const packer = devicePacker(GATEWAY, "thing-model", countMessageIds());

  beforeEach(() => {
    admission = new Admission();
    allowed = new Set();
    admission.mayPost = ({ deviceName }) => allowed.has(deviceName);
  });

  async function open(mode: StoreMode, changes: Partial<DeliverySettings> = {}, store?: MessageStore) {
    bench = await TestDelivery.open(mode, store, { packer, admission, ...changes });
  }

  /** A value of its own, of a sub-device or (`own`) of the gateway, told by that value. */
  function post(device: string, value: number, options: Partial<DeliveryOptions> = {}): void {
    const point = { stream: "t", value, ...(device === "own" ? {} : { device: sub(device) }) };
    const draft = { kind: "datapoints", points: [point], qos: 1 } as const;
    bench.enqueue(`${device}${value}`, draft, { completeWhen: "accepted", ...options });
  }

  /** How much of what was sent on a link has been looked at. */
  const seen = new WeakMap<TestLink, number>();
  function newlySent(link: TestLink) {
    const sent = link.sent.all.slice(seen.get(link));
    seen.set(link, link.sent.all.length);
    return sent;
  }

  /** What has been sent, in order: device and value; and accepts it. */
  function acceptSent(link: TestLink): string[] {
    return newlySent(link).flatMap(({ publish }) => {
      const points = packer.unpack(publish);
      bench.delivery.settleReply(postReplyKey(Number(JSON.parse(publish.payload.toString()).id)));
      return points.map(({ device, value }) => `${device?.deviceName ?? "own"}${value}`);
    });
  }

  /** Until nothing more is sent. */
  async function acceptAll(link: TestLink): Promise<string[]> {
    const all: string[] = [];
    for (let quiet = 0; quiet < 10; quiet += 1) {
      await nextTurn();
      const sent = acceptSent(link);
      if (sent.length > 0) quiet = 0;
      all.push(...sent);
    }
    return all;
  }

  function allow(...devices: readonly string[]): void {
    for (const device of devices) allowed.add(device);
    admission.release();
  }

  it("waits in its order, and others pass it", async () => {
    await open("memory", { messagesPerSecond: undefined });
    for (const [device, value] of [
      ["a", 1],
      ["own", 2],
      ["b", 3],
      ["a", 4],
      ["own", 5],
    ] as const)
      post(device, value);
    post("a", 6, { priority: "high" });
    const link = bench.up();
    assert.deepEqual((await acceptAll(link)).toSorted(), ["own2", "own5"]);
    post("a", 7);
    assert.deepEqual(await acceptAll(link), []);
    allow("b");
    assert.deepEqual(await acceptAll(link), ["b3"]);
    assert.equal(bench.delivery.held, 4);
    allow("a");
    const sent = await acceptAll(link);
    assert.deepEqual(sent.toSorted(), ["a1", "a4", "a6", "a7"]);
    assert.ok(sent.indexOf("a1") < sent.indexOf("a4") && sent.indexOf("a4") < sent.indexOf("a7"));
    assert.equal(bench.delivery.held, 0);
    assert.deepEqual(bench.how("a1"), ["accepted"]);
  });

  it("begins anew with the next link", async () => {
    await open("memory");
    post("a", 1);
    assert.deepEqual(await acceptAll(bench.up()), []);
    bench.down();
    admission.linkDown();
    allowed.add("a");
    assert.deepEqual(await acceptAll(bench.up()), ["a1"]);
  });

  it("counts against the bounds, grows old, and is told of when all ends", async () => {
    await open("memory", { limits: { maxMessages: 3, maxBytes: 2 ** 20, whenFull: "drop-oldest" } });
    bench.up();
    post("a", 1);
    post("a", 2, { expiryMs: 1000 });
    post("a", 3);
    await nextTurn();
    post("a", 4);
    assert.deepEqual(bench.how("a1"), ["ONENET_QUEUE_FULL.dropped"]);
    await nextTurn();
    for (let second = 0; second < 60; second += 1) bench.clock.advance(1000);
    assert.deepEqual(bench.how("a2"), ["ONENET_EXPIRED"]);
    await nextTurn();
    await bench.delivery.purge();
    assert.deepEqual([bench.how("a3"), bench.how("a4")], [["ONENET_PURGED"], ["ONENET_PURGED"]]);
    assert.equal(bench.delivery.held, 0);
  });

  it("is handed over with the rest", async () => {
    await open("memory");
    bench.up();
    post("a", 1);
    post("b", 2);
    await nextTurn();
    const left = bench.delivery.handOver();
    await open("memory");
    bench.delivery.adopt(left);
    allow("a", "b");
    assert.deepEqual((await acceptAll(bench.up())).toSorted(), ["a1", "b2"]);
  });

  it("makes the line stand when it is too much, but not what must go before it", async () => {
    await open("memory");
    for (let value = 0; value <= 5000; value += 1) post("a", value);
    post("own", 1);
    const link = bench.up();
    assert.deepEqual(await acceptAll(link), []);
    bench.publish("topo", { transient: true });
    await nextTurn();
    await nextTurn();
    assert.deepEqual(
      newlySent(link).map(({ publish }) => publish.payload),
      ["topo"],
    );
    allow("a");
    assert.equal(new Set(await acceptAll(link)).size, 5002);
  });

  describeStore("on a disk", () => {
    for (const mode of ["disk-always", "disk-behind"] as const) {
      it(`is there after a restart (${mode})`, async () => {
        const stores = new TestStores();
        await open(mode, {}, await stores.open());
        const link = bench.up();
        for (let value = 0; value < 3000; value += 1) post("a", value, { completeWhen: "queued" });
        post("own", 1);
        await bench.told.waitForCount(3000, ({ error }) => error === undefined);
        await link.sent.waitForCount(1, () => true);
        assert.deepEqual(await acceptAll(link), ["own1"]);
        bench.delivery.storeAll();
        await stores.close();
        await open(mode, {}, await stores.open());
        const next = bench.up();
        await nextTurn();
        assert.deepEqual(await acceptAll(next), []);
        allow("a");
        const sent = new Set<string>();
        while (sent.size < 3000) for (const name of await acceptAll(next)) sent.add(name);
        assert.equal(bench.delivery.held, 0);
        await stores.close();
      });
    }
  });
});
