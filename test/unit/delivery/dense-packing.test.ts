import assert from "node:assert/strict";
import fc from "fast-check";
import { devicePacker } from "../../../lib/delivery/device-packer";
import { LateReplies } from "../../../lib/delivery/late-replies";
import type { Publish, QueuedMessage } from "../../../lib/delivery/message";
import { newPack, type Pack } from "../../../lib/delivery/pack";
import { type WaitingLine, wholeOf } from "../../../lib/delivery/packer";
import { type Datapoint, encodeDatapointPost } from "../../../lib/protocol/datapoint";
import { DENSE_MIN, readDensePoints } from "../../../lib/protocol/dense-reader";
import type { ProductKind } from "../../../lib/protocol/topic";
import { DeliveryBench } from "../../support/delivery-bench";
import { nextTurn } from "../../support/manual-clock";
import { queued } from "../../support/messages";

const AT = 1_700_000_000_000;
const DEVICE = { productId: "pid", deviceName: "dev" };
const KINDS: readonly ProductKind[] = ["data-stream", "thing-model"];
const names = Array.from({ length: 120 }, (_, index) => `p${index}`);

interface Given {
  readonly width: number;
  readonly atMs: number | undefined;
  readonly value: number;
  readonly overtakes: boolean;
  /** Something that is no row: a sub-device's, or events. */
  readonly odd?: Pick<Datapoint, "device" | "event"> | undefined;
}

const given = fc.record({
  width: fc.constantFrom(1, DENSE_MIN, DENSE_MIN, 101),
  atMs: fc.option(fc.integer({ min: AT, max: AT + 3 }), { nil: undefined, freq: 10 }),
  value: fc.integer(),
  overtakes: fc.boolean(),
  odd: fc.option(
    fc.constantFrom<NonNullable<Given["odd"]>>(
      { device: { productId: "P2", deviceName: "sub" } },
      { event: true },
    ),
    { nil: undefined, freq: 4 },
  ),
});

/** The same messages, dense where they are wide enough, or each point an object. */
function messagesOf(all: readonly Given[], kind: ProductKind, isDense: boolean): QueuedMessage[] {
  return all.map(({ width, atMs, value, overtakes, odd: maybeOdd }, index) => {
    const odd = kind === "thing-model" ? maybeOdd : undefined;
    // No device posts more than a pack holds.
    const properties = Object.fromEntries(
      names.slice(0, odd === undefined ? width : Math.min(width, 100)).map((name, n) => [name, value + n]),
    );
    const single = Object.entries(properties).map(([stream, each]) =>
      atMs === undefined ? { stream, value: each, ...odd } : { stream, value: each, atMs, ...odd },
    );
    const payload =
      kind === "thing-model" ? properties : single.map(({ stream, value: v }) => ({ stream, value: v }));
    const dense =
      isDense && odd === undefined
        ? readDensePoints(payload, { kind, booleansAsNumbers: true }, atMs)
        : undefined;
    const message = queued({ kind: "datapoints", points: dense ?? single, qos: 1 });
    return Object.assign(message, { queuedAtMonotonicMs: index, ...(overtakes && { overtakes }) });
  });
}

class Line implements WaitingLine {
  readonly #messages: QueuedMessage[];

  constructor(messages: readonly QueuedMessage[]) {
    this.#messages = [...messages];
  }

  get waiting(): number {
    return this.#messages.length;
  }

  peek(): QueuedMessage | undefined {
    return this.#messages[0];
  }

  shift(): QueuedMessage | undefined {
    return this.#messages.shift();
  }

  pick(): readonly QueuedMessage[] {
    return [];
  }

  keepMark(): void {
    assert.fail("no QoS 2 here");
  }
}

/** What all of these leave as; held parts begin the next post. */
function posts(messages: readonly QueuedMessage[], kind: ProductKind): string[] {
  let id = 0;
  const packer = devicePacker(DEVICE, kind, () => {
    id += 1;
    return id;
  });
  const line = new Line(messages);
  const sent: string[] = [];
  let held: Pack["parts"] = [];
  while (held.length > 0 || line.waiting > 0) {
    const next = held.length > 0 ? undefined : line.shift();
    const packs = packer.pack(next === undefined ? held : [wholeOf(next)], line);
    held = packs.flatMap((pack) => (pack.isHeld ? pack.parts : []));
    for (const { publish, isHeld } of packs)
      if (!isHeld) sent.push(`${publish.topic} ${String(publish.payload)}`);
  }
  return sent;
}

