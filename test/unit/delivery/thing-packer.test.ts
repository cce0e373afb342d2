import assert from "node:assert/strict";
import type { DeliveryOptions } from "../../../lib/delivery/message";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { type BenchOptions, DeliveryBench } from "../../support/delivery-bench";
import { ThingPlatform } from "../../support/thing-platform";

const AT = 1_700_000_000_000;
const sub = (index: number) => ({ productId: "P2", deviceName: `d${index}` });

/** A sample whose value and time are its number. */
function sample(stream: string, n: number, more: Partial<Datapoint> = {}): Datapoint {
  return { stream, value: n, atMs: AT + n, ...more };
}

function event(stream: string, n: number, more: Partial<Datapoint> = {}): Datapoint {
  return { stream, value: { n }, atMs: AT + n, event: true, ...more };
}

describe("posts to a thing-model product", () => {
  let bench: DeliveryBench;
  let platform: ThingPlatform;

  function open(options: BenchOptions = {}): void {
    const limits = { maxMessages: 100_000, maxBytes: 2 ** 30, whenFull: "refuse-new" } as const;
    bench = new DeliveryBench({ productKind: "thing-model", limits, ...options });
    platform = new ThingPlatform(bench);
  }

  /** Each of these a message. */
  function enqueue(
    points: readonly Datapoint[],
    options: Partial<DeliveryOptions> & { qos?: 0 | 1 } = {},
  ): void {
    const { qos = 1, ...rest } = options;
    for (const point of points) {
      const draft = { kind: "datapoints", points: [point], qos } as const;
      bench.enqueue(String(bench.delivery.held), draft, 100, { completeWhen: "accepted", ...rest });
    }
  }

  async function send(): Promise<readonly string[]> {
    await bench.up();
    await platform.settle();
    bench.assertIdle();
    assert.ok(bench.told.every(({ how }) => how === "accepted"));
    return platform.forms;
  }

  const valuesOf = (stream: string, deviceName?: string) =>
    platform.accepted.flatMap(({ points }) =>
      points
        .filter((point) => point.stream === stream && point.device?.deviceName === deviceName)
        .map(({ value }) => value),
    );
  const numbers = (length: number) => Array.from({ length }, (_, index) => index);

  it("take the plainest form: properties, events, a pack where they are mixed or a sub-device's", async () => {
    open();
    for (const points of [
      [sample("a", 1), sample("b", 1)],
      [event("e", 1), event("f", 1)],
      [sample("a", 2), event("a", 2)],
      [sample("a", 3, { device: sub(1) })],
      [sample("a", 4), sample("a", 4, { device: sub(1) }), event("a", 4, { device: sub(1) })],
    ]) {
      enqueue(points);
      await send();
    }
    assert.deepEqual(platform.forms, ["property 2", "event 2", "pack 2", "pack 1", "pack 3"]);
    assert.deepEqual(
      platform.seen[4]?.points.map(({ device, event }) => [device?.deviceName, event]),
      [
        [undefined, undefined],
        ["d1", undefined],
        ["d1", true],
      ],
    );
  });

  it("hold ten devices", async () => {
    open();
    enqueue(numbers(25).map((n) => sample("a", n, { device: sub(n) })));
    assert.deepEqual(await send(), ["pack 10", "pack 10", "pack 5"]);
  });

  describe("a backlog of more devices than a post holds", () => {
    /** Each device in turn, so many times; the number grows. */
    const inTurn = (devices: number, rounds: number) =>
      numbers(devices * rounds).map((n) => sample("a", n, { device: sub(n % devices) }));

    /** All of each device's numbers in order, the last one as its present value. */
    function assertOrdered(devices: number, rounds: number): void {
      for (const device of numbers(devices)) {
        const { deviceName } = sub(device);
        const own = numbers(rounds).map((round) => round * devices + device);
        assert.deepEqual(valuesOf("a", deviceName), own, deviceName);
        const last = platform.accepted.findLast(({ points }) =>
          points.some((point) => point.device?.deviceName === deviceName),
        );
        assert.equal(last?.form, "pack", deviceName);
      }
    }

    it("leaves as history, ten devices at a time, whatever stands between", async () => {
      open();
      enqueue(inTurn(25, 20));
      const ten = ["history 190", "pack 10"];
      assert.deepEqual(await send(), [...ten, ...ten, "history 95", "pack 5"]);
      assertOrdered(25, 20);
    });

    it("ten minutes of a hundred devices, at one message a second: in one minute", async () => {
      open({ messagesPerSecond: 1 });
      enqueue(inTurn(100, 60));
      const { length } = await send();
      assert.ok(length <= 60, `${length} messages`);
      assertOrdered(100, 60);
    });

    it("goes past nothing but datapoints of the same QoS", async () => {
      for (const between of [() => bench.publish("hello"), () => enqueue([sample("b", 0)], { qos: 0 })]) {
        open();
        enqueue(inTurn(11, 1));
        between();
        enqueue(inTurn(11, 1));
        await bench.up();
        await platform.settle();
        assert.equal(platform.forms.filter((form) => form === "pack 10").length, 2);
      }
    });

    it("keeps the order of a device whose message had to stay behind with another's", async () => {
      open();
      enqueue(inTurn(11, 1));
      const both = [sample("a", 11, { device: sub(0) }), sample("a", 11, { device: sub(10) })];
      bench.enqueue("both", { kind: "datapoints", points: both, qos: 1 }, 200, { completeWhen: "accepted" });
      enqueue([sample("a", 12, { device: sub(0) })]);
      await send();
      assert.deepEqual(valuesOf("a", "d0"), [0, 11, 12]);
      assert.deepEqual(valuesOf("a", "d10"), [10, 11]);
    });

    it("gives up where too many stand between", async () => {
      open({ messagesPerSecond: 1 });
      enqueue(inTurn(1200, 1));
      enqueue(inTurn(10, 1));
      assert.deepEqual((await send()).slice(0, 2), ["pack 10", "pack 10"]);
    });
  });

  it("hold one device, and one kind, where packs are not wanted", async () => {
    open({ batching: { history: true, pack: false } });
    enqueue([
      sample("a", 0),
      event("e", 0),
      sample("a", 1, { device: sub(1) }),
      event("e", 1, { device: sub(1) }),
    ]);
    enqueue([sample("a", 2, { device: sub(2) })]);
    assert.deepEqual(await send(), ["property 1", "event 1", "pack 2", "pack 1"]);
  });

  it("a backlog: history, and the newest of each property right after", async () => {
    open();
    enqueue(numbers(1001).map((n) => sample(n === 500 ? "rare" : `p${n % 2}`, n)));
    assert.deepEqual(await send(), [...Array(5).fill("history 200"), "property 3"].with(4, "history 198"));
    assert.deepEqual(
      platform.seen.at(-1)?.points.map(({ stream, value }) => [stream, value]),
      [
        ["rare", 500],
        ["p1", 999],
        ["p0", 1000],
      ],
    );
    assert.deepEqual(
      valuesOf("p1"),
      numbers(500).map((n) => 2 * n + 1),
    );
  });

  it("events and sub-devices too; what is mixed ends with a pack", async () => {
    open();
    enqueue(numbers(60).flatMap((n) => [sample("p", n), event("e", n), sample("p", n, { device: sub(1) })]));
    assert.deepEqual(await send(), ["history 177", "pack 3"]);
    assert.deepEqual(valuesOf("p", "d1"), numbers(60));
    assert.deepEqual(
      valuesOf("e"),
      numbers(60).map((n) => ({ n })),
    );
  });

  it("two samples are no history: one goes after the other", async () => {
    open();
    enqueue([sample("a", 0), sample("b", 0), sample("a", 1), sample("c", 0)]);
    assert.deepEqual(await send(), ["property 1", "property 3"]);
    assert.deepEqual(valuesOf("a"), [0, 1]);
  });

  it("samples without a time are no history", async () => {
    open();
    enqueue(numbers(5).map((value) => ({ stream: "a", value })));
    assert.deepEqual(await send(), Array(5).fill("property 1"));
    assert.deepEqual(valuesOf("a"), numbers(5));
  });

  it("one post for each sample where history is not wanted", async () => {
    open({ batching: { history: false, pack: true } });
    enqueue(numbers(5).map((n) => sample("a", n)));
    assert.deepEqual(await send(), Array(5).fill("property 1"));
  });

  it("a newer sample that waits in another message is the newest, not the last one that was read", async () => {
    open();
    enqueue(numbers(50).map((n) => sample("a", 49 - n)));
    assert.deepEqual(await send(), ["history 49", "property 1"]);
    assert.equal(platform.seen[1]?.points[0]?.value, 49);
  });

  it("a publish in between ends the run; the order is kept", async () => {
    open();
    enqueue(numbers(5).map((n) => sample("a", n)));
    bench.publish("hello");
    enqueue(numbers(5).map((n) => sample("a", 5 + n)));
    await bench.up();
    await platform.settle();
    assert.deepEqual(platform.forms, ["history 4", "property 1", "history 4", "property 1"]);
    assert.deepEqual(valuesOf("a"), numbers(10));
    assert.equal(bench.names().indexOf("hello"), 2);
  });

  it("of another QoS are other posts", async () => {
    open();
    enqueue(numbers(5).map((n) => sample("a", n)));
    enqueue(
      numbers(5).map((n) => sample("a", 5 + n)),
      { qos: 0 },
    );
    assert.deepEqual(await send(), ["history 4", "property 1", "history 4", "property 1"]);
    assert.deepEqual(
      bench.link.sent.map(({ publish }) => publish.qos),
      [1, 1, 0, 0],
    );
  });

  it("half a message may be history and half of it new: it is done when both are there", async () => {
    open({ mayBeMute: true });
    const twice = [[sample("a", 0), sample("b", 0)], [sample("a", 1)], [sample("a", 2)]];
    for (const [index, points] of twice.entries()) {
      const draft = { kind: "datapoints", points, qos: 1 } as const;
      bench.enqueue(`m${index}`, draft, 100, { completeWhen: "acknowledged" });
    }
    await bench.up();
    assert.equal(bench.link.sent.length, 2);
    bench.link.sent[0]?.answer();
    assert.deepEqual(bench.how("m0"), []);
    assert.deepEqual(bench.how("m1"), ["acknowledged"]);
    bench.link.sent[1]?.answer();
    assert.deepEqual(bench.how("m0"), ["acknowledged"], "a plain broker says no more");
    bench.assertIdle();
  });

  it("a live value goes at once, and its older ones as history that do not take its place", async () => {
    open({ order: "live-first", messagesPerSecond: 1 });
    enqueue(numbers(500).map((n) => sample("a", n)));
    await bench.up();
    await platform.answer();
    enqueue([sample("a", 1000), sample("b", 1000)]);
    await platform.settle();
    const [first, ...others] = platform.forms;
    assert.equal(first, "history 100");
    const single = others.findIndex((form) => form.startsWith("property"));
    assert.ok(single <= 1, `${others}`);
    assert.deepEqual(others.toSpliced(single, 1), [
      "history 100",
      "history 100",
      "history 100",
      "history 100",
    ]);
    assert.deepEqual(
      platform.seen[single + 1]?.points.map(({ value }) => value),
      [1000, 1000],
    );
    assert.equal(valuesOf("a").length, 501);
  });

  it("a property that is urgent overtakes, whatever waits", async () => {
    open({ messagesPerSecond: 1 });
    enqueue(numbers(50).map((n) => sample("a", n)));
    enqueue([event("alarm", 1)], { priority: "high" });
    assert.deepEqual(await send(), ["event 1", "history 49", "property 1"]);
  });

  it("more properties than a history holds, overtaken by newer ones, are several", async () => {
    open({ messagesPerSecond: 1 });
    const message = (from: number, to: number, at: number, priority: "high" | "normal" = "normal") => {
      const points = numbers(to - from).map((n) => ({ ...sample(`p${from + n}`, at), value: at }));
      const draft = { kind: "datapoints", points, qos: 1 } as const;
      bench.enqueue(`${from}`, draft, 5000, { completeWhen: "accepted", priority });
    };
    message(0, 150, 1);
    message(150, 210, 1);
    bench.clock.advance(1);
    message(0, 210, 2, "high");
    assert.deepEqual(await send(), ["property 210", "history 53", "history 52", "history 53", "history 52"]);
    assert.deepEqual(
      [valuesOf("p0"), valuesOf("p209")],
      [
        [2, 1],
        [2, 1],
      ],
    );
    assert.equal(bench.told.length, 3);
  });

  it("what was held back waits for no more than there is, and survives lost links", async () => {
    open({ messagesPerSecond: 1 });
    enqueue(numbers(250).map((n) => sample("a", n)));
    for (let round = 0; round < 6; round += 1) {
      await bench.up();
      await platform.answer(round === 3 ? 0 : 1);
      await bench.pass(1000);
      bench.down();
    }
    assert.deepEqual(await send(), ["history 100", "history 100", "history 49", "property 1"]);
    assert.deepEqual(valuesOf("a"), numbers(250));
  });

  it("what has expired while it was held back is not sent", async () => {
    open({ messagesPerSecond: 1, inFlightMax: 1 });
    enqueue(
      numbers(150).map((n) => sample("a", n)),
      { expiryMs: 5000 },
    );
    await bench.up();
    await platform.answer();
    bench.down();
    bench.clock.advance(6000);
    await bench.up();
    await platform.settle();
    assert.deepEqual(platform.forms, ["history 100"]);
    assert.equal(bench.told.filter(({ how }) => how === "ONENET_EXPIRED").length, 50);
    bench.assertIdle();
  });

  it("a message that no post can hold fails alone", async () => {
    open();
    enqueue([sample("a", 0)]);
    const points = [sample("b", 0), sample("b", 1), sample("b", 2)];
    const draft = { kind: "datapoints", points: [...points, ...Array(200).fill(points[0])], qos: 1 } as const;
    bench.enqueue("too much", draft, 100, { completeWhen: "accepted" });
    enqueue([sample("a", 1)]);
    await bench.up();
    await platform.settle();
    assert.deepEqual(bench.how("too much"), ["ONENET_INTERNAL"]);
    assert.deepEqual(valuesOf("a"), [0, 1]);
    bench.assertIdle();
  });
});
