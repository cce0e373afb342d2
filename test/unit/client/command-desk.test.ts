import assert from "node:assert/strict";
import type { Answer, CommandFailure } from "../../../lib/client/command";
import { OneNetError } from "../../../lib/errors";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import { CommandBench, RECEIPT, RecordingHandler } from "../../support/command-bench";
import { nextTurn } from "../../support/manual-clock";

const SET = "thing/property/set_reply";
const GET = "thing/property/get_reply";
const ok: Answer = { success: true };

describe("CommandDesk", () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
  });

  describe("hands out", () => {
    it("a data-stream command with all that the answer needs", () => {
      const handler = bench.handler(["command"]);
      bench.receive("command", { id: "uuid" });
      const now = bench.clock.nowMs();
      assert.deepEqual(handler.got, [
        {
          connection: "key",
          kind: "command",
          id: "uuid",
          part: 0,
          topic: "t",
          body: Buffer.from("on"),
          identifiers: [],
          values: {},
          receivedAt: now,
          deadlineAt: now + 4000,
        },
      ]);
    });

    it("to each handler the properties it takes, and the kinds it takes", () => {
      const lamp = bench.handler(["property-set"], { identifiers: ["lamp"] });
      const all = bench.handler(["property-set"]);
      const gets = bench.handler(["property-get"]);
      bench.receive("property-set", { values: { lamp: 1, fan: 2 } });
      assert.deepEqual(
        [lamp.command.values, lamp.command.identifiers, lamp.command.part],
        [{ lamp: 1 }, ["lamp"], 0],
      );
      assert.deepEqual([all.command.values, all.command.part], [{ lamp: 1, fan: 2 }, 1]);
      assert.deepEqual(gets.got, []);
    });

    it("nothing when a handler is gone", async () => {
      const handler = new RecordingHandler(["command"]);
      bench.desk.register(handler)();
      bench.receive("command");
      assert.deepEqual(handler.got, []);
      assert.deepEqual(
        bench.reported.map(({ code }) => code),
        ["ONENET_COMMAND_UNHANDLED"],
      );
    });

    it("with the earliest deadline of all parts", () => {
      const slow = bench.handler(["property-set"], { deadlineMs: 9000 });
      bench.handler(["property-set"], { deadlineMs: 3000 });
      bench.receive("property-set", { values: { a: 1 } });
      assert.equal(slow.command.deadlineAt - slow.command.receivedAt, 3000);
    });
  });

  describe("whose handler throws", () => {
    for (const answersItself of [false, true]) {
      it(`answers with the failure${answersItself ? ", though it answers by itself" : ""}`, async () => {
        const handler = new RecordingHandler(["property-set"], { answersItself });
        handler.deliver = () => {
          throw new Error("no JSON");
        };
        bench.desk.register(handler);
        bench.receive("property-set", { values: { a: 1 } });
        const [[topic, body] = []] = bench.answers;
        assert.equal(topic, SET);
        assert.equal(Reflect.get(Object(body), "code"), 100);
        assert.match(String(Reflect.get(Object(body), "msg")), /no JSON/);
        assert.equal(bench.sent.length, 1);
        bench.assertIdle();
      });
    }

    it("reports an answer that was not taken", async () => {
      const handler = new RecordingHandler(["command"]);
      handler.deliver = () => {
        throw new Error("no JSON");
      };
      bench.desk.register(handler);
      bench.outcome = () => Promise.reject(new Error("no link"));
      bench.receive("command");
      await nextTurn();
      assert.deepEqual(
        bench.reported.map(({ key }) => key),
        ["ONENET_INTERNAL"],
      );
    });
  });

  describe("when nobody handles", () => {
    it("a property, it fails the whole set, naming it, and hands out nothing", () => {
      const handler = bench.handler(["property-set"], { identifiers: ["a"] });
      bench.receive("property-set", { values: { a: 1, b: 2, c: 3 } });
      assert.deepEqual(handler.got, []);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 100, msg: "no handler for b, c" }]]);
      assert.deepEqual(
        bench.reported.map(({ key, params }) => [key, params]),
        [["ONENET_COMMAND_UNHANDLED", { identifiers: "b, c", kind: "property-set", id: "1" }]],
      );
      bench.assertIdle();
    });

    it("a property that may be ignored, the rest is handed out and answered", async () => {
      const handler = bench.handler(["property-set"], { identifiers: ["a"], unhandled: "ignore" });
      bench.receive("property-set", { values: { a: 1, b: 2 } });
      await bench.desk.answer(handler.command, ok);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 200, msg: "success" }]]);
    });

    it("anything that may be ignored, there is no answer at all", () => {
      bench.handler(["property-set"], { identifiers: ["a"], unhandled: "ignore" });
      bench.receive("property-set", { values: { b: 2 } });
      assert.deepEqual([bench.sent, bench.reported], [[], []]);
      bench.assertIdle();
    });

    for (const [kind, topic] of [
      ["command", "cmd/response/1"],
      ["property-set", SET],
      ["property-get", GET],
    ] as const) {
      it(`a ${kind}, it fails with 100`, () => {
        bench.receive(kind, { identifiers: kind === "command" ? [] : ["a"] });
        assert.deepEqual(
          bench.answers.map(([on, body]) => [on, Reflect.get(Object(body), "code")]),
          [[topic, 100]],
        );
        assert.deepEqual(
          bench.reported.map(({ key }) => key),
          ["ONENET_COMMAND_UNHANDLED"],
        );
      });
    }

    it("and the failure cannot be sent, that is reported too", async () => {
      bench.outcome = () => Promise.reject(new Error("no link"));
      bench.receive("command");
      await nextTurn();
      assert.deepEqual(
        bench.reported.map(({ key }) => key),
        ["ONENET_COMMAND_UNHANDLED", "ONENET_INTERNAL"],
      );
    });
  });

  describe("when nobody answers by the deadline", () => {
    it("it answers with a failure and tells the handler", async () => {
      const handler = bench.handler(["property-set"]);
      bench.receive("property-set", { values: { a: 1 } });
      bench.clock.advance(3999);
      assert.deepEqual(bench.sent, []);
      bench.clock.advance(1);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 100, msg: "no answer within 4 s" }]]);
      assert.deepEqual(
        handler.missed.map(({ params }) => params),
        [{ kind: "property-set", id: "1", seconds: 4, identifiers: "a" }],
      );
      await assert.rejects(bench.desk.answer(handler.command, ok), { code: "ONENET_COMMAND_EXPIRED" });
      bench.assertIdle();
    });

    it("it tells those who did not, and the deadline that really held", async () => {
      const fast = bench.handler(["property-set"], { identifiers: ["a"], deadlineMs: 2000 });
      const slow = bench.handler(["property-set"], { identifiers: ["b"], deadlineMs: 9000 });
      bench.receive("property-set", { values: { a: 1, b: 2 } });
      const answered = bench.desk.answer(fast.command, ok);
      bench.clock.advance(2000);
      assert.deepEqual([fast.missed.length, slow.missed.map(({ params }) => params["seconds"])], [0, [2]]);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 100, msg: "no answer within 2 s" }]]);
      assert.deepEqual(await answered, RECEIPT);
    });

    it("it keeps silent where that is asked for", () => {
      const handler = bench.handler(["command"], { failure: { kind: "silence" } });
      bench.receive("command");
      bench.clock.advance(4000);
      assert.deepEqual([bench.sent, handler.missed.length], [[], 1]);
    });

    it("and the failure cannot be encoded, the process lives on and it is reported", async () => {
      const failure: CommandFailure = { kind: "text", text: "x".repeat(MAX_PAYLOAD_BYTES + 1) };
      const handler = bench.handler(["command"], { failure });
      bench.receive("command");
      bench.clock.advance(4000);
      await nextTurn();
      assert.deepEqual(
        bench.reported.map(({ code }) => code),
        ["ONENET_PAYLOAD_TOO_LARGE"],
      );
      assert.equal(handler.missed.length, 1);
      await assert.rejects(bench.desk.answer(handler.command, ok), { code: "ONENET_COMMAND_EXPIRED" });
      bench.assertIdle();
    });

    it("and the failure cannot be sent, that is reported", async () => {
      bench.handler(["command"]);
      bench.outcome = () => Promise.reject(new Error("no link"));
      bench.receive("command");
      bench.clock.advance(4000);
      await nextTurn();
      assert.deepEqual(
        bench.reported.map(({ key }) => key),
        ["ONENET_INTERNAL"],
      );
    });

    it("and its handler is gone, the connection reports it", () => {
      const handler = new RecordingHandler(["command"]);
      const unregister = bench.desk.register(handler);
      bench.receive("command");
      unregister();
      bench.clock.advance(4000);
      assert.deepEqual(handler.missed, []);
      assert.deepEqual(
        bench.reported.map(({ key }) => key),
        ["ONENET_COMMAND_UNANSWERED"],
      );
      assert.equal(bench.sent.length, 1);
    });
  });

  describe("of one id", () => {
    it("ignores the same request while it is worked on, and takes it anew afterwards", async () => {
      const handler = bench.handler(["command"]);
      bench.receive("command");
      bench.receive("command");
      assert.equal(handler.got.length, 1);
      await bench.desk.answer(handler.command, ok);
      bench.receive("command");
      assert.equal(handler.got.length, 2);
      await bench.desk.answer(handler.command, ok);
      assert.equal(bench.sent.length, 2);
      bench.assertIdle();
    });

    it("keeps a set and a get apart", () => {
      const [sets, gets] = [bench.handler(["property-set"]), bench.handler(["property-get"])];
      bench.receive("property-set", { values: { a: 1 } });
      bench.receive("property-get", { identifiers: ["a"] });
      assert.deepEqual([sets.got.length, gets.got.length], [1, 1]);
      bench.desk.abandonAll();
    });

    it("tells an unknown one it is too late", async () => {
      const reference = { connection: "key", kind: "command", id: "never", part: 0 } as const;
      await assert.rejects(bench.desk.answer(reference, ok), { code: "ONENET_COMMAND_EXPIRED" });
    });

    it("tells an unknown part it is too late", async () => {
      const handler = bench.handler(["command"]);
      bench.receive("command");
      await assert.rejects(bench.desk.answer({ ...handler.command, part: 3 }, ok), {
        code: "ONENET_COMMAND_EXPIRED",
      });
      bench.desk.abandonAll();
    });

    it("remembers a thousand, and forgets the oldest", async () => {
      const handler = bench.handler(["command"]);
      for (let id = 0; id <= 1000; id += 1) {
        bench.receive("command", { id: String(id) });
        await bench.desk.answer(handler.command, ok);
      }
      const again = (id: string) =>
        bench.desk.answer({ connection: "key", kind: "command", id, part: 0 }, ok);
      await assert.rejects(again("0"), { code: "ONENET_COMMAND_EXPIRED" });
      await assert.rejects(again("1"), { code: "ONENET_COMMAND_ANSWERED" });
    });
  });

  describe("after a lost link", () => {
    it("takes no answer any more, and tells who waits for the others", async () => {
      const [one, two] = [
        bench.handler(["property-set"], { identifiers: ["a"] }),
        bench.handler(["property-set"], { identifiers: ["b"] }),
      ];
      bench.receive("property-set", { values: { a: 1, b: 2 } });
      const waiting = bench.desk.answer(one.command, ok);
      bench.desk.abandonAll();
      await assert.rejects(waiting, { code: "ONENET_COMMAND_EXPIRED" });
      await assert.rejects(bench.desk.answer(two.command, ok), { code: "ONENET_COMMAND_EXPIRED" });
      assert.deepEqual([bench.sent, one.missed, two.missed], [[], [], []]);
      bench.assertIdle();
    });
  });

  describe("that answers by itself", () => {
    it("answers set and command at once, and a get never", async () => {
      const handler = bench.handler(["command", "property-set", "property-get"], { answersItself: true });
      bench.receive("command");
      bench.receive("property-set", { values: { a: 1 } });
      bench.receive("property-get", { identifiers: ["a"] });
      assert.equal(handler.got.length, 3);
      assert.deepEqual(bench.answers, [
        ["cmd/response/1", { code: 200, msg: "success" }],
        [SET, { id: "1", code: 200, msg: "success" }],
      ]);
      bench.desk.abandonAll();
    });

    it("waits for the others' parts of a set", async () => {
      bench.handler(["property-set"], { identifiers: ["a"], answersItself: true });
      const other = bench.handler(["property-set"], { identifiers: ["b"] });
      bench.receive("property-set", { values: { a: 1, b: 2 } });
      assert.deepEqual(bench.sent, []);
      await bench.desk.answer(other.command, ok);
      assert.equal(bench.sent.length, 1);
    });

    it("reports an answer that was not taken", async () => {
      bench.handler(["command"], { answersItself: true });
      bench.outcome = () => Promise.reject(new Error("113"));
      bench.receive("command");
      await nextTurn();
      assert.deepEqual(
        bench.reported.map(({ key }) => key),
        ["ONENET_INTERNAL"],
      );
    });

    it("may be one only per kind", () => {
      bench.handler(["command", "property-set", "property-get"], { answersItself: true });
      for (const kind of ["command", "property-set"] as const) {
        assert.throws(() => bench.handler([kind], { answersItself: true }), {
          key: "ONENET_COMMAND_AMBIGUOUS",
          params: { nodes: 2, device: "pid/dev", kind },
        });
      }
      bench.handler(["property-get"], { answersItself: true });
      bench.handler(["command"], { answersItself: false });
    });

    it("may be several where none has an identifier of another", () => {
      bench.handler(["property-set"], { answersItself: true, identifiers: ["a", "b"] });
      bench.handler(["property-set"], { answersItself: true, identifiers: ["c"] });
      for (const identifiers of [["d", "b"], undefined]) {
        const again = { answersItself: true, ...(identifiers && { identifiers }) };
        assert.throws(() => bench.handler(["property-set"], again), { key: "ONENET_COMMAND_AMBIGUOUS" });
      }
      bench.receive("property-set", { values: { a: 1, c: 2 } });
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 200, msg: "success" }]]);
    });

    it("may come again when the other one is gone", () => {
      const unregister = bench.desk.register(new RecordingHandler(["command"], { answersItself: true }));
      unregister();
      bench.handler(["command"], { answersItself: true });
    });
  });

  it("hands nothing out when one of the handlers cannot take its part", () => {
    const good = bench.handler(["property-set"], { identifiers: ["a"], answersItself: true });
    const bad = bench.handler(["property-set"], { identifiers: ["b"] });
    bad.refusal = new OneNetError("ONENET_CLOSED");
    bench.receive("property-set", { values: { a: 1, b: 2 } });
    assert.deepEqual([good.got, bad.got], [[], []]);
    assert.deepEqual(bench.answers, [[SET, { id: "1", code: 100, msg: bad.refusal.message }]]);
    bench.assertIdle();
    bad.refusal = undefined;
    bench.receive("property-set", { id: "2", values: { a: 1, b: 2 } });
    assert.equal(bad.command.id, "2");
  });

  it("answers what could be addressed though not be read", () => {
    const unreadable = { topic: "", identifiers: [], values: {}, body: Buffer.alloc(0) };
    bench.desk.refuse({ ...unreadable, kind: "property-set", id: "5" }, "params is no object");
    assert.deepEqual(bench.answers, [[SET, { id: "5", code: 100, msg: "params is no object" }]]);
    bench.assertIdle();
  });
});
