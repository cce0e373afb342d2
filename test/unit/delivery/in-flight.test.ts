import assert from "node:assert/strict";
import { InFlight } from "../../../lib/delivery/in-flight";
import type { Pack } from "../../../lib/delivery/pack";
import { newPack } from "../../../lib/delivery/pack";
import { ManualClock } from "../../support/manual-clock";

const TIMEOUT_MS = 10_000;

function pack(topic: string, replyKey?: string): Pack {
  return newPack({ topic, payload: "", qos: 1, retain: false }, [], replyKey);
}

describe("InFlight", () => {
  let clock: ManualClock;
  let due: string[];
  let inFlight: InFlight;
  let judge: (pack: Pack) => boolean;

  beforeEach(() => {
    clock = new ManualClock();
    due = [];
    judge = (late) => {
      inFlight.remove(late);
      return true;
    };
    inFlight = new InFlight(clock, TIMEOUT_MS, (late) => {
      due.push(late.publish.topic);
      return judge(late);
    });
  });

  it("tells each deadline in its time, with one timer for all", () => {
    inFlight.add(pack("a"));
    clock.advance(4000);
    inFlight.add(pack("b"));
    assert.equal(clock.running, 1);
    clock.advance(5999);
    assert.deepEqual(due, []);
    clock.advance(1);
    assert.deepEqual(due, ["a"]);
    clock.advance(4000);
    assert.deepEqual(due, ["a", "b"]);
    assert.equal(clock.running, 0);
  });

  it("lets its timer go when the last one is out", () => {
    const [a, b] = [pack("a"), pack("b")];
    inFlight.add(a);
    inFlight.add(b);
    inFlight.remove(a);
    inFlight.remove(a);
    assert.equal(clock.running, 1);
    inFlight.remove(b);
    assert.deepEqual([clock.running, inFlight.size], [0, 0]);
  });

  it("gives the next one its full time when the oldest is answered", () => {
    const a = pack("a");
    inFlight.add(a);
    clock.advance(6000);
    inFlight.add(pack("b"));
    inFlight.remove(a);
    clock.advance(9999);
    assert.deepEqual(due, []);
    clock.advance(1);
    assert.deepEqual(due, ["b"]);
  });

  it("finds a pack by its reply until it is out", () => {
    const a = pack("a", "post:1");
    inFlight.add(a);
    assert.equal(inFlight.find("post:1"), a);
    assert.equal(inFlight.find("post:2"), undefined);
    assert.equal(a.isInFlight, true);
    inFlight.remove(a);
    assert.equal(inFlight.find("post:1"), undefined);
  });

  it("gives all away in the order of sending", () => {
    const packs = [pack("a", "k"), pack("b"), pack("c")];
    for (const each of packs) inFlight.add(each);
    assert.deepEqual(inFlight.takeAll(), packs);
    assert.deepEqual([inFlight.size, clock.running, inFlight.find("k")], [0, 0, undefined]);
  });

  it("looks again in a second when a deadline cannot be judged, and at nothing else before", () => {
    judge = () => false;
    inFlight.add(pack("a"));
    inFlight.add(pack("b"));
    clock.advance(10_000);
    assert.deepEqual(due, ["a"]);
    clock.advance(1000);
    assert.deepEqual(due, ["a", "a"]);
    assert.equal(clock.running, 1);
  });

  it("keeps one timer when one is sent again and the next cannot be judged", () => {
    judge = (late) => {
      if (late.publish.topic !== "a") return false;
      inFlight.remove(late);
      inFlight.add(late);
      return true;
    };
    inFlight.add(pack("a"));
    inFlight.add(pack("b"));
    clock.advance(10_000);
    assert.equal(clock.running, 1);
    inFlight.takeAll();
    assert.equal(clock.running, 0);
  });

  it("does not mind a timer that fires a fraction early", () => {
    const early = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      startTimer: (delayMs: number, callback: () => void) => clock.startTimer(delayMs - 0.4, callback),
    };
    inFlight = new InFlight(early, TIMEOUT_MS, (late) => {
      due.push(late.publish.topic);
      return judge(late);
    });
    inFlight.add(pack("a"));
    clock.advance(9999.7);
    assert.deepEqual(due, ["a"]);
    assert.equal(clock.running, 0);
  });
});
