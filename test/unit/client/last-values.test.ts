import assert from "node:assert/strict";
import { LastValues } from "../../../lib/client/last-values";
import { newPack } from "../../../lib/delivery/pack";
import type { Packer } from "../../../lib/delivery/packer";
import { publishPacker } from "../../../lib/delivery/packer";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { postOf } from "../../support/messages";

const SUB = { productId: "P2", deviceName: "s" };

const NO_PACK = newPack({ topic: "t", payload: "", qos: 1, retain: false }, [], undefined);

/** Last values, and a packer whose posts are settled by hand. */
function begin(maxValues?: number) {
  const last = new LastValues(maxValues);
  let id = 0;
  const inner: Packer = {
    ...publishPacker,
    packParts: (parts) => newPack({ topic: "t", payload: "", qos: 1, retain: false }, parts, `post:${++id}`),
  };
  const packer = last.noting(inner);
  const post = (...points: Datapoint[]) => {
    const pack = packer.packParts([{ message: postOf(points), points }], NO_PACK);
    assert.ok(pack.replyKey);
    return pack.replyKey;
  };
  return { last, post, packer };
}

describe("LastValues", () => {
  it("are those of posts that were accepted, by device", () => {
    const { last, post } = begin();
    last.keep();
    const key = post(
      { stream: "a", value: 1 },
      { stream: "a", value: 2, device: SUB },
      { stream: "e", value: {}, event: true },
    );
    assert.deepEqual(last.find(undefined, ["a"]), {});
    last.replied(key, true);
    last.replied(key, true);
    last.replied(post({ stream: "b", value: 3 }), false);
    last.replied("post:unknown", true);
    assert.deepEqual(last.find(undefined, ["a", "b", "e"]), { a: 1 });
    assert.deepEqual(last.find(SUB, ["a", "b"]), { a: 2 });
    assert.deepEqual(last.find({ ...SUB, deviceName: "other" }, ["a"]), {});
  });

  it("are the newest that were measured, whatever was accepted last", () => {
    const { last, post } = begin();
    last.keep();
    for (const [value, atMs] of [
      [1, 1000],
      [2, 3000],
      [3, 2000],
      [4, 3000],
    ] as const)
      last.replied(post({ stream: "a", value, atMs }), true);
    assert.deepEqual(last.find(undefined, ["a"]), { a: 4 });
    last.replied(post({ stream: "a", value: 5 }), true);
    assert.deepEqual(last.find(undefined, ["a"]), { a: 5 });
  });

  it("cost nothing while nobody asks", () => {
    const { last, post } = begin();
    last.replied(post({ stream: "a", value: 1 }), true);
    assert.deepEqual(last.find(undefined, ["a"]), {});
  });

  it("are of so many posts, and so many values, at most", () => {
    const { last, post } = begin(20);
    last.keep();
    const first = post({ stream: "a", value: 1 });
    const keys = Array.from({ length: 128 }, (_, value) => post({ stream: "a", value }));
    last.replied(first, true);
    assert.deepEqual(last.find(undefined, ["a"]), {});
    last.replied(keys[127] ?? "", true);
    assert.deepEqual(last.find(undefined, ["a"]), { a: 127 });
    const many = (deviceName: string) =>
      Array.from({ length: 10 }, (_, i) => ({
        stream: `p${i}`,
        value: i,
        device: { ...SUB, deviceName },
      }));
    for (const name of ["x", "y"]) last.replied(post(...many(name)), true);
    assert.deepEqual(last.find(undefined, ["a"]), {});
    assert.deepEqual(last.find({ ...SUB, deviceName: "x" }, ["p7"]), { p7: 7 });
  });
});
