import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Sample } from "../harness/row";
import { quantile } from "../harness/statistics";
import { startEmbedded } from "../runtime/embedded-node-red";
import { nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { messageMaker } from "../runtime/messages";
import { Pace } from "../runtime/pace";
import { type Profiler, startProfiler } from "../runtime/profiler";

export interface PacedParams {
  readonly target: PublishTarget;
  readonly perSecond: number;
  readonly warmUp: number;
  readonly count: number;
}

/** Messages at a steady rate, whatever the node does: how long each takes from input to done. */
export async function paced({ target, perSecond, warmUp, count }: PacedParams): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(publishFlow(target));
  await nodeRed.connected(TARGET);
  const total = warmUp + count;
  const sentMs = new Float64Array(total);
  const tookMs = new Float64Array(total);
  let errors = 0;
  let done = 0;
  let profiler: Profiler | undefined;
  const lags = monitorEventLoopDelay({ resolution: 1 });
  const finished = new Promise<void>((resolve) => {
    const make = messageMaker("text");
    // With one message of a node done after the other, the order of done is the order of input.
    const sink = nodeSink(nodeRed.node(TARGET), make, (error) => {
      tookMs[done] = performance.now() - (sentMs[done] ?? 0);
      done += 1;
      if (error !== undefined && error !== null) errors += 1;
      if (done === total) resolve();
    });
    new Pace(perSecond, total, (n) => {
      if (n === warmUp) {
        lags.enable();
        profiler = startProfiler();
      }
      sentMs[n] = performance.now();
      sink.send(n);
    }).start();
  });
  await finished;
  lags.disable();
  profiler?.stop();
  const measured = tookMs.subarray(warmUp);
  return {
    p50Ms: quantile(measured, 0.5),
    p99Ms: quantile(measured, 0.99),
    lagP999Ms: lags.percentile(99.9) / 1e6,
    lagMaxMs: lags.max / 1e6,
    errors,
  };
}