describe("dense messages", () => {
  for (const kind of KINDS) {
    it(`leave for a ${kind} product as their points would`, () => {
      fc.assert(
        fc.property(fc.array(given, { minLength: 1, maxLength: 12 }), (all) => {
          const [dense, single] = [true, false].map((isDense) => posts(messagesOf(all, kind, isDense), kind));
          assert.deepEqual(dense, single);
        }),
        { numRuns: 200 },
      );
    });
  }

  it("count their names once: more of them share a post", () => {
    const all = Array.from({ length: 200 }, (_, n) => ({
      width: 101,
      atMs: AT + n,
      value: n,
      overtakes: false,
    }));
    const [dense = 0, single = 0] = [true, false].map((isDense) => {
      const messages = messagesOf(all, "data-stream", isDense);
      // What the device's estimate of them is.
      for (const message of messages) {
        const points = message.draft.kind === "datapoints" ? message.draft.points : [];
        Object.assign(message, { bytes: "postBytes" in points ? points.postBytes : 101 * 60 });
      }
      return posts(messages, "data-stream").length;
    });
    assert.ok(dense < single, `${dense} posts, one by one ${single}`);
  });
});

describe("the payload of a post that is done", () => {
  /** A large one, as it is encoded. */
  function largePack(replyKey: string): Pack {
    const points = Array.from({ length: 8000 }, (_, n) => ({ stream: "s", value: n, atMs: AT }));
    const message = queued({ kind: "datapoints", points, qos: 1 });
    const payload = encodeDatapointPost(1, points);
    return newPack({ topic: "t", payload, qos: 1, retain: false }, [wholeOf(message)], replyKey);
  }

  const memoryOf = ({ publish: { payload } }: Pack) =>
    typeof payload === "string" ? undefined : payload.buffer;
  const memoryOfNext = () => memoryOf(largePack("next"));

  it("is written over when its reply is not waited for any more, if it was sent once and acknowledged", () => {
    for (const [attempts, acknowledged] of [
      [1, true],
      [2, true],
      [1, false],
    ] as const) {
      const late = new LateReplies();
      const pack = Object.assign(largePack("first"), { attempts, acknowledged });
      const others = Array.from({ length: 10 }, (_, n) => largePack(`post:${n}`));
      late.add(pack);
      assert.notEqual(memoryOfNext(), memoryOf(pack), "its reply may still come");
      for (const other of others) late.add(other);
      assert.equal(late.take("first"), undefined);
      const isFree = attempts === 1 && acknowledged;
      assert.equal(memoryOfNext() === memoryOf(pack), isFree, `attempts ${attempts}`);
    }
  });

  it("is written over when the platform has accepted it, once it is acknowledged too", async () => {
    const limits = { maxMessages: 100, maxBytes: 2 ** 30, whenFull: "refuse-new" } as const;
    for (const isAcknowledged of [true, false]) {
      const bench = new DeliveryBench({ limits });
      const link = await bench.up();
      const published: Publish[] = [];
      const publish = link.publish.bind(link);
      link.publish = (each, ...rest) => {
        published.push(each);
        publish(each, ...rest);
      };
      const points = Array.from({ length: 8000 }, (_, n) => ({ stream: "s", value: n, atMs: AT }));
      bench.enqueue("s", { kind: "datapoints", points, qos: 1 }, 200_000, { completeWhen: "accepted" });
      await nextTurn();
      const [{ payload } = bench.link.last.publish] = published;
      if (isAcknowledged) await bench.ack("s");
      await bench.reply("s");
      assert.deepEqual(bench.how("s"), ["accepted"]);
      assert.equal(
        memoryOfNext() === (typeof payload === "string" ? payload : payload.buffer),
        isAcknowledged,
      );
    }
  });
});
