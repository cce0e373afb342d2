import assert from "node:assert/strict";
import { DeliveryBench, namesIn } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";

/** A platform that closes the link when it sees one of these; it acknowledges the others, and replies to them. */
class Platform {
  readonly bench: DeliveryBench;
  logins = 0;
  /** What it took, in order. */
  readonly taken: string[] = [];
  readonly #poison: ReadonlySet<string>;
  readonly #acknowledgesPoison: boolean;

  constructor(bench: DeliveryBench, poison: readonly string[], acknowledgesPoison = false) {
    this.bench = bench;
    this.#poison = new Set(poison);
    this.#acknowledgesPoison = acknowledgesPoison;
  }

  /** Logs in again and again until a link lasts. @returns for each login whether a publish was blamed for its end */
  async settle(): Promise<boolean[]> {
    const blamed: boolean[] = [];
    for (let isLasting = false; !isLasting && this.logins < 20; ) {
      await this.bench.up();
      this.logins += 1;
      isLasting = await this.#serve();
      this.bench.clock.advance(300);
      if (!isLasting) blamed.push(this.bench.down(true));
      this.bench.clock.advance(3000);
    }
    return blamed;
  }

  async #serve(): Promise<boolean> {
    for (let index = 0; index < this.bench.link.sent.length; index += 1) {
      const sent = this.bench.link.sent[index];
      const names = sent === undefined ? [] : namesIn(sent.publish);
      const [name = ""] = names;
      if (names.some((each) => this.#poison.has(each))) {
        if (this.#acknowledgesPoison) await this.bench.ack(name);
        return false;
      }
      this.taken.push(...names);
      await this.bench.ack(name);
      if (sent?.publish.payload.toString().startsWith("{")) await this.bench.reply(name);
    }
    return true;
  }
}

describe("a message that makes the platform close the link", () => {
  for (const kind of ["publish", "post"] as const) {
    it(`(${kind}) is isolated after two closes, failed after the third; the rest is delivered in order`, async () => {
      const bench = new DeliveryBench();
      const platform = new Platform(bench, ["poison"]);
      for (const name of ["a", "b", "poison", "c", "d"]) bench[kind](name);
      const blamed = await platform.settle();
      assert.deepEqual(blamed, [false, true, true]);
      assert.equal(platform.logins, 4, "three logins more than without it");
      assert.deepEqual(platform.taken, ["a", "b", "c", "d"]);
      assert.deepEqual(bench.how("poison"), ["ONENET_PUBLISH_CLOSED_LINK"]);
      assert.equal(bench.outcome("poison").receipt.attempts, 3);
      bench.assertIdle();
    });
  }

  it("is found though the platform acknowledges it first", async () => {
    const bench = new DeliveryBench();
    const platform = new Platform(bench, ["poison"], true);
    for (const name of ["a", "poison", "b"]) bench.post(name);
    await platform.settle();
    assert.equal(platform.logins, 4);
    assert.deepEqual(bench.how("poison"), ["ONENET_PUBLISH_CLOSED_LINK"]);
    assert.deepEqual(platform.taken, ["a", "b"]);
    bench.assertIdle();
  });

  it("has no other one suffer for it: two of them, each convicted", async () => {
    const bench = new DeliveryBench();
    const platform = new Platform(bench, ["poison 1", "poison 2"]);
    for (const name of ["poison 1", "a", "poison 2", "b"]) bench.publish(name);
    await platform.settle();
    assert.deepEqual(platform.taken, ["a", "b"]);
    assert.deepEqual(bench.how("poison 1"), ["ONENET_PUBLISH_CLOSED_LINK"]);
    assert.deepEqual(bench.how("poison 2"), ["ONENET_PUBLISH_CLOSED_LINK"]);
    assert.equal(platform.logins, 7);
  });

  it("is sent alone, and nothing goes before it is judged", async () => {
    const bench = new DeliveryBench();
    for (const name of ["suspect", "b"]) bench.publish(name);
    for (let times = 0; times < 2; times += 1) {
      await bench.up();
      assert.deepEqual(bench.names(), ["suspect", "b"]);
      bench.down(true);
    }
    await bench.up();
    bench.publish("c");
    bench.answer("answer");
    assert.deepEqual(bench.names(), ["suspect", "answer"]);
    await bench.ack("suspect");
    assert.deepEqual(bench.names(), ["suspect", "answer"]);
    bench.delivery.settleReply("command:answer");
    await nextTurn();
    assert.deepEqual(bench.names(), ["suspect", "answer", "b"]);
    await bench.ack("b");
    assert.deepEqual(bench.names(), ["suspect", "answer", "b", "c"]);
  });

  it("that was innocent goes through alone and is acquitted", async () => {
    const bench = new DeliveryBench();
    for (const name of ["a", "b"]) bench.publish(name);
    for (let times = 0; times < 2; times += 1) {
      await bench.up();
      bench.down(true);
    }
    await bench.up();
    assert.deepEqual(bench.names(), ["a"]);
    await bench.ack("a");
    assert.deepEqual(bench.names(), ["a", "b"]);
    await bench.ack("b");
    bench.assertIdle();
  });

  it("is not looked for when we ended the link, when it was silent long before, or when all was answered", async () => {
    const bench = new DeliveryBench();
    bench.publish("a");
    for (let times = 0; times < 4; times += 1) {
      await bench.up();
      assert.equal(bench.down(false), false);
      await bench.up();
      bench.clock.advance(2500);
      assert.equal(bench.down(true), false);
    }
    await bench.up();
    await bench.ack("a");
    for (let times = 0; times < 4; times += 1) {
      assert.equal(bench.down(true), false);
      await bench.up();
    }
    assert.deepEqual(bench.how("a"), ["acknowledged"]);
    bench.assertIdle();
  });

  it("that grows too old in isolation lets the rest go on", async () => {
    const bench = new DeliveryBench();
    bench.publish("a", { expiryMs: 5000 });
    bench.publish("b");
    for (let times = 0; times < 2; times += 1) {
      await bench.up();
      bench.down(true);
    }
    bench.clock.advance(6000);
    await bench.up();
    await nextTurn();
    assert.deepEqual(bench.how("a"), ["ONENET_EXPIRED"]);
    assert.deepEqual(bench.names(), ["b"]);
    await bench.ack("b");
    bench.assertIdle();
  });

  describe("in a post of many", () => {
    const names = Array.from({ length: 100 }, (_, index) => `m${index}`);
    for (const productKind of ["data-stream", "thing-model"] as const) {
      it(`(${productKind}) is found among a hundred with three logins more, and all others are accepted`, async () => {
        const bench = new DeliveryBench({ productKind });
        const platform = new Platform(bench, ["m70"]);
        for (const name of names) bench.post(name);
        await platform.settle();
        assert.equal(platform.logins, 4);
        assert.deepEqual(bench.how("m70"), ["ONENET_PUBLISH_CLOSED_LINK"]);
        const others = names.filter((name) => name !== "m70");
        assert.deepEqual(platform.taken, others);
        assert.ok(others.every((name) => bench.outcome(name).how === "accepted"));
        bench.assertIdle();
      });
    }

    it("is looked for on one link, message by message, and the rest goes together again", async () => {
      const bench = new DeliveryBench();
      for (const name of ["a", "b", "poison", "c", "d"]) bench.post(name);
      for (let times = 0; times < 2; times += 1) {
        await bench.up();
        assert.deepEqual(bench.names(), ["a+b+poison+c+d"]);
        bench.down(true);
      }
      await bench.up();
      bench.post("new");
      assert.deepEqual(bench.names(), ["a"]);
      await bench.reply("a");
      assert.deepEqual(bench.names(), ["a", "b"]);
      await bench.reply("b");
      assert.deepEqual(bench.names(), ["a", "b", "poison"]);
      assert.equal(bench.down(true), true);
      assert.deepEqual(bench.how("poison"), ["ONENET_PUBLISH_CLOSED_LINK"]);
      await bench.up();
      assert.deepEqual(bench.names(), ["c+d", "new"]);
      for (const name of ["c", "new"]) await bench.reply(name);
      bench.assertIdle();
    });

    it("is looked for at the platform's pace", async () => {
      const bench = new DeliveryBench({ messagesPerSecond: 1 });
      for (const name of ["a", "b", "c"]) bench.post(name);
      for (let times = 0; times < 2; times += 1) {
        await bench.up();
        bench.down(true);
        await bench.pass(1000);
      }
      await bench.up();
      await bench.reply("a");
      assert.deepEqual(bench.names(), ["a"]);
      await bench.pass(1000);
      assert.deepEqual(bench.names(), ["a", "b"]);
      await bench.reply("b");
      await bench.pass(1000);
      await bench.reply("c");
      bench.assertIdle();
    });

    it("that goes on over a link lost for another reason", async () => {
      const bench = new DeliveryBench();
      for (const name of ["a", "b", "c"]) bench.post(name);
      for (let times = 0; times < 2; times += 1) {
        await bench.up();
        bench.down(true);
      }
      await bench.up();
      await bench.reply("a");
      assert.equal(bench.down(false), false);
      await bench.up();
      assert.deepEqual(bench.names(), ["b"]);
      await bench.reply("b");
      assert.deepEqual(bench.names(), ["b", "c"]);
      await bench.reply("c");
      bench.assertIdle();
    });
  });
});
