import assert from "node:assert/strict";
import fc from "fast-check";
import type { DeliveryState } from "../../../lib/delivery/message";
import { OneNetError } from "../../../lib/errors";
import type { BenchOptions } from "../../support/delivery-bench";
import { DeliveryBench, namesIn } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";

const REFUSED = new OneNetError("ONENET_PUBLISH_REFUSED", { topic: "t", reasonCode: 135, reason: "" });
const REJECTION = { code: 98, message: "illegal data" };

type Step =
  | {
      readonly do: "post" | "publish";
      readonly qos: 0 | 1;
      readonly when: DeliveryState;
      readonly bytes: number;
      readonly expiryMs?: number | undefined;
    }
  | { readonly do: "answer" | "up" | "cut" | "closedByPeer" | "hear" | "handOver" | "turn" }
  | { readonly do: "ack" | "refuse" | "reply" | "reject"; readonly which: number }
  | { readonly do: "pass"; readonly ms: number };

const state = fc.constantFrom<DeliveryState>("queued", "sent", "acknowledged", "accepted");
const which = fc.nat(1000);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("post", "publish"),
      qos: fc.constantFrom(0, 1),
      when: state,
      bytes: fc.integer({ min: 0, max: 60 }),
      expiryMs: fc.option(fc.integer({ min: 0, max: 15_000 }), { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("answer") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("up", "turn", "hear") }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("cut", "closedByPeer", "closedByPeer", "handOver") }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom("ack", "reply", "ack", "reply", "reject"), which }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse"), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.integer({ min: 1, max: 12_000 }) }) },
) as fc.Arbitrary<Step>;

const settings = fc.record({
  limits: fc.record({
    maxMessages: fc.integer({ min: 1, max: 6 }),
    maxBytes: fc.integer({ min: 30, max: 200 }),
    whenFull: fc.constantFrom("refuse-new" as const, "drop-oldest" as const),
  }),
  productKind: fc.constantFrom("data-stream" as const, "thing-model" as const),
  messagesPerSecond: fc.option(fc.constantFrom(1, 10), { nil: undefined }),
  inFlightMax: fc.integer({ min: 1, max: 4 }),
  ackAttempts: fc.integer({ min: 1, max: 3 }),
});

/** Runs the steps and looks after each whether all that is promised holds. */
class Model {
  readonly #settings: BenchOptions;
  #bench: DeliveryBench;
  readonly #benches: DeliveryBench[];
  /** Names of what was taken; m… are messages, x… answers. */
  readonly #taken: string[] = [];
  readonly #firstSent: string[] = [];
  /** What came back beyond the bounds: innocent datapoints of posts that were rejected after all had been told. */
  readonly #cameBack = { messages: 0, bytes: 0 };
  #isUp = false;
  #seenOnLink = 0;

