import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHistoryPost, encodePackPost } from "../../../lib/protocol/batch";
import { BatchRoom } from "../../../lib/protocol/batch-room";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { DENSE_MIN, readDensePoints } from "../../../lib/protocol/dense-reader";

const AT = 1_700_000_000_000;
const SUB = { productId: "P2", deviceName: "sub" };
const point = (stream: string, more: Partial<Datapoint> = {}): Datapoint => ({
  stream,
  value: 1,
  atMs: AT,
  ...more,
});
const many = (length: number, each: (index: number) => Datapoint) =>
  Array.from({ length }, (_, index) => each(index));
const subAt = (index: number) => ({ device: { productId: "P2", deviceName: `d${index}` } });

const THINGS = { kind: "thing-model", booleansAsNumbers: true } as const;

describe("BatchRoom", () => {
  const PACK = { pack: true, samplesMax: 1 };
  const HISTORY = { pack: true, samplesMax: 100 };

  it("takes any number of the own device's properties, or of its events", () => {
    assert.ok(new BatchRoom(PACK).add(many(500, (index) => point(`p${index}`))));
    assert.ok(new BatchRoom(PACK).add(many(500, (index) => point(`e${index}`, { event: true }))));
  });

  it("takes a hundred identifiers of a device where properties and events, or devices, are mixed", () => {
    const room = new BatchRoom(PACK);
    assert.ok(room.add(many(99, (index) => point(`p${index}`))));
    assert.ok(room.add([point("p0", { event: true })]));
    assert.equal(room.add([point("p99")]), false);
    assert.ok(room.add(many(100, (index) => point(`p${index}`, { device: SUB }))));
    assert.equal(room.add([point("e", { device: SUB, event: true })]), false);
    const large = new BatchRoom(PACK);
    assert.ok(large.add(many(101, (index) => point(`p${index}`))));
    assert.equal(large.add([point("p", { device: SUB })]), false);
    assert.ok(large.add([point("p101")]), "it is what it was");
  });

  it("takes ten devices", () => {
    const room = new BatchRoom(PACK);
    for (let index = 0; index < 9; index += 1)
      assert.ok(room.add([point("p", subAt(index)), point("q", subAt(index))]));
    assert.equal(room.add([point("p", subAt(9)), point("p", subAt(10))]), false);
    assert.ok(room.add([point("p")]));
    assert.equal(room.add([point("p", subAt(9))]), false);
  });

  it("is open to the devices it holds, until something of theirs stays behind", () => {
    const room = new BatchRoom(HISTORY);
    assert.ok(room.add([point("p", subAt(0)), point("p", subAt(1))]));
    const isOpen = (...indices: readonly number[]) => room.isOpenTo(indices.map((n) => point("q", subAt(n))));
    assert.deepEqual([isOpen(0), isOpen(0, 1), isOpen(2), isOpen(0, 2)], [true, true, false, false]);
    assert.equal(room.isOpenTo([point("q")]), false, "the own one");
    room.close([point("q", subAt(1)), point("q", subAt(2)), point("q")]);
    assert.deepEqual([isOpen(0), isOpen(0, 1), isOpen(1)], [true, false, false]);
    room.add([point("p")]);
    assert.equal(room.isOpenTo([point("q")]), false);
  });

  it("is open to dense points of the own device likewise", () => {
    const items = many(DENSE_MIN, (index) => point(`p${index}`)).map(({ stream, value }) => ({
      stream,
      value,
    }));
    const dense = readDensePoints(items, THINGS, AT);
    assert.ok(dense);
    const room = new BatchRoom(HISTORY);
    assert.equal(room.isOpenTo(dense), false);
    assert.ok(room.add(dense));
    assert.ok(room.isOpenTo(dense));
    assert.ok(room.isOpenTo([point("p")]));
    room.close(dense);
    assert.equal(room.isOpenTo(dense), false);
  });

  it("takes one device, and no mixture of the own one's, where packs are not wanted", () => {
    const single = { pack: false, samplesMax: 1 };
    const own = new BatchRoom(single);
    assert.ok(own.add([point("p")]));
    assert.equal(own.add([point("e", { event: true })]), false);
    assert.equal(own.add([point("p", { device: SUB })]), false);
    assert.ok(own.add([point("q")]));
    const sub = new BatchRoom(single);
    assert.ok(sub.add([point("p", { device: SUB }), point("e", { device: { ...SUB }, event: true })]));
    assert.equal(sub.add([point("p", subAt(1))]), false);
  });

  it("takes an identifier once, or with history as often as that holds, if the times are known", () => {
    const room = new BatchRoom(PACK);
    assert.ok(room.add([point("p")]));
    assert.equal(room.add([point("q"), point("p")]), false);
    assert.equal(room.hasRepeats, false);
    const history = new BatchRoom(HISTORY);
    assert.ok(history.add(many(99, () => point("p"))));
    assert.equal(history.add([point("p"), point("p")]), false);
    assert.ok(history.add([point("p")]));
    assert.ok(history.hasRepeats);
    assert.ok(history.add([{ stream: "untimed", value: 1 }]));
    assert.equal(history.add([{ stream: "untimed", value: 1 }]), false);
    assert.equal(history.add([point("untimed")]), false);
    const first = new BatchRoom(HISTORY);
    assert.ok(first.add([point("untimed")]));
    assert.equal(first.add([{ stream: "untimed", value: 1 }]), false);
  });

  it("takes dense messages of a hundred properties as history, and one of more alone", () => {
    const wide = (width: number, n: number) =>
      readDensePoints(
        Object.fromEntries(many(width, (index) => point(`p${index}`)).map(({ stream }) => [stream, n])),
        THINGS,
        AT + n,
      ) ?? [];
    const room = new BatchRoom(HISTORY);
    for (let n = 0; n < 100; n += 1) assert.ok(room.add(wide(100, n)));
    assert.ok(room.hasRepeats && room.fitsBatch);
    assert.equal(room.add(wide(100, 100)), false);
    const large = new BatchRoom(HISTORY);
    assert.ok(large.add(wide(101, 0)));
    assert.equal(large.add(wide(101, 1)), false);
    assert.equal(large.fitsBatch, false);
  });

  it("counts dense messages as it counts their points", () => {
    const names = many(101, (index) => point(`p${index}`)).map(({ stream }) => stream);
    const dense = fc.record({
      width: fc.constantFrom(DENSE_MIN, DENSE_MIN + 1, 100, 101),
      atMs: fc.constantFrom(AT, AT + 1, undefined),
      isDense: fc.boolean(),
      more: fc.constantFrom<readonly Datapoint[]>([], [], [point("p0")], [point("e", { event: true })]),
    });
    const rules = fc.constantFrom(
      PACK,
      HISTORY,
      { pack: true, samplesMax: 3 },
      { pack: false, samplesMax: 3 },
    );
    fc.assert(
      fc.property(fc.array(dense, { minLength: 1, maxLength: 8 }), rules, (given, batchRules) => {
        const [room, single] = [new BatchRoom(batchRules), new BatchRoom(batchRules)];
        for (const { width, atMs, isDense, more } of given) {
          const payload = Object.fromEntries(names.slice(0, width).map((name) => [name, 1]));
          const points = readDensePoints(payload, THINGS, atMs);
          assert.ok(points);
          for (const list of [isDense ? points : points.toPoints(), more]) {
            if (list.length === 0) continue;
            assert.equal(room.add(list), single.add([...list]));
            assert.equal(room.hasRepeats, single.hasRepeats);
            assert.equal(room.fitsBatch, single.fitsBatch);
          }
        }
      }),
    );
  });

  it("what it takes can be encoded, and what it refuses has left no trace", () => {
    const arbitrary = fc.record(
      {
        stream: fc.constantFrom("a", "b", "c"),
        value: fc.constant(1),
        atMs: fc.constant(AT),
        event: fc.constant(true as const),
        device: fc.nat(11).map((index) => subAt(index).device),
      },
      { requiredKeys: ["stream", "value"] },
    );
    const lists = fc.array(fc.array(arbitrary, { minLength: 1, maxLength: 4 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, fc.constantFrom(PACK, { pack: true, samplesMax: 3 }), (given, rules) => {
        const room = new BatchRoom(rules);
        const taken: Datapoint[] = [];
        for (const points of given) {
          const again = new BatchRoom(rules);
          if (taken.length > 0) assert.ok(again.add(taken));
          const isTaken = room.add(points);
          assert.equal(isTaken, again.add(points));
          if (isTaken) taken.push(...points);
        }
        if (taken.length === 0) return;
        (room.hasRepeats ? encodeHistoryPost : encodePackPost)(1, taken);
      }),
    );
  });
});
