/** S3: an hour offline, and a platform that takes one message a second. */

import type { Bench } from "../harness/bench";
import { type Figure, type Row, type Sample, valuesOf } from "../harness/row";
import { type CatchUpPlan, POINTS_EACH, runCatchUp } from "../proofs/catch-up";
import type { Store } from "../runtime/flows";
import { diskStore } from "./disk-store";

const NONE = { op: "<=", value: 0 } as const;
/** A live value waits for the next second; two, should the platform count its seconds from another moment. */
const PROMPT_MS = 2500;
/** What may be left in memory afterwards, MiB. */
const FLAT_MIB = 10;

async function measure(bench: Bench, store: Store): Promise<Figure[]> {
  const messages = bench.scale(36_000, 12_000);
  const plan: CatchUpPlan = { store, sendOrder: "live-first", messages, livePerSecond: 10 };
  const samples: Sample[] = [];
  for (let run = 0; run < bench.options.lossRuns; run += 1) {
    const sample = await runCatchUp(plan);
    bench.progress(`S3 ${store}: ${JSON.stringify(sample)}`);
    samples.push(sample);
  }
  const figure = (label: string, unit: string, name: string, target?: Figure["target"]): Figure => ({
    label: `${store}, ${label}`,
    unit,
    ours: valuesOf(samples, name),
    judge: "worst",
    ...(target && { target }),
  });
  return [
    figure("until all is stored", "s", "drainSeconds", { op: "<=", value: bench.scale(180, 60) }),
    figure("PUBLISHes", "", "publishes"),
    figure(`of ${messages * POINTS_EACH} datapoints lost`, "", "lost", NONE),
    figure("stored twice", "", "doubled", NONE),
    figure("with a wrong time", "", "misdated", NONE),
    figure("failed inputs", "", "errors", NONE),
    figure("live values meanwhile", "", "liveStored"),
    figure("live values stored twice", "", "liveDoubled", NONE),
    figure("live value, from input to stored, p50", "ms", "liveP50Ms"),
    figure("the same, p99", "ms", "liveP99Ms", { op: "<=", value: PROMPT_MS }),
    figure("heap while queued", "MiB", "queuedMib"),
    figure("heap left afterwards", "MiB", "leftMib", { op: "<=", value: FLAT_MIB }),
  ];
}

export const catchUpRow: Row = {
  id: "S3",
  what: "an hour offline, then one message a second, live first",
  async measure(bench) {
    const disk = await diskStore(bench, async () => ({ figures: await measure(bench, "disk-always") }));
    const memory = await measure(bench, "memory");
    const notes = disk.notAvailable === undefined ? [] : [`not available: ${disk.notAvailable}`];
    return { figures: [...disk.figures, ...memory], notes };
  },
};
