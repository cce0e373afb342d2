import assert from "node:assert/strict";
import fc from "fast-check";
import { Pace } from "../../../lib/delivery/pace";
import { RateLimiter } from "../../../lib/delivery/rate-limiter";
import { ManualClock } from "../../support/manual-clock";

describe("rate limiter", () => {
  it("lets one through at once and then one a second", () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 1);
    assert.equal(limiter.waitMs, 0);
    limiter.take();
    assert.equal(limiter.waitMs, 1000);
    clock.advance(400);
    assert.equal(limiter.waitMs, 600);
    clock.advance(600);
    assert.equal(limiter.waitMs, 0);
  });

  it("saves up no more than its burst over a pause", () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 10, 3);
    clock.advance(60_000);
    const takenAtOnce = () => {
      let taken = 0;
      for (; limiter.waitMs === 0; taken += 1) limiter.take();
      return taken;
    };
    assert.equal(takenAtOnce(), 3);
    clock.advance(60_000);
    assert.equal(takenAtOnce(), 3);
  });

  it("never waits without a rate", () => {
    const limiter = new RateLimiter(new ManualClock(), undefined);
    assert.equal(limiter.isLimited, false);
    for (let index = 0; index < 1000; index += 1) limiter.take();
    assert.equal(limiter.waitMs, 0);
  });

  it("keeps its rate in every window, and reaches it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 4 }), (rate, burst) => {
        const clock = new ManualClock();
        const limiter = new RateLimiter(clock, rate, burst);
        const start = clock.monotonicMs();
        let taken = 0;
        while (clock.monotonicMs() - start < 10_000) {
          for (; limiter.waitMs === 0; taken += 1) limiter.take();
          clock.advance(limiter.waitMs);
        }
        assert.ok(taken <= rate * 10.01 + burst, `${taken} at ${rate}/s`);
        // Timers have whole milliseconds: a fast rate loses some of each.
        assert.ok(taken >= (10_000 / Math.ceil(1000 / rate)) * 0.99, `${taken} at ${rate}/s`);
      }),
      { numRuns: 50 },
    );
  });
});

describe("pace", () => {
  function newPace(perSecond: number) {
    const clock = new ManualClock();
    let calls = 0;
    const pace = new Pace(clock, perSecond, () => {
      calls += 1;
    });
    return { clock, pace, calls: () => calls };
  }

  it("calls when the rate allows the next one, once", () => {
    const { clock, pace, calls } = newPace(2);
    pace.messages.take();
    pace.waitFor(true, false);
    pace.waitFor(true, false);
    assert.equal(clock.running, 1);
    clock.advance(499);
    assert.equal(calls(), 0);
    clock.advance(1);
    assert.equal(calls(), 1);
    assert.equal(clock.running, 0);
  });

  it("waits for nothing that does not have to wait", () => {
    const { clock, pace } = newPace(1);
    pace.waitFor(true, true);
    pace.messages.take();
    pace.waitFor(false, true);
    assert.equal(clock.running, 0);
  });

  it("has a bucket for answers of their own, and is on time for whichever is ready first", () => {
    const { clock, pace, calls } = newPace(0.1);
    pace.answers.take();
    clock.advance(9000);
    pace.messages.take();
    pace.waitFor(true, false);
    assert.equal(clock.nextInMs, 11_000);
    // The answer came later and is ready long before.
    pace.waitFor(true, true);
    assert.equal(clock.nextInMs, 1000);
    clock.advance(1000);
    assert.equal(calls(), 1);
    assert.equal(pace.answers.waitMs, 0);
  });

  for (const lane of ["messages", "answers"] as const) {
    it(`comes back to ${lane} that had to wait though their time has come meanwhile`, () => {
      const { clock, pace, calls } = newPace(1);
      pace[lane].take();
      clock.advance(999.5);
      assert.equal(pace[lane].waitMs, 1, "too early by a fraction of a millisecond");
      clock.advance(0.5);
      const waits = [lane === "messages", lane === "answers"] as const;
      pace.waitFor(...waits);
      clock.advance(1);
      assert.equal(calls(), 1);
      pace.waitFor(...waits);
      assert.equal(clock.running, 0, "nothing has had to wait since");
    });
  }

  it("can be stopped", () => {
    const { clock, pace, calls } = newPace(1);
    pace.messages.take();
    pace.waitFor(true, false);
    pace.stop();
    clock.advance(5000);
    assert.equal(calls(), 0);
    pace.messages.take();
    pace.waitFor(true, false);
    assert.equal(clock.running, 1);
  });
  it("lets answers go beside the messages, which wait the longer: the platform counts both", () => {
    const { clock, pace } = newPace(1);
    pace.messages.take();
    pace.answers.take();
    assert.deepEqual([pace.answers.waitMs, pace.messages.waitMs], [1000, 2000]);
    let sent = 0;
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      if (second % 3 === 0) {
        assert.ok(pace.answers.waitMs === 0);
        pace.answers.take();
        sent += 1;
      }
      for (; pace.messages.waitMs === 0; sent += 1) pace.messages.take();
    }
    assert.ok(sent <= 60 && sent >= 58, `${sent} in a minute`);
  });
});
