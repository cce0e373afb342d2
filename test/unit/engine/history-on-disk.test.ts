import assert from "node:assert/strict";
import { devicePacker } from "../../../lib/delivery/device-packer";
import { countMessageIds } from "../../../lib/delivery/message-id";
import { postReplyKey } from "../../../lib/delivery/packer";
import type { MessageStore } from "../../../lib/delivery/store";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { TestDelivery, type TestLink } from "../../support/engine";
import { describeStore, TestStores } from "../../support/stores";

const AT = 1_700_000_000_000;
const GATEWAY = { productId: "p", deviceName: "d" };
const METER = { productId: "P2", deviceName: "meter" };

describeStore("a backlog of a thing model on disk", () => {
  let stores: TestStores;
  let store: MessageStore;
  beforeEach(async () => {
    stores = new TestStores();
    store = await stores.open();
  });
  afterEach(() => stores.close());

  const packer = devicePacker(GATEWAY, "thing-model", countMessageIds());

  /** The process ends; the next one has the file. */
  async function restarted(bench: TestDelivery, count: number): Promise<TestDelivery> {
    await bench.told.waitForCount(count, ({ error }) => error === undefined);
    await stores.close();
    store = await stores.open();
    return await TestDelivery.open("disk-always", store, { packer });
  }

  /** Accepts what is posted until nothing is held. @returns the posts: form, and points */
  async function acceptAll(
    bench: TestDelivery,
    link: TestLink,
  ): Promise<[form: string, points: readonly Datapoint[]][]> {
    const posts: [string, readonly Datapoint[]][] = [];
    for (let count = 1; bench.delivery.held > 0; count += 1) {
      await link.sent.waitForCount(count, () => true);
      const publish = link.sent.all[count - 1]?.publish;
      assert.ok(publish);
      posts.push([publish.topic.split("/").at(-2) ?? "", packer.unpack(publish)]);
      bench.delivery.settleReply(postReplyKey(Number(JSON.parse(publish.payload.toString()).id)));
    }
    return posts;
  }

  async function enqueue(points: readonly Datapoint[]): Promise<TestDelivery> {
    const bench = await TestDelivery.open("disk-always", store, { packer });
    for (const point of points) {
      const draft = { kind: "datapoints", points: [point], qos: 1 } as const;
      bench.enqueue("m", draft, { completeWhen: "queued" });
    }
    return bench;
  }

  const numbers = (length: number) => Array.from({ length }, (_, index) => index);

  it("leaves page by page, in order, and the newest of each property is sent once, last, as such", async () => {
    const count = 5500;
    const points = numbers(count).map((n) => ({ stream: `p${n % 2}`, value: n, atMs: AT + n }));
    const bench = await restarted(await enqueue(points), count);
    const posts = await acceptAll(bench, bench.up());
    const last = posts.pop();
    assert.deepEqual([last?.[0], last?.[1].map(({ value }) => value)], ["property", [count - 2, count - 1]]);
    // Where a page ends there may be a smaller post.
    assert.ok(posts.length <= count / 200 + 6, `${posts.length} posts`);
    assert.ok(posts.filter(([form]) => form === "history").length >= count / 200 - 1);
    const all = [...posts, last ?? ["", []]].flatMap(([, each]) => each);
    for (const stream of ["p0", "p1"]) {
      const own = (each: readonly Datapoint[]) =>
        each.filter((point) => point.stream === stream).map(({ value }) => value);
      assert.deepEqual(own(all), own(points));
    }
  });

  it("knows events and sub-devices after a restart", async () => {
    const points: Datapoint[] = [
      { stream: "kwh", value: 1, atMs: AT, device: METER },
      { stream: "kwh", value: 2, atMs: AT },
      { stream: "kwh", value: { by: 3 }, atMs: AT, event: true },
      { stream: "kwh", value: { by: 4 }, event: true, device: METER },
    ];
    const bench = await restarted(await enqueue(points), points.length);
    const posts = await acceptAll(bench, bench.up());
    assert.deepEqual(
      posts.map(([form]) => form),
      ["pack"],
    );
    const [, taken = []] = posts[0] ?? [];
    const text = (each: readonly Datapoint[]) =>
      each
        .map(({ stream, value, atMs, event, device }) => JSON.stringify([stream, value, atMs, event, device]))
        .sort();
    assert.deepEqual(text(taken), text(points));
    assert.deepEqual(
      bench.outcomes.all.map(({ error }) => error),
      points.map(() => undefined),
    );
    assert.deepEqual(bench.outcomes.all[0]?.subject, { streams: ["kwh"], devices: ["P2/meter"] });
  });
});
