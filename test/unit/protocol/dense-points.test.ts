import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import {
  checkDatapoint,
  type Datapoint,
  encodeDatapointLists,
  encodeDatapointPost,
  parseDatapointPost,
} from "../../../lib/protocol/datapoint";
import { DENSE_MIN, DensePoints, readDensePoints } from "../../../lib/protocol/dense-points";

const AT_MS = 1_700_000_000_999;
const RULES = { kind: "data-stream", booleansAsNumbers: true } as const;

interface Item {
  readonly stream: string;
  readonly value: number;
}

const item = fc.record({
  stream: fc.constantFrom("a", "b.c", "$d_1"),
  // Beyond 2^53 the reader of the wire gives a bigint.
  value: fc.oneof(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.integer()),
});
const items = fc.array(item, { minLength: DENSE_MIN, maxLength: 3 * DENSE_MIN });
const stamp = fc.constantFrom(AT_MS, undefined);
const some = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ stream: "s", value: n }));

/** Stream by stream, with the times that the wire has. */
function onTheWire(points: readonly Datapoint[]): Datapoint[] {
  const post = parseDatapointPost(encodeDatapointPost(1, points));
  assert.ok("points" in post);
  return [...post.points];
}

describe("readDensePoints", () => {
  it("reads what is read one by one, stream by stream", () => {
    fc.assert(
      fc.property(items, stamp, (given, stampAtMs) => {
        const dense = readDensePoints(given, stampAtMs);
        assert.ok(dense);
        assert.equal(dense.length, given.length);
        const single = given.map((each) => checkDatapoint(each, RULES, stampAtMs));
        assert.deepEqual(dense.toPoints(), onTheWire(single));
        assert.deepEqual(encodeDatapointPost(7, dense), encodeDatapointPost(7, single));
        assert.ok(encodeDatapointPost(2 ** 31 - 1, dense).length <= dense.postBytes);
      }),
    );
  });

  it("keeps the order of each stream between dense lists and others", () => {
    fc.assert(
      fc.property(items, fc.array(item), items, (first, single, last) => {
        const lists = [first, single, last].map((list) =>
          list.map((each) => checkDatapoint(each, RULES, AT_MS)),
        );
        const dense = [readDensePoints(first, AT_MS), lists[1], readDensePoints(last, AT_MS)];
        const known = dense.filter((list) => list !== undefined);
        assert.deepEqual(encodeDatapointLists(3, known), encodeDatapointPost(3, lists.flat()));
      }),
    );
  });

  it("shares nothing with the items", () => {
    const given = some(DENSE_MIN);
    const dense = readDensePoints(given, undefined);
    for (const each of given) Object.assign(each, { value: -1 });
    assert.deepEqual(
      dense?.map(({ value }) => value),
      some(DENSE_MIN).map(({ value }) => value),
    );
  });

  it("takes the objects of a function node", () => {
    const given = runInNewContext(`Array.from({length: 40}, (_, n) => ({stream: "s", value: n / 10}))`);
    assert.equal(readDensePoints(given, AT_MS)?.length, 40);
  });

  for (const [what, odd] of Object.entries({
    "a text": { stream: "s", value: "1" },
    "a boolean": { stream: "s", value: true },
    NaN: { stream: "s", value: Number.NaN },
    "a time of its own": { stream: "s", value: 1, at: AT_MS },
    "another field": { stream: "s", value: 1, unit: "K" },
    "no stream": { value: 1 },
    "a bad name": { stream: "näme", value: 1 },
    "a bare value": 1,
    null: null,
  })) {
    it(`leaves a list with ${what} in it to be read one by one`, () => {
      for (const place of [0, DENSE_MIN]) {
        const given: unknown[] = some(DENSE_MIN);
        given.splice(place, 0, odd);
        assert.equal(readDensePoints(given, AT_MS), undefined);
      }
    });
  }

  it("leaves few, and what is no list, to be read one by one", () => {
    assert.equal(readDensePoints(some(DENSE_MIN - 1), AT_MS), undefined);
    assert.equal(readDensePoints({ stream: "s", value: 1 }, AT_MS), undefined);
  });

  it("knows one payload's streams from another's of the same length", () => {
    const turned = some(DENSE_MIN).map((each, n) => (n === 5 ? { ...each, stream: "t" } : each));
    for (const given of [some(DENSE_MIN), turned, some(DENSE_MIN)]) {
      const dense = readDensePoints(given, undefined);
      assert.deepEqual(
        dense?.filter(({ stream }) => stream === "t").length,
        given.filter(({ stream }) => stream === "t").length,
      );
    }
  });
});

describe("DensePoints", () => {
  it("is listed like any datapoints", () => {
    const dense = readDensePoints(some(DENSE_MIN), AT_MS);
    assert.ok(dense instanceof DensePoints);
    const points = dense.toPoints();
    assert.deepEqual([...dense], points);
    assert.deepEqual(
      dense.flatMap((point) => [point, point]),
      points.flatMap((point) => [point, point]),
    );
    assert.deepEqual(
      dense.filter(({ value }) => value === 3),
      [{ stream: "s", value: 3, atMs: Math.floor(AT_MS / 1000) * 1000 }],
    );
    assert.equal(
      dense.some(({ value }) => value === 31),
      true,
    );
    assert.equal(
      dense.some(({ value }) => value === 32),
      false,
    );
  });
});
