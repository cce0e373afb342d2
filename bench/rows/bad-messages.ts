/** S4: datapoints that the platform rejects. S5: a queue, commands beside it, and a message that closes the link. */
import type { Bench } from "../harness/bench";
import { type Figure, type Row, type Sample, valuesOf } from "../harness/row";
import { type BatchPlan, runBatch, spread } from "../proofs/batch";
import { runCommandsBehind } from "../proofs/commands-behind";

const NONE = { op: "<=", value: 0 } as const;

/** Every run must meet the target. */
function figuresOf(what: string, samples: readonly Sample[]) {
  return (label: string, name: string, target?: Figure["target"], unit = ""): Figure => ({
    label: `${what}, ${label}`,
    unit,
    ours: valuesOf(samples, name),
    judge: "worst",
    ...(target && { target }),
  });
}

const exactly = (value: number): readonly Figure["target"][] => [
  { op: "<=", value },
  { op: ">=", value },
];

/** Most posts for so many guilty ones of a packed post: the post itself, and the halves that the guilty are found by. */
function mostPosts({ messages, bad, productKind }: BatchPlan): number {
  const each = productKind === "thing-model" ? 1 : 2 * Math.ceil(Math.log2(messages));
  return 1 + bad.length * each;
}

async function rejected(bench: Bench, name: string, plan: BatchPlan): Promise<Figure[]> {
  const sample = await runBatch(plan);
  bench.progress(`${name}: ${JSON.stringify(sample)}`);
  const figure = figuresOf(name, [sample]);
  const { messages, bad } = plan;
  return [
    ...exactly(messages - bad.length).map((target) => figure("accepted", "well", target)),
    ...exactly(bad.length).map((target) => figure("failed with ONENET_REJECTED", "ONENET_REJECTED", target)),
    figure("good ones that failed, bad ones that did not", "wrongly", NONE),
    figure("stored twice", "doubled", NONE),
    figure("posts", "posts", { op: "<=", value: mostPosts(plan) }),
    figure("time", "seconds", undefined, "s"),
  ];
}

export const rejectionRow: Row = {
  id: "S4",
  what: "bad datapoints among 200 that are packed",
  async measure(bench) {
    const common = {
      node: "datapoints",
      productKind: "data-stream",
      messages: 200,
      reaction: "reject",
    } as const;
    const many = bench.scale(50, 10);
    const one = { ...common, bad: [137] };
    const some = { ...common, bad: spread(many, 200) };
    const figures = [
      await rejected(bench, "1 of 200", { ...one, limits: "off" }),
      await rejected(bench, `${many} of 200`, { ...some, limits: "off" }),
      await rejected(bench, "1 of 200, 1/s", { ...one, limits: "strict" }),
      await rejected(bench, `${many} of 200, 1/s`, { ...some, limits: "strict" }),
      await rejected(bench, "1 of 200, thing model", { ...one, limits: "off", productKind: "thing-model" }),
    ];
    return { figures: figures.flat() };
  },
};

const LATE_MS = 1500;
/** What the platform waits for an answer, unless the application says more. */
const TIMEOUT_MS = 5000;

async function commands(bench: Bench): Promise<Figure[]> {
  const plan = { queued: 10_000, commands: bench.scale(20, 8), everyMs: 3000 };
  const sample = await runCommandsBehind(plan);
  bench.progress(`commands: ${JSON.stringify(sample)}`);
  const figure = figuresOf("10,000 queued at 1/s", [sample]);
  return [
    figure("answer on the wire, worst", "onWireMaxMs", { op: "<=", value: LATE_MS }, "ms"),
    figure("answer on the wire, p50", "onWireP50Ms", undefined, "ms"),
    figure("answer looked at by the platform, worst", "takenMaxMs", { op: "<=", value: TIMEOUT_MS }, "ms"),
    figure("commands without an answer", "failed", NONE),
    figure("still queued in the end", "held"),
  ];
}

/** Where the poison stands, run by run: how full the window is when the link closes differs. */
const POISONED = [305, 613, 61];

async function poisoned(bench: Bench, node: BatchPlan["node"]): Promise<Figure[]> {
  const plan: BatchPlan = {
    node,
    productKind: "data-stream",
    limits: "off",
    messages: 1000,
    bad: [],
    reaction: "close",
  };
  const samples: Sample[] = [];
  for (let run = 0; run < bench.options.lossRuns; run += 1) {
    const sample = await runBatch({ ...plan, bad: [POISONED[run % POISONED.length] ?? 0] });
    bench.progress(`poison, ${node}: ${JSON.stringify(sample)}`);
    samples.push(sample);
  }
  const figure = figuresOf(`one of 1,000 ${node} closes the link`, samples);
  return [
    figure("extra logins", "extraLogins", { op: "<=", value: 3 }),
    ...exactly(999).map((target) => figure("delivered", "stored", target)),
    ...exactly(1).map((target) =>
      figure("failed with ONENET_PUBLISH_CLOSED_LINK", "ONENET_PUBLISH_CLOSED_LINK", target),
    ),
    figure("good ones that failed", "wrongly", NONE),
    figure("time", "seconds", undefined, "s"),
  ];
}

export const queueRow: Row = {
  id: "S5",
  what: "a queue, commands beside it, and a message that closes the link",
  async measure(bench) {
    const figures = [
      await commands(bench),
      await poisoned(bench, "publishes"),
      await poisoned(bench, "datapoints"),
    ];
    return { figures: figures.flat() };
  },
};
