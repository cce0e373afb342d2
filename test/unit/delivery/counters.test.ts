import assert from "node:assert/strict";
import { DeliveryCounters } from "../../../lib/delivery/counters";
import { OneNetError } from "../../../lib/errors";

describe("delivery counters", () => {
  it("starts with nothing, and no round trip", () => {
    const { roundTripP50Ms, roundTripP99Ms, ...counts } = new DeliveryCounters().figures();
    assert.equal(roundTripP50Ms, undefined);
    assert.equal(roundTripP99Ms, undefined);
    assert.deepEqual(Object.values(counts), Array(9).fill(0));
  });

  it("counts what was sent and what was sent again apart", () => {
    const counters = new DeliveryCounters();
    counters.published(10, 500, false);
    counters.published(4, 200, true);
    counters.acknowledged(10, 5);
    counters.accepted(9, 7);
    const { sent, retries, bytesSent, acknowledged, accepted } = counters.figures();
    assert.deepEqual([sent, retries, bytesSent, acknowledged, accepted], [10, 4, 700, 10, 9]);
  });

  it("tells failures apart", () => {
    const counters = new DeliveryCounters();
    const dropped = new OneNetError("ONENET_QUEUE_FULL.dropped", {
      device: "d",
      maxMessages: 1,
      maxBytes: 1,
    });
    counters.failed({ kind: "rejected", rejection: { code: 98, message: "illegal data" } });
    counters.failed({ kind: "expired", ageMs: 2, expiryMs: 1 });
    counters.failed({ kind: "link-lost" });
    counters.failed({ kind: "other", error: dropped });
    counters.failed({ kind: "other", error: new OneNetError("ONENET_CLOSED") });
    const { rejected, expired, dropped: drops, failed } = counters.figures();
    assert.deepEqual([rejected, expired, drops, failed], [1, 1, 1, 2]);
  });

  it("has the percentiles of the newest thousand round trips", () => {
    const counters = new DeliveryCounters();
    for (let index = 0; index < 500; index += 1) counters.acknowledged(1, 100_000);
    for (let ms = 1; ms <= 1000; ms += 1) counters.accepted(1, ms);
    const { roundTripP50Ms, roundTripP99Ms } = counters.figures();
    assert.equal(roundTripP50Ms, 501);
    assert.equal(roundTripP99Ms, 991);
  });
});
