import assert from "node:assert/strict";
import { LinkCloserFinder } from "../../../lib/delivery/link-closer";
import type { Pack } from "../../../lib/delivery/pack";
import { newPack } from "../../../lib/delivery/pack";

function pack(): Pack {
  const sent = newPack({ topic: "t", payload: "", qos: 1, retain: false }, [], undefined);
  return { ...sent, attempts: 1 };
}

describe("LinkCloserFinder", () => {
  it("suspects at the second close and convicts at the third", () => {
    const finder = new LinkCloserFinder();
    const poison = pack();
    const verdicts = [0, 1, 2].map((times) => {
      finder.published(times * 5000);
      return finder.linkClosed([poison], times * 5000 + 300);
    });
    assert.deepEqual(verdicts, ["unsuspected", "suspected", "convicted"]);
    assert.equal(finder.isolated, undefined);
  });

  const innocent: readonly (readonly [why: string, blamed: readonly Pack[], afterMs: number])[] = [
    ["nothing was unanswered", [], 100],
    ["the last publish is long ago", [pack()], 2001],
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
    finder.linkClosed([suspect], 1);
    finder.linkClosed([suspect], 2);
    assert.equal(finder.isolated, suspect);
    finder.acquit(pack());
    assert.equal(finder.isolated, suspect);
    finder.acquit(suspect);
    assert.equal(finder.isolated, undefined);
  });

  it("goes through all that was unanswered at both closes, for a reset takes acknowledgements along", () => {
    const finder = new LinkCloserFinder();
    const [answered, a, b, poison, c, late] = [pack(), pack(), pack(), pack(), pack(), pack()];
    finder.published(0);
    assert.equal(finder.linkClosed([answered, a, b, poison, c], 1), "unsuspected");
    assert.equal(finder.linkClosed([a, b, poison, c, late], 2), "suspected");
    assert.equal(finder.isolated, a);
    finder.acquit(b);
    finder.acquit(a);
    assert.equal(finder.isolated, poison);
    assert.equal(finder.linkClosed([poison], 3), "convicted");
    assert.equal(finder.isolated, undefined);
    assert.deepEqual([c.closedLinks, late.closedLinks], [0, 1]);
  });

  describe("that has taken a post apart", () => {
    /** A finder that suspects a post of two, the first of which is sent alone. */
    function narrowed() {
      const finder = new LinkCloserFinder();
      const post = pack();
      finder.published(0);
      finder.linkClosed([post], 1);
      finder.linkClosed([post], 2);
      const [first, rest] = [pack(), pack()];
      for (const part of [first, rest]) part.closedLinks = post.closedLinks;
      finder.narrow(first, rest);
      return { finder, first, rest };
    }

    it("suspects the rest when the first is innocent", () => {
      const { finder, first, rest } = narrowed();
      assert.equal(finder.isolated, first);
      finder.acquit(first);
      assert.equal(finder.isolated, rest);
      assert.equal(finder.linkClosed([rest], 3), "convicted");
    });

    it("holds nothing against the rest when the first was it", () => {
      const { finder, first, rest } = narrowed();
      assert.equal(finder.linkClosed([first], 3), "convicted");
      assert.deepEqual([finder.isolated, rest.closedLinks], [undefined, 0]);
    });

    it("is done when the rest is gone and the first innocent", () => {
      const { finder, first, rest } = narrowed();
      finder.acquit(rest);
      assert.equal(finder.isolated, first);
      finder.acquit(first);
      assert.equal(finder.isolated, undefined);
    });
  });
});
