import assert from "node:assert/strict";
import type { DeliveryState } from "../../../lib/delivery/message";
import { DeliveryBench } from "../../support/delivery-bench";
import { collectGarbage } from "../../support/garbage";
import { nextTurn } from "../../support/manual-clock";

const STATES: readonly DeliveryState[] = ["queued", "sent", "acknowledged", "accepted"];

/** Posts a datapoint whose value nobody but the delivery holds. */
function post(bench: DeliveryBench, name: string, completeWhen: DeliveryState): WeakRef<object> {
  const value = { name };
  const points = [{ stream: name, value }];
  bench.enqueue(name, { kind: "datapoints", points, qos: 1 }, 1, { completeWhen });
  return new WeakRef(value);
}

describe("what is settled", () => {
  for (const completeWhen of STATES) {
    it(`is held no longer, when its sender wanted ${completeWhen}`, async () => {
      const bench = new DeliveryBench();
      await bench.up();
      const values = ["a", "b", "c"].map((name) => post(bench, name, completeWhen));
      await nextTurn();
      await collectGarbage();
      assert.ok(
        values.every((value) => value.deref() !== undefined),
        "it may have to go again",
      );
      await bench.ack("a");
      await bench.reply("a");
      // The other side of the link: it holds what it would answer.
      bench.link.sent.length = 0;
      await collectGarbage();
      assert.deepEqual(
        values.map((value) => value.deref()),
        [undefined, undefined, undefined],
      );
      assert.equal(bench.delivery.held, 0);
    });
  }
});
