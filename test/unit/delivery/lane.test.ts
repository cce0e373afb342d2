import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { HEAD_MAX, Lane } from "../../../lib/delivery/lane";
import { MemoryBacklog } from "../../../lib/delivery/memory-backlog";
import type { QueuedMessage } from "../../../lib/delivery/message";
import { payloadOf, publishOf } from "../../support/messages";

function newLane(): Lane {
  return new Lane(new MemoryBacklog(), () => undefined);
}

function shiftAll(lane: Lane): string[] {
  const names: string[] = [];
  for (let message = lane.shift(); message !== undefined; message = lane.shift())
    names.push(payloadOf(message));
  return names;
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `m${index}`);
}

describe("lane", () => {
  it("keeps the order over the border between what is at hand and the backlog", () => {
    const lane = newLane();
    const all = names(3 * HEAD_MAX + 7);
    for (const name of all) lane.push(publishOf(name));
    assert.equal(lane.size, all.length);
    assert.equal([...lane.head].length, HEAD_MAX);
    assert.deepEqual(shiftAll(lane), all);
    assert.equal(lane.size, 0);
  });

  it("keeps the order while messages come, go and come back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1500, max: 1500 }), { maxLength: 25 }), (steps) => {
        const lane = newLane();
        const model: string[] = [];
        let count = 0;
        for (const step of steps) {
          for (let left = step; left > 0; left -= 1) {
            count += 1;
            lane.push(publishOf(`m${count}`));
            model.push(`m${count}`);
          }
          const taken: QueuedMessage[] = [];
          for (let left = step; left < 0; left += 1) {
            const message = lane.shift();
            assert.equal(message && payloadOf(message), model.shift());
            if (message !== undefined) taken.push(message);
          }
          if (step % 3 !== 0) continue;
          lane.putBack(taken);
          model.unshift(...taken.map(payloadOf));
        }
        assert.equal(lane.size, model.length);
        assert.deepEqual(lane.takeAll().map(payloadOf), model);
      }),
      { numRuns: 40 },
    );
  });

  it("gives out of order what is wanted of what is at hand, and fetches more", () => {
    const lane = newLane();
    const all = names(HEAD_MAX + 10);
    for (const name of all) lane.push(publishOf(name));
    const isEarly = (name: string) => Number(name.slice(1)) % 4 !== 0;
    const picked = lane.pick((message) => isEarly(payloadOf(message))).map(payloadOf);
    assert.deepEqual(picked, all.slice(0, HEAD_MAX).filter(isEarly));
    assert.equal([...lane.head].length, HEAD_MAX / 4 + 10);
    const left = all.filter((name, index) => index >= HEAD_MAX || !isEarly(name));
    assert.deepEqual(shiftAll(lane), left);
  });

  it("remembers who waits for a message in the backlog, and who has been told", () => {
    const lane = newLane();
    const told: string[] = [];
    for (const name of names(HEAD_MAX + 100)) {
      const isTold = name.endsWith("7");
      const message = publishOf(name);
      lane.push({ ...message, told: isTold, tell: () => told.push(name) });
    }
    const all = lane.takeAll();
    for (const message of all) if (!message.told) message.tell(undefined, {} as never, []);
    assert.deepEqual(
      told,
      names(HEAD_MAX + 100).filter((name) => !name.endsWith("7")),
    );
    const revived = all.slice(HEAD_MAX);
    // Whoever was told of *queued* hears the outcome from the connection.
    assert.ok(revived.every((message) => message.isOutcomeOpen === message.told));
  });

  it("sweeps out what is settled, and sees what moves up for it", () => {
    const lane = newLane();
    const all = names(3 * HEAD_MAX);
    for (const name of all) lane.push(publishOf(name));
    const seen = new Set<string>();
    lane.sweep((message) => {
      seen.add(payloadOf(message));
      message.settled = !payloadOf(message).endsWith("3");
    });
    assert.equal(seen.size, all.length);
    assert.deepEqual(
      shiftAll(lane),
      all.filter((name) => name.endsWith("3")),
    );
  });

  it("holds 100,000 messages of 200 bytes that nobody waits for in 30 MB", () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const used = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = used();
    const lane = newLane();
    for (let index = 0; index < 100_000; index += 1) {
      const message = publishOf(`${index}`.padEnd(200, "x"), { completeWhen: "queued" });
      lane.push({ ...message, told: true });
    }
    const grownBy = used() - before;
    assert.equal(lane.size, 100_000);
    assert.ok(grownBy <= 30_000_000, `${Math.round(grownBy / 1e6)} MB`);
  });
});
