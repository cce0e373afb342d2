import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonBytes } from "../../../lib/protocol/json-bytes";

function written(value: fc.JsonValue): string {
  const bytes = new JsonBytes();
  bytes.value(value as never);
  return bytes.toBuffer().toString();
}

describe("JsonBytes", () => {
  for (const value of [
    0, -0, 1, -1, 9, 10, 99, 100, 12_345, 999_999, 1_000_000, -999_999.999, 0.001, -0.01,
  ]) {
    it(`writes ${value} as JSON.stringify does`, () => {
      assert.equal(written(value), JSON.stringify(value));
    });
  }

  for (const value of [0.1, 0.12, 0.123, 20.05, 23.6, 0.0001, 1.1234, 1e21, 5e-324, 2 ** 53, -1.5e300]) {
    it(`writes ${value} as JSON.stringify does`, () => {
      assert.equal(written(value), JSON.stringify(value));
    });
  }

  it("writes readings of up to three decimals as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(1, 10, 100, 1000), (whole, scale) => {
        assert.equal(written(whole / scale), JSON.stringify(whole / scale));
      }),
    );
  });

  it("writes whole numbers up to 1e15", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e15 }), (whole) => {
        const bytes = new JsonBytes();
        bytes.integer(whole);
        assert.equal(bytes.toBuffer().toString(), String(whole));
      }),
    );
  });

  it("writes any number, text and object as JSON.stringify does", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(number, fc.jsonValue({ stringUnit: "binary" })), (value) => {
        assert.equal(written(value), JSON.stringify(value));
      }),
    );
  });

  it("keeps what it has given out when it is used again, and grows as it must", () => {
    const bytes = new JsonBytes();
    bytes.text("ä".repeat(3000));
    bytes.piece(Buffer.from("|"));
    const first = bytes.toBuffer();
    bytes.clear();
    assert.equal(bytes.length, 0);
    bytes.text("x".repeat(2_000_000));
    assert.equal(bytes.length, 2_000_000);
    bytes.clear();
    bytes.piece(Buffer.from("y"));
    assert.equal(first.toString(), `${"ä".repeat(3000)}|`);
    assert.equal(bytes.toBuffer().toString(), "y");
  });
});
