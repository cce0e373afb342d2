import type { Sample } from "../harness/row";
import { quantile } from "../harness/statistics";
import type { Worker } from "../harness/worker";
import { startWorker } from "../harness/worker";
import type { Store } from "../runtime/flows";
import { Platform } from "./platform";

export interface CatchUpPlan {
  readonly store: Store;
  readonly sendOrder: "strict" | "live-first";
  /** Messages fed while the link is down, of {@link POINTS_EACH} datapoints each. */
  readonly messages: number;
  /** Live values fed a second while the backlog goes. */
  readonly livePerSecond: number;
}

/** Datapoints in one message of the backlog. */
export const POINTS_EACH = 10;
export const LIVE_STREAM = "live";
export const WARM_UP_STREAM = "warm-up";
/** The backlog lies this far back. */
export const OFFLINE_MS = 3_600_000;

/** `value` of the `k`th datapoint of message `n`: each has its own. */
export const readingOf = (n: number, k: number): number => n * POINTS_EACH + k;
/** Its time: the messages are spread evenly over the hour. */
export const timeOf = (n: number, messages: number, startedMs: number): number =>
  startedMs - OFFLINE_MS + (n * OFFLINE_MS) / messages;

const LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 50;

/**
 * A data-stream product that was offline for an hour and comes back to a platform that takes one message a second:
 * how long until all is there, what became of live values meanwhile, and what is left in memory.
 */
export async function runCatchUp(plan: CatchUpPlan): Promise<Sample> {
  const platform = await Platform.open({ kind: "data-stream", limits: "strict" });
  const worker = startWorker("catchUp", { ...plan, port: platform.port }, { limitMs: LIMIT_MS });
  try {
    await worker.waitFor("warm");
    await platform.linkDown();
    platform.forget();
    worker.signal("down");
    await worker.waitFor("queued");
    await platform.linkUp();
    await worker.waitFor("connected");
    const backAtMs = performance.now();
    await arrival(platform, plan, worker);
    const drainSeconds = (performance.now() - backAtMs) / 1000;
    const { publishes } = platform;
    worker.signal("finish");
    return { drainSeconds, publishes, ...(await worker.result), ...account(platform, plan) };
  } finally {
    await worker.kill();
    await platform.close();
  }
}

/** Resolves when all of the backlog is stored, or the limit is over. */
async function arrival(platform: Platform, { messages }: CatchUpPlan, worker: Worker): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  const counter = new BacklogCounter();
  let failed = false;
  worker.result.catch(() => {
    failed = true;
  });
  while (counter.count(platform) < messages * POINTS_EACH && performance.now() < limitMs && !failed)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

/** Counts the different datapoints of the backlog, going on where it stopped. */
class BacklogCounter {
  readonly #seen = new Set<unknown>();
  #at = 0;

  count({ points }: Platform): number {
    for (; this.#at < points.length; this.#at += 1) {
      const point = points[this.#at];
      if (point !== undefined && point.stream !== LIVE_STREAM) this.#seen.add(point.value);
    }
    return this.#seen.size;
  }
}

function account({ points }: Platform, { messages }: CatchUpPlan): Sample {
  const backlog = points.filter(({ stream }) => stream !== LIVE_STREAM);
  const live = points.filter(({ stream }) => stream === LIVE_STREAM);
  const distinct = new Set(backlog.map(({ value }) => value));
  const distinctLive = new Set(live.map(({ value }) => value));
  const times = new Map(backlog.map(({ value, atMs }) => [Number(value), atMs]));
  const first = times.get(0) ?? Number.NaN;
  const misdated = [...times].filter(([value, atMs]) => {
    const n = Math.floor(value / POINTS_EACH);
    return !(Math.abs(atMs - first - (n * OFFLINE_MS) / messages) <= 1000);
  });
  const latenciesMs = live.map(({ value, takenMs }) => takenMs - Number(value));
  return {
    stored: distinct.size,
    lost: messages * POINTS_EACH - distinct.size,
    doubled: backlog.length - distinct.size,
    misdated: misdated.length,
    liveStored: distinctLive.size,
    liveDoubled: live.length - distinctLive.size,
    liveP50Ms: quantile(latenciesMs, 0.5),
    liveP99Ms: quantile(latenciesMs, 0.99),
    liveMaxMs: quantile(latenciesMs, 1),
  };
}
