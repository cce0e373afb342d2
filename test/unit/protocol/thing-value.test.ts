import assert from "node:assert/strict";
import vm from "node:vm";
import type { ErrorParams } from "../../../lib/errors";
import type { JsonValue } from "../../../lib/protocol/json";
import type { DataType } from "../../../lib/protocol/thing-model";
import {
  type CheckRules,
  checkEvent,
  checkProperty,
  checkServiceInput,
  checkServiceOutput,
  checkValue,
  judgeEvent,
  judgeProperty,
  type ValueRule,
} from "../../../lib/protocol/thing-value";
import { loadModel, typeOf } from "../../support/models";
import { refuses } from "./expect";

const STRICT: CheckRules = { mode: "strict", snapToStep: false };
const COERCE: CheckRules = { mode: "coerce", snapToStep: false };
const SNAP: CheckRules = { mode: "coerce", snapToStep: true };
const OFF: CheckRules = { mode: "off", snapToStep: false };
const AT = 1_700_000_000_123;
const model = loadModel("all-types.json");
const struct = { x: 1, on: true, mode: 0, note: "n" };

describe("checkValue: what is valid", () => {
  const valid: Readonly<Record<string, readonly JsonValue[]>> = {
    i32: [-100, 0, 98, 100],
    i64: [0, Number.MAX_SAFE_INTEGER, 2n ** 53n, 2n ** 63n - 1n],
    f: [-40, 23.6, 0.1 + 0.2, 125],
    d: [-1, 0.001, 0.999, 1],
    e: [0, 1, 5],
    b: [true, false],
    s: ["", "0123456789abcdef", "温度温度温度温度温度温度温度温度"],
    bits: [0, 3, 255],
    at: [AT],
    st: [struct],
    ai: [[], [1, 2, 3, 9]],
    as: [[{ t: AT }, { t: AT }]],
    free: [1e300, -0.1, 5],
  };
  for (const [name, values] of Object.entries(valid)) {
    for (const value of values) {
      it(`takes ${JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? `${item}` : item))} as ${name}, as it is`, () => {
        for (const rules of [STRICT, COERCE, SNAP, OFF]) {
          const checked = checkValue(typeOf(model, name), value, name, rules);
          assert.ok(Object.is(checked.value, value));
          assert.deepEqual(checked.changes, []);
        }
        assert.equal(judgeProperty(model, name, value), undefined);
      });
    }
  }

  it("takes objects and lists of another realm", () => {
    const foreign = vm.runInNewContext("({ x: 1, on: true, mode: 0, note: 'n' })");
    assert.equal(checkValue(typeOf(model, "st"), foreign, "st", STRICT).value, foreign);
    assert.equal(checkValue(typeOf(model, "ai"), vm.runInNewContext("[1]"), "ai", STRICT).changes.length, 0);
  });

  it("makes a number of a BigInt that fits one, and of any for a fraction's type", () => {
    assert.equal(checkValue(typeOf(model, "i64"), 5n, "i64", STRICT).value, 5);
    assert.equal(checkValue({ type: "double" }, 10n ** 17n, "d", STRICT).value, 1e17);
    assert.equal(checkValue({ type: "float" }, 7n, "f", STRICT).value, 7);
  });
});

