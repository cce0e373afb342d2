import assert from "node:assert/strict";
import type { DeliveryOptions, QueuedMessage } from "../../../lib/delivery/message";
import type { OutboxLimits } from "../../../lib/delivery/outbox";
import { Outbox } from "../../../lib/delivery/outbox";
import { OneNetError } from "../../../lib/errors";

const LIMITS: OutboxLimits = { maxMessages: 3, maxBytes: 100, whenFull: "refuse-new" };

function message(name: string, bytes = 10, options: Partial<DeliveryOptions> = {}): QueuedMessage {
  const publish = { topic: "t", payload: name, qos: 1, retain: false } as const;
  return {
    draft: { kind: "publish", publish },
    options: { completeWhen: "acknowledged", ...options },
    bytes,
    queuedAt: 0,
    queuedAtMonotonicMs: 0,
    state: "queued",
    attempts: 0,
    told: false,
    settled: false,
    tell: () => undefined,
  };
}

const nameOf = ({ draft }: QueuedMessage) => (draft.kind === "publish" ? draft.publish.payload : "");

function shiftAll(outbox: Outbox): unknown[] {
  const names: unknown[] = [];
  for (let next = outbox.shift(); next !== undefined; next = outbox.shift()) names.push(nameOf(next));
  return names;
}

describe("Outbox", () => {
  const refusals: readonly (readonly [what: string, limits: Partial<OutboxLimits>, bytes: number])[] = [
    ["one message more than allowed", {}, 10],
    ["bytes more than allowed", { maxMessages: 10 }, 71],
    ["a message larger than the whole outbox, though the oldest may go", { whenFull: "drop-oldest" }, 101],
  ];
  for (const [what, limits, bytes] of refusals) {
    it(`refuses ${what} and says by how much`, () => {
      const outbox = new Outbox({ ...LIMITS, ...limits });
      for (const name of ["a", "b", "c"]) outbox.push(message(name), "pid/dev");
      assert.throws(
        () => outbox.push(message("d", bytes), "pid/dev"),
        (error) => {
          assert.ok(error instanceof OneNetError);
          assert.equal(error.key, "ONENET_QUEUE_FULL.refused");
          const { maxMessages, maxBytes } = { ...LIMITS, ...limits };
          assert.deepEqual(error.params, {
            messages: 3,
            bytes: 30,
            maxMessages,
            maxBytes,
            device: "pid/dev",
          });
          return true;
        },
      );
      assert.deepEqual([outbox.messages, outbox.bytes], [3, 30]);
      assert.deepEqual(shiftAll(outbox), ["a", "b", "c"]);
    });
  }

  it("takes what just fits", () => {
    const outbox = new Outbox(LIMITS);
    for (const name of ["a", "b"]) outbox.push(message(name), "");
    outbox.push(message("c", 80), "");
    assert.deepEqual([outbox.messages, outbox.bytes, outbox.waiting], [3, 100, 3]);
  });

  it("drops as many of the oldest as it takes, and counts them until they are forgotten", () => {
    const outbox = new Outbox({ ...LIMITS, whenFull: "drop-oldest" });
    for (const name of ["a", "b", "c"]) outbox.push(message(name, 30), "");
    const dropped = outbox.push(message("d", 50), "");
    assert.deepEqual(dropped.map(nameOf), ["a", "b"]);
    for (const each of dropped) outbox.forget(each);
    assert.deepEqual([outbox.messages, outbox.bytes], [2, 80]);
    assert.deepEqual(shiftAll(outbox), ["c", "d"]);
  });

  it("drops nothing in vain: what is in flight cannot go, so the new one is refused", () => {
    const outbox = new Outbox({ ...LIMITS, whenFull: "drop-oldest" });
    for (const name of ["a", "b", "c"]) outbox.push(message(name, 30), "");
    outbox.shift();
    outbox.shift();
    assert.throws(() => outbox.push(message("d", 50), ""), { code: "ONENET_QUEUE_FULL" });
    assert.deepEqual(shiftAll(outbox), ["c"]);
  });

  it("counts what has left the line until it is forgotten", () => {
    const outbox = new Outbox(LIMITS);
    const first = message("a");
    outbox.push(first, "");
    outbox.shift();
    assert.deepEqual([outbox.messages, outbox.bytes, outbox.waiting], [1, 10, 0]);
    outbox.forget(first);
    assert.deepEqual([outbox.messages, outbox.bytes], [0, 0]);
  });

  it("takes answers always, in a line of their own", () => {
    const outbox = new Outbox({ ...LIMITS, maxMessages: 1 });
    outbox.push(message("data"), "");
    outbox.push(message("answer 1", 200, { answer: true }), "");
    outbox.push(message("answer 2", 200, { answer: true }), "");
    assert.equal(outbox.peekAnswer() && nameOf(outbox.peekAnswer() ?? message("")), "answer 1");
    assert.deepEqual(
      [outbox.shiftAnswer(), outbox.shiftAnswer()].map((each) => each && nameOf(each)),
      ["answer 1", "answer 2"],
    );
    assert.equal(outbox.shiftAnswer(), undefined);
    assert.deepEqual(shiftAll(outbox), ["data"]);
  });

  it("adopts beyond its bounds, for another outbox kept them", () => {
    const outbox = new Outbox({ ...LIMITS, maxMessages: 1 });
    for (const name of ["a", "b"]) outbox.adopt(message(name));
    assert.deepEqual([outbox.messages, outbox.bytes], [2, 20]);
    assert.deepEqual(outbox.peek() && nameOf(outbox.peek() ?? message("")), "a");
    assert.throws(() => outbox.push(message("c"), ""), { code: "ONENET_QUEUE_FULL" });
  });

  it("takes out what is picked, answers first", () => {
    const outbox = new Outbox({ ...LIMITS, maxMessages: 10 });
    for (const name of ["a", "b", "c"]) outbox.push(message(name), "");
    outbox.push(message("answer", 1, { answer: true }), "");
    const taken = outbox.takeOut((each) => nameOf(each) !== "b");
    assert.deepEqual(taken.map(nameOf), ["answer", "a", "c"]);
    assert.equal(outbox.messages, 4);
    assert.deepEqual(shiftAll(outbox), ["b"]);
  });
});
