import assert from "node:assert/strict";
import type { DeviceProfile } from "../../../lib/client/profile";
import type { Clock } from "../../../lib/clock";
import { readDensePoints } from "../../../lib/protocol/dense-reader";
import { topics } from "../../../lib/protocol/topic";
import type { PublishEvent } from "../../../lib/simulator/events";
import { deviceProfile } from "../../support/connections";
import { FastClock, type TestEngine, testEngine } from "../../support/engine";
import { ManualClock } from "../../support/manual-clock";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const ACCEPTED = { completeWhen: "accepted", qos: 1 } as const;

const DENSE_THING = { kind: "thing-model", booleansAsNumbers: true } as const;
const DENSE_STREAM = { kind: "data-stream", booleansAsNumbers: true } as const;

describe("the engine on the simulator", () => {
  let test: TestSimulator;
  let engine: TestEngine;
  beforeEach(async () => {
    test = await startTestSimulator();
  });
  afterEach(async () => {
    await engine.connection.close();
    await test.stop();
  });

  function open(product: typeof STREAM, changes: Partial<DeviceProfile> = {}, clock?: Clock): TestEngine {
    engine = testEngine(deviceProfile(product, "lamp", test.simulator.port, changes), clock);
    return engine;
  }

  /** The posts that were accepted. */
  function posts(): readonly PublishEvent[] {
    return test.events.all.flatMap((event) =>
      event.event === "publish" && event.values !== undefined ? [event] : [],
    );
  }

  async function post(stream: string, value: number, priority: "high" | "normal" = "normal") {
    const outcome = await engine.connection.device?.post([{ stream, value }], { ...ACCEPTED, priority });
    assert.ok(outcome);
    return outcome;
  }

  /** The values of one stream, in the order in which they came. */
  function valuesOf(stream: string): unknown[] {
    return posts().flatMap(({ values }) => (values?.[stream] === undefined ? [] : [values[stream]]));
  }

  describe("packing", () => {
    it("data streams: the datapoints of many inputs leave in a few posts", async () => {
      open(STREAM);
      const outcomes = Array.from({ length: 600 }, (_, index) => post(`s${index % 30}`, index));
      await engine.online();
      for (const { failed, receipt } of await Promise.all(outcomes)) {
        assert.deepEqual(failed, []);
        assert.equal(receipt?.state, "accepted");
      }
      assert.ok(posts().length <= 2, `${posts().length} posts`);
      assert.equal(posts().at(-1)?.values?.["s29"], 599);
    });

    it("data streams: of a long list the guilty fail, and nothing else does, beside other messages", async () => {
      open(STREAM);
      test.simulator.faults.rejectStream({ stream: "s1" });
      const dense = readDensePoints(
        Array.from({ length: 60 }, (_, index) => ({ stream: `s${index % 3}`, value: index })),
        DENSE_STREAM,
        Date.now(),
      );
      assert.ok(dense && engine.connection.device);
      const long = engine.connection.device.post(dense, ACCEPTED);
      const single = post("s0", 60);
      await engine.online();
      const { failed, receipt } = await long;
      assert.equal(receipt?.state, "accepted");
      assert.deepEqual(new Set(failed.map(({ stream }) => stream)), new Set(["s1"]));
      assert.equal(failed.length, 20);
      assert.equal((await single).receipt?.state, "accepted");
      assert.ok(valuesOf("s0").includes(60) && valuesOf("s2").includes(59));
    });

    it("thing model: of rows of properties the guilty fail, and nothing else does, in order", async () => {
      open(THING);
      test.simulator.faults.rejectIdentifier({ identifier: "s1", code: 2414, message: "out of range" });
      const rows = Array.from({ length: 20 }, (_, n) =>
        readDensePoints({ s0: n, s1: n, s2: `text ${n}` }, DENSE_THING, Date.now() - 1000 + n),
      );
      const outcomes = rows.map((row) => {
        assert.ok(row && engine.connection.device);
        return engine.connection.device.post(row, ACCEPTED);
      });
      await engine.online();
      for (const { failed, receipt } of await Promise.all(outcomes)) {
        assert.equal(receipt?.state, "accepted");
        assert.deepEqual(
          failed.map(({ stream }) => stream),
          ["s1"],
        );
      }
      assert.deepEqual([valuesOf("s0").at(-1), valuesOf("s2").at(-1)], [19, "text 19"]);
    });

    it("data streams: a list that is too long for a post leaves in several", async () => {
      open(STREAM);
      await engine.online();
      const items = Array.from({ length: 20_000 }, (_, index) => ({ stream: `s${index % 3}`, value: index }));
      const dense = readDensePoints(items, DENSE_STREAM, Date.now());
      assert.ok(dense && engine.connection.device);
      const { failed, receipt } = await engine.connection.device.post(dense, ACCEPTED);
      assert.deepEqual(failed, []);
      assert.equal(receipt?.state, "accepted");
      assert.ok(posts().length > 1, `${posts().length} posts`);
      const last = ["s0", "s1", "s2"].map((stream) => valuesOf(stream).at(-1));
      assert.deepEqual(last, [19_998, 19_999, 19_997]);
    });

    it("thing model: different identifiers share a post", async () => {
      open(THING);
      const outcomes = Array.from({ length: 50 }, (_, index) => post(`p${index}`, index));
      await engine.online();
      await Promise.all(outcomes);
      assert.equal(posts().length, 1);
      assert.equal(Object.keys(posts()[0]?.values ?? {}).length, 50);
    });

    it("thing model: the same identifier never stands in a post twice, and its order is kept", async () => {
      open(THING);
      const inputs = Array.from({ length: 60 }, (_, index) =>
        post(index % 3 === 0 ? "a" : `b${index % 3}`, index),
      );
      await engine.online();
      await Promise.all(inputs);
      assert.equal(posts().length, 20);
      for (const [stream, rest] of [
        ["a", 0],
        ["b1", 1],
        ["b2", 2],
      ] as const) {
        assert.deepEqual(
          valuesOf(stream),
          Array.from({ length: 20 }, (_, index) => 3 * index + rest),
        );
      }
    });
  });

  describe("rejected packs", () => {
    async function postWithGuilty(
      guilty: ReadonlySet<number>,
      changes: Partial<DeviceProfile>,
      clock?: Clock,
    ) {
      open(STREAM, changes, clock);
      const faults = [...guilty].map((index) => test.simulator.faults.rejectStream({ stream: `s${index}` }));
      const inputs = Array.from({ length: 200 }, (_, index) => post(`s${index}`, index));
      await engine.online();
      const outcomes = await Promise.all(inputs);
      outcomes.forEach(({ failed, receipt }, index) => {
        if (!guilty.has(index)) {
          assert.deepEqual(failed, [], `s${index}`);
          assert.equal(receipt?.state, "accepted");
          return;
        }
        assert.equal(receipt, undefined);
        assert.deepEqual(
          failed.map(({ stream, error }) => [stream, error.key, error.params["platformCode"]]),
          [[`s${index}`, "ONENET_REJECTED", 98]],
        );
      });
      assert.equal(engine.connection.held, 0);
      return faults.reduce((sum, fault) => sum + fault.hits, 0);
    }

    const every4th = new Set(Array.from({ length: 50 }, (_, index) => 4 * index + 1));

    it("one of 200 fails, 199 are accepted", async () => {
      const rejections = await postWithGuilty(new Set([137]), {});
      assert.ok(rejections <= 9, `${rejections} rejections`);
      assert.ok(posts().length + rejections <= 2 * 8 + 1);
      const { accepted, rejected } = engine.connection.report();
      assert.equal(accepted, 199);
      assert.equal(rejected, 1);
    });

    it("fifty of 200 fail, 150 are accepted", async () => {
      await postWithGuilty(every4th, {});
    });

    it("one and fifty of 200, at one message a second too", async () => {
      const slow = { messagesPerSecond: 1, ackTimeoutMs: 10_000_000, connectTimeoutMs: 5_000_000 };
      const clock = new FastClock(1000);
      const startedMs = clock.monotonicMs();
      await postWithGuilty(every4th, slow, clock);
      const publishes = engine.connection.report();
      assert.ok(clock.monotonicMs() - startedMs >= 1000 * 50, `${publishes.retries} retries`);
    });

    it("an identifier that is named is taken out at once, and refused here afterwards", async () => {
      open(THING);
      const fault = test.simulator.faults.rejectIdentifier({
        identifier: "p7",
        code: 2306,
        message: "identifier not exist:identifier:p7",
      });
      const inputs = Array.from({ length: 50 }, (_, index) => post(`p${index}`, index));
      await engine.online();
      const outcomes = await Promise.all(inputs);
      assert.deepEqual(
        outcomes.flatMap(({ failed }) =>
          failed.map(({ stream, error }) => [stream, error.params["platformCode"]]),
        ),
        [["p7", 2306]],
      );
      assert.equal(fault.hits, 1);
      assert.equal(posts().length, 1);
      const again = await post("p7", 1);
      assert.equal(again.failed[0]?.error.key, "ONENET_REJECTED");
      assert.equal(again.receipt, undefined);
      assert.equal(fault.hits, 1, "it was refused here");
      assert.deepEqual((await post("p8", 1)).failed, []);
    });
  });

  describe("pace and order", () => {
    const nthPost = (count: number) =>
      test.events.waitForCount(count, (event) => event.event === "reply", { what: `post ${count}` });

    it("messages leave at the rate, and answers ahead of them in a bucket of their own", async () => {
      const clock = new ManualClock();
      open(THING, { messagesPerSecond: 1 }, clock);
      const inputs = Array.from({ length: 5 }, (_, index) => post("a", index));
      await engine.online();
      for (let count = 1; count < 4; count += 1) {
        await nthPost(count);
        assert.equal(posts().length, count);
        clock.advance(999);
        clock.advance(1);
      }
      await nthPost(4);
      const payload = JSON.stringify({ id: "77", version: "1.0", params: { answer: { value: 1 } } });
      const topic = topics.propertyPost({ productId: THING.productId, deviceName: "lamp" });
      const answer = { topic, payload, qos: 1, retain: false } as const;
      await engine.connection.publish(answer, { completeWhen: "acknowledged", answer: true });
      // The platform counts both: the answer went ahead, and the message after it waits the longer.
      clock.advance(1000);
      assert.equal(posts().length, 5);
      clock.advance(1000);
      await Promise.all(inputs);
      assert.deepEqual(
        posts().map(({ values }) => values),
        [0, 1, 2, 3].map((a) => ({ a }) as object).concat([{ answer: 1 }, { a: 4 }]),
      );
    });

    it("high priority overtakes; the order within a priority is kept", async () => {
      open(THING);
      const inputs = Array.from({ length: 12 }, (_, index) =>
        post("a", index, index % 4 === 3 ? "high" : "normal"),
      );
      await engine.online();
      await Promise.all(inputs);
      assert.deepEqual(valuesOf("a"), [3, 7, 11, 0, 1, 2, 4, 5, 6, 8, 9, 10]);
    });

    it("live first: what is measured now goes before what has gathered", async () => {
      const clock = new ManualClock();
      open(THING, { messagesPerSecond: 1, order: "live-first" }, clock);
      const old = [post("a", 0), post("a", 1), post("a", 2)];
      await engine.online();
      await nthPost(1);
      const live = [post("a", 100), post("a", 101)];
      for (let count = 2; count <= 5; count += 1) {
        clock.advance(1000);
        await nthPost(count);
      }
      await Promise.all([...old, ...live]);
      assert.deepEqual(valuesOf("a"), [0, 100, 101, 1, 2]);
    });
  });
});
