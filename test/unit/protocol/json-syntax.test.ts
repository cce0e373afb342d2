import assert from "node:assert/strict";
import fc from "fast-check";
import { findSyntaxFault } from "../../../lib/protocol/json-syntax";

const VALUE = '{ [ " 0-9 true false null';

describe("findSyntaxFault", () => {
  const faults: readonly (readonly [text: string, place: string, expected: string, got: string])[] = [
    ["{", "1:2", '" }', "EOF"],
    ["[", "1:2", `${VALUE} ]`, "EOF"],
    ["[1", "1:3", ", ]", "EOF"],
    ['{"a":1', "1:7", ", }", "EOF"],
    ['{"a":1,}', "1:8", '"', '"}"'],
    ["[1,]", "1:4", VALUE, '"]"'],
    ['{"a" 1}', "1:6", ":", '"1"'],
    ['{"a":}', "1:6", VALUE, '"}"'],
    ["{a:1}", "1:2", '" }', '"a"'],
    ['{"a":1}}', "1:8", "EOF", '"}"'],
    ['{"a":[1}', "1:8", ", ]", '"}"'],
    ['{\n  "a": NaN\n}', "2:8", VALUE, '"NaN"'],
    ["{\r\n 'a': 1}", "2:2", '" }', '"\'"'],
    ['["a\nb"]', "1:2", `${VALUE} ]`, '"\\""'],
    ["[01]", "1:3", ", ]", '"1"'],
    ["[[],{},{}", "1:10", ", ]", "EOF"],
    ["[]]", "1:3", "EOF", '"]"'],
    ["{]", "1:2", '" }', '"]"'],
    ["[:", "1:2", `${VALUE} ]`, '":"'],
  ];
  for (const [text, place, expected, got] of faults) {
    it(`finds ${JSON.stringify(text)} wrong at ${place}`, () => {
      assert.throws(() => JSON.parse(text), SyntaxError);
      const { line, column, ...fault } = findSyntaxFault(text);
      assert.deepEqual({ place: `${line}:${column}`, ...fault }, { place, expected, got });
    });
  }

  it("finds the end of every JSON that was cut", () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: true }), fc.nat(), (text, seed) => {
        const list = `[${text}]`;
        const fault = findSyntaxFault(list.slice(0, 1 + (seed % (list.length - 1))));
        assert.equal(fault.line, 1);
        assert.ok(fault.column >= 2);
      }),
    );
  });
});
