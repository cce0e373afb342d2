import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodeHistoryPost,
  encodePackPost,
  parseHistoryPost,
  parsePackPost,
} from "../../../lib/protocol/batch";
import { MAX_BATCH_DEVICES, MAX_BATCH_IDENTIFIERS, MAX_HISTORY_SAMPLES } from "../../../lib/protocol/limits";
import type { Datapoint } from "../../../lib/protocol/value";
import { GARBAGE, refuses, wire } from "./expect";

const TIME = 1524448722000;
const SUB = { productId: "P2", deviceName: "sub1" };
const IDENTITY = { productID: "P2", deviceName: "sub1" };

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const entries = (count: number) => Object.fromEntries(times(count, (i) => [`p${i}`, { value: i }]));

describe("encodePackPost", () => {
  it("groups by device, properties apart from events, and leaves the own identity out", () => {
    const points: Datapoint[] = [
      { stream: "temp", value: 1, atMs: TIME, device: SUB },
      { stream: "temp", value: 2 },
      { stream: "alarm", value: { level: 1 }, event: true, device: SUB },
      { stream: "alarm", value: 3 },
      { stream: "alarm", value: {}, event: true },
    ];
    assert.equal(
      encodePackPost(1, points).toString(),
      '{"id":"1","version":"1.0","params":[' +
        '{"identity":{"productID":"P2","deviceName":"sub1"},"properties":{"temp":{"value":1,"time":1524448722000}},' +
        '"events":{"alarm":{"value":{"level":1}}}},' +
        '{"properties":{"temp":{"value":2},"alarm":{"value":3}},"events":{"alarm":{"value":{}}}}]}',
    );
  });

  it("refuses an identifier twice, where the same of another device is welcome", () => {
    const point = { stream: "a", value: 1 };
    encodePackPost(1, [point, { ...point, device: SUB }, { ...point, value: {}, event: true }]);
    refuses(() => encodePackPost(1, [point, point]), "ONENET_INTERNAL");
    refuses(
      () =>
        encodePackPost(
          1,
          times(2, () => ({ ...point, device: SUB })),
        ),
      "ONENET_INTERNAL",
    );
  });
});

describe("encodeHistoryPost", () => {
  it("keeps the order of samples", () => {
    const points: Datapoint[] = [
      { stream: "temp", value: 1, atMs: TIME },
      { stream: "alarm", value: { level: 1 }, atMs: TIME, event: true },
      { stream: "temp", value: 3, atMs: TIME + 2 },
      { stream: "temp", value: 2, atMs: TIME + 1 },
    ];
    assert.equal(
      encodeHistoryPost(1, points).toString(),
      '{"id":"1","version":"1.0","params":[{"properties":{"temp":[' +
        '{"value":1,"time":1524448722000},{"value":3,"time":1524448722002},{"value":2,"time":1524448722001}]},' +
        '"events":{"alarm":[{"value":{"level":1},"time":1524448722000}]}}]}',
    );
  });
});

describe("a batch", () => {
  it("refuses none, a bad id, and what is over its limits", () => {
    const device = (i: number) => ({ productId: "P2", deviceName: `sub${i}` });
    const ofDevices = (count: number) => times(count, (i) => ({ stream: "a", value: 1, device: device(i) }));
    const ofNames = (count: number) =>
      times(count, (i) =>
        i % 2 ? { stream: `p${i}`, value: i } : { stream: `e${i}`, value: {}, event: true as const },
      );
    const ofSamples = (count: number) => times(count, (value) => ({ stream: "a", value }));
    for (const encode of [encodePackPost, encodeHistoryPost]) {
      refuses(() => encode(1, []), "ONENET_DATAPOINT_INVALID.empty");
      refuses(() => encode(0, ofNames(1)), "ONENET_INTERNAL");
      encode(1, ofDevices(MAX_BATCH_DEVICES));
      refuses(() => encode(1, ofDevices(MAX_BATCH_DEVICES + 1)), "ONENET_INTERNAL");
      encode(1, ofNames(MAX_BATCH_IDENTIFIERS));
      refuses(() => encode(1, ofNames(MAX_BATCH_IDENTIFIERS + 1)), "ONENET_INTERNAL");
    }
    encodeHistoryPost(1, ofSamples(MAX_HISTORY_SAMPLES));
    refuses(() => encodeHistoryPost(1, ofSamples(MAX_HISTORY_SAMPLES + 1)), "ONENET_INTERNAL");
  });

  it("is read as it was written, order of the samples of each identifier included", () => {
    const point: fc.Arbitrary<Datapoint> = fc
      .record({
        stream: fc.constantFrom("a", "b", "__proto__"),
        level: fc.integer(),
        atMs: fc.option(fc.integer({ min: TIME, max: TIME + 9 }), { nil: undefined }),
        isEvent: fc.boolean(),
        name: fc.constantFrom("", "s1", "s2"),
      })
      .map(({ stream, level, atMs, isEvent, name }) => ({
        stream,
        value: isEvent ? { level } : level,
        ...(atMs === undefined ? {} : { atMs }),
        ...(isEvent ? { event: true as const } : {}),
        ...(name === "" ? {} : { device: { productId: "P2", deviceName: name } }),
      }));
    const keyOf = ({ stream, event, device }: Datapoint) => `${device?.deviceName}/${event}/${stream}`;
    const byKey = (points: readonly Datapoint[]) => {
      const groups = new Map<string, Datapoint[]>();
      for (const each of points) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
      return groups;
    };
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 40 }), (points) => {
        const read = parseHistoryPost(encodeHistoryPost(1, points));
        assert.ok("points" in read);
        assert.deepEqual(byKey(read.points), byKey(points));
        const once = [...byKey(points).values()]
          .map(([first]) => first)
          .filter((first) => first !== undefined);
        const pack = parsePackPost(encodePackPost(1, once));
        assert.ok("points" in pack);
        assert.deepEqual(byKey(pack.points), byKey(once));
      }),
    );
  });
});

