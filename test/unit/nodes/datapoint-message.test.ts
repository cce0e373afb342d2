import assert from "node:assert/strict";
import { readDatapoints } from "../../../nodes/onenet-datapoint-publish/message";
import { UNKNOWN_THING } from "../../../nodes/shared/thing";

const RULES = { kind: "data-stream", booleansAsNumbers: true, thing: UNKNOWN_THING } as const;
const NO_STREAM = { named: "", fallback: undefined };

describe("readDatapoints", () => {
  it("loses no other value for one that cannot be read", () => {
    const payload = [
      { stream: "a", value: 1 },
      {
        stream: "b",
        get value(): number {
          throw new Error("broken sensor");
        },
      },
    ];
    const { points, failed } = readDatapoints(payload, NO_STREAM, RULES, undefined);
    assert.deepEqual([...points], [{ stream: "a", value: 1 }]);
    assert.deepEqual(
      failed.map(({ stream }) => stream),
      ["b"],
    );
  });

  it("takes {stream, value} as one datapoint, and any other object as one of each name", () => {
    const one = readDatapoints({ stream: "s", value: 5 }, NO_STREAM, RULES, 7);
    assert.deepEqual([...one.points], [{ stream: "s", value: 5, atMs: 7 }]);
    const two = readDatapoints({ stream: 4, values: 5 }, NO_STREAM, RULES, 7);
    assert.deepEqual(
      [...two.points],
      [
        { stream: "stream", value: 4, atMs: 7 },
        { stream: "values", value: 5, atMs: 7 },
      ],
    );
  });

  it("takes an object as one value of the stream that the form names", () => {
    const { points } = readDatapoints({ lat: 1, lng: 2 }, { named: "place", fallback: "" }, RULES, undefined);
    assert.deepEqual([...points], [{ stream: "place", value: { lat: 1, lng: 2 } }]);
  });
});
