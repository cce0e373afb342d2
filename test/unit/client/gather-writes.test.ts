import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { gatherWrites, writeGathered } from "../../../lib/client/gather-writes";
import { nextTurn } from "../../support/manual-clock";

/** A stream that notes how many chunks came in each write. */
function open() {
  const writes: number[] = [];
  const stream = new Writable({
    write(_chunk, _encoding, callback) {
      writes.push(1);
      callback();
    },
    writev(chunks, callback) {
      writes.push(chunks.length);
      callback();
    },
  });
  return { stream, writes };
}

describe("gatherWrites", () => {
  it("writes in one go what a flow of a few turns says, and what comes later at once", async () => {
    const { stream, writes } = open();
    gatherWrites(stream);
    stream.write("puback");
    await nextTurn();
    // Another packet came meanwhile.
    gatherWrites(stream);
    stream.write("answer");
    stream.write("answer");
    assert.deepEqual(writes, []);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    assert.deepEqual(writes, [3]);
    assert.equal(stream.writableCorked, 0);
    stream.write("later");
    assert.deepEqual(writes, [3, 1]);
  });

  it("holds nothing back at the exit of the process, and does no harm after it", async () => {
    const { stream, writes } = open();
    gatherWrites(stream);
    stream.write("puback");
    stream.write("disconnect");
    writeGathered(stream);
    assert.deepEqual(writes, [2]);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    assert.equal(stream.writableCorked, 0);
  });
});
