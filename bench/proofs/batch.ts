import type { ProductKind } from "../../lib/protocol/platform";
import type { LimitsName } from "../../lib/simulator/options";
import type { Sample } from "../harness/row";
import { startWorker } from "../harness/worker";
import { Platform } from "./platform";

/** Numbered messages that gather while there is no link, some of which the platform does not like. */
export interface BatchPlan {
  /** `datapoints`: one datapoint each, packed. `publishes`: ready-made posts through *mqtt out*, not packed. */
  readonly node: "datapoints" | "publishes";
  readonly productKind: ProductKind;
  readonly limits: LimitsName;
  readonly messages: number;
  /** The numbers of the bad ones. */
  readonly bad: readonly number[];
  /** What the platform does at a bad one: says no, or closes the link. */
  readonly reaction: "reject" | "close";
}

/** Every datapoint has a stream of its own. */
export const streamOf = (n: number): string => `s${n}`;
/** The value of a bad one. */
export const POISON = "poison";

/** `count` numbers out of `of`, evenly spread. */
export function spread(count: number, of: number): number[] {
  return Array.from({ length: count }, (_none, index) => Math.floor(((index + 0.5) * of) / count));
}

const LIMIT_MS = 900_000;

/** How each message ended, what the platform stored, and how many posts and logins that took. */
export async function runBatch(plan: BatchPlan): Promise<Sample> {
  const platform = await Platform.open({ kind: plan.productKind, limits: plan.limits });
  arm(platform, plan);
  await platform.linkDown();
  const worker = startWorker("batch", { ...plan, port: platform.port }, { limitMs: LIMIT_MS });
  try {
    await worker.waitFor("fed");
    const startedMs = performance.now();
    await platform.linkUp();
    const ends = await worker.waitFor("ended");
    const seconds = (performance.now() - startedMs) / 1000;
    worker.signal("finish");
    await worker.result;
    const bad = new Set(plan.bad.map(streamOf));
    const stored = platform.points.map(({ stream }) => stream);
    const distinct = new Set(stored);
    return {
      seconds,
      ...ends,
      stored: distinct.size,
      doubled: stored.length - distinct.size,
      badStored: [...distinct].filter((stream) => bad.has(stream)).length,
      posts: platform.publishes,
      extraLogins: platform.logins - 1,
    };
  } finally {
    await worker.kill();
    await platform.close();
  }
}

function arm({ simulator: { faults } }: Platform, { bad, reaction, productKind }: BatchPlan): void {
  if (reaction === "close") faults.cutLink({ when: "publish", containing: POISON });
  else if (productKind === "data-stream") for (const n of bad) faults.rejectStream({ stream: streamOf(n) });
  else for (const n of bad) faults.rejectIdentifier({ identifier: streamOf(n) });
}
