import assert from "node:assert/strict";
import fc from "fast-check";
import type { Rejection } from "../../../lib/delivery/message";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { pointKey } from "../../../lib/protocol/point-key";
import { DeliveryBench } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";
import { ThingPlatform } from "../../support/thing-platform";

const AT = 1_700_000_000_000;

interface Named {
  readonly stream: string;
  readonly event: boolean;
  readonly device: number;
  readonly isTimed: boolean;
  readonly isGuilty: boolean;
}

const named: fc.Arbitrary<Named> = fc.record({
  stream: fc.constantFrom("a", "b", "c"),
  event: fc.boolean(),
  device: fc.nat(12),
  isTimed: fc.boolean(),
  isGuilty: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** Messages of some points each, no name twice in one. */
const messages = fc.array(
  fc.record({
    points: fc.uniqueArray(named, {
      minLength: 1,
      maxLength: 4,
      selector: ({ stream, event, device }) => `${stream} ${event} ${device}`,
    }),
    priority: fc.constantFrom("normal" as const, "normal" as const, "high" as const),
    qos: fc.constantFrom(1 as const, 1 as const, 1 as const, 0 as const),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

const settings = fc.record({
  history: fc.boolean(),
  pack: fc.boolean(),
  /** Devices that there are: with one of them every sample is of the same few properties. */
  devices: fc.constantFrom(1, 2, 13),
  allTimed: fc.boolean(),
  names: fc.constantFrom("never", "always", "sometimes"),
  code: fc.constantFrom(2254, 2306),
  order: fc.constantFrom("strict" as const, "live-first" as const),
  inFlightMax: fc.constantFrom(1, 100),
  priorities: fc.boolean(),
  /** None is guilty. */
  allGood: fc.boolean(),
});

type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

class Model {
  readonly #settings: Settings;
  readonly #bench: DeliveryBench;
  readonly #platform: ThingPlatform;
  /** Every point that was enqueued, by its number: its value (of an event, in it). */
  readonly #points = new Map<number, Datapoint>();
  readonly #guilty = new Set<number>();
  /** By name. */
  readonly #newest = new Map<string, number>();
  readonly #messages = new Map<string, readonly number[]>();
  #rejections = 0;

  constructor(all: Settings) {
    this.#settings = all;
    const { history, pack, order, inFlightMax } = all;
    this.#bench = new DeliveryBench({
      productKind: "thing-model",
      batching: { history, pack },
      order,
      inFlightMax,
    });
    this.#platform = new ThingPlatform(this.#bench, (points) => this.#judge(points));
  }

  enqueue({ points, priority, qos }: typeof messages extends fc.Arbitrary<(infer M)[]> ? M : never): void {
    const name = `m${this.#messages.size}`;
    const distinct = new Map(
      points.map((each) => [`${each.stream} ${each.event} ${each.device % this.#settings.devices}`, each]),
    );
    const numbers = [...distinct.values()].map((each) => this.#point(each));
    this.#messages.set(name, numbers);
    const all = numbers.flatMap((n) => this.#points.get(n) ?? []);
    const draft = { kind: "datapoints", points: all, qos } as const;
    this.#bench.enqueue(name, draft, 100 * all.length, {
      completeWhen: "accepted",
      priority: this.#settings.priorities ? priority : "normal",
    });
  }

  #point({ stream, event, device, isTimed, isGuilty }: Named): number {
    const n = this.#points.size;
    const { allTimed, allGood, devices } = this.#settings;
    const of = device % devices;
    this.#points.set(n, {
      stream,
      value: event ? { n } : n,
      ...(isTimed || allTimed ? { atMs: AT + n } : {}),
      ...(event && { event }),
      ...(of > 0 && { device: { productId: "P2", deviceName: `d${of}` } }),
    });
    this.#newest.set(pointKey(this.#points.get(n) ?? { stream: "" }), n);
    if (isGuilty && !allGood) this.#guilty.add(n);
    return n;
  }

  #judge(points: readonly Datapoint[]): Rejection | undefined {
    const found = points.find((point) => this.#guilty.has(numberOf(point)));
    if (found === undefined) return undefined;
    this.#rejections += 1;
    const { names, code } = this.#settings;
    const isNamed = names === "always" || (names === "sometimes" && this.#rejections % 2 === 0);
    // Nobody said that 2306 comes for a value: it is of the identifier, so all of them are guilty then.
    return { code: isNamed ? code : 2402, message: isNamed ? `wrong:identifier:${found.stream}` : "wrong" };
  }

  async up(): Promise<void> {
    await this.#bench.up();
  }

  async answerSome(): Promise<void> {
    await this.#platform.answer(2);
  }

  down(): void {
    this.#bench.down();
  }

  async finish(): Promise<void> {
    await this.up();
    await this.#platform.settle();
    this.#bench.assertIdle();
    const accepted = this.#platform.accepted.flatMap(({ points }) => points.map(numberOf));
    const failed = this.#failed();
    assert.equal(new Set(failed).size, failed.length, "failed twice");
    assert.equal(new Set(accepted).size, accepted.length, "accepted twice");
    const ended = [...accepted, ...failed].sort((a, b) => a - b);
    assert.deepEqual(ended, [...this.#points.keys()], "each ends, and in one way");
    if (this.#settings.code !== 2306)
      assert.deepEqual(new Set(failed), this.#guilty, "the guilty fail, and no other");
    for (const n of this.#guilty) assert.ok(failed.includes(n), `${n} is guilty`);
    this.#checkOrder(accepted);
    this.#checkPresent();
  }

  /** The numbers of the points that were told as failed. */
  #failed(): number[] {
    return [...this.#messages].flatMap(([name, numbers]) => {
      const { error, failed } = this.#bench.outcome(name);
      if (error !== undefined) return numbers;
      const keys = failed.map(pointKey);
      return numbers.filter((n) => keys.includes(pointKey(this.#points.get(n) ?? { stream: "" })));
    });
  }

  #checkOrder(accepted: readonly number[]): void {
    const { order, inFlightMax, priorities } = this.#settings;
    if (inFlightMax > 1 || order !== "strict" || priorities) return;
    for (const [key, numbers] of this.#byName(accepted)) {
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
        `order of ${key}`,
      );
    }
  }

  /** What a history brings need not become the present value: the newest one must have come in another form, last. */
  #checkPresent(): void {
    const { history, allTimed, inFlightMax } = this.#settings;
    // With many posts in flight, a part of a rejected one may come after a newer one.
    if (!history || !allTimed || (inFlightMax > 1 && this.#rejections > 0)) return;
    const posts = this.#platform.accepted;
    const all = this.#byName(posts.flatMap(({ points }) => points.map(numberOf)));
    const single = posts.filter(({ form }) => form !== "history");
    const present = this.#byName(single.flatMap(({ points }) => points.map(numberOf)));
    for (const [key, numbers] of all) {
      const newest = Math.max(...numbers);
      // The newest one was held back, and rejected then.
      if (newest < (this.#newest.get(key) ?? 0)) continue;
      assert.equal(present.get(key)?.at(-1), newest, `present value of ${key}`);
    }
  }

  #byName(numbers: readonly number[]): Map<string, number[]> {
    const byName = new Map<string, number[]>();
    for (const n of numbers) {
      const key = pointKey(this.#points.get(n) ?? { stream: "" });
      byName.set(key, [...(byName.get(key) ?? []), n]);
    }
    return byName;
  }
}

function numberOf({ value }: Datapoint): number {
  return typeof value === "object" && value !== null && "n" in value ? Number(value.n) : Number(value);
}

describe("points of many kinds, packed in many forms, of which some are rejected", () => {
  it("end once each, the guilty failed and the others accepted, in the order of each property", async () => {
    const property = fc.asyncProperty(
      settings,
      messages,
      fc.infiniteStream(fc.nat(9)),
      async (all, given, chance) => {
        const model = new Model(all);
        let isUp = false;
        for (const message of given) {
          model.enqueue(message);
          const { value: what } = chance.next();
          if (what === 0 && !isUp) {
            await model.up();
            isUp = true;
          } else if (what === 1 && isUp) {
            await model.answerSome();
          } else if (what === 2 && isUp) {
            model.down();
            isUp = false;
          } else if (what === 3) await nextTurn();
        }
        if (isUp) model.down();
        await model.finish();
      },
    );
    await fc.assert(property, { numRuns: 600 });
  });
});
