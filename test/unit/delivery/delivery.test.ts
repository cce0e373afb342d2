import assert from "node:assert/strict";
import { deliver } from "../../../lib/delivery/deliver";
import type { DeliveryState } from "../../../lib/delivery/message";
import { OneNetError } from "../../../lib/errors";
import { DeliveryBench } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";

const REFUSED = new OneNetError("ONENET_PUBLISH_REFUSED", {
  topic: "t",
  reasonCode: 135,
  reason: "not authorized",
});
const CLOSED = new OneNetError("ONENET_CLOSED");
const SMALL = { maxMessages: 2, maxBytes: 100 };

/** What happens to a message called `a`, and how its sender is told. Every path ends with nothing held. */
interface Path {
  readonly path: string;
  readonly run: (bench: DeliveryBench) => Promise<void> | void;
  readonly how: string;
  /** What the connection reports because the sender had been told before. */
  readonly late?: string;
}

const STATES: readonly DeliveryState[] = ["queued", "sent", "acknowledged", "accepted"];

const SUCCESSES: readonly Path[] = STATES.flatMap((completeWhen) => [
  {
    path: `a post at QoS 1, complete when ${completeWhen}`,
    run: async (bench: DeliveryBench) => {
      bench.post("a", { completeWhen });
      await bench.up();
      await bench.ack("a");
      await bench.reply("a");
    },
    how: completeWhen,
  },
  {
    path: `a post at QoS 0, complete when ${completeWhen}`,
    run: async (bench: DeliveryBench) => {
      bench.post("a", { completeWhen, qos: 0 });
      await bench.up();
      await bench.reply("a");
    },
    // QoS 0 has no PUBACK: what comes next is the platform's reply.
    how: completeWhen === "acknowledged" ? "accepted" : completeWhen,
  },
  ...([1, 2] as const).map((qos) => ({
    path: `a publish at QoS ${qos}, complete when ${completeWhen}`,
    run: async (bench: DeliveryBench) => {
      bench.publish("a", { completeWhen, qos });
      await bench.up();
      await bench.ack("a");
    },
    // A plain broker has no reply: PUBACK is all there is.
    how: completeWhen === "accepted" ? "acknowledged" : completeWhen,
  })),
  {
    path: `a publish at QoS 0, complete when ${completeWhen}`,
    run: async (bench: DeliveryBench) => {
      bench.publish("a", { completeWhen, qos: 0 });
      await bench.up();
    },
    how: completeWhen === "queued" ? "queued" : "sent",
  },
]);

