import assert from "node:assert/strict";
import type { OneNetError } from "../../../lib/errors";
import { DeliveryBench, FakeLink } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";

describe("Sender", () => {
  describe("window", () => {
    it("sends no more than the window allows, and the next at each answer", async () => {
      const bench = new DeliveryBench({ inFlightMax: 2 });
      for (const name of ["a", "b", "c", "d"]) bench.publish(name);
      await bench.up();
      assert.deepEqual(bench.names(), ["a", "b"]);
      await bench.ack("b");
      assert.deepEqual(bench.names(), ["a", "b", "c"]);
      await bench.ack("a");
      await bench.ack("c");
      await bench.ack("d");
      bench.assertIdle();
    });

    it("obeys the server's Receive Maximum", async () => {
      const bench = new DeliveryBench();
      for (const name of ["a", "b", "c"]) bench.publish(name, { qos: 2 });
      bench.link.receiveMaximum = 1;
      bench.delivery.linkUp(bench.link);
      await nextTurn();
      assert.deepEqual(bench.names(), ["a"]);
      await bench.ack("a");
      assert.deepEqual(bench.names(), ["a", "b"]);
    });

    it("lets answers overtake everything, whatever the window, and counts them not", async () => {
      const bench = new DeliveryBench({ inFlightMax: 1 });
      for (const name of ["a", "b"]) bench.publish(name);
      await bench.up();
      bench.answer("answer 1");
      bench.answer("answer 2");
      assert.deepEqual(bench.names(), ["a", "answer 1", "answer 2"]);
      await bench.ack("a");
      assert.deepEqual(bench.names(), ["a", "answer 1", "answer 2", "b"]);
    });

    it("sends what one turn brought in one go, after the turn", async () => {
      const bench = new DeliveryBench();
      await bench.up();
      for (const name of ["a", "b", "c"]) bench.publish(name);
      assert.deepEqual(bench.names(), []);
      await nextTurn();
      assert.deepEqual(bench.names(), ["a", "b", "c"]);
    });
  });

  describe("after a lost link", () => {
    it("repeats what was not answered first, in its order, marked DUP, over several links", async () => {
      const bench = new DeliveryBench({ inFlightMax: 3 });
      for (const name of ["a", "b", "c", "d", "e"]) bench.publish(name);
      await bench.up();
      await bench.ack("b");
      assert.deepEqual(bench.names(), ["a", "b", "c", "d"]);
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["a", "c", "d"]);
      assert.deepEqual(
        bench.link.sent.map(({ dup }) => dup),
        [true, true, true],
      );
      await bench.ack("a");
      assert.deepEqual(bench.names(), ["a", "c", "d", "e"]);
      assert.equal(bench.sent("e").dup, false);
      bench.down();
      await bench.up();
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["c", "d", "e"]);
      for (const name of ["c", "d", "e"]) await bench.ack(name);
      assert.equal(bench.outcome("c").receipt.attempts, 4);
      bench.assertIdle();
    });

    it("keeps the order though a server takes fewer at a time than the one before", async () => {
      const bench = new DeliveryBench();
      for (const name of ["a", "b", "c"]) bench.publish(name);
      await bench.up();
      for (const receiveMaximum of [2, 1]) {
        bench.down();
        bench.link = new FakeLink(bench.clock, () => undefined);
        bench.link.receiveMaximum = receiveMaximum;
        bench.delivery.linkUp(bench.link);
        await nextTurn();
        assert.deepEqual(bench.names(), ["a", "b"].slice(0, receiveMaximum));
      }
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["a", "b", "c"]);
    });

    it("keeps the order of what was repeated on the lost link", async () => {
      const bench = new DeliveryBench();
      bench.post("a");
      await bench.up();
      bench.clock.advance(5000);
      bench.post("b");
      await nextTurn();
      bench.link.hear();
      await bench.pass(5000);
      assert.deepEqual(bench.names(), ["a", "b", "a"]);
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["a", "b"]);
    });

    it("repeats a post with the same id and the same bytes", async () => {
      const bench = new DeliveryBench();
      bench.post("a");
      await bench.up();
      const { publish } = bench.sent("a");
      await bench.ack("a");
      bench.down();
      await bench.up();
      assert.deepEqual(bench.sent("a").publish, publish);
      await bench.reply("a");
      assert.deepEqual(bench.how("a"), ["accepted"]);
      bench.assertIdle();
    });

    it("does not repeat what is acknowledged and told: the platform has it", async () => {
      const bench = new DeliveryBench();
      bench.post("a", { completeWhen: "acknowledged" });
      await bench.up();
      await bench.ack("a");
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), []);
      assert.deepEqual([bench.how("a"), bench.late], [["acknowledged"], []]);
      bench.assertIdle();
    });

    it("hears nothing of an answer to the lost link", async () => {
      const bench = new DeliveryBench();
      bench.publish("a");
      await bench.up();
      const { answer } = bench.sent("a");
      bench.down();
      answer();
      await bench.up();
      assert.deepEqual(bench.told, []);
      await bench.ack("a");
      bench.assertIdle();
    });

    it("writes QoS 0 again only if it was not written", async () => {
      const bench = new DeliveryBench();
      bench.link.isWritable = false;
      bench.publish("a", { qos: 0, completeWhen: "sent" });
      bench.delivery.linkUp(bench.link);
      await nextTurn();
      assert.deepEqual([bench.names(), bench.told], [["a"], []]);
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["a"]);
      assert.equal(bench.sent("a").dup, false, "DUP at QoS 0 [MQTT-3.3.1-2]");
      assert.deepEqual(bench.how("a"), ["sent"]);
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), []);
      bench.assertIdle();
    });
  });

  describe("answers", () => {
    const fates: readonly (readonly [
      what: string,
      run: (bench: DeliveryBench) => Promise<void>,
      how: string,
    ])[] = [
      [
        "accepted",
        async (bench) => {
          await bench.ack("x");
          bench.delivery.settleReply("command:x");
        },
        "accepted",
      ],
      [
        "rejected",
        async (bench) => void bench.delivery.settleReply("command:x", { code: 113, message: "not found" }),
        "ONENET_REJECTED",
      ],
      [
        "acknowledged, and no word more in time",
        async (bench) => {
          await bench.ack("x");
          bench.clock.advance(10_000);
        },
        "acknowledged",
      ],
      [
        "not even acknowledged in time",
        async (bench) => {
          bench.clock.advance(5000);
          bench.link.hear();
          bench.clock.advance(5000);
        },
        "ONENET_ACK_TIMEOUT.puback",
      ],
      ["on a link that is lost", async (bench) => void bench.down(), "ONENET_CLOSED"],
    ];
    for (const [what, run, how] of fates) {
      it(`${what} → ${how}, and never sent again`, async () => {
        const bench = new DeliveryBench();
        await bench.up();
        bench.answer("x");
        await run(bench);
        assert.deepEqual(bench.how("x"), [how]);
        await bench.up();
        assert.deepEqual(bench.names(), []);
        bench.assertIdle();
      });
    }

    it("fail at once when there is no link", () => {
      const bench = new DeliveryBench();
      bench.answer("x");
      assert.deepEqual(bench.how("x"), ["ONENET_CLOSED"]);
      bench.assertIdle();
    });

    it("leave in the same turn", async () => {
      const bench = new DeliveryBench();
      await bench.up();
      bench.answer("x");
      assert.deepEqual(bench.names(), ["x"]);
    });

    it("too old are not sent", async () => {
      const bench = new DeliveryBench();
      await bench.up();
      bench.answer("x", { expiryMs: 0 });
      assert.deepEqual([bench.names(), bench.how("x")], [[], ["ONENET_EXPIRED"]]);
    });
  });

  describe("when no answer comes on a living link", () => {
    it("posts the same id and bytes three times, then gives up on the reply", async () => {
      const bench = new DeliveryBench();
      bench.post("a");
      await bench.up();
      for (const attempt of [1, 2, 3]) {
        assert.equal(bench.link.sent.length, attempt);
        await bench.ack("a");
        assert.deepEqual(bench.told, []);
        await bench.pass(10_000);
      }
      const [first, ...others] = bench.link.sent.map(({ publish }) => publish);
      for (const other of others) assert.deepEqual(other, first);
      const { how, error, receipt } = bench.outcome("a");
      assert.deepEqual(
        [how, receipt.attempts, receipt.state],
        ["ONENET_ACK_TIMEOUT.reply", 3, "acknowledged"],
      );
      assert.deepEqual(error?.params, { host: "broker.test", attempts: 3, timeoutSeconds: 10 });
      bench.assertIdle();
    });

    it("posts again though only the PUBACK is missing, and gives up on it", async () => {
      const bench = new DeliveryBench({ ackAttempts: 2 });
      bench.post("a");
      await bench.up();
      for (let times = 0; times < 2; times += 1) {
        bench.clock.advance(5000);
        bench.link.hear();
        await bench.pass(5000);
      }
      assert.deepEqual(bench.names(), ["a", "a"]);
      assert.deepEqual(bench.how("a"), ["ONENET_ACK_TIMEOUT.puback"]);
      bench.assertIdle();
    });

    it("takes the reply to an earlier attempt, and the PUBACK of one", async () => {
      const bench = new DeliveryBench();
      bench.post("a");
      await bench.up();
      const [first] = bench.link.sent;
      bench.clock.advance(5000);
      bench.link.hear();
      await bench.pass(5000);
      first?.answer();
      assert.equal(await bench.reply("a"), true);
      assert.equal(await bench.reply("a"), false, "a reply counts once");
      assert.deepEqual(bench.how("a"), ["accepted"]);
      bench.assertIdle();
    });

    it("marks DUP what is not acknowledged, and not what is sent anew for want of a reply", async () => {
      const bench = new DeliveryBench();
      await bench.up();
      await bench.postAlone("a");
      await bench.postAlone("b");
      await bench.ack("b");
      bench.clock.advance(1);
      bench.link.hear();
      await bench.pass(10_000);
      assert.deepEqual([bench.sent("a").dup, bench.sent("b").dup], [true, false]);
    });

    it("cuts a plain broker's link: a publish is repeated on a new one only [MQTT-4.4.0-1]", async () => {
      const bench = new DeliveryBench();
      bench.publish("a");
      bench.publish("b");
      for (const attempt of [1, 2]) {
        await bench.up();
        bench.clock.advance(5000);
        bench.link.hear();
        bench.clock.advance(5000);
        assert.deepEqual(bench.names(), ["a", "b"]);
        assert.deepEqual(
          bench.link.cuts.map((error) => [error.key, error.params["attempts"]]),
          [["ONENET_ACK_TIMEOUT.puback", attempt]],
        );
      }
      await bench.up();
      await bench.ack("b");
      bench.clock.advance(10_000);
      assert.deepEqual([bench.how("a"), bench.how("b")], [["ONENET_ACK_TIMEOUT.puback"], ["acknowledged"]]);
      assert.deepEqual(bench.link.cuts, []);
      bench.assertIdle();
    });

    it("names no reply where none can come", async () => {
      const bench = new DeliveryBench({ ackAttempts: 1 });
      bench.link.isWritable = false;
      bench.publish("a", { qos: 0 });
      bench.delivery.linkUp(bench.link);
      await nextTurn();
      bench.clock.advance(5000);
      bench.link.hear();
      bench.clock.advance(5000);
      assert.deepEqual(bench.how("a"), ["ONENET_ACK_TIMEOUT.puback"]);
      bench.assertIdle();
    });

    it("forgets quietly what was told at PUBACK and never got its reply", async () => {
      const bench = new DeliveryBench();
      bench.post("a", { completeWhen: "acknowledged" });
      bench.post("b", { completeWhen: "sent", qos: 0 });
      await bench.up();
      await bench.ack("a");
      bench.clock.advance(10_000);
      assert.deepEqual([bench.how("a"), bench.how("b"), bench.late], [["acknowledged"], ["sent"], []]);
      assert.deepEqual(bench.names(), ["a", "b"]);
      bench.assertIdle();
    });

    it("reports what was told as sent and was never acknowledged", async () => {
      const bench = new DeliveryBench({ ackAttempts: 1 });
      bench.publish("a", { completeWhen: "sent" });
      await bench.up();
      bench.clock.advance(5000);
      bench.link.hear();
      bench.clock.advance(5000);
      assert.deepEqual(bench.how("a"), ["sent"]);
      assert.deepEqual(
        bench.late.map(({ how }) => how),
        ["ONENET_ACK_TIMEOUT.puback"],
      );
      bench.assertIdle();
    });
  });

  describe("when the platform takes one message a second", () => {
    // Values of one property share no post, so that so many are in flight that the last one waits for more than 10 s.
    const onThing = () => new DeliveryBench({ productKind: "thing-model" });

    for (const kind of ["postOne", "publish"] as const) {
      it(`(${kind}) waits for all of a full window, and repeats none`, async () => {
        const bench = onThing();
        const names = Array.from({ length: 60 }, (_, index) => `m${index}`);
        for (const name of names) bench[kind](name);
        await bench.up();
        for (const name of names) {
          bench.clock.advance(1000);
          await bench.ack(name);
          if (kind === "postOne") await bench.reply(name);
        }
        assert.deepEqual(bench.names(), names);
        assert.equal(bench.told.filter(({ error }) => error !== undefined).length, 0);
        assert.equal(bench.told.length, 60);
        bench.assertIdle();
      });
    }

    it("waits for its replies though it acknowledges at once, and answers overtake", async () => {
      const bench = onThing();
      const names = Array.from({ length: 16 }, (_, index) => `m${index}`);
      for (const name of names) bench.postOne(name);
      await bench.up();
      for (const name of names) await bench.ack(name);
      for (const name of names) {
        bench.clock.advance(500);
        // Others come and go meanwhile: they tell nothing of these.
        bench.publish(`p${name}`, { qos: 0, completeWhen: "sent" });
        bench.publish(`q${name}`);
        await nextTurn();
        await bench.ack(`q${name}`);
        bench.answer(`x${name}`);
        await bench.ack(`x${name}`);
        bench.delivery.settleReply(`command:x${name}`);
        bench.clock.advance(500);
        await bench.reply(name);
      }
      assert.deepEqual(
        bench.names().filter((name) => name.startsWith("m")),
        names,
      );
      assert.equal(bench.told.filter(({ error }) => error !== undefined).length, 0);
      bench.assertIdle();
    });

    it("repeats what it skipped, and what it stops at", async () => {
      const bench = onThing();
      for (const name of ["a", "skipped", "b", "stopped"]) bench.postOne(name);
      await bench.up();
      bench.clock.advance(6000);
      await bench.reply("a");
      bench.clock.advance(6000);
      await bench.reply("b");
      assert.deepEqual(bench.names(), ["a", "skipped", "b", "stopped"]);
      await bench.pass(3900);
      assert.deepEqual(bench.names().slice(4), [], "not 10 s after it was sent");
      await bench.pass(100);
      assert.deepEqual(
        bench.names().slice(4),
        ["skipped"],
        "10 s after a: b, which came later, does not put it off",
      );
      await bench.pass(5900);
      assert.deepEqual(bench.names().slice(4), ["skipped"]);
      await bench.pass(100);
      assert.deepEqual(bench.names().slice(4), ["skipped", "stopped"]);
    });
  });

  describe("when the link has been silent since the publish", () => {
    it("asks for a sign of life, and counts no attempt", async () => {
      const bench = new DeliveryBench();
      bench.clock.advance(1);
      bench.post("a");
      bench.link.lastHeardMs = bench.clock.monotonicMs() - 1;
      bench.delivery.linkUp(bench.link);
      await nextTurn();
      bench.clock.advance(12_000);
      assert.ok(bench.link.probes >= 1);
      assert.deepEqual(bench.names(), ["a"]);
      assert.equal(bench.clock.running, 1);
      bench.down();
      await bench.up();
      assert.deepEqual(bench.names(), ["a"]);
      await bench.reply("a");
      bench.assertIdle();
    });

    it("goes on when the sign comes", async () => {
      const bench = new DeliveryBench();
      bench.post("a");
      bench.link.lastHeardMs -= 1;
      bench.delivery.linkUp(bench.link);
      await nextTurn();
      bench.clock.advance(10_000);
      bench.link.hear();
      await bench.pass(1000);
      assert.deepEqual(bench.names(), ["a", "a"]);
      await bench.reply("a");
      bench.assertIdle();
    });
  });

  it("is not confused by a foreign or late reply", async () => {
    const bench = new DeliveryBench();
    assert.equal(bench.delivery.settleReply("post:999"), false);
    bench.post("a");
    await bench.up();
    assert.equal(bench.delivery.settleReply("post:999", { code: 1, message: "" }), false);
    await bench.reply("a");
    assert.equal(await bench.reply("a", { code: 98, message: "late" }), false);
    assert.deepEqual(bench.how("a"), ["accepted"]);
    assert.deepEqual(bench.late, []);
  });

  it("says what an unused link was told to do: nothing", () => {
    const bench = new DeliveryBench();
    assert.equal(bench.down(true), false);
    const reasons: OneNetError[] = bench.link.cuts;
    assert.deepEqual([reasons, bench.link.probes], [[], 0]);
  });
});
