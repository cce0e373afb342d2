import assert from "node:assert/strict";
import { FlapDetector } from "../../../lib/client/flap-detector";
import { ManualClock } from "../../support/manual-clock";

describe("FlapDetector", () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
  });

  /** Lives of these lengths, each ended by the other side. @returns what was said at each end */
  function live(detector: FlapDetector, ...livesMs: readonly number[]): number[] {
    return livesMs.map((lifeMs) => {
      detector.online();
      clock.advance(lifeMs);
      return detector.ended(true, false);
    });
  }

  it("suspects another login of a device at the second short life, and counts on", () => {
    assert.deepEqual(live(new FlapDetector("device", clock), 10, 59_000, 10), [0, 2, 3]);
  });

  it("starts anew after a long life", () => {
    assert.deepEqual(live(new FlapDetector("device", clock), 10, 60_001, 10, 10), [0, 0, 0, 2]);
  });

  it("is slower with a broker, which may be restarting", () => {
    assert.deepEqual(live(new FlapDetector("broker", clock), 10, 10, 10, 10, 10), [0, 0, 0, 4, 5]);
    assert.deepEqual(live(new FlapDetector("simulator", clock), 10, 3001, 10, 2999), [0, 0, 0, 2]);
    assert.deepEqual(live(new FlapDetector("broker", clock), 10, 10, 3001, 10, 10, 10), [0, 0, 0, 0, 0, 0]);
  });

  it("needs no suspicion when MQTT 5 tells it", () => {
    const detector = new FlapDetector("broker", clock);
    detector.online();
    clock.advance(1_000_000);
    assert.equal(detector.ended(true, true), 1);
    detector.online();
    assert.equal(detector.ended(true, true), 2);
  });

  it("forgets when this side ended the connection", () => {
    const detector = new FlapDetector("device", clock);
    live(detector, 10);
    detector.online();
    assert.equal(detector.ended(false, false), 0);
    assert.deepEqual(live(detector, 10, 10), [0, 2]);
  });

  it("does not count a connection that never was up", () => {
    const detector = new FlapDetector("device", clock);
    assert.deepEqual([detector.ended(true, false), detector.ended(true, false)], [0, 0]);
  });
});
