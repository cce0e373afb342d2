import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodeValue,
  exactInteger,
  type JsonValue,
  parseJson,
  readJson,
  stringifyJson,
  withoutBigInts,
} from "../../../lib/protocol/json";
import { wire } from "./expect";

const whole = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(exactInteger);

describe("whole numbers beyond 2^53 in JSON", () => {
  const read: readonly (readonly [text: string, value: JsonValue])[] = [
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["18446744073709551615", 18446744073709551615n],
    ['{"a":9007199254740993}', { a: 9007199254740993n }],
    ["[1, 9007199254740993,\n-9007199254740993]", [1, 9007199254740993n, -9007199254740993n]],
    [
      '{"9007199254740993":[true,null,"=x",9007199254740993]}',
      {
        "9007199254740993": [true, null, "=x", 9007199254740993n],
      },
    ],
    ['["9007199254740993",9007199254740993]', ["9007199254740993", 9007199254740993n]],
    ['["a\\"b\\\\",9007199254740993]', ['a"b\\', 9007199254740993n]],
    // No whole numbers, or more digits than an int64 has: read as JSON.parse does.
    ["[0.30000000000000004]", [0.30000000000000004]],
    ["[9007199254740993.5]", [Number("9007199254740993.5")]],
    ["[9007199254740993e1]", [Number("9007199254740993e1")]],
    ["[9007199254740993, 0.9007199254740993]", [9007199254740993n, 0.9007199254740993]],
    ["18446744073709551616", 2 ** 64],
    ["-9223372036854775809", -(2 ** 63)],
    ["100000000000000000000000", 1e23],
    ['"text, 9007199254740993"', "text, 9007199254740993"],
  ];
  for (const [text, value] of read) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseJson(text), value);
      assert.deepEqual(readJson(wire(text)), value);
    });
  }

  it("keeps a member called __proto__ one", () => {
    const value = parseJson('{"__proto__":9007199254740993}');
    assert.deepEqual(Object.entries(value as object), [["__proto__", 9007199254740993n]]);
  });

  it("writes them as numbers, and leaves out what is undefined", () => {
    const value = { a: 9007199254740993n, b: undefined, c: [1, undefined, "x", true, null], "d\n": {} };
    assert.equal(stringifyJson(value), '{"a":9007199254740993,"c":[1,null,"x",true,null],"d\\n":{}}');
    assert.equal(encodeValue(9007199254740993n), "9007199254740993");
    assert.equal(encodeValue(1.5), "1.5");
    assert.equal(encodeValue("x"), '"x"');
  });

  it("writes whatever stands beside them as JSON.stringify does", () => {
    const nothing = fc.constantFrom(undefined, () => 1, Symbol("s"), Number.NaN, -0, new Date(Number.NaN));
    const itself = fc.anything().map((value) => ({ toJSON: () => value }));
    const each = fc.anything({
      values: [nothing, itself, fc.date(), fc.string(), fc.double(), fc.constant(null)],
      withSparseArray: true,
    });
    fc.assert(
      fc.property(each, (value) => {
        const list = JSON.stringify([value, 1]).replace(/1\]$/, "9007199254740993]");
        assert.equal(stringifyJson([value, 9007199254740993n]), list);
        const members = JSON.stringify({ value, long: 1 }).replace(/1\}$/, "9007199254740993}");
        assert.equal(stringifyJson({ value, long: 9007199254740993n }), members);
      }),
    );
  });

  it("refuses text that is no JSON, with such numbers too", () => {
    for (const text of ["[9007199254740993", "", "9007199254740993,"])
      assert.throws(() => parseJson(text), SyntaxError);
    assert.equal(readJson(wire("[9007199254740993")), undefined);
  });

  it("gives flows their digits as text", () => {
    const value = { a: [9007199254740993n, 1, null], b: { c: 2n ** 63n }, d: "x" };
    assert.deepEqual(withoutBigInts(value), {
      a: ["9007199254740993", 1, null],
      b: { c: "9223372036854775808" },
      d: "x",
    });
  });

  it("reads back whatever it wrote", () => {
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        whole,
        fc.string({ unit: "grapheme" }),
        fc.boolean(),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(fc.property(value, (each) => assert.deepEqual(parseJson(stringifyJson(each)), each)));
  });

  it("reads every other JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.equal(stringifyJson(parseJson(text)), JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
