import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lane, MessageStore } from "../../../lib/delivery/store";
import { describeStore, readTexts, record, TestStores } from "../../support/stores";

const QUEUES = ["onenet/p/a", "onenet/p/b", "mqtt/host:1883/c"] as const;

/** What is done to the store; the numbers pick a queue, a lane and one of the records in it. */
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant("append"), queue: fc.nat(2), lane: fc.nat(1) }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant("remove"), queue: fc.nat(2), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant("removeFirst"), queue: fc.nat(2), pick: fc.nat(6) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("turn") }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("flush") }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("reopen") }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Kept {
  readonly seq: number;
  readonly lane: Lane;
  readonly text: string;
}

/** The store and what it should hold, step by step. */
class Model {
  readonly #stores = new TestStores();
  readonly #kept = QUEUES.map((): Kept[] => []);
  #store: MessageStore | undefined;
  #texts = 0;

  async open(): Promise<MessageStore> {
    this.#store ??= await this.#stores.open();
    return this.#store;
  }

  async close(): Promise<void> {
    this.#store = undefined;
    await this.#stores.close();
  }

  async run(next: Step): Promise<void> {
    const store = await this.open();
    if (next.what === "reopen") await this.close();
    if (next.what === "flush") await store.flush();
    if (next.what === "turn") await new Promise((resolve) => setImmediate(resolve));
    if (!("queue" in next)) return;
    const queue = store.queue(QUEUES[next.queue] ?? "");
    const kept = this.#kept[next.queue] ?? [];
    if ("lane" in next) {
      const lane = next.lane === 1 ? 1 : 0;
      this.#texts += 1;
      const text = `${this.#texts}`;
      kept.push({ seq: queue.append(record(text, { lane })), lane, text });
    } else {
      const [from, count] = next.what === "remove" ? [next.pick % (kept.length + 1), 1] : [0, next.pick];
      for (const { seq } of kept.splice(from, count)) queue.remove(seq);
    }
  }

  async check(): Promise<void> {
    const store = await this.open();
    for (const [index, identity] of QUEUES.entries()) {
      const kept = this.#kept[index] ?? [];
      for (const lane of [0, 1] as const) {
        const expected = kept.filter((each) => each.lane === lane).map(({ text }) => text);
        assert.deepEqual(await readTexts(store.queue(identity), lane, 7), expected);
      }
      const { messages, bytes } = await store.queue(identity).tally();
      assert.equal(messages, kept.length);
      assert.equal(
        bytes,
        kept.reduce((sum, { text }) => sum + text.length, 0),
      );
    }
  }
}

describeStore("disk store against a model", () => {
  it("holds what was appended and not removed, in order, whatever happens between", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 120 }), async (steps) => {
        const model = new Model();
        try {
          for (const each of steps) await model.run(each);
          await model.check();
          await model.close();
          await model.check();
        } finally {
          await model.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
