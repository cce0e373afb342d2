/** For every type: the device's check and the platform's judgement agree, and coercion is safe. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { OneNetError } from "../../../lib/errors";
import { type JsonValue, parseJson, stringifyJson } from "../../../lib/protocol/json";
import type { DataType, NumberType, PropertyDef, ThingModel } from "../../../lib/protocol/thing-model";
import { type CheckRules, checkValue, judgeEvent, judgeProperty } from "../../../lib/protocol/thing-value";

const STRICT: CheckRules = { mode: "strict", snapToStep: false };
const COERCING: readonly CheckRules[] = [
  { mode: "coerce", snapToStep: false },
  { mode: "coerce", snapToStep: true },
];

const small = fc.integer({ min: -50, max: 50 });
const step = fc.constantFrom(undefined, 0.1, 0.25, 0.01, 1, 2, 3, 0.3);
const AT = 1_700_000_000_000;

function numberType(type: NumberType): fc.Arbitrary<DataType> {
  return fc.tuple(small, fc.nat(100), step, fc.boolean()).map(([min, width, each, isBound]) => ({
    type,
    ...(isBound ? { min, max: min + width } : {}),
    ...(each === undefined ? {} : { step: each }),
  }));
}

const labels = fc.constantFrom(
  new Map([
    [0, "auto"],
    [1, "manual"],
    [7, "2"],
  ]),
  new Map<number, string>(),
);
const scalars: Readonly<Record<string, fc.Arbitrary<DataType>>> = {
  int32: numberType("int32"),
  int64: numberType("int64"),
  float: numberType("float"),
  double: numberType("double"),
  enum: labels.map((each) => ({ type: "enum", labels: each })),
  bool: fc.constantFrom(
    { type: "bool", trueLabel: "开", falseLabel: "关" },
    { type: "bool", trueLabel: "", falseLabel: "" },
    { type: "bool", trueLabel: "0", falseLabel: "1" },
  ),
  string: fc.constantFrom({ type: "string", maxLength: 3 }, { type: "string" }),
  bitMap: labels.map((each) => ({ type: "bitMap", labels: each })),
  date: fc.constant({ type: "date" }),
};
const scalar = fc.oneof(...Object.values(scalars));
const struct: fc.Arbitrary<DataType> = fc
  .dictionary(fc.constantFrom("a", "b", "c"), scalar)
  .map((members) => ({
    type: "struct",
    members: new Map(
      Object.entries(members).map(([identifier, dataType]) => [
        identifier,
        { identifier, name: "", dataType },
      ]),
    ),
  }));
const types: Readonly<Record<string, fc.Arbitrary<DataType>>> = {
  ...scalars,
  struct,
  array: fc.tuple(fc.oneof(scalar, struct), fc.constantFrom(undefined, 2)).map(([element, maxLength]) => ({
    type: "array",
    element,
    ...(maxLength === undefined ? {} : { maxLength }),
  })),
};

/** What could be meant for a type: valid, nearly so, or not at all. */
function valueFor(type: DataType): fc.Arbitrary<unknown> {
  const stray: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      1,
      -1,
      1.5,
      "",
      "1",
      "on",
      "auto",
      "开",
      "2",
      {},
      [],
      AT,
      `${AT}`,
    ),
    fc.jsonValue({ maxDepth: 1 }),
  );
  switch (type.type) {
    case "struct": {
      const members = [...type.members].map(([name, { dataType }]): [string, fc.Arbitrary<unknown>] => [
        name,
        valueFor(dataType),
      ]);
      const whole = fc.record(Object.fromEntries(members), { noNullPrototype: true });
      return fc.oneof({ arbitrary: whole, weight: 8 }, { arbitrary: stray, weight: 1 });
    }
    case "array":
      return fc.oneof(
        { arbitrary: fc.array(valueFor(type.element), { maxLength: 3 }), weight: 8 },
        { arbitrary: stray, weight: 1 },
      );
    case "string":
      return fc.oneof(fc.string({ maxLength: 5, unit: "grapheme" }), stray);
    case "date":
      return fc.oneof(
        fc.integer({ min: 0, max: 2 * AT }),
        fc.date({ min: new Date(AT / 2), max: new Date(2 * AT), noInvalidDate: true }),
        stray,
      );
    case "enum":
    case "bitMap":
    case "bool":
      return stray;
    default:
      return fc.oneof(
        fc.integer({ min: -60, max: 160 }),
        fc.integer({ min: -600, max: 1600 }).map((tenths) => tenths / 10),
        fc.integer({ min: -600, max: 1600 }).map((tenths) => Math.fround(tenths / 10)),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map((value) => parseJson(String(value))),
        stray,
      );
  }
}

