import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { encodeHistoryPost, encodePackPost } from "../../../lib/protocol/batch";
import {
  checkDatapoint,
  type Datapoint,
  encodeDatapointPost,
  parseDatapointPost,
} from "../../../lib/protocol/datapoint";
import { DensePoints } from "../../../lib/protocol/dense-points";
import { DENSE_MIN, type DenseRules, readDensePoints } from "../../../lib/protocol/dense-reader";
import { MAX_MESSAGE_ID } from "../../../lib/protocol/limits";
import { encodePropertyPost } from "../../../lib/protocol/property";
import type { ThingModel } from "../../../lib/protocol/thing-model";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import type { ProductKind } from "../../../lib/protocol/topic";

const AT_MS = 1_700_000_000_999;
const MANY = 32;
const STREAMS: DenseRules = { kind: "data-stream", booleansAsNumbers: true };
const THINGS: DenseRules = { kind: "thing-model", booleansAsNumbers: true };

interface Item {
  readonly stream: string;
  readonly value: unknown;
}

const value = fc.oneof(
  // Beyond 2^53 the reader of the wire gives a bigint.
  fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
  fc.integer().map((whole) => whole / 100),
  fc.string(),
  fc.boolean(),
);
const item = fc.record({ stream: fc.constantFrom("a", "b.c", "$d_1"), value }, { noNullPrototype: true });
const items = fc.array(item, { minLength: DENSE_MIN, maxLength: 2 * MANY });
const names = Array.from({ length: 40 }, (_, n) => `p${n}`);
const named = fc
  .array(value, { minLength: DENSE_MIN, maxLength: names.length })
  .map((values) => Object.fromEntries(values.map((each, n) => [String(names[n]), each])));
const stamp = fc.constantFrom(AT_MS, AT_MS + 1, undefined);
const some = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ stream: "s", value: n }));

function oneByOne(list: readonly Item[], kind: ProductKind, stampAtMs: number | undefined): Datapoint[] {
  return list.map((each) => checkDatapoint(each, { kind, booleansAsNumbers: true }, stampAtMs));
}

function itemsOf(values: Readonly<Record<string, unknown>>): Item[] {
  return Object.entries(values).map(([stream, each]) => ({ stream, value: each }));
}

function modelOf(type: string, specs: object): ThingModel {
  const properties = names.map((identifier) => ({
    identifier,
    name: identifier,
    functionType: "u",
    accessMode: "r",
    dataType: { type, specs },
  }));
  return parseThingModel(JSON.stringify({ version: "1.0", properties, events: [], services: [] })).model;
}

