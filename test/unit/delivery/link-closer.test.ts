import assert from "node:assert/strict";
import type { Pack } from "../../../lib/delivery/in-flight";
import { LinkCloserFinder } from "../../../lib/delivery/link-closer";

function pack(isAnswer = false): Pack {
  return {
    publish: { topic: "t", payload: "", qos: 1, retain: false },
    messages: [],
    replyKey: undefined,
    isAnswer,
    order: 0,
    number: 0,
    attempts: 1,
    timeouts: 0,
    closedLinks: 0,
    acknowledged: false,
    sentAtMonotonicMs: 0,
  };
}

describe("LinkCloserFinder", () => {
  it("suspects at the second close and convicts at the third", () => {
    const finder = new LinkCloserFinder();
    const poison = pack();
    const verdicts = [0, 1, 2].map((times) => {
      finder.published(times * 5000);
      return finder.linkClosed(poison, times * 5000 + 300);
    });
    assert.deepEqual(verdicts, ["unsuspected", "suspected", "convicted"]);
    assert.equal(finder.isolated, undefined);
  });

  const innocent: readonly (readonly [why: string, blamed: Pack | undefined, afterMs: number])[] = [
    ["nothing was unanswered", undefined, 100],
    ["the last publish is long ago", pack(), 2001],
    ["it is an answer: it is not sent twice", pack(true), 100],
  ];
  for (const [why, blamed, afterMs] of innocent) {
    it(`suspects nobody when ${why}`, () => {
      const finder = new LinkCloserFinder();
      for (let times = 0; times < 5; times += 1) {
        finder.published(times * 5000);
        assert.equal(finder.linkClosed(blamed, times * 5000 + afterMs), "unsuspected");
      }
      assert.equal(finder.isolated, undefined);
    });
  }

  it("acquits what was answered alone", () => {
    const finder = new LinkCloserFinder();
    const suspect = pack();
    finder.published(0);
    finder.linkClosed(suspect, 1);
    finder.linkClosed(suspect, 2);
    assert.equal(finder.isolated, suspect);
    finder.acquit(pack());
    assert.equal(finder.isolated, suspect);
    finder.acquit(suspect);
    assert.equal(finder.isolated, undefined);
  });
});
