import assert from "node:assert/strict";
import { Deadlines } from "../../../lib/client/deadlines";
import { ManualClock } from "../../support/manual-clock";

describe("Deadlines", () => {
  let clock: ManualClock;
  let due: string[];
  let deadlines: Deadlines<string>;

  beforeEach(() => {
    clock = new ManualClock();
    due = [];
    deadlines = new Deadlines(clock, (item) => due.push(item));
  });

  it("tells each in its time, whichever was set first, with one timer", () => {
    deadlines.set("late", 5000);
    deadlines.set("early", 1000);
    deadlines.set("between", 2000);
    assert.equal(clock.running, 1);
    for (const [ms, expected] of [
      [999, []],
      [1, ["early"]],
      [1000, ["early", "between"]],
      [2999, ["early", "between"]],
      [1, ["early", "between", "late"]],
    ] as const) {
      clock.advance(ms);
      assert.deepEqual(due, expected);
    }
    assert.equal(clock.running, 0);
  });

  it("forgets what is let go of, and its timer with the last one", () => {
    deadlines.set("a", 1000);
    deadlines.set("b", 1000);
    deadlines.delete("a");
    assert.equal(clock.running, 1);
    deadlines.delete("b");
    deadlines.delete("b");
    assert.equal(clock.running, 0);
    deadlines.set("c", 1000);
    clock.advance(1000);
    assert.deepEqual(due, ["c"]);
  });

  it("minds what is set and let go of while it tells", () => {
    deadlines = new Deadlines(clock, (item) => {
      due.push(item);
      deadlines.delete("b");
      if (item === "a") deadlines.set("c", 500);
    });
    deadlines.set("a", 1000);
    deadlines.set("b", 1000);
    clock.advance(1499);
    assert.deepEqual(due, ["a"]);
    clock.advance(1);
    assert.deepEqual([due, clock.running], [["a", "c"], 0]);
  });
});
