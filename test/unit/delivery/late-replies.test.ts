import assert from "node:assert/strict";
import { devicePacker } from "../../../lib/delivery/device-packer";
import { LateReplies } from "../../../lib/delivery/late-replies";
import { postReplyKey } from "../../../lib/delivery/packer";
import { TestDelivery, type TestLink } from "../../support/engine";
import { nextTurn } from "../../support/manual-clock";
import { packOf } from "../../support/messages";

const ILLEGAL = { code: 98, message: "illegal data" };

describe("late replies", () => {
  it("remembers the newest 64 packs, each for one reply", () => {
    const late = new LateReplies();
    const packs = Array.from({ length: 65 }, (_, index) => packOf(`s${index}`));
    for (const pack of packs) late.add(pack);
    assert.equal(late.take("post:s0"), undefined);
    assert.equal(late.take("post:s1")?.publish, packs[1]?.publish);
    assert.equal(late.take("post:s1"), undefined);
    late.clear();
    assert.equal(late.take("post:s64"), undefined);
  });

  it("remembers a megabyte, and the two newest packs whatever they weigh", () => {
    const late = new LateReplies();
    for (const name of ["a", "b", "c"]) late.add(packOf(name.repeat(700_000)));
    assert.equal(late.take(`post:${"a".repeat(700_000)}`), undefined);
    assert.ok(late.take(`post:${"b".repeat(700_000)}`));
    assert.ok(late.take(`post:${"c".repeat(700_000)}`));
  });

  describe("after everybody was told “acknowledged”", () => {
    let bench: TestDelivery;
    let link: TestLink;
    beforeEach(async () => {
      let id = 0;
      const packer = devicePacker({ productId: "p", deviceName: "d" }, "data-stream", () => {
        id += 1;
        return id;
      });
      bench = await TestDelivery.open("memory", undefined, { packer });
    });

    const streamsOf = (index: number) => Object.keys(JSON.parse(link.names[index] ?? "").dp);

    async function reply(id: number, isRejected: boolean): Promise<void> {
      const isFound = bench.delivery.settleReply(postReplyKey(id), isRejected ? ILLEGAL : undefined);
      assert.ok(isFound, `nobody waits for ${id}`);
      await nextTurn();
      await nextTurn();
    }

    it("a rejection is reported for the guilty, and the innocent are sent again", async () => {
      for (const name of ["a", "b", "c", "d"]) bench.post(name, { completeWhen: "acknowledged" });
      link = bench.up();
      await bench.told.waitForCount(4, ({ receipt }) => receipt.state === "acknowledged");
      assert.equal(bench.delivery.held, 0);
      link.acknowledges = false;
      await reply(1, true);
      assert.equal(bench.delivery.held, 4);
      assert.deepEqual(
        [streamsOf(1), streamsOf(2)],
        [
          ["a", "b"],
          ["c", "d"],
        ],
      );
      await reply(2, true);
      await reply(3, false);
      assert.deepEqual([streamsOf(3), streamsOf(4)], [["a"], ["b"]]);
      await reply(4, false);
      await reply(5, true);
      assert.deepEqual(
        bench.outcomes.all.map(({ error }) => error?.key),
        ["ONENET_REJECTED"],
      );
      assert.equal(bench.told.length, 4, "told once each");
      assert.equal(bench.delivery.held, 0);
      assert.equal(bench.delivery.heldBytes, 0);
    });

    it("one message in two packs is in hand until both have their reply", async () => {
      bench.post("m", { completeWhen: "acknowledged" }, ["a", "b"]);
      link = bench.up();
      await bench.told.waitForCount(1, () => true);
      await reply(1, true);
      await nextTurn();
      // Both halves are acknowledged and done; now one is rejected, and then the other.
      await reply(2, true);
      await reply(3, true);
      assert.equal(bench.delivery.held, 0);
      assert.ok(bench.outcomes.all.every(({ error }) => error?.key === "ONENET_REJECTED"));
      assert.ok(bench.outcomes.length >= 1);
      assert.equal(bench.told.length, 1);
    });

    it("an acceptance changes nothing", async () => {
      bench.post("a", { completeWhen: "acknowledged" });
      link = bench.up();
      await bench.told.waitForCount(1, () => true);
      await reply(1, false);
      assert.equal(bench.outcomes.length, 0);
      assert.equal(bench.delivery.held, 0);
      assert.equal(bench.delivery.settleReply(postReplyKey(1)), false);
    });
  });
});
