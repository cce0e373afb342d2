import assert from "node:assert/strict";
import { DeliveryBench } from "../../support/delivery-bench";

const MANY = 500;
const REJECTION = { code: 113, message: "cmdid not found" };

describe("replies to answers", () => {
  /** Sends an answer and acknowledges it. @returns how it was told by now */
  async function answer(bench: DeliveryBench, name: string): Promise<string[]> {
    bench.answer(name);
    await bench.ack(name);
    return bench.how(name);
  }

  /** A link on which an answer has waited in vain for all its time. */
  async function openMute(): Promise<DeliveryBench> {
    const bench = new DeliveryBench({ mayBeMute: true });
    await bench.up();
    assert.deepEqual(await answer(bench, "first"), []);
    await bench.pass(9999);
    assert.deepEqual(bench.how("first"), []);
    bench.link.hear();
    await bench.pass(1);
    assert.deepEqual(bench.how("first"), ["acknowledged"]);
    return bench;
  }

  it("are not waited for once one has not come, where the server may be a plain broker", async () => {
    const bench = await openMute();
    assert.deepEqual(await answer(bench, "second"), ["acknowledged"]);
    bench.down();
    await bench.up();
    assert.deepEqual(await answer(bench, "on the next link"), ["acknowledged"]);
    bench.assertIdle();
  });

  it(`are not waited for once ${MANY} are out`, async () => {
    const bench = new DeliveryBench({ mayBeMute: true });
    await bench.up();
    for (let index = 1; index < MANY; index += 1) assert.deepEqual(await answer(bench, `a${index}`), []);
    bench.answer("unacknowledged");
    assert.deepEqual(await answer(bench, "last"), ["acknowledged"]);
    assert.equal(bench.told.length, MANY);
    assert.deepEqual(bench.how("unacknowledged"), []);
    await bench.ack("unacknowledged");
    assert.deepEqual(bench.how("unacknowledged"), ["acknowledged"]);
    bench.assertIdle();
  });

  it("are waited for by each answer on the platform itself", async () => {
    const bench = new DeliveryBench();
    await bench.up();
    for (const name of ["first", "second"]) {
      assert.deepEqual(await answer(bench, name), []);
      bench.link.hear();
      await bench.pass(10_000);
      assert.deepEqual(bench.how(name), ["acknowledged"]);
    }
  });

  it("are waited for by each answer when one has come to anything, ever", async () => {
    const bench = new DeliveryBench({ mayBeMute: true });
    await bench.up();
    await bench.postAlone("post");
    await bench.reply("post");
    await answer(bench, "first");
    bench.link.hear();
    await bench.pass(10_000);
    assert.deepEqual(await answer(bench, "second"), []);
    bench.delivery.settleReply("command:second");
    assert.deepEqual(bench.how("second"), ["accepted"]);
  });

  it("that come after all are waited for again; a rejection is told, if late", async () => {
    const bench = await openMute();
    await answer(bench, "rejected");
    await answer(bench, "accepted");
    assert.ok(bench.delivery.settleReply("command:rejected", REJECTION));
    assert.ok(bench.delivery.settleReply("command:accepted"));
    assert.deepEqual(
      bench.late.map(({ how, receipt }) => [how, receipt.state]),
      [["ONENET_REJECTED", "acknowledged"]],
    );
    assert.equal(bench.delivery.figures.accepted, 1);
    assert.deepEqual(await answer(bench, "next"), []);
    bench.delivery.settleReply("command:next", REJECTION);
    assert.deepEqual(bench.how("next"), ["ONENET_REJECTED"]);
    bench.assertIdle();
  });
});