const FAILURES: readonly Path[] = [
  {
    path: "too old while it waits",
    run: (bench) => {
      bench.post("a", { expiryMs: 2500 });
      bench.clock.advance(3000);
    },
    how: "ONENET_EXPIRED",
  },
  {
    path: "too old when the link comes, before the sweep saw it",
    run: async (bench) => {
      bench.post("a", { expiryMs: 500 });
      bench.clock.advance(600);
      await bench.up();
      assert.deepEqual(bench.names(), []);
    },
    how: "ONENET_EXPIRED",
  },
  {
    path: "too old to be repeated on the next link",
    run: async (bench) => {
      bench.post("a", { expiryMs: 500 });
      await bench.up();
      bench.down();
      bench.clock.advance(600);
      await bench.up();
      assert.deepEqual(bench.names(), []);
    },
    how: "ONENET_EXPIRED",
  },
  {
    path: "too old while it waits to be repeated",
    run: async (bench) => {
      bench.post("a", { expiryMs: 500 });
      await bench.up();
      bench.down();
      bench.clock.advance(1000);
    },
    how: "ONENET_EXPIRED",
  },
  {
    path: "too old to be repeated on the same link",
    run: async (bench) => {
      bench.post("a", { expiryMs: 5000 });
      await bench.up();
      await bench.ack("a");
      bench.clock.advance(10_000);
      assert.deepEqual(bench.names(), ["a"]);
    },
    how: "ONENET_EXPIRED",
  },
  {
    path: "rejected after PUBACK",
    run: async (bench) => {
      bench.post("a");
      await bench.up();
      await bench.ack("a");
      await bench.reply("a", { code: 98, message: "illegal data" });
    },
    how: "ONENET_REJECTED",
  },
  {
    path: "rejected before PUBACK",
    run: async (bench) => {
      bench.post("a");
      await bench.up();
      await bench.reply("a", { code: 98, message: "illegal data" });
      await bench.ack("a");
    },
    how: "ONENET_REJECTED",
  },
  {
    path: "rejected after its sender was told",
    run: async (bench) => {
      bench.post("a", { completeWhen: "acknowledged" });
      await bench.up();
      await bench.ack("a");
      await bench.reply("a", { code: 98, message: "illegal data" });
    },
    how: "acknowledged",
    late: "ONENET_REJECTED",
  },
  {
    path: "refused by the broker (PUBACK of 128 and above)",
    run: async (bench) => {
      bench.publish("a");
      await bench.up();
      await bench.ack("a", REFUSED);
    },
    how: "ONENET_PUBLISH_REFUSED",
  },
  {
    path: "refused by the broker after its sender was told",
    run: async (bench) => {
      bench.publish("a", { completeWhen: "sent" });
      await bench.up();
      await bench.ack("a", REFUSED);
    },
    how: "sent",
    late: "ONENET_PUBLISH_REFUSED",
  },
  {
    path: "impossible to encode",
    run: async (bench) => {
      await bench.up();
      bench.enqueue("a", { kind: "datapoints", points: [], qos: 1 }, 1, { completeWhen: "accepted" });
      await nextTurn();
    },
    how: "ONENET_DATAPOINT_INVALID.empty",
  },
  {
    path: "closed while it waits",
    run: (bench) => {
      bench.post("a");
      bench.delivery.close(CLOSED);
    },
    how: "ONENET_CLOSED",
  },
  {
    path: "closed in flight",
    run: async (bench) => {
      bench.post("a");
      await bench.up();
      await bench.ack("a");
      bench.delivery.close(CLOSED);
      assert.equal(await bench.reply("a"), false);
    },
    how: "ONENET_CLOSED",
  },
  {
    path: "closed while it waits to be repeated",
    run: async (bench) => {
      bench.post("a");
      await bench.up();
      bench.down();
      bench.delivery.close(CLOSED);
    },
    how: "ONENET_CLOSED",
  },
  {
    path: "closed after its sender was told that it is queued",
    run: (bench) => {
      bench.post("a", { completeWhen: "queued" });
      bench.delivery.close(CLOSED);
    },
    how: "queued",
    late: "ONENET_CLOSED",
  },
  {
    path: "dropped for a newer one",
    run: (bench) => {
      bench.publish("a");
      bench.publish("b");
      bench.publish("c");
      bench.delivery.close(CLOSED);
    },
    how: "ONENET_QUEUE_FULL.dropped",
  },
  {
    path: "dropped for a newer one after its sender was told that it is queued",
    run: (bench) => {
      bench.publish("a", { completeWhen: "queued" });
      bench.publish("b");
      bench.publish("c");
      bench.delivery.close(CLOSED);
    },
    how: "queued",
    late: "ONENET_QUEUE_FULL.dropped",
  },
  {
    path: "dropped for a newer one while it waits to be repeated",
    run: async (bench) => {
      bench.publish("a");
      bench.publish("b");
      await bench.up();
      bench.down();
      bench.publish("c");
      await bench.up();
      assert.deepEqual(bench.names(), ["b", "c"]);
      await bench.ack("b");
      await bench.ack("c");
    },
    how: "ONENET_QUEUE_FULL.dropped",
  },
];