const READERS = [
  { name: "parsePackPost", parse: parsePackPost, some: (...samples: unknown[]) => samples[0] },
  { name: "parseHistoryPost", parse: parseHistoryPost, some: (...samples: unknown[]) => samples },
] as const;

for (const { name, parse, some } of READERS) {
  describe(name, () => {
    it("reads properties and events, of the sender and of sub-devices", () => {
      const params = [
        { properties: { temp: some({ value: 1, time: TIME }) } },
        { identity: IDENTITY, events: { alarm: some({ value: { level: 1 } }) } },
        { identity: { productId: "P2", deviceName: "sub1" } },
        {},
      ];
      assert.deepEqual(parse(wire({ id: "1", params })), {
        id: "1",
        points: [
          { stream: "temp", value: 1, atMs: TIME },
          { stream: "alarm", value: { level: 1 }, device: SUB, event: true },
        ],
      });
      assert.deepEqual(parse(wire({ id: "1", params: [] })), { id: "1", points: [] });
    });

    const FORMAT = "request format error";
    const refused: readonly (readonly [what: string, params: unknown, code: number, message: string])[] = [
      ["no params", undefined, 2402, FORMAT],
      ["an object as params", {}, 2402, FORMAT],
      ["an entry that is none", [1], 2402, FORMAT],
      ["too many devices", times(MAX_BATCH_DEVICES + 1, () => ({})), 2402, FORMAT],
      ["an identity without a name", [{ identity: { productID: "P2" } }], 2402, FORMAT],
      ["an empty identity", [{ identity: { productID: "P2", deviceName: "" } }], 2402, FORMAT],
      ["an identity without a product", [{ identity: { productID: "", deviceName: "a" } }], 2402, FORMAT],
      ["null as identity", [{ identity: null }], 2402, FORMAT],
      ["properties that are none", [{ properties: 1 }], 2402, FORMAT],
      ["events that are none", [{ events: [] }], 2402, FORMAT],
      ["a bare value", [{ properties: { a: 1 } }], 2402, FORMAT],
      ["an event's value that is no object", [{ events: { a: some({ value: 1 }) } }], 2402, FORMAT],
      ["no value", [{ properties: { a: some({}) } }], 2409, "required value:identifier:a"],
      ["seconds", [{ properties: { a: some({ value: 1, time: 1 }) } }], 2415, "invalid time:identifier:a"],
      [
        "a bad entry after a good one",
        [{ properties: { b: some({ value: 1 }) } }, { events: { a: some(null) } }],
        2409,
        "required value:identifier:a",
      ],
      [
        "too many identifiers",
        [{ properties: entries(MAX_BATCH_IDENTIFIERS), events: { a: some({ value: {} }) } }],
        2402,
        FORMAT,
      ],
    ];
    for (const [what, params, code, message] of refused) {
      it(`refuses ${what} with ${code}`, () =>
        assert.deepEqual(parse(wire({ id: "1", params })), { id: "1", code, message }));
    }

    for (const [what, payload] of GARBAGE) {
      it(`refuses ${what} with 2402`, () =>
        assert.deepEqual(parse(payload), { id: "", code: 2402, message: FORMAT }));
    }

    it("refuses an id that is none", () => {
      const body = (id: unknown) => wire({ id, params: [] });
      assert.deepEqual(parse(body(undefined)), { id: "", code: 2403, message: "required msg id" });
      assert.deepEqual(parse(body("a")), { id: "a", code: 2405, message: "msg id invalid" });
    });
  });
}

describe("parseHistoryPost, of lists", () => {
  const list = (samples: unknown) => wire({ id: "1", params: [{ properties: { a: samples } }] });

  it("reads each sample, up to the limit", () => {
    const read = parseHistoryPost(list(times(MAX_HISTORY_SAMPLES, (value) => ({ value }))));
    assert.ok("points" in read);
    assert.deepEqual(
      read.points,
      times(MAX_HISTORY_SAMPLES, (value) => ({ stream: "a", value })),
    );
    const many = parseHistoryPost(list(times(MAX_HISTORY_SAMPLES + 1, (value) => ({ value }))));
    assert.deepEqual(many, { id: "1", code: 2402, message: "request format error" });
  });

  it("refuses an empty one", () => {
    assert.deepEqual(parseHistoryPost(list([])), {
      id: "1",
      code: 2409,
      message: "required value:identifier:a",
    });
  });
});
