import assert from "node:assert/strict";
import type { PostOptions } from "../../../lib/client/device";
import type { OneNetError } from "../../../lib/errors";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import type { SimulatorEvent } from "../../../lib/simulator/events";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { commandHandler as handler } from "../../support/command-handler";
import { deviceProfile, type TestConnection, testConnection } from "../../support/connections";
import { nextTurn } from "../../support/manual-clock";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const ACCEPTED: PostOptions = { qos: 1, completeWhen: "accepted" };
const point = (stream: string, value: number | string = 1): Datapoint => ({ stream, value });

describe("Device at the simulator", () => {
  let simulator: TestSimulator;
  let test: TestConnection | undefined;

  beforeEach(async () => {
    simulator = await startTestSimulator();
  });
  afterEach(async () => {
    await test?.connection.close();
    await simulator.stop();
    test = undefined;
  });

  async function open(product: SimulatedProduct, changes: Parameters<typeof deviceProfile>[3] = {}) {
    const connection = testConnection(deviceProfile(product, "lamp", simulator.simulator.port, changes));
    test = connection;
    await connection.online();
    const { device } = connection.connection;
    assert.ok(device);
    assert.equal(device.productKind, product.kind);
    return { ...connection, device };
  }

  /** Of each publish that the simulator has seen. */
  function published<T>(pick: (event: Extract<SimulatorEvent, { event: "publish" }>) => T): T[] {
    return simulator.events.all.flatMap((each) => (each.event === "publish" ? [pick(each)] : []));
  }

  for (const product of [STREAM, THING]) {
    describe(`of a ${product.kind} product`, () => {
      for (const qos of [0, 1] as const) {
        for (const completeWhen of ["queued", "sent", "acknowledged", "accepted"] as const) {
          it(`posts at QoS ${qos}, complete when ${completeWhen}`, async () => {
            const { device } = await open(product);
            const published = simulator.next("publish");
            const { receipt, failed } = await device.post([point("temperature", 21.5)], {
              qos,
              completeWhen,
            });
            assert.deepEqual(failed, []);
            const expected = qos === 0 && completeWhen === "acknowledged" ? "accepted" : completeWhen;
            assert.equal(receipt?.state, expected);
            assert.deepEqual((await published).values, { temperature: 21.5 });
          });
        }
      }

      it("tells what the platform rejects, with its code and words", async () => {
        const { device } = await open(product);
        const { faults } = simulator.simulator;
        faults.rejectStream({ stream: "bad", code: 98, message: "illegal data" });
        faults.rejectIdentifier({ identifier: "bad", code: 2306, message: "identifier not exist" });
        const { receipt, failed } = await device.post([point("bad")], ACCEPTED);
        assert.equal(receipt, undefined);
        const expected =
          product.kind === "data-stream"
            ? { platformCode: 98, platformMessage: "illegal data" }
            : { platformCode: 2306, platformMessage: "identifier not exist" };
        assert.deepEqual(
          failed.map(({ stream, error }) => [stream, error.key, error.params]),
          [["bad", "ONENET_REJECTED", expected]],
        );
      });

      it("tells the datapoint of a post that failed, and has the others accepted", async () => {
        const { device } = await open(product);
        simulator.simulator.faults.rejectStream({ stream: "b" });
        simulator.simulator.faults.rejectIdentifier({ identifier: "b" });
        const { receipt, failed } = await device.post([point("a"), point("b"), point("c")], ACCEPTED);
        assert.equal(receipt?.state, "accepted");
        assert.deepEqual(
          failed.map(({ stream, error }) => [stream, error.key]),
          [["b", "ONENET_REJECTED"]],
        );
        assert.equal((await device.post([point("a")], ACCEPTED)).receipt?.state, "accepted");
      });

      it("fails only the input that was rejected, though it was packed with others", async () => {
        const { device } = await open(product);
        simulator.simulator.faults.rejectStream({ stream: "b" });
        simulator.simulator.faults.rejectIdentifier({ identifier: "b" });
        const names = ["a", "b", "c"];
        const outcomes = await Promise.all(names.map((name) => device.post([point(name)], ACCEPTED)));
        assert.deepEqual(
          outcomes.map(({ receipt, failed }) => receipt?.state ?? failed[0]?.error.key),
          ["accepted", "ONENET_REJECTED", "accepted"],
        );
      });

      it("repeats what got no reply with the same id, and takes one reply for all", async () => {
        const { device, clock } = await open(product);
        const fault = simulator.simulator.faults.dropReply();
        const outcome = device.post([point("a")], ACCEPTED);
        const ids: unknown[] = [];
        for (let attempt = 1; attempt <= 3; attempt += 1) {
          const { messageId } = await simulator.next("publish", ({ values }) => values?.["a"] === 1);
          ids.push(messageId);
          // Acknowledged after it: so the PUBACK of the first is in.
          await device.post([point("other")], { qos: 1, completeWhen: "acknowledged" });
          if (attempt === 2) fault.end();
          if (attempt < 3) clock.advance(10_000);
        }
        const { receipt } = await outcome;
        assert.deepEqual([receipt?.state, receipt?.attempts], ["accepted", 3]);
        assert.deepEqual(ids, [receipt?.id, receipt?.id, receipt?.id]);
      });

      it("finds the message that is thrown out, and delivers the rest together", async () => {
        const { device, connection, retry } = await open(product);
        const fault = simulator.simulator.faults.cutLink({ when: "publish" });
        const waiting = test?.next("waiting");
        const poison = device.post([point("poison")], ACCEPTED);
        const rest = ["a", "b", "c"].map((name) => device.post([point(name)], ACCEPTED));
        await waiting;
        for (let login = 2; login <= 3; login += 1) {
          const down = test?.next("waiting");
          await retry("online");
          await down;
        }
        assert.equal((await poison).failed[0]?.error.key, "ONENET_PUBLISH_CLOSED_LINK");
        fault.end();
        simulator.events.clear();
        await retry("online");
        const outcomes = await Promise.all(rest);
        assert.deepEqual(
          outcomes.map(({ receipt }) => receipt?.state),
          ["accepted", "accepted", "accepted"],
        );
        assert.deepEqual(
          published(({ values }) => values),
          [{ a: 1, b: 1, c: 1 }],
        );
        assert.equal(connection.logins, 4);
        assert.equal(connection.held, 0);
      });

      it("delivers over a lost link, in one post", async () => {
        const { device, retry } = await open(product);
        const waiting = test?.next("waiting");
        simulator.simulator.faults.cutLink();
        await waiting;
        const outcomes = ["a", "b", "c"].map((name) => device.post([point(name)], ACCEPTED));
        await retry("online");
        await Promise.all(outcomes);
        assert.deepEqual(
          published(({ values }) => values),
          [{ a: 1, b: 1, c: 1 }],
        );
      });

      it("delivers the values of one stream over a lost link, in order", async () => {
        const { device, retry } = await open(product);
        const waiting = test?.next("waiting");
        simulator.simulator.faults.cutLink();
        await waiting;
        const outcomes = [1, 2, 3].map((value) => device.post([point("a", value)], ACCEPTED));
        await retry("online");
        await Promise.all(outcomes);
        const frames = published(({ payload }) => payload);
        const values = frames.flatMap((payload) => {
          const { dp, params } = JSON.parse(payload);
          return dp === undefined ? [params.a.value] : dp.a.map(({ v }: { v: number }) => v);
        });
        assert.deepEqual(values, [1, 2, 3]);
        assert.equal(frames.length, product.kind === "data-stream" ? 1 : 3);
      });
    });
  }

  it("splits what one post cannot hold, and tells the least that is true of all", async () => {
    const { device } = await open(STREAM);
    const text = "x".repeat(MAX_PAYLOAD_BYTES / 2);
    const { receipt, failed } = await device.post([point("a", text), point("b", text), point("c")], ACCEPTED);
    assert.deepEqual([receipt?.state, receipt?.attempts, failed], ["accepted", 1, []]);
    const posts = simulator.events.filter(({ event }) => event === "publish");
    assert.ok(posts.length >= 2, `${posts.length} posts`);
  });

  it("fails a datapoint that no post can hold, alone", async () => {
    const { device } = await open(STREAM);
    const { receipt, failed } = await device.post(
      [point("ok"), point("huge", "x".repeat(MAX_PAYLOAD_BYTES))],
      ACCEPTED,
    );
    assert.equal(receipt?.state, "accepted");
    assert.deepEqual(
      failed.map(({ stream, error }) => [stream, error.key]),
      [["huge", "ONENET_PAYLOAD_TOO_LARGE"]],
    );
  });

  it("fails what the queue has no room for, and takes the rest", async () => {
    const { device, connection } = await open(STREAM, {
      limits: { maxMessages: 1, maxBytes: 1000, whenFull: "refuse-new" },
    });
    const first = device.post([point("a")], ACCEPTED);
    const { failed } = await device.post([point("b")], ACCEPTED);
    assert.equal(failed[0]?.error.key, "ONENET_QUEUE_FULL.refused");
    assert.ok(!failed[0]?.error.message.includes("{{"));
    assert.equal((await first).receipt?.state, "accepted");
    assert.equal(connection.heldBytes, 0);
  });

  it("posts nothing when there is nothing", async () => {
    const { device } = await open(STREAM);
    assert.deepEqual(await device.post([], ACCEPTED), { receipt: undefined, failed: [] });
  });

  it("reports what failed after its sender had been told", async () => {
    const { device, failures } = await open(STREAM);
    simulator.simulator.faults.rejectStream({ stream: "bad" });
    const { receipt } = await device.post([point("bad")], { qos: 1, completeWhen: "queued" });
    assert.equal(receipt?.state, "queued");
    assert.equal((await failures.waitFor(() => true)).key, "ONENET_REJECTED");
    await device.post([point("good")], ACCEPTED);
    assert.equal(failures.length, 1);
  });

  describe("commands", () => {
    const THING_LAMP = { productId: THING.productId, deviceName: "lamp" };
    const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };

    it("set a property and hear that it is done", async () => {
      const { device } = await open(THING);
      const { own, commands } = handler();
      device.commands.register(own);
      const set = simulator.simulator.cloud.setProperty({ ...THING_LAMP, params: { power: true } });
      const command = await commands.waitFor(() => true);
      assert.deepEqual(
        [command.kind, command.values, command.identifiers],
        ["property-set", { power: true }, ["power"]],
      );
      const receipt = await device.commands.answer(command, { success: true });
      assert.equal(receipt?.state, "acknowledged");
      const { code, data } = await set;
      assert.deepEqual([code, Reflect.get(Object(data), "code")], [0, 200]);
    });

    it("get properties, merged from two handlers", async () => {
      const { device } = await open(THING);
      const parts = ["a", "b"].map((name) => handler({ identifiers: new Set([name]) }));
      for (const { own } of parts) device.commands.register(own);
      const get = simulator.simulator.cloud.getProperty({ ...THING_LAMP, identifiers: ["a", "b"] });
      const answers = parts.map(async ({ commands }, index) => {
        const command = await commands.waitFor(() => true);
        return await device.commands.answer(command, {
          success: true,
          body: { [command.identifiers[0] ?? ""]: index },
        });
      });
      assert.deepEqual((await get).data, { a: 0, b: 1 });
      assert.deepEqual(
        (await Promise.all(answers)).map((receipt) => receipt?.state),
        ["acknowledged", "acknowledged"],
      );
    });

    it("command a data-stream device, and the platform accepts its answer", async () => {
      const { device } = await open(STREAM);
      const { own, commands } = handler();
      device.commands.register(own);
      const sent = simulator.simulator.cloud.sendCommand({ ...STREAM_LAMP, body: "on" });
      const command = await commands.waitFor(() => true);
      assert.equal(command.body.toString(), "on");
      const receipt = await device.commands.answer(command, { success: true, body: "is on" });
      assert.equal(receipt?.state, "accepted");
      const { data } = await sent;
      assert.equal(Buffer.from(String(Reflect.get(Object(data), "cmd_resp")), "base64").toString(), "is on");
    });

    it("are rejected with 99 when the answer is too large", async () => {
      const { device } = await open(STREAM);
      const { own, commands } = handler();
      device.commands.register(own);
      void simulator.simulator.cloud.sendCommand({ ...STREAM_LAMP, body: "on", timeoutSeconds: 0.2 });
      const command = await commands.waitFor(() => true);
      await assert.rejects(device.commands.answer(command, { success: true, body: "x".repeat(2000) }), {
        code: "ONENET_ANSWER_REJECTED",
        params: { id: command.id, platformCode: 99, platformMessage: "exceed max payload" },
      });
    });

    it("are rejected with 112 when the platform waits no more", async () => {
      const { device } = await open(STREAM);
      const { own, commands } = handler();
      device.commands.register(own);
      const client = simulator.simulator.cloud.sendCommand({
        ...STREAM_LAMP,
        body: "on",
        timeoutSeconds: 0.02,
      });
      const command = await commands.waitFor(() => true);
      await client;
      await assert.rejects(device.commands.answer(command, { success: true }), (error) => {
        const { key, params } = error as OneNetError;
        return key === "ONENET_ANSWER_REJECTED" && params["platformCode"] === 112;
      });
    });

    it("are answered ahead of a queue that waits for the window", async () => {
      const { device } = await open(STREAM, { inFlightMax: 1 });
      const { own, commands } = handler();
      device.commands.register(own);
      simulator.simulator.faults.dropReply({ count: 1 });
      const posts = ["a", "b", "c"].map((name) => device.post([point(name)], ACCEPTED));
      await simulator.next("publish");
      const sent = simulator.simulator.cloud.sendCommand({ ...STREAM_LAMP, body: "on" });
      await device.commands.answer(await commands.waitFor(() => true), { success: true });
      assert.equal((await sent).code, 0);
      test?.clock.advance(10_000);
      await Promise.all(posts);
    });

    it("fail at once when no node takes them, and say so", async () => {
      const { failures } = await open(THING);
      const { code, msg } = await simulator.simulator.cloud.setProperty({
        ...THING_LAMP,
        params: { power: 1 },
      });
      assert.notEqual(code, 0);
      assert.match(msg, /no handler for power/);
      assert.deepEqual(
        failures.all.map(({ key }) => key),
        ["ONENET_COMMAND_UNHANDLED"],
      );
    });

    it("fail at the deadline when nobody answers", async () => {
      const { device, clock } = await open(THING);
      const { own, commands, missed } = handler();
      device.commands.register(own);
      const set = simulator.simulator.cloud.setProperty({ ...THING_LAMP, params: { power: 1 } });
      const command = await commands.waitFor(() => true);
      clock.advance(4000);
      assert.match((await set).msg, /no answer within 4 s/);
      assert.equal((await missed.waitFor(() => true)).key, "ONENET_COMMAND_UNANSWERED");
      await assert.rejects(device.commands.answer(command, { success: true }), {
        code: "ONENET_COMMAND_EXPIRED",
      });
    });

    it("cannot be answered over another link than they came on", async () => {
      const { device, retry, next } = await open(THING);
      const { own, commands } = handler();
      device.commands.register(own);
      void simulator.simulator.cloud.setProperty({ ...THING_LAMP, params: { power: 1 } });
      const command = await commands.waitFor(() => true);
      const waiting = next("waiting");
      simulator.simulator.faults.cutLink();
      await waiting;
      await retry("online");
      await assert.rejects(device.commands.answer(command, { success: true }), {
        code: "ONENET_COMMAND_EXPIRED",
      });
    });

    it("whose answer is on its way when the link is lost are not answered twice", async () => {
      const { device, next, retry } = await open(STREAM);
      const { own, commands } = handler();
      device.commands.register(own);
      simulator.simulator.faults.dropAck();
      simulator.simulator.faults.dropReply();
      void simulator.simulator.cloud.sendCommand({ ...STREAM_LAMP, body: "on" });
      const command = await commands.waitFor(() => true);
      const answer = device.commands.answer(command, { success: true });
      answer.catch(() => undefined);
      await simulator.next("publish");
      const waiting = next("waiting");
      simulator.simulator.faults.cutLink();
      await waiting;
      await assert.rejects(answer, { code: "ONENET_COMMAND_EXPIRED" });
      simulator.events.clear();
      await retry("online");
      await nextTurn();
      assert.equal(simulator.events.filter(({ event }) => event === "publish").length, 0);
    });
  });
});
