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
