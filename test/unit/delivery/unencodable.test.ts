import assert from "node:assert/strict";
import { DeliveryBench } from "../../support/delivery-bench";

describe("what cannot be encoded", () => {
  for (const kind of ["data-stream", "thing-model"] as const) {
    it(`fails alone, and takes nothing along (${kind})`, async () => {
      const bench = new DeliveryBench({ productKind: kind });
      const bad = {
        get value(): number {
          return assert.fail("no form");
        },
      };
      const ends: string[] = [];
      for (const [name, value] of [
        ["a", 1],
        ["b", bad as never],
        ["c", 3],
      ] as const) {
        const draft = { kind: "datapoints", points: [{ stream: name, value }], qos: 1 } as const;
        bench.delivery.enqueue(draft, 50, { completeWhen: "acknowledged" }, (error) =>
          ends.push(`${name} ${error?.code ?? "ok"}`),
        );
      }
      await bench.up();
      assert.deepEqual(ends, ["b ONENET_INTERNAL"]);
      assert.equal(bench.link.sent.length, 2);
      for (const { answer } of bench.link.sent) answer();
      assert.deepEqual(ends, ["b ONENET_INTERNAL", "a ok", "c ok"]);
    });
  }
});
