import type { Bench } from "../harness/bench";
import type { Counts } from "./counts";
import { FAULTS, type Fault } from "./faults";
import { type LossPlan, runLoss } from "./run";

/** Runs at a time: each is mostly waiting. */
const PARALLEL = 4;
const PER_SECOND = 2000;

let free = PARALLEL;
const queue: (() => void)[] = [];

/** What mosquitto is shipped with. */
export const SHIPPED_IN_FLIGHT_MAX = 20;

/** The runs of one system at one QoS through some faults, each `runs` times; shared by the rows that look at them. */
export function loseAndCount(
  bench: Bench,
  system: LossPlan["system"],
  qos: 0 | 1 | 2,
  faults: readonly Fault[] = FAULTS,
  inFlightMax = 0,
): Promise<Counts[]> {
  const runs = system === "core" ? 1 : bench.options.lossRuns;
  const plans = faults.map((fault) => ({
    fault,
    system,
    qos,
    count: bench.scale(20_000, 4000),
    perSecond: PER_SECOND,
    inFlightMax,
  }));
  return Promise.all(
    plans.flatMap((plan) =>
      Array.from({ length: runs }, (_none, run) =>
        bench.once(`loss ${system} ${qos} ${plan.fault.name} ${inFlightMax} ${run}`, () =>
          runInTurn(bench, plan),
        ),
      ),
    ),
  );
}

async function runInTurn(bench: Bench, plan: LossPlan): Promise<Counts> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => queue.push(resolve));
  try {
    const counts = await runLoss(plan);
    bench.progress(describe(counts));
    return counts;
  } finally {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

function describe({ plan, ...counts }: Counts): string {
  const figures = Object.entries(counts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${Math.round(Number(value))}`);
  return `${plan.system}, QoS ${plan.qos}, ${plan.fault.name}: ${figures.join(", ")}`;
}