describe("checkValue: what is coerced", () => {
  const date = new Date(AT);
  const coerced: readonly (readonly [type: string, from: unknown, to: JsonValue, rules?: CheckRules])[] = [
    ["i32", "42", 42],
    ["i32", " -8 ", -8],
    ["i32", "1e1", 10],
    ["i32", 41.2, 42, SNAP],
    ["i32", "41.2", 42, SNAP],
    ["i64", "9223372036854775807", 2n ** 63n - 1n],
    ["i64", "12", 12],
    ["i64", 3.6, 4, SNAP],
    ["f", "23.6", 23.6],
    ["f", 23.600000381469727, 23.6],
    ["f", "+1.5", 1.5],
    ["f", 23.64, 23.6, SNAP],
    ["f", 124.99, 125, SNAP],
    ["d", "-.5", -0.5],
    ["d", 0.0004, 0, SNAP],
    ["e", "manual", 1],
    ["e", " off ", 5],
    ["e", "5", 5],
    ["b", 1, true],
    ["b", 0, false],
    ["b", "on", true],
    ["b", "OFF", false],
    ["b", "true", true],
    ["b", "0", false],
    ["b", "开", true],
    ["b", "关", false],
    ["s", 12.5, "12.5"],
    ["s", true, "true"],
    ["s", 2n ** 53n, "9007199254740992"],
    ["bits", "3", 3],
    ["at", date, AT],
    ["at", date.toISOString(), AT],
    ["at", String(AT), AT],
    ["at", AT + 0.5, AT],
    ["at", vm.runInNewContext(`new Date(${AT})`), AT],
    ["st", { ...struct, on: 1, mode: "b" }, { ...struct, mode: 1 }],
    ["ai", ["1", 2, "3"], [1, 2, 3]],
    ["as", [{ t: date }], [{ t: AT }]],
  ];
  for (const [name, from, to, rules = COERCE] of coerced) {
    it(`makes of ${typeof from} ${String(from)} as ${name} what it means`, () => {
      const type = typeOf(model, name);
      const { value, changes } = checkValue(type, from, name, rules);
      assert.deepEqual(value, to);
      assert.ok(changes.length > 0);
      assert.deepEqual(checkValue(type, value, name, STRICT), { value, changes: [] });
      assert.throws(() => checkValue(type, from, name, STRICT));
    });
  }

  it("says what it changed, and where", () => {
    const { changes } = checkValue(typeOf(model, "st"), { ...struct, on: "on", mode: "b" }, "st", COERCE);
    assert.deepEqual(changes, [
      { path: "st.on", from: '"on"', to: true, rule: "type" },
      { path: "st.mode", from: '"b"', to: 1, rule: "type" },
    ]);
    const list = checkValue(typeOf(model, "ai"), [1, "2"], "ai", COERCE);
    assert.deepEqual(list.changes, [{ path: "ai[1]", from: '"2"', to: 2, rule: "type" }]);
    const float = checkValue(typeOf(model, "f"), "23.64", "f", SNAP);
    assert.deepEqual(float.changes, [{ path: "f", from: '"23.64"', to: 23.6, rule: "step" }]);
    const long = checkValue(typeOf(model, "i64"), "9223372036854775807", "i64", COERCE);
    assert.equal(long.changes[0]?.to, "9223372036854775807");
  });

  it("leaves what came unchanged", () => {
    const came = { ...struct, on: 1 };
    checkValue(typeOf(model, "st"), came, "st", COERCE);
    assert.equal(came.on, 1);
  });

  it("knows no word of a bool that the model uses for both", () => {
    const type: DataType = { type: "bool", trueLabel: "same", falseLabel: "same" };
    refuses(() => checkValue(type, "same", "b", COERCE), "ONENET_VALUE_INVALID.bool");
    assert.equal(checkValue({ type: "bool", trueLabel: "", falseLabel: "x" }, "x", "b", COERCE).value, false);
    refuses(() => checkValue({ ...type, trueLabel: "" }, "", "b", COERCE), "ONENET_VALUE_INVALID.bool");
  });
});

