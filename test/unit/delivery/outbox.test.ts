import assert from "node:assert/strict";
import type { DeliveryOptions, QueuedMessage } from "../../../lib/delivery/message";
import { Outbox } from "../../../lib/delivery/outbox";
import type { OutboxEvents, OutboxLimits } from "../../../lib/delivery/outbox-settings";
import { newPack } from "../../../lib/delivery/pack";
import { OneNetError } from "../../../lib/errors";
import { queued as newMessage } from "../../support/messages";

const LIMITS: OutboxLimits = { maxMessages: 3, maxBytes: 100, whenFull: "refuse-new" };

function message(name: string, bytes = 10, options: Partial<DeliveryOptions> = {}): QueuedMessage {
  const publish = { topic: "t", payload: name, qos: 1, retain: false } as const;
  return newMessage(
    { kind: "publish", publish },
    { options: { completeWhen: "acknowledged", ...options }, bytes },
  );
}

/** An outbox in memory, and the names of what it said is queued. */
function open(limits: Partial<OutboxLimits> = {}) {
  const queued: unknown[] = [];
  const events: OutboxEvents = {
    queued: (each) => queued.push(nameOf(each)),
    refused: () => assert.fail("memory refuses nothing"),
    dropped: () => assert.fail("memory owes no room"),
    refilled: () => undefined,
  };
  const settings = { limits: { ...LIMITS, ...limits }, order: "strict", label: "pid/dev" } as const;
  return { outbox: new Outbox(settings, events), queued };
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
      const { outbox } = open(limits);
      for (const name of ["a", "b", "c"]) outbox.push(message(name));
      assert.throws(
        () => outbox.push(message("d", bytes)),
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

  it("takes what is transient though it is full, after what is high and before all else, over lost links", () => {
    const { outbox, queued } = open({ whenFull: "drop-oldest" });
    for (const name of ["a", "b"]) outbox.push(message(name));
    outbox.push(message("high", 10, { priority: "high" }));
    const dropped = ["x", "y"].flatMap((name) => outbox.push(message(name, 10, { transient: true })));
    assert.deepEqual(dropped, []);
    assert.deepEqual(queued, ["a", "b", "high", "x", "y"]);
    outbox.linkUp();
    outbox.linkDown();
    assert.equal(outbox.waiting, 5);
    assert.deepEqual(shiftAll(outbox), ["high", "x", "y", "a", "b"]);
  });

  it("hands over what is transient, and drops it when it is settled", () => {
    const { outbox } = open();
    outbox.adopt(message("x", 10, { transient: true }));
    outbox.adopt(message("y", 10, { transient: true }));
    outbox.sweep((each) => {
      each.settled = nameOf(each) === "x";
    });
    assert.deepEqual(outbox.takeAll().map(nameOf), ["y"]);
  });

  it("takes what just fits", () => {
    const { outbox } = open();
    for (const name of ["a", "b"]) outbox.push(message(name));
    outbox.push(message("c", 80));
    assert.deepEqual([outbox.messages, outbox.bytes, outbox.waiting], [3, 100, 3]);
  });

  it("drops as many of the oldest as it takes, and counts them until they are forgotten", () => {
    const { outbox } = open({ whenFull: "drop-oldest" });
    for (const name of ["a", "b", "c"]) outbox.push(message(name, 30));
    const dropped = outbox.push(message("d", 50));
    assert.deepEqual(dropped.map(nameOf), ["a", "b"]);
    for (const each of dropped) outbox.forget(each);
    assert.deepEqual([outbox.messages, outbox.bytes], [2, 80]);
    assert.deepEqual(shiftAll(outbox), ["c", "d"]);
  });

  it("drops nothing in vain: what is in flight cannot go, so the new one is refused", () => {
    const { outbox } = open({ whenFull: "drop-oldest" });
    for (const name of ["a", "b", "c"]) outbox.push(message(name, 30));
    outbox.shift();
    outbox.shift();
    assert.throws(() => outbox.push(message("d", 50)), { code: "ONENET_QUEUE_FULL" });
    assert.deepEqual(shiftAll(outbox), ["c"]);
  });

  it("counts what has left the line until it is forgotten", () => {
    const { outbox } = open();
    const first = message("a");
    outbox.push(first);
    outbox.shift();
    assert.deepEqual([outbox.messages, outbox.bytes, outbox.waiting], [1, 10, 0]);
    outbox.forget(first);
    assert.deepEqual([outbox.messages, outbox.bytes], [0, 0]);
  });

  it("takes answers always, in a line of their own", () => {
    const { outbox } = open({ maxMessages: 1 });
    outbox.push(message("data"));
    outbox.push(message("answer 1", 200, { answer: true }));
    outbox.push(message("answer 2", 200, { answer: true }));
    assert.equal(outbox.answers.peek() && nameOf(outbox.answers.peek() ?? message("")), "answer 1");
    assert.deepEqual(
      [outbox.answers.shift(), outbox.answers.shift()].map((each) => each && nameOf(each)),
      ["answer 1", "answer 2"],
    );
    assert.equal(outbox.answers.shift(), undefined);
    assert.deepEqual(shiftAll(outbox), ["data"]);
  });

  it("adopts beyond its bounds, for another outbox kept them", () => {
    const { outbox } = open({ maxMessages: 1 });
    for (const name of ["a", "b"]) outbox.adopt(message(name));
    assert.deepEqual([outbox.messages, outbox.bytes], [2, 20]);
    assert.deepEqual(outbox.peek() && nameOf(outbox.peek() ?? message("")), "a");
    assert.throws(() => outbox.push(message("c")), { code: "ONENET_QUEUE_FULL" });
  });

  it("says of each that it is queued before it is handed out", () => {
    const { outbox, queued } = open();
    for (const name of ["a", "b"]) outbox.push(message(name));
    outbox.push(message("answer", 1, { answer: true }));
    assert.deepEqual(queued, ["a", "b", "answer"]);
    assert.throws(() => outbox.push(message("too large", 1000)));
    assert.equal(queued.length, 3);
  });

  it("hands out what is high before all else, and keeps the order within a priority", () => {
    const { outbox } = open({ maxMessages: 10 });
    for (const name of ["a", "b"]) outbox.push(message(name));
    for (const name of ["x", "y"]) outbox.push(message(name, 10, { priority: "high" }));
    outbox.push(message("c"));
    assert.deepEqual(shiftAll(outbox), ["x", "y", "a", "b", "c"]);
  });

  it("gives out of order what is wanted, unless something urgent is next", () => {
    const { outbox } = open({ maxMessages: 4 });
    for (const name of ["a", "b", "c"]) outbox.push(message(name));
    const pick = () => outbox.pick((each) => nameOf(each) === "b").map(nameOf);
    outbox.push(message("urgent", 10, { priority: "high" }));
    assert.deepEqual(pick(), []);
    outbox.shift();
    assert.deepEqual(pick(), ["b"]);
    assert.equal(outbox.messages, 4, "it counts until it is forgotten");
    assert.deepEqual(shiftAll(outbox), ["a", "c"]);
  });

  it("leaves all where it was when not even dropping makes room", () => {
    const { outbox } = open({ whenFull: "drop-oldest", maxMessages: 4 });
    const sent = [message("a"), message("b")];
    for (const each of sent) outbox.push(each);
    shiftAll(outbox);
    outbox.push(message("x", 10, { priority: "high" }));
    outbox.push(message("c"));
    assert.throws(() => outbox.push(message("d", 90)), { key: "ONENET_QUEUE_FULL.refused" });
    assert.deepEqual([outbox.messages, outbox.bytes], [4, 40]);
    assert.deepEqual(shiftAll(outbox), ["x", "c"]);
  });

  it("drops what is high only when nothing else is left", () => {
    const { outbox } = open({ whenFull: "drop-oldest" });
    outbox.push(message("x", 30, { priority: "high" }));
    for (const name of ["a", "b"]) outbox.push(message(name, 30));
    const dropped = outbox.push(message("c", 100));
    assert.deepEqual(dropped.map(nameOf), ["a", "b", "x"]);
  });

  it("drops of a post that waits to be repeated only as many messages as it takes, before what is newer", () => {
    const { outbox } = open({ whenFull: "drop-oldest" });
    const sent = [message("a", 30), message("b", 30)];
    for (const each of sent) outbox.push(each);
    shiftAll(outbox);
    const publish = { topic: "t", payload: "", qos: 1, retain: false } as const;
    const parts = [...sent, ...sent].map((each) => ({ message: each, points: [] }));
    outbox.again.push(newPack(publish, parts, undefined));
    outbox.push(message("c", 30));
    const dropped = outbox.push(message("d", 30));
    assert.deepEqual(dropped.map(nameOf), ["a"]);
    for (const each of dropped) {
      each.settled = true;
      outbox.forget(each);
    }
    assert.deepEqual(outbox.push(message("e", 60)).map(nameOf), ["b", "c"]);
    assert.deepEqual([outbox.again.size, ...shiftAll(outbox)], [1, "d", "e"]);
  });

  it("lets go of all but the answers, and of the answers apart", () => {
    const { outbox } = open({ maxMessages: 10 });
    for (const name of ["a", "b"]) outbox.push(message(name));
    outbox.push(message("x", 1, { priority: "high" }));
    outbox.push(message("answer", 1, { answer: true }));
    assert.deepEqual(outbox.takeAll().map(nameOf), ["x", "a", "b"]);
    assert.deepEqual(outbox.answers.takeAll().map(nameOf), ["answer"]);
    assert.equal(outbox.messages, 4);
    assert.deepEqual([shiftAll(outbox), outbox.answers.shift(), outbox.waiting], [[], undefined, 0]);
  });

  it("lets go of what is settled in a sweep, and keeps the order of the rest", () => {
    const { outbox } = open({ maxMessages: 10 });
    for (const name of ["a", "b", "c"]) outbox.push(message(name));
    outbox.push(message("answer", 1, { answer: true }));
    const seen: unknown[] = [];
    outbox.sweep((each) => {
      seen.push(nameOf(each));
      each.settled = nameOf(each) !== "a" && nameOf(each) !== "c";
    });
    assert.deepEqual(seen.sort(), ["a", "answer", "b", "c"]);
    assert.deepEqual([shiftAll(outbox), outbox.answers.peek()], [["a", "c"], undefined]);
  });
});
