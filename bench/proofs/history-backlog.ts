import type { SimulatorEvent } from "../../lib/simulator/events";
import type { Sample } from "../harness/row";
import { startWorker } from "../harness/worker";
import type { Store } from "../runtime/flows";
import { Platform } from "./platform";
import type { StoredPoint } from "./stored-points";

export interface HistoryPlan {
  readonly store: Store;
  readonly properties: number;
  /** Samples of each property, one a second, the last one now. */
  readonly seconds: number;
  /** One sample in each message that is fed, not one of each property. */
  readonly isSingly: boolean;
}

export const propertyName = (index: number): string => `property_${index}`;

const LIMIT_MS = 600_000;

/**
 * A thing-model product whose samples have gathered while there was no link, and a platform that takes one message a
 * second: in how many messages they leave, and what the platform then has.
 */
export async function runHistoryBacklog(plan: HistoryPlan): Promise<Sample> {
  const platform = await Platform.open({ kind: "thing-model", limits: "strict" });
  const present = new Map<string, unknown>();
  platform.simulator.on((event) => notePresent(event, present));
  const worker = startWorker("historyBacklog", { ...plan, port: platform.port }, { limitMs: LIMIT_MS });
  try {
    await worker.waitFor("connected");
    await platform.linkDown();
    platform.forget();
    worker.signal("down");
    await worker.waitFor("queued");
    const backAtMs = performance.now();
    await platform.linkUp();
    const sample = await worker.result;
    const drainSeconds = (performance.now() - backAtMs) / 1000;
    return {
      drainSeconds,
      publishes: platform.publishes,
      ...sample,
      ...account(platform.points, plan, present),
    };
  } finally {
    await worker.kill();
    await platform.close();
  }
}

/** What a `property/post` brings is the present value; what a `history/post` brings need not be. */
function notePresent(event: SimulatorEvent, present: Map<string, unknown>): void {
  if (event.event !== "publish" || event.values === undefined) return;
  for (const [name, value] of Object.entries(event.values)) present.set(name, value);
}

/** Property `p` has the values 0, 1, 2 …, a second apart. */
function account(
  points: readonly StoredPoint[],
  plan: HistoryPlan,
  present: ReadonlyMap<string, unknown>,
): Sample {
  const seen = new Map<string, number[]>();
  for (const { stream, value } of points) {
    const values = seen.get(stream);
    if (values === undefined) seen.set(stream, [Number(value)]);
    else values.push(Number(value));
  }
  const names = Array.from({ length: plan.properties }, (_, index) => propertyName(index));
  const lists = names.map((name) => seen.get(name) ?? []);
  const stored = lists.reduce((sum, values) => sum + new Set(values).size, 0);
  const outOfOrder = lists.reduce(
    (sum, values) => sum + values.filter((value, index) => value <= (values[index - 1] ?? -1)).length,
    0,
  );
  const misdated = points.filter(
    ({ value, atMs }) => atMs !== (points[0]?.atMs ?? 0) + 1000 * (Number(value) - Number(points[0]?.value)),
  );
  return {
    stored,
    lost: plan.properties * plan.seconds - stored,
    doubled: points.length - stored,
    outOfOrder,
    misdated: misdated.length,
    notPresent: names.filter((name) => present.get(name) !== plan.seconds - 1).length,
  };
}