describe("checkValue: what is refused", () => {
  const refused: readonly (readonly [type: string, value: unknown, rule: ValueRule, params?: ErrorParams])[] =
    [
      ["i32", null, "required", { limit: "int32", value: "null" }],
      ["i32", undefined, "required", { value: "undefined" }],
      ["i32", "many", "type", { value: '"many"' }],
      ["i32", Number.NaN, "type", { value: "NaN" }],
      ["i32", true, "type"],
      ["i32", 1.5, "whole", { limit: "int32", value: "1.5" }],
      ["i32", 3, "step", { limit: "2", value: "3" }],
      ["i32", -102, "min", { limit: "-100", value: "-102" }],
      ["i32", "102", "max", { limit: "100", value: "102" }],
      ["i64", 2 ** 53, "precision", { limit: "2^53" }],
      ["i64", -1, "min", { limit: "0" }],
      ["i64", 2n ** 63n, "max", { limit: "9223372036854775807", value: "9223372036854775808" }],
      ["f", 23.64, "step", { limit: "0.1", value: "23.64" }],
      ["f", Number.POSITIVE_INFINITY, "type"],
      ["f", "1,5", "type"],
      ["d", {}, "type", { limit: "double", value: "object" }],
      ["e", 2, "label", { limit: "0, 1, 5", value: "2" }],
      ["e", "Manual", "type", { limit: "integer" }],
      ["e", 0.5, "type"],
      ["b", 2, "bool", { limit: "true, false" }],
      ["b", "maybe", "bool"],
      ["b", null, "required"],
      ["s", "0123456789abcdefg", "length", { limit: "16", value: "17" }],
      ["s", {}, "type"],
      ["bits", -1, "min", { limit: "0" }],
      ["bits", "a", "type"],
      ["at", 1_700_000_000, "date", { value: "1700000000" }],
      ["at", "yesterday", "date"],
      ["at", new Date(Number.NaN), "date", { value: "invalid Date" }],
      [
        "st",
        { ...struct, note: undefined },
        "member-missing",
        { identifier: "st.note", limit: "x, on, mode, note" },
      ],
      ["st", { ...struct, extra: 1 }, "member-unknown", { identifier: "st.extra", value: "1" }],
      ["st", { ...struct, x: 11 }, "max", { identifier: "st.x", limit: "10" }],
      ["st", { ...struct, x: null }, "required", { identifier: "st.x" }],
      ["st", [], "type"],
      ["st", new Map(), "type", { value: "Map" }],
      ["ai", [1, 2, 3, 4, 5], "items", { limit: "4", value: "5" }],
      ["ai", [1, 2.5], "whole", { identifier: "ai[1]" }],
      ["ai", Array(1), "required", { identifier: "ai[0]" }],
      ["ai", 1, "type", { limit: "array" }],
      ["as", [{ t: AT }, { t: 1 }], "date", { identifier: "as[1].t" }],
    ];
  for (const [name, value, rule, params] of refused) {
    it(`refuses ${typeof value} ${String(value)} as ${name}: ${rule}`, () => {
      refuses(() => checkProperty(model, name, value, COERCE, "post"), `ONENET_VALUE_INVALID.${rule}`, {
        identifier: name,
        rule,
        ...params,
      });
      assert.throws(() => checkProperty(model, name, value, STRICT, "post"));
      assert.equal(checkProperty(model, name, value, OFF, "post").value, value);
    });
  }

  const bounds: readonly (readonly [type: DataType["type"], value: number | bigint, rule: ValueRule])[] = [
    ["int32", 2 ** 31, "max"],
    ["int32", -(2 ** 31) - 1, "min"],
    ["int32", 2 ** 60, "max"],
    ["int64", -(2n ** 63n) - 1n, "min"],
    ["float", 3.5e38, "max"],
    ["float", -3.5e38, "min"],
  ];
  for (const [type, value, rule] of bounds) {
    it(`knows that ${value} is no ${type}, without bounds too`, () => {
      refuses(() => checkValue({ type } as DataType, value, "v", COERCE), `ONENET_VALUE_INVALID.${rule}`);
    });
  }

  it("counts a text in bytes where that is asked for", () => {
    const rules: CheckRules = { ...STRICT, lengthUnit: "bytes" };
    const text = "温度温度温度";
    refuses(() => checkProperty(model, "s", text, rules, "post"), "ONENET_VALUE_INVALID.length", {
      value: "18",
    });
    assert.equal(judgeProperty(model, "s", text), undefined);
    assert.equal(judgeProperty(model, "s", text, "bytes")?.code, 2282);
    assert.equal(checkValue({ type: "string" }, "x".repeat(9999), "s", rules).changes.length, 0);
  });

  it("takes any whole number as an enum without names", () => {
    const type: DataType = { type: "enum", labels: new Map() };
    assert.equal(checkValue(type, 99, "e", STRICT).value, 99);
    assert.equal(checkValue(type, "99", "e", COERCE).value, 99);
  });
});

describe("checkProperty", () => {
  it("does not know a property, and names the nearest", () => {
    refuses(() => checkProperty(model, "fre", 1, COERCE, "post"), "ONENET_VALUE_INVALID.unknown", {
      identifier: "fre",
      limit: "free, f, e",
      rule: "unknown",
    });
    assert.deepEqual(checkProperty(model, "fre", 1, OFF, "post"), { value: 1, changes: [] });
    assert.throws(() => checkProperty(model, "__proto__", 1, COERCE, "post"));
  });

  it("sets only what can be set", () => {
    assert.equal(checkProperty(model, "ro", 5, COERCE, "post").value, 5);
    refuses(() => checkProperty(model, "ro", 5, COERCE, "set"), "ONENET_VALUE_INVALID.read-only", {
      identifier: "ro",
      value: "5",
    });
    assert.equal(checkProperty(model, "ro", 5, OFF, "set").value, 5);
    assert.equal(checkProperty(model, "i32", "4", COERCE, "set").value, 4);
  });
});