function modelOf(dataType: DataType): ThingModel {
  const point = { identifier: "v", name: "v", description: "", isSystem: false };
  const property: PropertyDef = { ...point, dataType, accessMode: "rw", required: false };
  const outputs = new Map([["v", property]]);
  return {
    properties: new Map([["v", property]]),
    events: new Map([["e", { ...point, identifier: "e", eventType: "info", outputs }]]),
    services: new Map(),
    functionPoints: 2,
  };
}

/** The rule that a value breaks, or undefined. */
function ruleOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    assert.ok(thrown instanceof OneNetError, String(thrown));
    assert.equal(thrown.code, "ONENET_VALUE_INVALID");
    for (const name of ["identifier", "rule", "limit", "value"])
      assert.equal(typeof thrown.params[name], "string");
    assert.doesNotMatch(thrown.message, /\{\{\w+\}\}/);
    return String(thrown.params["rule"]);
  }
}

/** §6.3 where it is known; the rest is inferred and only a code of values. */
function expectCode(code: number | undefined, type: DataType, rule: string): void {
  const known: Readonly<Record<string, number>> = {
    "bool type": 2271,
    "double step": 2244,
    "float step": 2254,
  };
  const expected = rule === "required" ? 2409 : known[`${type.type} ${rule}`];
  if (expected !== undefined && type.type !== "struct" && type.type !== "array") assert.equal(code, expected);
  else assert.ok(code !== undefined && (code === 2409 || (code > 2200 && code < 2300)), String(code));
}

/** As it is after the wire. */
const overTheWire = (value: unknown): JsonValue => parseJson(stringifyJson(value));

const hasJsonForm = (value: unknown) => !/Date/.test(Object.prototype.toString.call(value));

describe("every type", () => {
  for (const [name, type] of Object.entries(types)) {
    const typeAndValue = type.chain((each) => fc.tuple(fc.constant(each), valueFor(each)));

    it(`${name}: what the check takes the platform takes, what it refuses it refuses, with its code`, () => {
      let taken = 0;
      let refused = 0;
      fc.assert(
        fc.property(
          typeAndValue.filter(([, value]) => hasJsonForm(value)),
          ([each, came]) => {
            const value = overTheWire(came);
            const rule = ruleOf(() => checkValue(each, value, "v", STRICT));
            const verdict = judgeProperty(modelOf(each), "v", value);
            if (rule === undefined) assert.equal(verdict, undefined);
            else expectCode(verdict?.code, each, rule);
            assert.equal(judgeEvent(modelOf(each), "e", { v: value })?.code, verdict?.code);
            if (rule === undefined) taken += 1;
            else refused += 1;
          },
        ),
        { numRuns: 500 },
      );
      assert.ok(taken > 20 && refused > 20, `${taken} taken, ${refused} refused`);
    });

    it(`${name}: coercion ends in what the platform takes, once and for all`, () => {
      let changed = 0;
      fc.assert(
        fc.property(typeAndValue, fc.constantFrom(...COERCING), ([each, came], rules) => {
          let coerced: ReturnType<typeof checkValue> | undefined;
          const rule = ruleOf(() => {
            coerced = checkValue(each, came, "v", rules);
          });
          if (coerced === undefined) {
            assert.ok(rule !== undefined);
            assert.ok(ruleOf(() => checkValue(each, came, "v", STRICT)) !== undefined);
            return;
          }
          const { value, changes } = coerced;
          assert.equal(judgeProperty(modelOf(each), "v", overTheWire(value)), undefined);
          assert.deepEqual(checkValue(each, value, "v", STRICT), { value, changes: [] });
          for (const again of COERCING) {
            const second = checkValue(each, value, "v", again);
            assert.ok(Object.is(second.value, value));
            assert.deepEqual(second.changes, []);
          }
          if (changes.length > 0) changed += 1;
        }),
        { numRuns: 500 },
      );
      assert.ok(changed > 5, `${changed} changed`);
    });

    it(`${name}: a valid value is never changed`, () => {
      fc.assert(
        fc.property(typeAndValue, fc.constantFrom(...COERCING), ([each, value], rules) => {
          fc.pre(typeof value !== "bigint" || each.type === "int64");
          if (ruleOf(() => checkValue(each, value, "v", STRICT)) !== undefined) return;
          const checked = checkValue(each, value, "v", rules);
          assert.ok(Object.is(checked.value, value));
          assert.deepEqual(checked.changes, []);
        }),
        { numRuns: 300 },
      );
    });
  }
});
