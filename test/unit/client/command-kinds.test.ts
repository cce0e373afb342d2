import assert from "node:assert/strict";
import type { Answer, CommandFailure, CommandKind } from "../../../lib/client/command";
import type { CommandRequest } from "../../../lib/client/command-desk";
import { CommandBench, RECEIPT } from "../../support/command-bench";

const SUB = { productId: "P2", deviceName: "sub1" };
const ok: Answer = { success: true };
const fail: Answer = { success: false, code: 7, message: "stuck" };
const SUCCESS = { id: "1", code: 200, msg: "success" };
const STUCK = { id: "1", code: 7, msg: "stuck" };
const SERVICE = { identifier: "reboot", identifiers: ["reboot"], values: { delay: 1 } };
const SUB_DATA = { productID: "P2", deviceName: "sub1", identifier: "reboot" };

describe("CommandDesk, of every kind", () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
  });

  const answered: readonly {
    readonly what: string;
    readonly kind: CommandKind;
    readonly about?: Partial<CommandRequest>;
    readonly answer: Answer;
    readonly failure?: CommandFailure;
    readonly expected: readonly [topic: string, body: unknown] | undefined;
  }[] = [
    {
      what: "a service with outputs",
      kind: "service",
      about: SERVICE,
      answer: { success: true, body: { done: true } },
      expected: ["thing/service/reboot/invoke_reply", { ...SUCCESS, data: { done: true } }],
    },
    {
      what: "a service without outputs",
      kind: "service",
      about: SERVICE,
      answer: ok,
      expected: ["thing/service/reboot/invoke_reply", { ...SUCCESS, data: {} }],
    },
    {
      what: "a failed service",
      kind: "service",
      about: SERVICE,
      answer: fail,
      expected: ["thing/service/reboot/invoke_reply", STUCK],
    },
    {
      what: "a sub-device's service",
      kind: "service",
      about: { ...SERVICE, device: SUB },
      answer: { success: true, body: { done: true } },
      expected: [
        "thing/sub/service/invoke_reply",
        { ...SUCCESS, data: { ...SUB_DATA, output: { done: true } } },
      ],
    },
    {
      what: "a sub-device's failed service",
      kind: "service",
      about: { ...SERVICE, device: SUB },
      answer: fail,
      expected: ["thing/sub/service/invoke_reply", { ...STUCK, data: { ...SUB_DATA, output: {} } }],
    },
    {
      what: "a sub-device's set",
      kind: "property-set",
      about: { values: { a: 1 }, device: SUB },
      answer: ok,
      expected: ["thing/sub/property/set_reply", SUCCESS],
    },
    {
      what: "a sub-device's get",
      kind: "property-get",
      about: { identifiers: ["a"], device: SUB },
      answer: { success: true, body: { a: 1 } },
      expected: ["thing/sub/property/get_reply", { ...SUCCESS, data: { a: 1 } }],
    },
    {
      what: "a sub-device's failed get",
      kind: "property-get",
      about: { identifiers: ["a"], device: SUB },
      answer: fail,
      expected: ["thing/sub/property/get_reply", STUCK],
    },
    {
      what: "a topology",
      kind: "topo-change",
      answer: ok,
      expected: ["thing/sub/topo/change_reply", SUCCESS],
    },
    {
      what: "a topology that failed",
      kind: "topo-change",
      answer: fail,
      expected: ["thing/sub/topo/change_reply", STUCK],
    },
    { what: "an upgrade notice", kind: "ota", answer: ok, expected: ["ota/inform_reply", SUCCESS] },
    {
      what: "an upgrade notice that failed",
      kind: "ota",
      answer: fail,
      expected: ["ota/inform_reply", STUCK],
    },
    {
      what: "a custom down, standard",
      kind: "custom",
      answer: ok,
      expected: ["custome/down_reply/1", SUCCESS],
    },
    {
      what: "a custom down with bytes",
      kind: "custom",
      answer: { success: true, body: Buffer.from("raw") },
      expected: ["custome/down_reply/1", "raw"],
    },
    {
      what: "a custom down that failed",
      kind: "custom",
      answer: fail,
      expected: ["custome/down_reply/1", STUCK],
    },
    {
      what: "a custom down that failed, in the user's words",
      kind: "custom",
      answer: fail,
      failure: { kind: "text", text: "no way" },
      expected: ["custome/down_reply/1", "no way"],
    },
    {
      what: "a custom down that failed, with bytes of its own",
      kind: "custom",
      answer: { success: false, body: "mine" },
      failure: { kind: "silence" },
      expected: ["custome/down_reply/1", "mine"],
    },
    {
      what: "a custom down that failed, with silence",
      kind: "custom",
      answer: fail,
      failure: { kind: "silence" },
      expected: undefined,
    },
  ];
  for (const { what, kind, about = {}, answer, failure, expected } of answered) {
    it(`answers ${what}`, async () => {
      const handler = bench.handler([kind], { devices: "all", ...(failure && { failure }) });
      bench.receive(kind, about);
      const receipt = await bench.desk.answer(structuredClone(handler.command), answer);
      assert.deepEqual(bench.answers, expected === undefined ? [] : [expected]);
      assert.deepEqual(receipt, expected === undefined ? undefined : RECEIPT);
      await assert.rejects(bench.desk.answer(handler.command, ok), { code: "ONENET_COMMAND_ANSWERED" });
      bench.assertIdle();
    });
  }

  const given: readonly (readonly [kind: CommandKind, about: Partial<CommandRequest>])[] = [
    ["service", { ...SERVICE, device: SUB }],
    ["topo-change", { values: { subList: [] }, identifiers: [] }],
    ["ota", { values: { params: { target: "1.1" } }, identifiers: [] }],
    ["custom", { identifier: "1", body: Buffer.of(1) }],
  ];
  for (const [kind, about] of given) {
    it(`hands a ${kind} out with all that came`, () => {
      const handler = bench.handler([kind], { devices: "all" });
      bench.receive(kind, about);
      for (const [name, value] of Object.entries(about))
        assert.deepEqual(Reflect.get(handler.command, name), value, name);
    });
  }

  for (const body of [null, [1], "text", 3]) {
    it(`refuses outputs that are ${JSON.stringify(body)}, and takes proper ones after it`, async () => {
      const handler = bench.handler(["service"]);
      bench.receive("service", SERVICE);
      const wrong = bench.desk.answer(handler.command, { success: true, body });
      await assert.rejects(wrong, { key: "ONENET_ANSWER_INVALID.data" });
      await bench.desk.answer(handler.command, ok);
      assert.equal(bench.sent.length, 1);
    });
  }

  describe("hands out by device", () => {
    const other = { productId: "P2", deviceName: "sub2" };
    const takers = {
      own: "own",
      all: "all",
      one: new Set(["P2/sub1"]),
      product: new Set(["P2/*"]),
      none: new Set(["P1/*", "P3/sub1"]),
    } as const;
    const cases = [
      ["its own", undefined, ["own", "all"]],
      ["a sub-device's", SUB, ["all", "one", "product"]],
      ["another one's", other, ["all", "product"]],
    ] as const;
    for (const [what, device, expected] of cases) {
      it(`${what} to whoever takes it`, () => {
        const handlers = Object.entries(takers).map(
          ([name, devices]) => [name, bench.handler(["property-set"], { devices })] as const,
        );
        bench.receive("property-set", { values: { a: 1 }, ...(device && { device }) });
        const got = handlers.filter(([, { got: commands }]) => commands.length > 0).map(([name]) => name);
        assert.deepEqual(got, expected);
      });
    }

    it("and fails what nobody takes, though the own device's may be ignored", () => {
      bench.handler(["property-set"], { unhandled: "ignore" });
      bench.receive("property-set", { values: { a: 1 }, device: SUB });
      const body = { id: "1", code: 100, msg: "no handler for a" };
      assert.deepEqual(bench.answers, [["thing/sub/property/set_reply", body]]);
      bench.assertIdle();
    });

    it("and tells requests of one id but different devices apart", async () => {
      const handler = bench.handler(["property-set"], { devices: "all" });
      for (const device of [SUB, other, undefined])
        bench.receive("property-set", { values: { a: 1 }, ...(device && { device }) });
      assert.equal(handler.got.length, 3);
      for (const command of handler.got) await bench.desk.answer(command, ok);
      assert.equal(bench.sent.length, 3);
    });
  });

  describe("lets several answer by themselves", () => {
    const first = { answersItself: true, devices: new Set(["P2/sub1", "P3/*"]) };
    const cases: readonly (readonly [devices: "own" | "all" | ReadonlySet<string>, isContested: boolean])[] =
      [
        ["own", false],
        ["all", true],
        [new Set(["P2/sub2", "P4/a"]), false],
        [new Set(["P2/sub1"]), true],
        [new Set(["P2/*"]), true],
        [new Set(["P3/x"]), true],
        [new Set(["P3/*"]), true],
      ];
    for (const [devices, isContested] of cases) {
      const shown = typeof devices === "string" ? devices : [...devices].join();
      it(`${isContested ? "not " : ""}where one has ${[...first.devices].join()} and one ${shown}`, () => {
        bench.handler(["property-set", "service"], first);
        const again = () => bench.handler(["service"], { answersItself: true, devices });
        if (isContested) assert.throws(again, { key: "ONENET_COMMAND_AMBIGUOUS" });
        else again();
      });
    }

    it("services, where they share none", () => {
      bench.handler(["service"], { answersItself: true, identifiers: ["a"] });
      bench.handler(["service"], { answersItself: true, identifiers: ["b"] });
      const again = () => bench.handler(["service"], { answersItself: true, identifiers: ["b", "c"] });
      assert.throws(again, { key: "ONENET_COMMAND_AMBIGUOUS" });
      for (const kind of ["topo-change", "ota", "custom"] as const) {
        bench.handler([kind], { answersItself: true, identifiers: ["a"] });
        const twice = () => bench.handler([kind], { answersItself: true, identifiers: ["b"] });
        assert.throws(twice, { key: "ONENET_COMMAND_AMBIGUOUS" });
      }
    });
  });

  describe("answers gets with the last values", () => {
    const LAST: Readonly<Record<string, number>> = { a: 1, b: 2 };
    beforeEach(() => {
      bench.lastValues = (device, identifiers) =>
        Object.fromEntries(
          identifiers.flatMap((name) => (LAST[name] && !device ? [[name, LAST[name]]] : [])),
        );
    });
    const get = (identifiers: readonly string[], about: Partial<CommandRequest> = {}) =>
      bench.receive("property-get", { identifiers, ...about });
    const GET = "thing/property/get_reply";

    it("of those that have one, at once", () => {
      const handler = bench.handler(["property-get"], { answersGets: "last-values" });
      get(["a", "x", "b"]);
      assert.deepEqual(bench.answers, [[GET, { ...SUCCESS, data: { a: 1, b: 2 } }]]);
      assert.deepEqual(handler.command.identifiers, ["a", "x", "b"]);
      bench.assertIdle();
    });

    it("and fails where none has one", () => {
      bench.handler(["property-get"], { answersGets: "last-values", devices: "all" });
      get(["x"]);
      get(["a"], { device: SUB });
      const failed = { id: "1", code: 100, msg: "no value has been accepted yet" };
      assert.deepEqual(bench.answers, [
        [GET, failed],
        ["thing/sub/property/get_reply", failed],
      ]);
    });

    it("beside a flow that answers for others", async () => {
      bench.handler(["property-get"], {
        answersGets: "last-values",
        identifiers: ["a"],
        answersItself: true,
      });
      const flow = bench.handler(["property-get"], { identifiers: ["c"], answersItself: true });
      get(["a", "c"]);
      assert.deepEqual(bench.sent, []);
      await bench.desk.answer(flow.command, { success: true, body: { c: 3 } });
      assert.deepEqual(bench.answers, [[GET, { ...SUCCESS, data: { a: 1, c: 3 } }]]);
    });
  });

  it("asks a handler for the deadline of this very command", () => {
    const handler = bench.handler(["service", "ota"], {
      deadlineMsFor: ({ kind, identifiers }) =>
        identifiers.includes("slow") ? 60_000 : kind === "ota" ? 20_000 : undefined,
    });
    const lives = [
      ["service", { ...SERVICE, id: "1", identifiers: ["slow"] }, 60_000],
      ["service", { ...SERVICE, id: "2" }, 4000],
      ["ota", { id: "3" }, 20_000],
    ] as const;
    for (const [kind, about, lifeMs] of lives) {
      bench.receive(kind, about);
      assert.equal(handler.command.deadlineAt - handler.command.receivedAt, lifeMs);
    }
    bench.clock.advance(20_000);
    assert.deepEqual(
      bench.sent.map(({ reference }) => reference.id),
      ["2", "3"],
    );
    bench.clock.advance(40_000);
    assert.equal(handler.missed.length, 3);
    bench.assertIdle();
  });

  describe("hands desired values out as if set", () => {
    const told: Answer[] = [];
    beforeEach(() => {
      told.length = 0;
    });
    const apply = (values: CommandRequest["values"], device?: typeof SUB) =>
      bench.receive("property-set", {
        id: "desired-1",
        values,
        told: (answer) => told.push(answer),
        ...(device && { device }),
      });

    it("and keeps the answer", async () => {
      const handler = bench.handler(["property-set"], { devices: "all" });
      apply({ a: 1 }, SUB);
      assert.deepEqual([handler.command.desired, handler.command.device], [true, SUB]);
      assert.equal(await bench.desk.answer(handler.command, fail), undefined);
      assert.deepEqual([told, bench.sent], [[fail], []]);
      bench.assertIdle();
    });

    it("over the loss of the link, but not over the end", async () => {
      const handler = bench.handler(["property-set"]);
      apply({ a: 1 });
      bench.receive("property-set", { values: { a: 1 } });
      bench.desk.linkDown();
      await assert.rejects(bench.desk.answer(handler.command, ok), { code: "ONENET_COMMAND_EXPIRED" });
      assert.deepEqual(told, []);
      bench.desk.abandonAll();
      assert.deepEqual(told, [{ success: false, message: "the connection was closed" }]);
      bench.assertIdle();
    });

    it("and tells that nobody takes them, or nobody answers", () => {
      apply({ a: 1 });
      const ignoring = bench.handler(["property-set"], { identifiers: ["b"], unhandled: "ignore" });
      apply({ a: 1 });
      apply({ b: 1 });
      bench.clock.advance(4000);
      assert.deepEqual(
        told.map((answer) => !answer.success && answer.message),
        ["no handler for a", "no handler for property-set", "no answer within 4 s"],
      );
      assert.equal(ignoring.missed.length, 1);
      assert.deepEqual(bench.sent, []);
      bench.assertIdle();
    });
  });
});