describe("Delivery", () => {
  describe("tells each sender exactly once", () => {
    for (const { path, run, how, late } of [...SUCCESSES, ...FAILURES]) {
      it(`${path} → ${how}${late === undefined ? "" : `, then ${late} from the connection`}`, async () => {
        const bench = new DeliveryBench({ limits: { ...SMALL, whenFull: "drop-oldest" } });
        await run(bench);
        assert.deepEqual(bench.how("a"), [how]);
        assert.deepEqual(
          bench.late.map((outcome) => outcome.how),
          late === undefined ? [] : [late],
        );
        bench.assertIdle();
      });
    }
  });

  it("refuses a message that does not fit and tells nobody", () => {
    const bench = new DeliveryBench({ limits: { ...SMALL, whenFull: "refuse-new" } });
    bench.publish("a");
    bench.publish("b");
    assert.throws(() => bench.publish("c"), { code: "ONENET_QUEUE_FULL" });
    assert.deepEqual(bench.told, []);
    assert.equal(bench.delivery.held, 2);
  });

  it("counts what is in flight against the bounds", async () => {
    const bench = new DeliveryBench({ limits: { ...SMALL, whenFull: "refuse-new" } });
    await bench.up();
    bench.publish("a", {}, 60);
    await nextTurn();
    assert.throws(() => bench.publish("b", {}, 41), { code: "ONENET_QUEUE_FULL" });
    assert.deepEqual([bench.delivery.held, bench.delivery.heldBytes, bench.delivery.inFlight], [1, 60, 1]);
    await bench.ack("a");
    bench.publish("b", {}, 41);
    await nextTurn();
    await bench.ack("b");
    bench.assertIdle();
  });

  it("does not drop what is on its way for a newer one", async () => {
    const bench = new DeliveryBench({ limits: { ...SMALL, whenFull: "drop-oldest" } });
    await bench.up();
    bench.publish("a");
    bench.publish("b");
    await nextTurn();
    assert.throws(() => bench.publish("c"), { code: "ONENET_QUEUE_FULL" });
    await bench.ack("a");
    await bench.ack("b");
    assert.deepEqual(
      bench.told.map(({ how }) => how),
      ["acknowledged", "acknowledged"],
    );
    bench.assertIdle();
  });

  it("has no timer left at once when it is closed", async () => {
    const bench = new DeliveryBench();
    bench.post("sent", { expiryMs: 60_000 });
    await bench.up();
    bench.post("waiting", { expiryMs: 60_000 });
    assert.equal(bench.clock.running, 2);
    bench.delivery.close(CLOSED);
    assert.equal(bench.clock.running, 0);
  });

  it("refuses everything once it is closed, with the reason it was closed with", async () => {
    const bench = new DeliveryBench();
    bench.delivery.close(CLOSED);
    assert.throws(() => bench.publish("a"), CLOSED);
    assert.throws(() => bench.answer("b"), CLOSED);
    bench.delivery.close(new OneNetError("ONENET_INTERNAL", { detail: "second" }));
    await bench.up();
    assert.deepEqual([bench.told, bench.names()], [[], []]);
    bench.assertIdle();
  });

  it("sends nothing twice when a turn that was scheduled comes after the link is gone", async () => {
    const bench = new DeliveryBench();
    const link = await bench.up();
    bench.publish("a");
    bench.down();
    await nextTurn();
    assert.deepEqual(link.payloads, []);
    await bench.up();
    assert.deepEqual(bench.names(), ["a"]);
    await bench.ack("a");
    bench.assertIdle();
  });

  it("has a promise form that settles with the outcome", async () => {
    const bench = new DeliveryBench();
    const draft = { kind: "publish", publish: { topic: "t", payload: "p", qos: 0, retain: false } } as const;
    const sent = deliver(bench.delivery, draft, 1, { completeWhen: "sent" });
    await bench.up();
    const { receipt, failed } = await sent;
    assert.deepEqual([receipt.state, failed], ["sent", []]);
    const refused = deliver(bench.delivery, { ...draft, publish: { ...draft.publish, qos: 1 } }, 1, {
      completeWhen: "acknowledged",
    });
    await nextTurn();
    bench.link.last.answer(REFUSED);
    await assert.rejects(refused, REFUSED);
    bench.delivery.close(CLOSED);
    await assert.rejects(deliver(bench.delivery, draft, 1, { completeWhen: "sent" }), CLOSED);
  });

  describe("that hands over", () => {
    it("gives all that is not settled to its successor, in order, and tells nobody but the answers", async () => {
      const old = new DeliveryBench({ inFlightMax: 2 });
      await old.up();
      for (const name of ["a", "b"]) await old.postAlone(name);
      for (const name of ["c", "d", "e"]) old.post(name);
      old.answer("answer");
      await nextTurn();
      assert.deepEqual(old.names(), ["a", "b", "answer"]);
      await old.reply("b");
      assert.deepEqual(old.names(), ["a", "b", "answer", "c+d+e"]);
      const messages = old.delivery.handOver();
      assert.deepEqual(
        old.told.map(({ name, how }) => `${name} ${how}`),
        ["b accepted", "answer ONENET_CLOSED"],
      );
      old.assertIdle();
      assert.throws(() => old.post("f"), { code: "ONENET_CLOSED" });

      const heir = new DeliveryBench({ clock: old.clock, limits: { ...SMALL, whenFull: "refuse-new" } });
      heir.delivery.adopt(messages);
      assert.equal(heir.delivery.held, 4);
      await heir.up();
      assert.deepEqual(heir.names(), ["a+c+d+e"]);
      await heir.reply("a");
      assert.deepEqual(
        old.told.slice(2).map(({ name, how }) => `${name} ${how}`),
        ["a accepted", "c accepted", "d accepted", "e accepted"],
      );
      heir.assertIdle();
    });

    it("keeps what means something to its sender only: nobody there could tell it the reply", async () => {
      const old = new DeliveryBench({ messagesPerSecond: 1 });
      await old.up();
      for (const name of ["sent", "waiting"]) old.publish(name, { transient: true });
      old.post("a");
      await nextTurn();
      assert.deepEqual(old.names(), ["sent"]);
      const heir = new DeliveryBench({ clock: old.clock });
      heir.delivery.adopt(old.delivery.handOver());
      assert.deepEqual([old.how("sent"), old.how("waiting")], [["ONENET_CLOSED"], ["ONENET_CLOSED"]]);
      old.assertIdle();
      await heir.up();
      assert.deepEqual(heir.names(), ["a"]);
    });

    it("gives away in their order what was rejected and taken apart, and what waits behind it", async () => {
      const old = new DeliveryBench({ messagesPerSecond: 1 });
      for (const name of ["a", "b", "c"]) old.post(name);
      await old.up();
      await old.reply("a", { code: 98, message: "illegal data" });
      old.post("d");
      await old.pass(2000);
      assert.deepEqual(old.names(), ["a+b+c", "a+b", "c"]);
      await old.reply("a", { code: 98, message: "illegal data" });
      const heir = new DeliveryBench({ clock: old.clock });
      heir.delivery.adopt(old.delivery.handOver());
      await heir.up();
      assert.deepEqual(heir.names(), ["a+b+c+d"]);
      await heir.reply("a");
      assert.deepEqual(
        old.told.map(({ how }) => how),
        ["accepted", "accepted", "accepted", "accepted"],
      );
      heir.assertIdle();
    });

    it("posts again as a whole what was accepted in part", async () => {
      const old = new DeliveryBench();
      await old.up();
      const points = ["a", "b"].map((stream) => ({ stream, value: 1 }));
      old.enqueue("both", { kind: "datapoints", points, qos: 1 }, 1, { completeWhen: "accepted" });
      await nextTurn();
      await old.reply("a", { code: 98, message: "illegal data" });
      await old.reply("a", { code: 98, message: "illegal data" });
      assert.deepEqual(old.told, []);
      const heir = new DeliveryBench({ clock: old.clock });
      heir.delivery.adopt(old.delivery.handOver());
      await heir.up();
      assert.deepEqual(heir.names(), ["a+b"]);
      await heir.reply("a");
      assert.deepEqual([old.how("both"), old.outcome("both").failed], [["accepted"], []]);
      heir.assertIdle();
    });

    it("lets the successor watch the life times and report what comes too late to be told", async () => {
      const old = new DeliveryBench();
      old.publish("short", { expiryMs: 5000 });
      old.publish("queued", { completeWhen: "queued" });
      old.clock.advance(4000);
      const heir = new DeliveryBench({ clock: old.clock });
      heir.delivery.adopt(old.delivery.handOver());
      heir.clock.advance(1000);
      assert.deepEqual(old.how("short"), ["ONENET_EXPIRED"]);
      await heir.up();
      await heir.ack("queued", REFUSED);
      assert.deepEqual([old.late.length, heir.late.map(({ how }) => how)], [0, ["ONENET_PUBLISH_REFUSED"]]);
      heir.assertIdle();
    });
  });
});
