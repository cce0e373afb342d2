import assert from "node:assert/strict";
import { encodeEventPost, parseEventPost } from "../../../lib/protocol/event";
import { GARBAGE, refuses, wire } from "./expect";

const TIME = 1524448722123;

describe("encodeEventPost", () => {
  it("writes the object of outputs as the value", () => {
    const points = [
      { stream: "alarm", value: { level: 2, src: "a" }, atMs: TIME, event: true },
      { stream: "door", value: {}, event: true },
    ] as const;
    assert.equal(
      encodeEventPost(1, points).toString(),
      '{"id":"1","version":"1.0","params":{"alarm":{"value":{"level":2,"src":"a"},"time":1524448722123},"door":{"value":{}}}}',
    );
  });

  it("refuses none, an identifier twice, and a bad id", () => {
    const point = { stream: "a", value: {}, event: true } as const;
    refuses(() => encodeEventPost(1, []), "ONENET_DATAPOINT_INVALID.empty");
    refuses(() => encodeEventPost(1, [point, point]), "ONENET_INTERNAL");
    refuses(() => encodeEventPost(0, [point]), "ONENET_INTERNAL");
  });
});

describe("parseEventPost", () => {
  it("reads events", () => {
    const params = { alarm: { value: { level: 2 }, time: TIME }, door: { value: {} } };
    assert.deepEqual(parseEventPost(wire({ id: 7, params })), {
      id: "7",
      points: [
        { stream: "alarm", value: { level: 2 }, atMs: TIME, event: true },
        { stream: "door", value: {}, event: true },
      ],
    });
  });

  const refused: readonly (readonly [what: string, body: unknown, code: number, message: string])[] = [
    ["no params", { id: "1" }, 2402, "request format error"],
    ["bare outputs", { id: "1", params: { a: 3 } }, 2402, "request format error"],
    ["a value that is no object", { id: "1", params: { a: { value: 3 } } }, 2402, "request format error"],
    ["no value", { id: "1", params: { a: { level: 3 } } }, 2409, "required value:identifier:a"],
    ["seconds", { id: "1", params: { a: { value: {}, time: 1 } } }, 2415, "invalid time:identifier:a"],
  ];
  for (const [what, body, code, message] of refused) {
    it(`refuses ${what} with ${code}`, () =>
      assert.deepEqual(parseEventPost(wire(body)), { id: "1", code, message }));
  }

  for (const [what, payload] of GARBAGE) {
    it(`refuses ${what} with 2402`, () => {
      assert.deepEqual(parseEventPost(payload), { id: "", code: 2402, message: "request format error" });
    });
  }
});
