/** S8: an hour of samples of a thing model, and a platform that takes one message a second. */

import type { Bench } from "../harness/bench";
import { type Figure, type Row, type Sample, valuesOf } from "../harness/row";
import { type HistoryPlan, runHistoryBacklog } from "../proofs/history-backlog";
import { diskStore } from "./disk-store";

const NONE = { op: "<=", value: 0 } as const;

async function measure(bench: Bench, name: string, plan: HistoryPlan, messages: number): Promise<Figure[]> {
  const samples: Sample[] = [];
  for (let run = 0; run < bench.options.lossRuns; run += 1) {
    const sample = await runHistoryBacklog(plan);
    bench.progress(`S8 ${name}: ${JSON.stringify(sample)}`);
    samples.push(sample);
  }
  const figure = (label: string, unit: string, field: string, target?: Figure["target"]): Figure => ({
    label: `${name}, ${label}`,
    unit,
    ours: valuesOf(samples, field),
    judge: "worst",
    ...(target && { target }),
  });
  const total = plan.properties * plan.seconds;
  return [
    figure(`${total} samples: PUBLISHes`, "", "publishes", { op: "<=", value: messages }),
    figure("until all is stored", "s", "drainSeconds"),
    figure("lost", "", "lost", NONE),
    figure("stored twice", "", "doubled", NONE),
    figure("out of order", "", "outOfOrder", NONE),
    figure("with a wrong time", "", "misdated", NONE),
    figure("properties whose newest value is not the present one", "", "notPresent", NONE),
    figure("failed inputs", "", "errors", NONE),
  ];
}

export const historyRow: Row = {
  id: "S8",
  what: "an hour of samples of a thing model, then one message a second",
  async measure(bench) {
    const seconds = bench.scale(3600, 600);
    const plan = { store: "memory", properties: 10, seconds, isSingly: false } as const;
    const few = Math.ceil(seconds / 90);
    const ten = await measure(bench, "10 properties", plan, few);
    const singly = await measure(bench, "10 properties, one a message", { ...plan, isSingly: true }, few);
    const hundred = await measure(bench, "100 properties", { ...plan, properties: 100 }, 10 * few);
    const disk = await diskStore(bench, async () => ({
      figures: await measure(
        bench,
        "10 properties, one a message, disk-always",
        { ...plan, isSingly: true, store: "disk-always" },
        few,
      ),
    }));
    const notes = disk.notAvailable === undefined ? [] : [`not available: ${disk.notAvailable}`];
    return { figures: [...ten, ...singly, ...hundred, ...disk.figures], notes };
  },
};
