import assert from "node:assert/strict";
import { BadStreams } from "../../../lib/delivery/bad-streams";
import { ManualClock } from "../../support/manual-clock";

const REJECTION = { code: 2306, message: "identifier not exist:identifier:X" };

describe("bad streams", () => {
  it("remembers what was said for ten minutes", () => {
    const clock = new ManualClock();
    const bad = new BadStreams(clock);
    assert.equal(bad.find("X"), undefined);
    bad.add("X", REJECTION);
    clock.advance(599_999);
    assert.deepEqual(bad.find("X"), REJECTION);
    assert.equal(bad.find("Y"), undefined);
    clock.advance(1);
    assert.equal(bad.find("X"), undefined);
  });

  it("begins the ten minutes again at each rejection", () => {
    const clock = new ManualClock();
    const bad = new BadStreams(clock);
    bad.add("X", REJECTION);
    clock.advance(500_000);
    bad.add("X", REJECTION);
    clock.advance(500_000);
    assert.deepEqual(bad.find("X"), REJECTION);
  });

  it("forgets the oldest beyond ten thousand", () => {
    const bad = new BadStreams(new ManualClock());
    for (let index = 0; index <= 10_000; index += 1) bad.add(`s${index}`, REJECTION);
    assert.equal(bad.find("s0"), undefined);
    assert.deepEqual(bad.find("s1"), REJECTION);
    assert.deepEqual(bad.find("s10000"), REJECTION);
  });
});
