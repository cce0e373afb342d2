import assert from "node:assert/strict";
import { countMessageIds } from "../../../lib/delivery/message-id";
import { MAX_MESSAGE_ID } from "../../../lib/protocol/limits";

describe("countMessageIds", () => {
  const cases: readonly (readonly [random: number, ids: readonly number[]])[] = [
    [0, [1, 2, 3]],
    [0.5, [1_073_741_824, 1_073_741_825]],
    [1 - 2 ** -31, [MAX_MESSAGE_ID, 1, 2]],
    [1 - Number.EPSILON / 2, [MAX_MESSAGE_ID, 1]],
  ];
  for (const [random, ids] of cases) {
    it(`counts from ${ids[0]} on when the dice say ${random}`, () => {
      const next = countMessageIds(() => random);
      assert.deepEqual(
        ids.map(() => next()),
        ids,
      );
    });
  }

  it("starts anywhere", () => {
    const starts = new Set(Array.from({ length: 20 }, () => countMessageIds()()));
    assert.ok(starts.size > 15, `${starts.size} of 20 starts differ`);
  });
});
