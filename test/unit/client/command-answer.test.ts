import assert from "node:assert/strict";
import type { Answer, CommandFailure, CommandKind } from "../../../lib/client/command";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import { CommandBench, RECEIPT } from "../../support/command-bench";
import { nextTurn } from "../../support/manual-clock";

const SET = "thing/property/set_reply";
const GET = "thing/property/get_reply";
const ok: Answer = { success: true };
const fail: Answer = { success: false, code: 7, message: "stuck" };

describe("CommandDesk", () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
  });

  describe("answers", () => {
    const cases: readonly {
      readonly what: string;
      readonly kind: CommandKind;
      readonly answer: Answer;
      readonly failure?: CommandFailure;
      readonly expected: readonly [string, unknown] | undefined;
    }[] = [
      {
        what: "a command, standard",
        kind: "command",
        answer: ok,
        expected: ["cmd/response/1", { code: 200, msg: "success" }],
      },
      {
        what: "a command with a body",
        kind: "command",
        answer: { success: true, body: { r: 1 } },
        expected: ["cmd/response/1", { r: 1 }],
      },
      {
        what: "a command with text",
        kind: "command",
        answer: { success: true, body: "done" },
        expected: ["cmd/response/1", "done"],
      },
      {
        what: "a command with bytes",
        kind: "command",
        answer: { success: true, body: Buffer.from("raw") },
        expected: ["cmd/response/1", "raw"],
      },
      {
        what: "a command with nothing",
        kind: "command",
        answer: { success: true, body: null },
        expected: ["cmd/response/1", ""],
      },
      {
        what: "a failed command, standard",
        kind: "command",
        answer: { success: false },
        expected: ["cmd/response/1", { code: 100, msg: "failure" }],
      },
      {
        what: "a failed command in words",
        kind: "command",
        answer: fail,
        expected: ["cmd/response/1", { code: 7, msg: "stuck" }],
      },
      {
        what: "a failed command, the user's body",
        kind: "command",
        answer: fail,
        failure: { kind: "text", text: "no way" },
        expected: ["cmd/response/1", "no way"],
      },
      {
        what: "a failed command, a body of its own",
        kind: "command",
        answer: { success: false, body: "mine" },
        failure: { kind: "silence" },
        expected: ["cmd/response/1", "mine"],
      },
      {
        what: "a failed command with silence",
        kind: "command",
        answer: fail,
        failure: { kind: "silence" },
        expected: undefined,
      },
      {
        what: "a set",
        kind: "property-set",
        answer: ok,
        expected: [SET, { id: "1", code: 200, msg: "success" }],
      },
      {
        what: "a failed set",
        kind: "property-set",
        answer: fail,
        expected: [SET, { id: "1", code: 7, msg: "stuck" }],
      },
      {
        what: "a failed set, standard",
        kind: "property-set",
        answer: { success: false },
        expected: [SET, { id: "1", code: 100, msg: "failure" }],
      },
      {
        what: "a get",
        kind: "property-get",
        answer: { success: true, body: { a: 1.5 } },
        expected: [GET, { id: "1", code: 200, msg: "success", data: { a: 1.5 } }],
      },
      {
        what: "a failed get",
        kind: "property-get",
        answer: fail,
        expected: [GET, { id: "1", code: 7, msg: "stuck" }],
      },
    ];
    for (const { what, kind, answer, failure, expected } of cases) {
      it(what, async () => {
        const handler = bench.handler([kind], failure === undefined ? {} : { failure });
        bench.receive(kind, kind === "command" ? {} : { identifiers: ["a"], values: { a: 1 } });
        bench.clock.advance(1500);
        const receipt = await bench.desk.answer(handler.command, answer);
        assert.deepEqual(bench.answers, expected === undefined ? [] : [expected]);
        assert.deepEqual(receipt, expected === undefined ? undefined : RECEIPT);
        for (const { expiryMs } of bench.sent) assert.equal(expiryMs, 2500);
        bench.assertIdle();
      });
    }

    it("at the last moment, with a second to live", async () => {
      const handler = bench.handler(["command"]);
      bench.receive("command");
      bench.clock.advance(3999);
      await bench.desk.answer(handler.command, ok);
      assert.equal(bench.sent[0]?.expiryMs, 1000);
    });

    it("and tells what became of it", async () => {
      const handler = bench.handler(["command"]);
      bench.receive("command");
      bench.outcome = () => Promise.reject(new Error("no link"));
      await assert.rejects(bench.desk.answer(handler.command, ok), /no link/);
      await assert.rejects(bench.desk.answer(handler.command, ok), { code: "ONENET_COMMAND_ANSWERED" });
    });

    const wrong: readonly (readonly [what: string, kind: CommandKind, body: unknown, code: string])[] = [
      ["a get with a list", "property-get", [1], "ONENET_ANSWER_INVALID"],
      ["a get with null", "property-get", null, "ONENET_ANSWER_INVALID"],
      ["a get with nothing", "property-get", undefined, "ONENET_ANSWER_INVALID"],
      ["a get with a number", "property-get", 3, "ONENET_ANSWER_INVALID"],
      [
        "a get with a value that has no JSON form",
        "property-get",
        { a: Number.NaN },
        "ONENET_DATAPOINT_INVALID",
      ],
      [
        "a get that is too large",
        "property-get",
        { a: "x".repeat(MAX_PAYLOAD_BYTES) },
        "ONENET_PAYLOAD_TOO_LARGE",
      ],
      ["a command with a BigInt", "command", 1n, "ONENET_PAYLOAD_INVALID"],
      [
        "a command that is too large",
        "command",
        "x".repeat(MAX_PAYLOAD_BYTES + 1),
        "ONENET_PAYLOAD_TOO_LARGE",
      ],
    ];
    for (const [what, kind, body, code] of wrong) {
      it(`refuses ${what}, and takes a proper one after it`, async () => {
        const handler = bench.handler([kind]);
        bench.receive(kind, kind === "command" ? {} : { identifiers: ["a"] });
        await assert.rejects(bench.desk.answer(handler.command, { success: true, body }), { code });
        assert.deepEqual(bench.sent, []);
        await bench.desk.answer(handler.command, { success: true, body: { a: 1 } });
        assert.equal(bench.sent.length, 1);
        bench.assertIdle();
      });
    }
  });

  describe("when several handle parts", () => {
    it("a set succeeds when all have, and all are told then", async () => {
      const [one, two] = [
        bench.handler(["property-set"], { identifiers: ["a"] }),
        bench.handler(["property-set"], { identifiers: ["b"] }),
      ];
      bench.receive("property-set", { values: { a: 1, b: 2 } });
      const first = bench.desk.answer(one.command, ok);
      await nextTurn();
      assert.deepEqual(bench.sent, []);
      const second = bench.desk.answer(two.command, ok);
      assert.deepEqual(await Promise.all([first, second]), [RECEIPT, RECEIPT]);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 200, msg: "success" }]]);
      bench.assertIdle();
    });

    it("the first failure answers at once, and the rest come too late", async () => {
      const [one, two, three] = ["a", "b", "c"].map((name) =>
        bench.handler(["property-set"], { identifiers: [name] }),
      );
      assert.ok(one && two && three);
      bench.receive("property-set", { values: { a: 1, b: 2, c: 3 } });
      const first = bench.desk.answer(one.command, ok);
      await bench.desk.answer(two.command, fail);
      assert.deepEqual(bench.answers, [[SET, { id: "1", code: 7, msg: "stuck" }]]);
      await first;
      await assert.rejects(bench.desk.answer(three.command, ok), { code: "ONENET_COMMAND_ANSWERED" });
      bench.assertIdle();
    });

    it("what they read is merged", async () => {
      const [one, two] = [
        bench.handler(["property-get"], { identifiers: ["a"] }),
        bench.handler(["property-get"], { identifiers: ["b"] }),
      ];
      bench.receive("property-get", { identifiers: ["a", "b"] });
      void bench.desk.answer(two.command, { success: true, body: { b: 2 } });
      await bench.desk.answer(one.command, { success: true, body: { a: 1 } });
      assert.deepEqual(bench.answers, [[GET, { id: "1", code: 200, msg: "success", data: { b: 2, a: 1 } }]]);
    });

    it("a part is answered once", async () => {
      const [one] = [
        bench.handler(["property-set"], { identifiers: ["a"] }),
        bench.handler(["property-set"]),
      ];
      bench.receive("property-set", { values: { a: 1 } });
      void bench.desk.answer(one.command, ok).catch(() => undefined);
      await assert.rejects(bench.desk.answer(one.command, ok), { code: "ONENET_COMMAND_ANSWERED" });
      bench.desk.abandonAll();
    });

    it("a command is answered by whoever is first", async () => {
      const [one, two] = [bench.handler(["command"]), bench.handler(["command"])];
      bench.receive("command");
      await bench.desk.answer(two.command, { success: true, body: "two" });
      await assert.rejects(bench.desk.answer(one.command, ok), { code: "ONENET_COMMAND_ANSWERED" });
      assert.deepEqual(bench.answers, [["cmd/response/1", "two"]]);
    });
  });
});
