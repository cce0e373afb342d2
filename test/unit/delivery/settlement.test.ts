import assert from "node:assert/strict";
import type { Failure, Receipt } from "../../../lib/delivery/message";
import { hasReached } from "../../../lib/delivery/message";
import { OneNetError } from "../../../lib/errors";
import { DeliveryBench } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";

describe("states", () => {
  const order = ["queued", "sent", "acknowledged", "accepted"] as const;
  for (const [index, state] of order.entries()) {
    it(`${state} includes what comes before it`, () => {
      assert.deepEqual(
        order.map((wanted) => hasReached(state, wanted)),
        order.map((_, other) => other <= index),
      );
    });
  }
});

describe("Settlement", () => {
  it("stamps each state with the wall clock", async () => {
    const bench = new DeliveryBench();
    const startMs = bench.clock.nowMs();
    bench.post("a");
    bench.clock.advance(10);
    await bench.up();
    bench.clock.advance(10);
    await bench.ack("a");
    bench.clock.advance(10);
    await bench.reply("a");
    const expected: Receipt = {
      state: "accepted",
      id: "1",
      attempts: 1,
      queuedAt: startMs,
      sentAt: startMs + 10,
      acknowledgedAt: startMs + 20,
      acceptedAt: startMs + 30,
    };
    assert.deepEqual(bench.outcome("a").receipt, expected);
  });

  it("puts a failure in the sender's words", async () => {
    const bench = new DeliveryBench();
    const explain = (failure: Failure) => new OneNetError("ONENET_INTERNAL", { detail: failure.kind });
    bench.post("expired", { explain, expiryMs: 1 });
    bench.clock.advance(5);
    await bench.up();
    bench.post("rejected", { explain });
    bench.answer("lost", { explain });
    await nextTurn();
    await bench.reply("rejected", { code: 98, message: "illegal data" });
    bench.down();
    bench.delivery.close(new OneNetError("ONENET_CLOSED"));
    assert.deepEqual(
      bench.told.map(({ name, error }) => [name, error?.params["detail"]]),
      ["expired", "rejected"].map((kind) => [kind, kind]).concat([["lost", "link-lost"]]),
    );
  });

  it("gives the age and the life time of what expired in seconds", () => {
    const bench = new DeliveryBench();
    bench.publish("a", { expiryMs: 1500 });
    bench.clock.advance(3000);
    const { error } = bench.outcome("a");
    assert.deepEqual(error?.params, { ageSeconds: 2, expirySeconds: 1.5 });
  });

  it("tells in time of all that expired without a link, however much it was", () => {
    const bench = new DeliveryBench({
      limits: { maxMessages: 10_000, maxBytes: 1e6, whenFull: "refuse-new" },
    });
    for (let index = 0; index < 7000; index += 1) bench.post(`m${index}`, { expiryMs: 1500 });
    bench.clock.advance(3000);
    assert.equal(bench.told.length, 7000);
    assert.ok(bench.told.every(({ how }) => how === "ONENET_EXPIRED"));
    bench.assertIdle();
  });

  it("neither sends nor repeats an expired datapoint with the others of its post", async () => {
    const bench = new DeliveryBench();
    bench.post("a");
    bench.post("old", { expiryMs: 500 });
    bench.post("short", { expiryMs: 2000 });
    bench.clock.advance(600);
    await bench.up();
    assert.deepEqual([bench.names(), bench.how("old")], [["a+short"], ["ONENET_EXPIRED"]]);
    bench.down();
    bench.clock.advance(2000);
    await bench.up();
    assert.deepEqual([bench.names(), bench.how("short")], [["a"], ["ONENET_EXPIRED"]]);
    await bench.reply("a");
    assert.deepEqual(bench.how("a"), ["accepted"]);
    bench.assertIdle();
  });

  it("gives the platform's code and words of what was rejected", async () => {
    const bench = new DeliveryBench();
    bench.post("a");
    await bench.up();
    await bench.reply("a", { code: 98, message: "illegal data" });
    const { error } = bench.outcome("a");
    assert.deepEqual(error?.params, { platformCode: 98, platformMessage: "illegal data" });
    bench.assertIdle();
  });
});