describe("readDensePoints", () => {
  it("reads a list as it is read one by one", () => {
    fc.assert(
      fc.property(items, stamp, (given, stampAtMs) => {
        const dense = readDensePoints(given, STREAMS, stampAtMs);
        assert.ok(dense);
        assert.equal(dense.length, given.length);
        const single = oneByOne(given, "data-stream", stampAtMs);
        assert.deepEqual(dense.toPoints(), single);
        assert.deepEqual(encodeDatapointPost(7, dense), encodeDatapointPost(7, single));
        assert.ok(encodeDatapointPost(MAX_MESSAGE_ID, dense).length <= dense.postBytes);
      }),
    );
  });

  it("reads the properties of an object as they are read one by one", () => {
    fc.assert(
      fc.property(named, stamp, (given, stampAtMs) => {
        const dense = readDensePoints(given, THINGS, stampAtMs);
        assert.ok(dense);
        const single = oneByOne(itemsOf(given), "thing-model", stampAtMs);
        assert.deepEqual(dense.toPoints(), single);
        for (const encode of [encodePropertyPost, encodePackPost, encodeHistoryPost]) {
          assert.deepEqual(encode(7, dense), encode(7, single));
          assert.ok(encode(MAX_MESSAGE_ID, dense).length <= dense.postBytes);
        }
      }),
    );
  });

  it("keeps the order of each stream between dense lists and others", () => {
    const mixed = fc.array(fc.tuple(fc.oneof(items, fc.array(item)), stamp), { minLength: 1 });
    fc.assert(
      fc.property(mixed, items, (given, again) => {
        // Twice the same names make neighbours of one layout.
        const all = [...given, [again, AT_MS] as const, [again, undefined] as const];
        const single = all.map(([list, stampAtMs]) => oneByOne(list, "data-stream", stampAtMs));
        const lists = all.map(
          ([list, stampAtMs], n) => readDensePoints(list, STREAMS, stampAtMs) ?? single[n] ?? [],
        );
        assert.deepEqual(encodeDatapointPost(3, ...lists), encodeDatapointPost(3, single.flat()));
        assert.deepEqual(encodeHistoryPost(3, ...lists.slice(-2)), encodeHistoryPost(3, ...single.slice(-2)));
      }),
    );
  });

  it("shares nothing with the items", () => {
    const given = some(MANY);
    const dense = readDensePoints(given, STREAMS, undefined);
    for (const each of given) Object.assign(each, { value: -1 });
    assert.deepEqual(
      dense?.map((point) => point.value),
      some(MANY).map((each) => each.value),
    );
  });

  it("takes the objects of a function node", () => {
    const list = runInNewContext(`Array.from({length: 40}, (_, n) => ({stream: "s", value: n / 10}))`);
    assert.equal(readDensePoints(list, STREAMS, AT_MS)?.length, 40);
    const properties = runInNewContext(
      `Object.fromEntries(Array.from({length: 40}, (_, n) => ["s" + n, n / 10]))`,
    );
    for (const _time of [1, 2]) assert.equal(readDensePoints(properties, THINGS, AT_MS)?.length, 40);
  });

  for (const [what, odd] of Object.entries({
    "an object": { stream: "s", value: { a: 1 } },
    null: { stream: "s", value: null },
    NaN: { stream: "s", value: Number.NaN },
    "a time of its own": { stream: "s", value: 1, at: AT_MS },
    "another field": { stream: "s", value: 1, unit: "K" },
    "no stream": { value: 1 },
    "a bad name": { stream: "näme", value: 1 },
    "a bare value": 1,
    "nothing in a place": null,
  })) {
    it(`leaves a list with ${what} in it to be read one by one`, () => {
      for (const place of [0, MANY]) {
        const given: unknown[] = some(MANY);
        given.splice(place, 0, odd);
        assert.equal(readDensePoints(given, STREAMS, AT_MS), undefined);
      }
    });
  }

  for (const [what, odd] of Object.entries({
    "an object": { p3: { a: 1 } },
    null: { p3: null },
    NaN: { p3: Number.NaN },
    "a bad name": { näme: 1 },
  })) {
    it(`leaves properties with ${what} among them to be read one by one`, () => {
      const good = Object.fromEntries(names.map((name) => [name, 1]));
      // As one that was never seen, and as one whose names were.
      for (const before of [{}, { p0: 1 }]) {
        readDensePoints({ ...before, ...good }, THINGS, AT_MS);
        assert.equal(readDensePoints({ ...before, ...good, ...odd }, THINGS, AT_MS), undefined);
      }
    });
  }

  it("leaves few, and what is neither list nor object, to be read one by one", () => {
    assert.equal(readDensePoints(some(DENSE_MIN - 1), STREAMS, AT_MS), undefined);
    assert.equal(readDensePoints({ s: 1 }, STREAMS, AT_MS), undefined);
    assert.equal(readDensePoints("s", STREAMS, AT_MS), undefined);
    assert.equal(readDensePoints({}, THINGS, AT_MS), undefined);
  });

  it("sees of an object what it has itself, whatever came before", () => {
    const own = { a: 1, b: 1 };
    assert.equal(readDensePoints(own, THINGS, AT_MS)?.length, 2);
    assert.equal(readDensePoints(Object.assign(Object.create({ b: 2 }), { a: 1 }), THINGS, AT_MS), undefined);
    class Sample {
      readonly stream = "s";
      get value() {
        return 1;
      }
    }
    const items = [new Sample(), new Sample()];
    for (const list of [items, [...some(1), ...items]])
      assert.equal(readDensePoints(list, STREAMS, AT_MS), undefined);
  });

  it("keeps apart what a getter reads meanwhile", () => {
    const before = readDensePoints({ a: 7, b: 8, c: 9 }, THINGS, AT_MS);
    let inner: DensePoints | undefined;
    const outer = readDensePoints(
      {
        a: 1,
        get b() {
          inner = readDensePoints({ x: 5, y: 6 }, THINGS, AT_MS);
          return 2;
        },
        c: 3,
      },
      THINGS,
      AT_MS,
    );
    const valuesOf = (dense: DensePoints | undefined) => dense?.map((point) => point.value);
    assert.deepEqual([before, outer, inner].map(valuesOf), [
      [7, 8, 9],
      [1, 2, 3],
      [5, 6],
    ]);
  });

  it("knows how long a number may be", () => {
    const longest = -0.0000012345678901234567;
    for (const stampAtMs of [undefined, AT_MS]) {
      const dense = readDensePoints(
        Array.from({ length: 4000 }, () => ({ stream: "a", value: longest })),
        STREAMS,
        stampAtMs,
      );
      assert.ok(dense && encodeDatapointPost(MAX_MESSAGE_ID, dense).length <= dense.postBytes);
    }
  });

  it("leaves two samples of one property to be parted", () => {
    assert.equal(readDensePoints(some(MANY), THINGS, AT_MS), undefined);
  });

  it("knows one payload's streams from another's of the same length, and from one that is longer", () => {
    const turned = some(MANY).map((each, n) => (n === 5 ? { ...each, stream: "t" } : each));
    const given = [some(MANY), turned, some(MANY), some(MANY + 1)];
    for (const list of given) {
      assert.deepEqual(
        readDensePoints(list, STREAMS, undefined)?.toPoints(),
        oneByOne(list, "data-stream", undefined),
      );
    }
  });

  it("knows one object's names from another's that begins the same", () => {
    const all = Object.fromEntries(names.map((name, n) => [name, n]));
    const { p39, ...fewer } = all;
    const { p20, ...others } = all;
    for (const given of [all, fewer, all, others, { ...all, more: p39 }, { ...others, p20 }]) {
      const dense = readDensePoints(given, THINGS, undefined);
      assert.deepEqual(dense?.toPoints(), oneByOne(itemsOf(given), "thing-model", undefined));
    }
  });

  it("finds what it forgot of many payloads, and keeps no very long one", () => {
    const first = Array.from({ length: 500 }, (_, n) => [{ stream: `n${n}`, value: 0 }, ...some(MANY)]);
    for (const list of [...first, ...first.slice(0, 3)]) {
      const points = readDensePoints(list, STREAMS, AT_MS)?.toPoints();
      assert.deepEqual(points, oneByOne(list, "data-stream", AT_MS));
    }
    const long = some(2000);
    const [one, another] = [long, long].map((list) => readDensePoints(list, STREAMS, AT_MS));
    assert.notEqual(one?.layout, another?.layout);
    assert.deepEqual(one?.toPoints(), another?.toPoints());
  });

  it("holds each value against the model, and keeps none that the model has something against", () => {
    const model = modelOf("float", { min: "0", max: "50", step: "0.1" });
    const rules = { ...THINGS, model };
    const good = Object.fromEntries(names.map((name, n) => [name, n]));
    assert.equal(readDensePoints(good, rules, AT_MS)?.length, names.length);
    assert.equal(readDensePoints({ ...good, p7: 51 }, rules, AT_MS), undefined);
    assert.equal(readDensePoints({ ...good, p7: "7" }, rules, AT_MS), undefined);
    assert.equal(readDensePoints({ ...good, other: 7 }, rules, AT_MS), undefined);
    const wider = modelOf("double", {});
    assert.equal(
      readDensePoints({ ...good, p7: 51 }, { ...rules, model: wider }, AT_MS)?.length,
      names.length,
    );
  });
});

describe("DensePoints", () => {
  it("is listed like any datapoints", () => {
    const dense = readDensePoints(some(MANY), STREAMS, AT_MS);
    assert.ok(dense instanceof DensePoints);
    const points = dense.toPoints();
    assert.deepEqual([...dense], points);
    assert.deepEqual(
      dense.map((point) => point.value),
      points.map((point) => point.value),
    );
    assert.deepEqual(
      dense.filter((point) => point.value === 3),
      [{ stream: "s", value: 3, atMs: AT_MS }],
    );
    assert.equal(
      dense.some((point) => point.value === 31),
      true,
    );
    assert.equal(
      dense.some((point) => point.value === 32),
      false,
    );
    assert.ok("points" in parseDatapointPost(encodeDatapointPost(1, dense)));
  });
});
