import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../../lib/delivery/byte-queue";

describe("byte queue", () => {
  it("gives back what was put in, in order, whatever its size", () => {
    const queue = new ByteQueue();
    const sizes = [0, 1, 255, 256 * 1024 - 4, 256 * 1024, 1_000_000, 3];
    for (const size of sizes) queue.push(Buffer.alloc(size, size % 251));
    assert.equal(queue.size, sizes.length);
    for (const size of sizes) assert.deepEqual(queue.shift(), Buffer.alloc(size, size % 251));
    assert.equal(queue.size, 0);
    assert.equal(queue.shift(), undefined);
  });

  it("is a first-in first-out queue in every sequence of steps", () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 100_000, max: 200_000 }).map((size) => new Uint8Array(size).fill(size % 255)),
      fc.constant("shift" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        const model: Uint8Array[] = [];
        for (const each of steps) {
          if (each !== "shift") {
            queue.push(each);
            model.push(each);
          } else {
            const expected = model.shift();
            assert.deepEqual(queue.shift(), expected && Buffer.from(expected));
          }
          assert.equal(queue.size, model.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("leaves a record intact that was taken out, while others come and go", () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from("first"));
    const first = queue.shift();
    for (let index = 0; index < 10_000; index += 1) queue.push(Buffer.alloc(100, index % 256));
    while (queue.shift() !== undefined);
    assert.equal(first?.toString(), "first");
  });
});
