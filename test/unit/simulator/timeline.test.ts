import assert from "node:assert/strict";
import fc from "fast-check";
import { Timeline } from "../../../lib/simulator/timeline";

const ALWAYS = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

describe("timeline", () => {
  it("keeps the order of times, and of equal times the order of arrival; the oldest go", () => {
    const moments = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 200 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 60 }), (times, limit) => {
        const timeline = new Timeline<number>(limit);
        times.forEach((atMs, item) => {
          timeline.add(atMs, item);
        });
        const sorted = times
          .map((atMs, item) => ({ atMs, item }))
          .sort((a, b) => a.atMs - b.atMs || a.item - b.item);
        // What came later than what is kept is gone for good: kept are the latest of those that were there at once.
        const kept = timeline.page(ALWAYS);
        assert.equal(timeline.count, Math.min(times.length, limit));
        assert.equal(kept.length, timeline.count);
        if (times.length <= limit) assert.deepEqual(kept, sorted);
        const order = kept.map(({ atMs, item }) => atMs * 1000 + item);
        assert.deepEqual(
          order,
          [...order].sort((a, b) => a - b),
        );
      }),
    );
  });

  it("gives pages of a span of time, both ends included, either way round", () => {
    const timeline = new Timeline<string>(100);
    for (const atMs of [5, 3, 9, 7, 1]) timeline.add(atMs, `t${atMs}`);
    const items = (request: object) => timeline.page({ ...ALWAYS, ...request }).map(({ item }) => item);
    assert.deepEqual(items({ startMs: 3, endMs: 7 }), ["t3", "t5", "t7"]);
    assert.deepEqual(items({ descending: true, limit: 2 }), ["t9", "t7"]);
    assert.deepEqual(items({ descending: true, offset: 3 }), ["t3", "t1"]);
    assert.deepEqual(items({ offset: 1, limit: 2 }), ["t3", "t5"]);
    assert.deepEqual(items({ startMs: 10 }), []);
    const found = timeline.page({ ...ALWAYS, offset: 1 }, (item) => item > "t3");
    assert.deepEqual(
      found.map(({ item }) => item),
      ["t7", "t9"],
    );
  });

  it("tells once that it is full, and drops the oldest", () => {
    const timeline = new Timeline<number>(1000);
    const told: number[] = [];
    for (let count = 0; count < 5000; count += 1) if (timeline.add(count, count)) told.push(count);
    assert.deepEqual(told, [1000]);
    assert.equal(timeline.count, 1000);
    assert.deepEqual(
      timeline.page(ALWAYS).map(({ item }) => item),
      Array.from({ length: 1000 }, (_, index) => 4000 + index),
    );
  });
});
