import assert from "node:assert/strict";
import vm from "node:vm";
import {
  checkPayloadSize,
  clip,
  describeValue,
  isJsonObject,
  isPlainObject,
  readInteger,
  readJson,
  readText,
  utf8Bytes,
  writeJson,
} from "../../../lib/protocol/json";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import { refuses, wire } from "./expect";

describe("json", () => {
  it("counts UTF-8 as Buffer does", () => {
    for (const text of ["", "abc", "é", "温度", "😀", "a\ud800b", "\u07ff\u0800\uffff"]) {
      assert.equal(utf8Bytes(text), Buffer.byteLength(text), text);
    }
  });

  it("counts the same in a browser, which has no Buffer", () => {
    const file = require.resolve("../../../lib/protocol/json");
    const { Buffer: nodeBuffer } = globalThis;
    const loaded = require.cache[file];
    delete require.cache[file];
    Reflect.deleteProperty(globalThis, "Buffer");
    try {
      const browser: { utf8Bytes: typeof utf8Bytes } = require(file);
      assert.notEqual(browser.utf8Bytes, utf8Bytes);
      assert.deepEqual(["", "é", "温度", "😀"].map(browser.utf8Bytes), [0, 2, 6, 4]);
    } finally {
      globalThis.Buffer = nodeBuffer;
      if (loaded !== undefined) require.cache[file] = loaded;
    }
  });

  it("knows an object like those of JSON, of whichever realm", () => {
    const plain = [{}, Object.create(null), vm.runInNewContext("({a: 1})"), JSON.parse("{}")];
    assert.deepEqual(plain.map(isPlainObject), [true, true, true, true]);
    const others = [null, undefined, 1, "a", [], new Date(), new Map(), vm.runInNewContext("[]"), /x/];
    assert.ok(others.every((other) => !isPlainObject(other)));
  });

  it("reads text and JSON, or says that it is none", () => {
    assert.equal(readText(wire("温度")), "温度");
    assert.equal(readText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "a");
    assert.equal(readText(Uint8Array.of(0xc3)), undefined);
    assert.deepEqual(readJson(wire('{"a":[1]}')), { a: [1] });
    assert.equal(readJson(wire("{")), undefined);
    assert.equal(readJson(Uint8Array.of(0xff)), undefined);
  });

  it("knows an object from what only resembles one", () => {
    assert.equal(isJsonObject({}), true);
    for (const value of [null, [], "", 1, true, undefined]) assert.equal(isJsonObject(value), false);
  });

  const integers = [
    [1, 1],
    [-1, -1],
    ["200", 200],
    ["-1", -1],
    ["", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["9999999999999999", undefined],
    [1.5, undefined],
    [2 ** 53, undefined],
    [true, undefined],
    [null, undefined],
    [undefined, undefined],
  ] as const;
  for (const [value, expected] of integers) {
    it(`reads ${JSON.stringify(value)} as whole number ${expected}`, () => {
      assert.equal(readInteger(value), expected);
    });
  }

  it("lets a payload of exactly the limit pass, and not one byte more", () => {
    const fits = "x".repeat(MAX_PAYLOAD_BYTES);
    assert.equal(checkPayloadSize(fits), fits);
    assert.equal(checkPayloadSize("short"), "short");
    const bytes = MAX_PAYLOAD_BYTES + 1;
    refuses(() => checkPayloadSize(`${fits}x`), "ONENET_PAYLOAD_TOO_LARGE", {
      bytes,
      maxBytes: MAX_PAYLOAD_BYTES,
    });
    const chinese = "温".repeat(MAX_PAYLOAD_BYTES / 3 + 1);
    refuses(() => checkPayloadSize(chinese), "ONENET_PAYLOAD_TOO_LARGE");
  });

  it("cuts a long text for an error, and only then", () => {
    assert.equal(clip("x".repeat(120)), "x".repeat(120));
    assert.equal(clip("x".repeat(121)), `${"x".repeat(119)}…`);
  });

  const json: readonly (readonly [name: string, value: unknown, text: string | undefined])[] = [
    ["text", "a", '"a"'],
    ["null", null, "null"],
    ["an object", { a: [1] }, '{"a":[1]}'],
    ["a Date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["what has a form of its own", new URL("http://a.b/"), '"http://a.b/"'],
    ["NaN", Number.NaN, undefined],
    ["an invalid Date", new Date(Number.NaN), undefined],
    ["a BigInt", 1n, undefined],
    ["a Map", new Map([[1, 2]]), undefined],
    ["undefined", undefined, undefined],
  ];
  for (const [name, value, text] of json) {
    it(`writes ${name}${text === undefined ? " as nothing" : ""}`, () =>
      assert.equal(writeJson(value), text));
  }

  const descriptions: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [false, "false"],
    [10n, "BigInt 10"],
    [() => 1, "function"],
    [Symbol("s"), "symbol"],
    ["Monday", '"Monday"'],
    ["x".repeat(50), `"${"x".repeat(39)}…"`],
    [{}, "object"],
    [[], "array"],
    [Buffer.alloc(1), "Buffer"],
    [new Float32Array(1), "Float32Array"],
    [new Map(), "Map"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(Number.NaN), "invalid Date"],
    [vm.runInNewContext("new Date(0)"), "1970-01-01T00:00:00.000Z"],
  ];
  for (const [value, expected] of descriptions) {
    it(`names ${expected}`, () => assert.equal(describeValue(value), expected));
  }
});
