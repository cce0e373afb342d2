import assert from "node:assert/strict";
import { Fifo } from "../../../lib/delivery/fifo";
import { collectGarbage } from "../../support/garbage";

describe("Fifo", () => {
  it("gives back what was pushed, in order, whatever the length", () => {
    const fifo = new Fifo<number>();
    const out: number[] = [];
    for (let value = 0; value < 5000; value += 1) {
      fifo.push(value);
      if (value % 3 === 2) out.push(fifo.shift() ?? -1);
    }
    assert.equal(fifo.size, 5000 - out.length);
    assert.deepEqual([...fifo].slice(0, 2), [out.length, out.length + 1]);
    for (let value = fifo.shift(); value !== undefined; value = fifo.shift()) out.push(value);
    assert.deepEqual(
      out,
      Array.from({ length: 5000 }, (_, value) => value),
    );
    assert.equal(fifo.size, 0);
    assert.equal(fifo.peek(), undefined);
  });

  it("filters in order and says what it dropped", () => {
    const fifo = new Fifo<number>();
    for (let value = 0; value < 6; value += 1) fifo.push(value);
    fifo.shift();
    assert.deepEqual(
      fifo.filter((value) => value % 2 === 0),
      [1, 3, 5],
    );
    assert.deepEqual([...fifo], [2, 4]);
    fifo.push(7);
    assert.equal(fifo.peek(), 2);
    assert.equal(fifo.size, 3);
  });

  it("keeps nothing alive that it has given back", async () => {
    const fifo = new Fifo<object>();
    const big = new WeakRef({ payload: "256 KB" });
    const pushBig = () => fifo.push(big.deref() ?? {});
    pushBig();
    fifo.push({});
    fifo.shift();
    await collectGarbage();
    assert.equal(big.deref(), undefined, "a shifted item is still held");
    assert.equal(fifo.size, 1);
  });
});