describe("events and services", () => {
  const outputs = { i32: 2, i64: 1, f: 1, d: 0, e: 0, b: true, s: "", bits: 0, at: AT };

  it("checks an event's outputs, all of them", () => {
    assert.equal(checkEvent(model, "all", outputs, STRICT).value, outputs);
    assert.equal(judgeEvent(model, "all", outputs), undefined);
    const { value, changes } = checkEvent(model, "all", { ...outputs, b: 1 }, COERCE);
    assert.deepEqual(value, outputs);
    assert.equal(changes[0]?.path, "all.b");
    refuses(() => checkEvent(model, "all", { i32: 2 }, COERCE), "ONENET_VALUE_INVALID.member-missing", {
      identifier: "all.i64",
    });
    refuses(() => checkEvent(model, "none", { a: 1 }, COERCE), "ONENET_VALUE_INVALID.member-unknown", {
      limit: "",
    });
    refuses(() => checkEvent(model, "nome", {}, COERCE), "ONENET_VALUE_INVALID.unknown-event", {
      limit: "none, all",
    });
    assert.deepEqual(checkEvent(model, "nome", {}, OFF).value, {});
  });

  it("checks what goes into a service and what comes out", () => {
    for (const check of [checkServiceInput, checkServiceOutput]) {
      assert.equal(check(model, "echo", outputs, STRICT).value, outputs);
      refuses(() => check(model, "echo", { ...outputs, e: 9 }, COERCE), "ONENET_VALUE_INVALID.label", {
        identifier: "echo.e",
      });
      refuses(() => check(model, "ecko", {}, COERCE), "ONENET_VALUE_INVALID.unknown-service", {
        limit: "echo",
      });
    }
  });

  it("are judged as the platform does", () => {
    assert.deepEqual(judgeEvent(model, "gone", {}), {
      code: 2306,
      message: "identifier not exist:identifier:gone",
    });
    assert.deepEqual(judgeEvent(model, "all", {}), { code: 2308, message: "event param count error" });
    for (const wrong of [{ ...outputs, more: 1 }, [], 7])
      assert.equal(judgeEvent(model, "all", wrong)?.code, 2308);
    for (const missing of [undefined, null]) assert.equal(judgeEvent(model, "all", missing)?.code, 2409);
    assert.deepEqual(judgeEvent(model, "all", { ...outputs, b: 1 }), {
      code: 2271,
      message: "bool type error:identifier:b",
    });
    assert.equal(judgeEvent(model, "none", {}), undefined);
  });
});

describe("judgeProperty", () => {
  const judged: readonly (readonly [name: string, value: JsonValue, code: number, message: string])[] = [
    ["gone", 1, 2306, "identifier not exist:identifier:gone"],
    ["d", 0.0005, 2244, "double not conform step:identifier:d"],
    ["f", 0.05, 2254, "float not conform step:identifier:f"],
    ["b", 1, 2271, "bool type error:identifier:b"],
    ["b", null, 2409, "required value:identifier:b"],
    // Inferred from the others: 22tk.
    ["f", "1", 2251, "float type error:identifier:f"],
    ["f", -41, 2252, "float less than min:identifier:f"],
    ["f", 126, 2253, "float greater than max:identifier:f"],
    ["s", "x".repeat(17), 2282, "string length error:identifier:s"],
    ["e", 2, 2262, "enum value error:identifier:e"],
    ["st", {}, 2202, "struct member error:identifier:st"],
    ["ai", [1, 2, 3, 4, 5], 2212, "array length error:identifier:ai"],
    ["ai", [11], 2223, "int32 greater than max:identifier:ai"],
  ];
  for (const [name, value, code, message] of judged) {
    it(`says ${code} to ${JSON.stringify(value)} of ${name}`, () =>
      assert.deepEqual(judgeProperty(model, name, value), { code, message }));
  }
});
