import assert from "node:assert/strict";
import {
  desiredDeleteParams,
  encodeDesiredReply,
  parseDesiredDelete,
  parseDesiredGet,
  readDesired,
} from "../../../lib/protocol/desired";
import { encodeRequest, parseAnswer } from "../../../lib/protocol/envelope";
import { GARBAGE, wire } from "./expect";

describe("desired values, device side", () => {
  it("asks for a delete with and without a version, as docs 901 show it", () => {
    assert.equal(
      encodeRequest("1", desiredDeleteParams({ temp: 1, sw: undefined })),
      '{"id":"1","version":"1.0","params":{"temp":{"version":1},"sw":{}}}',
    );
  });

  const replies: readonly (readonly [what: string, data: unknown, desired: unknown])[] = [
    ["values with versions", { temp: { value: 30, version: 2 } }, { temp: { value: 30, version: 2 } }],
    [
      "a version as text, or none",
      { a: { value: 1, version: "3" }, b: { value: { c: 1 } } },
      { a: { value: 1, version: 3 }, b: { value: { c: 1 } } },
    ],
    ["nothing set", {}, {}],
    ["what is none", { a: 1, b: null, c: {}, d: { value: null, version: 1 } }, {}],
    ["no object", [1], {}],
    ["no data", undefined, {}],
  ];
  for (const [what, data, desired] of replies) {
    it(`reads ${what}`, () =>
      assert.deepEqual(readDesired(parseAnswer(wire({ id: "1", code: 200, data }))?.data), desired));
  }
});

describe("desired values, platform side", () => {
  it("reads a get and a delete", () => {
    assert.deepEqual(parseDesiredGet(wire({ id: "1", params: ["temp", "sw"] })), {
      id: "1",
      identifiers: ["temp", "sw"],
    });
    assert.deepEqual(parseDesiredDelete(wire({ id: "2", params: { temp: { version: 1 }, sw: {} } })), {
      id: "2",
      versions: new Map([
        ["temp", 1],
        ["sw", undefined],
      ]),
    });
  });

  it("replies with values and versions only", () => {
    const stored = { value: 30, version: 2, at: 1 };
    assert.equal(
      encodeDesiredReply("1", { temp: stored }),
      '{"id":"1","code":200,"msg":"success","data":{"temp":{"value":30,"version":2}}}',
    );
  });

  const message = "request format error";
  for (const params of [undefined, {}, ["a", 1]]) {
    it(`refuses to get ${JSON.stringify(params)}`, () =>
      assert.deepEqual(parseDesiredGet(wire({ id: "1", params })), { id: "1", code: 2402, message }));
  }
  for (const params of [undefined, ["a"], { a: 1 }, { a: { version: "x" } }, { a: { version: null } }]) {
    it(`refuses to delete ${JSON.stringify(params)}`, () =>
      assert.deepEqual(parseDesiredDelete(wire({ id: "1", params })), { id: "1", code: 2402, message }));
  }
  for (const [what, payload] of GARBAGE) {
    it(`refuses ${what} with 2402`, () => {
      for (const parse of [parseDesiredGet, parseDesiredDelete])
        assert.deepEqual(parse(payload), { id: "", code: 2402, message });
    });
  }
});
