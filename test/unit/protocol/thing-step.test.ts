import assert from "node:assert/strict";
import fc from "fast-check";
import { nearestNames } from "../../../lib/protocol/near-name";
import { isOnGrid, snapToGrid } from "../../../lib/protocol/thing-step";

type Bound = number | bigint | undefined;

describe("isOnGrid", () => {
  const cases: readonly (readonly [value: number | bigint, step: number, min: Bound, is: boolean])[] = [
    [23.6, 0.1, -40, true],
    [23.65, 0.1, -40, false],
    [0.1 + 0.2, 0.1, undefined, true],
    [23.600000381469727, 0.1, -40, false],
    [-40, 0.1, -40, true],
    [125, 0.1, -40, true],
    [1e15 + 0.5, 0.1, undefined, true],
    [1.5, 1, 0.5, true],
    [2, 1, 0.5, true],
    [1.75, 1, 0.5, false],
    [7, 5, 2, true],
    [8, 5, 2, false],
    [0, 5, 2, true],
    [3, 2, -9223372036854775808n, false],
    [9223372036854775807n, 1, 0, true],
    [9223372036854775807n, 2, 0, false],
    [9223372036854775807n, 2, 1, true],
    [9223372036854775807n, 2, 0.5, false],
    [9223372036854775807n, 0.5, undefined, true],
    [1, 5e-324, undefined, true],
    [0.001, 0.000001, undefined, true],
    [0.0010005, 0.000001, undefined, false],
  ];
  for (const [value, step, min, is] of cases) {
    it(`says ${value} is ${is ? "" : "not "}on ${step} from ${min}`, () =>
      assert.equal(isOnGrid(value, step, min), is));
  }

  const step = fc.constantFrom(0.1, 0.2, 0.25, 0.5, 0.01, 0.05, 0.001, 0.000001, 1e-9, 3, 7, 10, 0.3);
  const count = fc.integer({ min: -1_000_000, max: 1_000_000 });

  it("survives binary fractions, and no half of a step", () => {
    fc.assert(
      fc.property(step, count, (each, n) => {
        assert.ok(isOnGrid(n * each, each), `${n} × ${each}`);
        assert.ok(isOnGrid(Number((n * each).toPrecision(15)), each));
        assert.ok(!isOnGrid((n + 0.5) * each, each), `${n}.5 × ${each}`);
      }),
    );
  });

  it("finds what is snapped on the grid, half a step away at most, and does not move it again", () => {
    fc.assert(
      fc.property(step, fc.double({ min: -1e6, max: 1e6, noNaN: true }), (each, value) => {
        const snapped = snapToGrid(value, each);
        assert.ok(isOnGrid(snapped, each), `${value} → ${snapped} on ${each}`);
        assert.ok(Math.abs(Number(snapped) - value) <= each * 0.500001 + 1e-9);
        assert.equal(snapToGrid(snapped, each), snapped);
      }),
    );
  });
});

describe("snapToGrid", () => {
  const cases: readonly (readonly [number | bigint, number, Bound, Bound, number | bigint])[] = [
    [23.64, 0.1, -40, 125, 23.6],
    [23.65000000001, 0.1, undefined, undefined, 23.7],
    [-0.04, 0.1, undefined, undefined, 0],
    [9.9, 2, undefined, 9.9, 8],
    [0.6, 5, 0.5, undefined, 5],
    [9007199254740987, 7, undefined, undefined, 9007199254740988],
    [9223372036854775807n, 10, undefined, undefined, 9223372036854775800n],
    [-9223372036854775807n, 10, undefined, undefined, -9223372036854775800n],
  ];
  for (const [value, step, min, max, to] of cases) {
    it(`puts ${value} on ${step}: ${to}`, () => assert.ok(Object.is(snapToGrid(value, step, min, max), to)));
  }
});

describe("nearestNames", () => {
  it("gives the likeliest first, three at most", () => {
    const known = ["switch", "humidity", "temperature", "Temp", "interval"];
    assert.match(nearestNames("tempreature", known), /^temperature, Temp, /);
    assert.match(nearestNames("Humidty", known), /^humidity, /);
    assert.equal(nearestNames("humidty", known).split(", ").length, 3);
    assert.equal(nearestNames("x", []), "–");
    assert.equal(nearestNames("", ["a"]), "a");
  });
});
