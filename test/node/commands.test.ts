import assert from "node:assert/strict";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import {
  assertDoneOnce,
  type CaughtError,
  feedBadly,
  feedWell,
  give,
  outcomeOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import {
  CATCH,
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  node,
  SINK,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

type Message = Record<string, unknown>;

describe("commands", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;
  let device: { productId: string; deviceName: string };

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  /** A device that is logged in, with these command subscribe nodes; two response nodes and a publishing one. */
  async function start(
    kind: "data-stream" | "thing-model",
    subscribers: Readonly<Record<string, Fields>>,
    connection: Fields = {},
    behindCatch: readonly string[] = [SINK],
  ): Promise<void> {
    const product = makeProduct(kind, "dev");
    device = { productId: product.productId, deviceName: "dev" };
    sim = await startTestSimulator({ products: [product] });
    flow = await loadFlow(
      flowOf(
        node("catch", CATCH, { scope: null, wires: [behindCatch] }),
        deviceConnection("c", sim.simulator, product, "dev", connection),
        ...Object.entries(subscribers).map(([id, fields]) => commandSubscribe(id, "c", fields)),
        commandResponse("answer"),
        commandResponse("refuse", {
          outcome: "failure",
          failureCode: "123",
          failureMessage: "the door is locked",
        }),
        datapointPublish("pub", "c", { stream: "s" }),
      ),
    );
    await feedWell(flow, "pub", { payload: 0 });
  }

  const set = (params: object) => sim.simulator.cloud.setProperty({ ...device, params });
  const get = (...identifiers: string[]) => sim.simulator.cloud.getProperty({ ...device, identifiers });
  const command = (body: string | Uint8Array, timeoutSeconds = 5) =>
    sim.simulator.cloud.sendCommand({ ...device, body, timeoutSeconds });

  /** The command's message as `id` sent it, the `index`-th one. */
  async function received(id: string, index = 0): Promise<Message> {
    const sent = await flow.events.waitForCount(
      index + 1,
      (event) => event.event === "send" && event.node === id,
      { what: `command from ${id}` },
    );
    const event = sent[index];
    return event?.event === "send" ? event.msg : {};
  }

  const textOf = (envelope: CloudEnvelope) =>
    Buffer.from((envelope.data as { cmd_resp: string }).cmd_resp, "base64").toString();

  describe("of a data-stream product", () => {
    it("comes with its payload and all that the answer needs, and is answered", async () => {
      await start("data-stream", { sub: {} });
      const asked = command('{"open":true}');
      const msg = await received("sub");
      assert.deepEqual(msg["payload"], { open: true });
      const reference = msg["command"] as Message;
      assert.equal(reference["kind"], "command");
      assert.match(String(msg["topic"]), new RegExp(`/cmd/request/${reference["id"]}$`));
      assert.equal(Number(reference["deadlineAt"]) - Number(reference["receivedAt"]), 4000);
      assert.deepEqual(JSON.parse(JSON.stringify(reference)), reference, "plain values only");
      const sent = await feedWell(flow, "answer", { ...msg, payload: { position: 5 } });
      assert.equal((sent["onenet"] as Message)["state"], "accepted");
      const envelope = await asked;
      assert.equal(envelope.code, 0);
      assert.equal(textOf(envelope), '{"position":5}');
      await waitForLastStatus(flow, "answer", "status.answered");
    });

    it("reads its body as the form says", async () => {
      await start("data-stream", {
        auto: {},
        json: { payloadAs: "json" },
        text: { payloadAs: "text" },
        buffer: { payloadAs: "buffer" },
      });
      const bytes = Uint8Array.of(0xff, 0xfe, 0x00);
      const bodies = ["[1,2]", "open 开", bytes];
      const expected: readonly Record<string, unknown>[] = [
        { auto: [1, 2], json: [1, 2], text: "[1,2]", buffer: Buffer.from("[1,2]") },
        { auto: "open 开", text: "open 开", buffer: Buffer.from("open 开") },
        { auto: Buffer.from(bytes), text: Buffer.from(bytes).toString(), buffer: Buffer.from(bytes) },
      ];
      for (const [index, body] of bodies.entries()) {
        const asked = command(body);
        for (const [id, payload] of Object.entries(expected[index] ?? {})) {
          assert.deepEqual((await received(id, index))["payload"], payload, `${id} of ${body}`);
        }
        if (index === 0) await feedWell(flow, "answer", { ...(await received("auto")), payload: "ok" });
        await asked;
      }
    });

    it("is answered with a failure at once when it is no JSON and JSON was asked for", async () => {
      await start("data-stream", { sub: { payloadAs: "json", autoAnswer: true } });
      const envelope = await command("no json");
      assert.equal(JSON.parse(textOf(envelope)).code, 100);
      const { error } = await waitForCaught(flow, "ONENET_COMMAND_INVALID");
      assert.equal(error.source.id, "sub");
      await waitForLastStatus(flow, "sub", "status.error");
      assert.equal(textOf(await command("{}")), '{"code":200,"msg":"success"}');
      await waitForLastStatus(flow, "sub", "connected");
    });

    it("fails with the standard body, the user's own, or silence", async () => {
      await start("data-stream", { sub: {} });
      let asked = command("1");
      await feedWell(flow, "refuse", await received("sub"));
      assert.deepEqual(JSON.parse(textOf(await asked)), { code: 123, msg: "the door is locked" });
      asked = command("2");
      await feedWell(flow, "answer", { ...(await received("sub", 1)), error: { message: "it broke" } });
      assert.deepEqual(JSON.parse(textOf(await asked)), { code: 100, msg: "it broke" });
    });

    it("fails with the body set in the form", async () => {
      await start("data-stream", { sub: { failureBody: "ERR 7" } });
      const asked = command("1");
      await feedWell(flow, "answer", { ...(await received("sub")), success: false });
      assert.equal(textOf(await asked), "ERR 7");
    });

    it("fails with silence where the form says so", async () => {
      await start("data-stream", { sub: { failureAnswer: "silence" } });
      const asked = command("1", 0.3);
      const sent = await feedWell(flow, "refuse", await received("sub"));
      assert.equal(sent["onenet"], undefined, "nothing was sent, so nothing became of it");
      assert.notEqual((await asked).code, 0);
    });

    it("says what the platform does not take: an answer after its own time-out", async () => {
      await start("data-stream", { sub: {} });
      assert.notEqual((await command("1", 0.05)).code, 0);
      const msg = await received("sub");
      const error = await feedBadly(flow, "answer", { ...msg, payload: "late" }, "ONENET_ANSWER_REJECTED");
      assert.ok(Number(error.cause?.params["platformCode"]) > 0);
      await waitForLastStatus(flow, "answer", "status.answer-failed");
      const asked = command("2");
      await feedWell(flow, "answer", { ...(await received("sub", 1)), payload: "in time" });
      assert.equal(textOf(await asked), "in time");
      await waitForLastStatus(flow, "answer", "status.answered");
    });

    it("cannot be answered with what has no form, and then still can", async () => {
      await start("data-stream", { sub: {} });
      const asked = command("1");
      const msg = await received("sub");
      const circle: Message = {};
      circle["self"] = circle;
      for (const payload of [Number.NaN, 12n, circle]) {
        await feedBadly(flow, "answer", { ...msg, payload }, "ONENET_PAYLOAD_INVALID");
      }
      await feedBadly(flow, "answer", { ...msg, payload: "x".repeat(262_145) }, "ONENET_PAYLOAD_TOO_LARGE");
      await feedWell(flow, "answer", { ...msg, payload: Buffer.from("at last") });
      assert.equal(textOf(await asked), "at last");
      assertDoneOnce(flow, "answer", 5);
    });

    it("is answered with a failure when no node takes it", async () => {
      await start("data-stream", {});
      const envelope = await command("1");
      assert.equal(JSON.parse(textOf(envelope)).code, 100);
      const { error } = await waitForCaught(flow, "ONENET_COMMAND_UNHANDLED");
      assert.equal(error.source.type, "onenet-connection");
    });
  });

  describe("that nobody answers, twice, too late or without a command", () => {
    it("ends at its deadline with a failure, is shown, and cannot be answered any more", async () => {
      await start("data-stream", { sub: { deadlineSeconds: "0.1" } });
      const envelope = await command("1");
      assert.equal(JSON.parse(textOf(envelope)).code, 100);
      const { error, msg } = await waitForCaught(flow, "ONENET_COMMAND_UNANSWERED");
      assert.equal(error.source.id, "sub");
      assert.ok(msg["command"], "the Catch flow sees which it was");
      await waitForLastStatus(flow, "sub", "status.unanswered");
      const late = await received("sub");
      await feedBadly(flow, "answer", late, "ONENET_COMMAND_EXPIRED");
      await waitForLastStatus(flow, "answer", "status.");
    });

    it("is answered once", async () => {
      await start("thing-model", { sub: {} });
      const asked = set({ on: true });
      const msg = await received("sub");
      await feedWell(flow, "answer", msg);
      assert.equal((await asked).code, 0);
      await feedBadly(flow, "answer", msg, "ONENET_COMMAND_ANSWERED");
      await feedBadly(flow, "refuse", msg, "ONENET_COMMAND_ANSWERED");
      assert.equal(sim.events.filter((event) => event.event === "publish").length, 2, "no silent publish");
    });

    it("is missing where the message carries none", async () => {
      await start("thing-model", { sub: {} });
      const good = { connection: "c", kind: "command", id: "1", part: 0 };
      const broken = [
        undefined,
        null,
        "x",
        [],
        {},
        { ...good, kind: "x" },
        { ...good, part: "0" },
        { ...good, id: 1 },
      ];
      for (const each of broken) {
        await feedBadly(flow, "answer", { payload: 1, command: each }, "ONENET_COMMAND_MISSING");
      }
      await feedBadly(flow, "answer", { command: good }, "ONENET_COMMAND_EXPIRED");
      for (const part of [7, -1, 0.5, Number.NaN]) {
        await feedBadly(flow, "answer", { command: { ...good, part } }, "ONENET_COMMAND_EXPIRED");
      }
    });

    it("does not go round and round when a Catch node answers for the whole flow", async () => {
      await start("thing-model", { sub: { deadlineSeconds: "0.1" } }, {}, ["answer"]);
      assert.notEqual((await set({ on: true })).code, 0);
      await waitForCaught(flow, "ONENET_COMMAND_UNANSWERED", { source: "sub" });
      await waitForCaught(flow, "ONENET_COMMAND_EXPIRED", { source: "answer" });
      await flow.events.waitForCount(2, (event) => event.event === "complete" && event.node === "answer");
      await feedBadly(flow, "pub", { payload: Number.NaN }, "ONENET_DATAPOINT_INVALID");
      await flow.events.waitForCount(4, (event) => event.event === "complete" && event.node === "answer");
      const caught = flow.events.filter((event) => event.event === "send" && event.node === CATCH);
      const codes = caught.map((event) => event.event === "send" && (event.msg["error"] as CaughtError).code);
      assert.deepEqual(codes, [
        "ONENET_COMMAND_UNANSWERED",
        "ONENET_COMMAND_EXPIRED",
        "ONENET_DATAPOINT_INVALID",
        "ONENET_COMMAND_MISSING",
      ]);
    });

    it("cannot be answered when its link is gone", async () => {
      await start("thing-model", { sub: {} });
      void set({ on: true });
      const msg = await received("sub");
      sim.simulator.faults.cutLink();
      await sim.next("closed");
      await feedBadly(flow, "answer", msg, "ONENET_COMMAND_EXPIRED");
    });
  });

  describe("of a thing-model product", () => {
    it("hands a set to several nodes, each its part, and answers when all have", async () => {
      await start("thing-model", {
        light: { identifiers: "on, level" },
        door: { identifiers: "locked" },
        all: { receiveSets: false, receiveGets: true },
      });
      const asked = set({ on: true, level: { percent: 7 }, locked: false });
      const [light, door] = [await received("light"), await received("door")];
      assert.deepEqual(light["payload"], { on: true, level: { percent: 7 } });
      assert.deepEqual(door["payload"], { locked: false });
      assert.deepEqual((light["command"] as Message)["identifiers"], ["on", "level"]);
      const first = await give(flow, "answer", light);
      await feedWell(flow, "answer", door);
      assert.equal((await outcomeOf(flow, "answer", first)).error, undefined);
      assert.equal((await asked).code, 0);
      assertDoneOnce(flow, "answer", 2);
    });

    it("answers the first failure at once, and the rest is too late", async () => {
      await start("thing-model", { light: { identifiers: "on" }, door: { identifiers: "locked" } });
      const asked = set({ on: true, locked: false });
      const [light, door] = [await received("light"), await received("door")];
      await feedWell(flow, "refuse", door);
      const envelope = await asked;
      assert.notEqual(envelope.code, 0);
      assert.match(envelope.msg, /the door is locked/);
      await feedBadly(flow, "answer", light, "ONENET_COMMAND_ANSWERED");
    });

    it("answers failure 100 naming what no node handles, and hands nothing out", async () => {
      await start("thing-model", { light: { identifiers: "on" } });
      const envelope = await set({ on: true, wings: 2, tail: 1 });
      assert.match(envelope.msg, /wings, tail/);
      const { error } = await waitForCaught(flow, "ONENET_COMMAND_UNHANDLED");
      assert.match(error.message, /wings, tail/);
      const asked = set({ on: false });
      assert.deepEqual((await received("light"))["payload"], { on: false }, "the first it got");
      await feedWell(flow, "answer", await received("light"));
      assert.equal((await asked).code, 0);
    });

    it("passes over what no node handles where a node says so", async () => {
      await start("thing-model", { light: { identifiers: "on", unhandled: "ignore" } });
      const asked = set({ on: true, wings: 2 });
      await feedWell(flow, "answer", await received("light"));
      assert.equal((await asked).code, 0);
    });

    it("gathers the values of a get from several nodes", async () => {
      await start("thing-model", {
        light: { identifiers: "on", receiveSets: false, receiveGets: true },
        air: { identifiers: "temperature humidity", receiveGets: true, autoAnswer: true },
      });
      const asked = get("on", "temperature");
      const [light, air] = [await received("light"), await received("air")];
      assert.deepEqual(light["payload"], ["on"]);
      assert.deepEqual(air["payload"], ["temperature"]);
      const waiting = await give(flow, "answer", { ...light, payload: { on: true } });
      for (const payload of [
        undefined,
        5,
        [1],
        new Map([["temperature", 1]]),
        new Date(),
        Buffer.from("x"),
      ]) {
        await feedBadly(flow, "answer", { ...air, payload }, "ONENET_ANSWER_INVALID");
      }
      await feedBadly(flow, "answer", { ...air, payload: { temperature: NaN } }, "ONENET_DATAPOINT_INVALID");
      await feedWell(flow, "answer", { ...air, payload: { temperature: 21.5 } });
      assert.equal((await outcomeOf(flow, "answer", waiting)).error, undefined);
      assert.deepEqual((await asked).data, { on: true, temperature: 21.5 });
    });

    it("answers by itself where told, and the message comes all the same", async () => {
      await start("thing-model", { auto: { autoAnswer: true } });
      assert.equal((await set({ on: true })).code, 0);
      const msg = await received("auto");
      assert.deepEqual(msg["payload"], { on: true });
      await feedBadly(flow, "answer", msg, "ONENET_COMMAND_ANSWERED");
    });

    it("says at deploy that two nodes would answer by themselves; the first goes on", async () => {
      await start("thing-model", { one: { autoAnswer: true }, two: { autoAnswer: true, identifiers: "x" } });
      const { error } = await waitForCaught(flow, "ONENET_COMMAND_AMBIGUOUS");
      assert.equal(error.source.id, "two");
      await waitForLastStatus(flow, "two", "status.ambiguous");
      assert.equal((await set({ x: 1 })).code, 0);
      await received("one");
    });

    it("keeps apart what several nodes get of one request", async () => {
      await start("thing-model", { one: {}, two: {} });
      const asked = set({ deep: { list: [1] } });
      const [one, two] = [await received("one"), await received("two")];
      (one["payload"] as { deep: { list: number[] } }).deep.list.push(2);
      (one["command"] as { identifiers: string[] }).identifiers.length = 0;
      assert.deepEqual(two["payload"], { deep: { list: [1] } });
      assert.deepEqual((two["command"] as Message)["identifiers"], ["deep"]);
      await Promise.all([feedWell(flow, "answer", one), feedWell(flow, "answer", two)]);
      assert.equal((await asked).code, 0);
    });

    it("answers ahead of everything that waits", async () => {
      await start("thing-model", { sub: {} }, { inFlightMax: "1" });
      const { end } = sim.simulator.faults.dropReply();
      const held = sim.next("publish");
      const first = await give(flow, "pub", { payload: 1 });
      const second = await give(flow, "pub", { payload: 2 });
      await held;
      const asked = set({ on: true });
      await feedWell(flow, "answer", await received("sub"));
      assert.equal((await asked).code, 0);
      const values = sim.events.filter((event) => event.event === "publish" && event.values?.["s"] === 2);
      assert.equal(values.length, 0, "the second datapoint waits");
      end();
      await flow.unload();
      assert.notEqual(first, second);
    });
  });

  it("is refused where the connection is a plain broker's, at deploy", async () => {
    await start("thing-model", { sub: {} });
    await flow.unload();
    flow = await loadFlow(
      flowOf(
        {
          id: "broker",
          type: "onenet-connection",
          platform: "mqtt",
          host: "127.0.0.1",
          port: String(sim.simulator.port),
        },
        commandSubscribe("sub", "broker", { wires: [[SINK]] }),
        datapointPublish("pub", "broker"),
      ),
    );
    const { error } = await waitForCaught(flow, "ONENET_CONNECTION_KIND");
    assert.ok(["sub", "pub"].includes(error.source.id));
    await waitForLastStatus(flow, "sub", "status.config-error");
    await waitForLastStatus(flow, "pub", "status.config-error");
    await feedBadly(flow, "pub", { payload: 1, topic: "s" }, "ONENET_CONNECTION_KIND");
  });
});
