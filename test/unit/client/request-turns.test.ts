import assert from "node:assert/strict";
import { RequestTurns } from "../../../lib/client/request-turns";
import { ManualClock } from "../../support/manual-clock";

describe("RequestTurns", () => {
  let clock: ManualClock;
  let gone: string[];
  beforeEach(() => {
    clock = new ManualClock();
    gone = [];
  });

  it("leave every other message of a limited pace to others, whoever asks", () => {
    const turns = new RequestTurns(clock, 2);
    for (const name of ["login a", "add b", "login c"]) turns.take(() => gone.push(name));
    assert.deepEqual(gone, ["login a"]);
    clock.advance(999);
    assert.deepEqual(gone, ["login a"]);
    clock.advance(1);
    assert.deepEqual(gone, ["login a", "add b"]);
    clock.advance(1000);
    assert.deepEqual(gone, ["login a", "add b", "login c"]);
  });

  it("come at once after a while without any", () => {
    const turns = new RequestTurns(clock, 1);
    turns.take(() => gone.push("a"));
    clock.advance(5000);
    turns.take(() => gone.push("b"));
    assert.deepEqual(gone, ["a", "b"]);
  });

  it("come at once where the pace is free", () => {
    const turns = new RequestTurns(clock, undefined);
    for (let n = 0; n < 100; n += 1) turns.take(() => gone.push(String(n)));
    assert.equal(gone.length, 100);
  });
});
