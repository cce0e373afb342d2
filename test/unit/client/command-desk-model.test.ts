import assert from "node:assert/strict";
import fc from "fast-check";
import type {
  CommandHandler,
  CommandKind,
  CommandReference,
  IncomingCommand,
} from "../../../lib/client/command";
import { CommandDesk } from "../../../lib/client/command-desk";
import { OneNetError } from "../../../lib/errors";
import { ManualClock, nextTurn } from "../../support/manual-clock";

const KINDS = [
  "command",
  "property-set",
  "property-get",
  "service",
  "topo-change",
  "ota",
  "custom",
] as const satisfies readonly CommandKind[];
const SUB = { productId: "P2", deviceName: "sub1" };
const NAMES = ["a", "b", "c"];
const CODES = [
  "ONENET_COMMAND_EXPIRED",
  "ONENET_COMMAND_ANSWERED",
  "ONENET_ANSWER_INVALID",
  "ONENET_INTERNAL",
];

type Step =
  | {
      readonly do: "receive";
      readonly kind: CommandKind;
      readonly id: string;
      readonly names: readonly string[];
      readonly isSub: boolean;
    }
  | { readonly do: "answer"; readonly which: number; readonly success: boolean; readonly body: unknown }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "abandon" | "unregister" };

const handlers = fc.array(
  fc.record({
    kinds: fc.subarray([...KINDS], { minLength: 1 }),
    names: fc.option(fc.subarray(NAMES), { nil: undefined }),
    deadlineMs: fc.integer({ min: 100, max: 5000 }),
    unhandled: fc.constantFrom("fail" as const, "ignore" as const),
    isSilent: fc.boolean(),
    devices: fc.constantFrom("own" as const, "all" as const, new Set(["P2/sub1"]), new Set(["P2/*"])),
    answersGets: fc.constantFrom("flow" as const, "last-values" as const),
  }),
  { maxLength: 3 },
);

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("receive" as const),
      kind: fc.constantFrom(...KINDS),
      id: fc.constantFrom("1", "2", "3"),
      names: fc.subarray(NAMES),
      isSub: fc.boolean(),
    }),
    fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat(100),
      success: fc.boolean(),
      body: fc.constantFrom<unknown>({ a: 1 }, undefined, "text", null),
    }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constantFrom("abandon" as const, "unregister" as const) }),
  ),
  { maxLength: 40, size: "max" },
);

/** A desk with handlers that wait, and an account of requests and answers. */
class Model {
  readonly clock = new ManualClock();
  readonly given: IncomingCommand[] = [];
  readonly answers: Promise<unknown>[] = [];
  /** Requests that may be answered still, by kind and id, and how often each was. */
  readonly #open = new Map<string, number>();
  readonly #unregister: (() => void)[] = [];
  readonly #desk: CommandDesk;

  constructor() {
    this.#desk = new CommandDesk({
      connection: "key",
      device: { productId: "pid", deviceName: "dev" },
      label: "pid/dev",
      clock: this.clock,
      send: (_answer, expiryMs, reference, tell) => {
        assert.ok(expiryMs >= 1000);
        const key = nameOf(reference);
        const times = this.#open.get(key);
        assert.ok(times !== undefined, `${key} was answered and never asked`);
        assert.equal(times, 0, `${key} was answered twice`);
        this.#open.set(key, times + 1);
        tell(undefined, { state: "acknowledged", attempts: 1, queuedAt: 0 });
      },
      lastValues: () => ({ a: 1 }),
      registered: () => () => undefined,
      report: (error) => assert.ok(error instanceof OneNetError),
    });
  }

  register(handler: Omit<CommandHandler, "answersItself" | "deliver" | "unanswered">): void {
    const own: CommandHandler = {
      ...handler,
      answersItself: false,
      deliver: (command) => this.given.push(command),
      unanswered: (error) => assert.equal(error.key, "ONENET_COMMAND_UNANSWERED"),
    };
    this.#unregister.push(this.#desk.register(own));
  }

  take(step: Step): void {
    switch (step.do) {
      case "receive": {
        const { kind, id, isSub } = step;
        const hasNames = kind === "property-set" || kind === "property-get";
        const names = kind === "service" ? ["a"] : hasNames ? step.names : [];
        const values = Object.fromEntries(names.map((name) => [name, 1]));
        const request = {
          ...{ kind, id, identifiers: names, values },
          ...(kind === "service" ? { identifier: "a" } : {}),
          ...(isSub && (hasNames || kind === "service") ? { device: SUB } : {}),
        };
        const key = nameOf(request);
        const before = this.given.length;
        // A request that is being worked on is not asked anew.
        const times = this.#open.get(key);
        this.#open.set(key, 0);
        this.#desk.receive({ ...request, topic: "t", body: Buffer.alloc(0) });
        const isIgnored = this.given.length === before && this.#open.get(key) === 0;
        if (isIgnored && times !== undefined) this.#open.set(key, times);
        return;
      }
      case "answer": {
        const command = this.given[step.which % Math.max(1, this.given.length)];
        if (command === undefined) return;
        const { success, body } = step;
        this.answers.push(this.#desk.answer(command, success ? { success, body } : { success }).catch(judge));
        return;
      }
      case "pass":
        return this.clock.advance(step.ms);
      case "abandon":
        return this.#desk.abandonAll();
      case "unregister":
        this.#unregister.pop()?.();
        return;
    }
  }
}

function nameOf({ kind, id, device }: Pick<CommandReference, "kind" | "id" | "device">): string {
  return `${kind} ${id} of ${device?.deviceName}`;
}

function judge(error: unknown): void {
  assert.ok(error instanceof OneNetError && CODES.includes(error.code), String(error));
}

describe("CommandDesk, whatever happens in whatever order", () => {
  it("answers each request once at most, settles every answer and leaves no timer", async () => {
    const property = fc.asyncProperty(handlers, steps, async (wanted, all) => {
      const model = new Model();
      for (const { names, isSilent, kinds, ...rest } of wanted) {
        model.register({
          ...rest,
          kinds: new Set(kinds),
          identifiers: names && new Set(names),
          failure: { kind: isSilent ? "silence" : "standard" },
        });
      }
      for (const step of all) {
        model.take(step);
        await nextTurn();
      }
      model.clock.advance(10_000);
      await Promise.all(model.answers);
      assert.equal(model.clock.running, 0);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
