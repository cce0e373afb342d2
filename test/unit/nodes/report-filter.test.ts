import assert from "node:assert/strict";
import fc from "fast-check";
import type { Subject } from "../../../lib/delivery/subject";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import type { JsonValue } from "../../../lib/protocol/json";
import { ReportFilter, type ReportRule, reportByException } from "../../../nodes/shared/report-filter";
import { ManualClock } from "../../support/manual-clock";

const RULE: ReportRule = {
  when: "change",
  deadband: 0,
  atMostEveryMs: 0,
  atLeastEveryMs: Number.POSITIVE_INFINITY,
};

describe("report by exception", () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock(1_800_000_000_000);
  });

  const filterOf = (rule: Partial<ReportRule>) =>
    new ReportFilter(new Map([["temp", { ...RULE, ...rule }]]), undefined);

  /** What happens to a value of `temp` now: "goes", or why it is held back. */
  function tell(filter: ReportFilter, value: JsonValue, atMs?: number): string {
    const point: Datapoint = { stream: "temp", value, ...(atMs === undefined ? {} : { atMs }) };
    const { points, heldBack } = filter.take([point], clock.nowMs());
    assert.equal(points.length + heldBack.length, 1);
    return heldBack[0]?.reason ?? "goes";
  }

  const tellAll = (filter: ReportFilter, ...values: readonly JsonValue[]) =>
    values.map((value) => tell(filter, value));

  it("on change: a value goes that is another one than the last that went", () => {
    const values = [1, 1, 2, 1, "1", true, true, { a: [1] }, { a: [1] }, { a: [2] }];
    assert.deepEqual(tellAll(filterOf({}), ...values), [
      "goes",
      "unchanged",
      "goes",
      "goes",
      "goes",
      "goes",
      "unchanged",
      "goes",
      "unchanged",
      "goes",
    ]);
  });

  it("absolute: from the deadband on, as decimal fractions are meant", () => {
    const filter = filterOf({ when: "absolute", deadband: 0.1 });
    assert.deepEqual(tellAll(filter, 20.1, 20.15, 20.2, 20.1, 20.05), [
      "goes",
      "unchanged",
      "goes",
      "goes",
      "unchanged",
    ]);
  });

  it("absolute: does not creep away in small steps", () => {
    const filter = filterOf({ when: "absolute", deadband: 1 });
    assert.deepEqual(tellAll(filter, 0, 0.4, 0.8, 1.2, 1.6), [
      "goes",
      "unchanged",
      "unchanged",
      "goes",
      "unchanged",
    ]);
  });

  it("percent: of what was reported last, whatever its sign; anything differs from 0", () => {
    const filter = filterOf({ when: "percent", deadband: 10 });
    assert.deepEqual(tellAll(filter, 0, 0.001), ["goes", "goes"]);
    assert.deepEqual(tellAll(filter, -100, -95, -110), ["goes", "unchanged", "goes"]);
  });

  it("a deadband of whole numbers beyond 2^53, and of what is no number", () => {
    const filter = filterOf({ when: "absolute", deadband: 1_000_000 });
    const big = 9_007_199_254_740_993n;
    assert.deepEqual(tellAll(filter, big, big + 1n, big + 2_000_000n, "off", "off", "on"), [
      "goes",
      "unchanged",
      "goes",
      "goes",
      "unchanged",
      "goes",
    ]);
  });

  it("at most every so long: what comes sooner is held back, and not sent later", () => {
    const filter = filterOf({ when: "always", atMostEveryMs: 10_000 });
    assert.equal(tell(filter, 1), "goes");
    clock.advance(9_999);
    assert.equal(tell(filter, 2), "too-soon");
    clock.advance(1);
    assert.equal(tell(filter, 2), "goes");
  });

  it("at least every so long: what comes then goes, changed or not", () => {
    const filter = filterOf({ atLeastEveryMs: 60_000 });
    assert.equal(tell(filter, 1), "goes");
    clock.advance(59_999);
    assert.equal(tell(filter, 1), "unchanged");
    clock.advance(1);
    assert.equal(tell(filter, 1), "goes");
    clock.advance(59_999);
    assert.equal(tell(filter, 1), "unchanged");
  });

  it("judges samples by their own time, and lets pass what is older than the last", () => {
    const filter = filterOf({ when: "always", atMostEveryMs: 1000 });
    const atMs = clock.nowMs() - 3_600_000;
    assert.equal(tell(filter, 1, atMs), "goes");
    assert.equal(tell(filter, 2, atMs + 500), "too-soon");
    assert.equal(tell(filter, 3, atMs + 1000), "goes");
    assert.equal(tell(filter, 0, atMs - 1000), "goes");
    clock.setWall(clock.nowMs() - 86_400_000);
    assert.equal(tell(filter, 4), "goes", "the clock was set back");
  });

  it("has a rule for all others, and keeps streams and devices apart", () => {
    const one = { productId: "P", deviceName: "one" };
    const two = { productId: "P", deviceName: "two" };
    const filter = new ReportFilter(new Map([["free", { ...RULE, when: "always" }]]), RULE);
    const points = [
      { stream: "a", value: 1 },
      { stream: "b", value: 1 },
      { stream: "a", value: 1 },
      { stream: "free", value: 1 },
      { stream: "free", value: 1 },
      { stream: "a", value: 1, device: one },
      { stream: "a", value: 1, device: two },
      { stream: "a", value: 1, device: one },
    ];
    const { points: going, heldBack } = filter.take(points, clock.nowMs());
    assert.equal(going.length, 6);
    assert.deepEqual(heldBack, [
      { stream: "a", reason: "unchanged" },
      { stream: "a", reason: "unchanged" },
    ]);
  });

  it("forgets what failed, but not what was reported after it", () => {
    const filter = filterOf({});
    const first = filter.take([{ stream: "temp", value: 1 }], clock.nowMs());
    filter.forget(first.samples);
    assert.equal(tell(filter, 1), "goes");
    const second = filter.take([{ stream: "temp", value: 2 }], clock.nowMs());
    assert.equal(tell(filter, 3), "goes");
    filter.forget(second.samples);
    assert.equal(tell(filter, 3), "unchanged");
  });

  it("forgets those of a message that failed, by stream", () => {
    const filter = new ReportFilter(new Map(), RULE);
    const points = [
      { stream: "good", value: 1 },
      { stream: "bad", value: 1 },
    ];
    const read = { points, failed: [], changed: [], heldBack: [] };
    const { told } = reportByException(filter, read);
    told?.({ receipt: undefined, failed: [{ stream: "bad", error: new Error() as never }] });
    const { worthwhile } = reportByException(filter, read);
    assert.deepEqual(
      worthwhile.points.map(({ stream }) => stream),
      ["bad"],
    );
  });

  describe("what fails after it was told as gone well", () => {
    const device = { productId: "P", deviceName: "one" };
    const take = (filter: ReportFilter, point: Datapoint) =>
      filter.take([point], clock.nowMs()).points.length;

    /** Each of these taken, then failed; then what of them goes again. */
    function failing(points: readonly Datapoint[], subject: Subject): readonly number[] {
      const filter = new ReportFilter(new Map(), RULE);
      for (const point of points) take(filter, point);
      filter.forgetSubject(subject, clock.nowMs());
      return points.map((point) => take(filter, point));
    }

    it("is forgotten by stream and device, with everything where not all of it is named", () => {
      const points = [
        { stream: "a", value: 1 },
        { stream: "b", value: 1 },
        { stream: "a", value: 1, device },
      ];
      assert.deepEqual(failing(points, { streams: ["a"] }), [1, 0, 0]);
      assert.deepEqual(failing(points, { streams: ["a"], devices: ["P/one"] }), [1, 0, 1]);
      assert.deepEqual(failing(points, { streams: ["c"], moreStreams: 1 }), [1, 1, 1]);
      assert.deepEqual(failing(points, { streams: ["c"], moreDevices: 1 }), [1, 1, 1]);
      assert.deepEqual(failing(points, { topic: "a" }), [0, 0, 0]);
    });

    it("is not, where a later one has been taken since", () => {
      const filter = new ReportFilter(new Map(), RULE);
      take(filter, { stream: "a", value: 1 });
      const untilMs = clock.nowMs();
      clock.advance(1);
      take(filter, { stream: "a", value: 2 });
      filter.forgetSubject({ streams: ["a"] }, untilMs);
      assert.equal(take(filter, { stream: "a", value: 2 }), 0);
    });
  });

  it("remembers so many streams and no more, the latest", () => {
    const filter = new ReportFilter(new Map(), RULE, 2);
    const take = (stream: string) => filter.take([{ stream, value: 1 }], clock.nowMs()).points.length;
    assert.deepEqual(["a", "b", "c", "c", "b", "a"].map(take), [1, 1, 1, 0, 0, 1]);
  });

  it("never holds back a value further from the last report than the deadband, nor passes one within", () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 300 }), (series, deadband) => {
        const filter = filterOf({ when: "absolute", deadband });
        let last: number | undefined;
        for (const value of series) {
          const isWorth = last === undefined || Math.abs(value - last) >= deadband;
          assert.equal(tell(filter, value) === "goes", isWorth);
          if (isWorth) last = value;
        }
      }),
    );
  });
});