  constructor(options: BenchOptions) {
    this.#settings = options;
    this.#bench = new DeliveryBench(options);
    this.#benches = [this.#bench];
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      await this.#take(each);
      this.#check();
    }
  }

  async #take(each: Step): Promise<void> {
    switch (each.do) {
      case "post":
      case "publish":
        return this.#enqueue(each);
      case "answer": {
        const name = `x${this.#taken.length}`;
        this.#taken.push(name);
        return this.#bench.answer(name);
      }
      case "up":
        return await this.#up();
      case "cut":
      case "closedByPeer":
        return this.#down(each.do === "closedByPeer");
      case "hear":
        return this.#bench.link.hear();
      case "handOver":
        return this.#handOver();
      case "turn":
        return await nextTurn();
      case "pass":
        this.#bench.clock.advance(each.ms);
        if (this.#bench.link.isDown) this.#isUp = false;
        return;
      default:
        return await this.#fromOutside(each);
    }
  }

  #enqueue({ do: kind, qos, when, bytes, expiryMs }: Extract<Step, { bytes: number }>): void {
    const name = `m${this.#taken.length}`;
    const options = { qos, completeWhen: when, ...(expiryMs === undefined ? {} : { expiryMs }) };
    try {
      this.#bench[kind](name, options, bytes);
      this.#taken.push(name);
    } catch (error) {
      assert.equal(error instanceof OneNetError && error.key, "ONENET_QUEUE_FULL.refused");
    }
  }

  async #up(): Promise<void> {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#seenOnLink = 0;
    await this.#bench.up();
  }

  #down(closedByPeer: boolean): void {
    this.#check();
    this.#isUp = false;
    this.#bench.down(closedByPeer);
  }

  #handOver(): void {
    this.#down(false);
    const heir = new DeliveryBench({ ...this.#settings, clock: this.#bench.clock });
    heir.delivery.adopt(this.#bench.delivery.handOver());
    assert.deepEqual([this.#bench.delivery.held, this.#bench.delivery.heldBytes], [0, 0]);
    this.#bench = heir;
    this.#benches.push(heir);
  }

  async #fromOutside(each: Extract<Step, { which: number }>): Promise<void> {
    const sent = this.#bench.link.sent[each.which % Math.max(1, this.#bench.link.sent.length)];
    if (sent === undefined || this.#bench.link.isDown) return;
    const { publish, answer } = sent;
    const rejection = each.do === "reject" ? REJECTION : undefined;
    if (each.do === "ack" || each.do === "refuse") {
      if (publish.qos > 0) answer(each.do === "refuse" ? REFUSED : undefined);
    } else if (publish.topic === "answer") {
      this.#bench.delivery.settleReply(`command:${publish.payload}`, rejection);
    } else if (publish.payload.toString().startsWith("{")) {
      this.#bench.link.hear();
      const { id } = JSON.parse(publish.payload.toString());
      this.#settlePost(`post:${id}`, rejection);
    }
    await nextTurn();
  }

  #settlePost(replyKey: string, rejection: typeof REJECTION | undefined): void {
    const { delivery } = this.#bench;
    const { held, heldBytes } = delivery;
    delivery.settleReply(replyKey, rejection);
    this.#cameBack.messages += Math.max(0, delivery.held - held);
    this.#cameBack.bytes += Math.max(0, delivery.heldBytes - heldBytes);
  }

  #told(): string[] {
    return this.#benches.flatMap(({ told }) => told.map(({ name }) => name));
  }

  #check(): void {
    const told = this.#told();
    assert.equal(new Set(told).size, told.length, "somebody was told twice");
    const { held, heldBytes, inFlight } = this.#bench.delivery;
    const untold = this.#taken.filter((name) => !told.includes(name));
    assert.ok(held >= untold.length, "a message is lost: neither told nor held");
    const untoldAnswers = untold.filter((name) => name.startsWith("x")).length;
    const { limits, inFlightMax = 0 } = this.#settings;
    const { messages, bytes } = this.#cameBack;
    assert.ok(held - untoldAnswers - messages <= (limits?.maxMessages ?? 0), `${held} messages held`);
    assert.ok(heldBytes - untoldAnswers - bytes <= (limits?.maxBytes ?? 0), `${heldBytes} bytes held`);
    assert.ok(inFlight - untoldAnswers <= inFlightMax, `${inFlight} in flight`);
    this.#checkOrder();
  }

  /** What goes out for the first time, ever or on this link, goes in the order it came; answers go once. */
  #checkOrder(): void {
    const names = this.#bench.link.sent.flatMap(({ publish }) => namesIn(publish));
    for (const name of names.slice(this.#seenOnLink)) {
      const isNew = !this.#firstSent.includes(name);
      if (isNew) this.#firstSent.push(name);
      else assert.ok(name.startsWith("m"), `answer ${name} was sent twice`);
    }
    this.#seenOnLink = names.length;
    assertAscending(this.#firstSent, "first deliveries");
    assertAscending([...new Set(names)], "deliveries on one link");
  }

  /** A platform that answers everything: whatever state it is in, all must come to an end. */
  async settleAll(): Promise<void> {
    for (let round = 0; round < 50 && this.#bench.delivery.held > 0; round += 1) {
      await this.#up();
      await nextTurn();
      for (let index = 0; index < this.#bench.link.sent.length; index += 1) {
        await this.#take({ do: "ack", which: index });
        await this.#take({ do: "reply", which: index });
        this.#check();
      }
      await this.#take({ do: "pass", ms: 10_000 });
    }
    this.#finish();
  }

  closeAll(): void {
    this.#bench.delivery.close(new OneNetError("ONENET_CLOSED"));
    this.#finish();
  }

  #finish(): void {
    this.#check();
    assert.deepEqual(this.#told().sort(), [...this.#taken].sort(), "everybody is told");
    const late = this.#benches.flatMap((bench) => bench.late);
    const wasFine = this.#benches.flatMap(({ told }) => told.filter(({ error }) => error === undefined));
    assert.ok(late.length <= wasFine.length, "a late failure of what had failed before");
    this.#bench.assertIdle();
  }
}

function assertAscending(names: readonly string[], what: string): void {
  const numbers = names.filter((name) => name.startsWith("m")).map((name) => Number(name.slice(1)));
  const sorted = [...numbers].sort((a, b) => a - b);
  assert.deepEqual(numbers, sorted, `${what} are out of order`);
}

describe("Delivery, whatever happens in whatever order", () => {
  const runs = { numRuns: 1000 };

  it("tells each sender once, loses nothing, keeps bounds and order, and comes to rest", async () => {
    const property = fc.asyncProperty(
      settings,
      fc.array(step, { maxLength: 80, size: "max" }),
      async (options, steps) => {
        const model = new Model(options);
        await model.run(steps);
        await model.settleAll();
      },
    );
    await fc.assert(property, runs);
  });

  it("settles all when it is closed at any moment", async () => {
    const property = fc.asyncProperty(
      settings,
      fc.array(step, { maxLength: 40, size: "max" }),
      async (options, steps) => {
        const model = new Model(options);
        await model.run(steps);
        model.closeAll();
      },
    );
    await fc.assert(property, runs);
  });
});
