import { type Entry, readLedger } from "./ledger";
import type { LossPlan } from "./run";
import type { Site } from "./site";

/** What became of the messages of one run. */
export interface Counts {
  readonly plan: LossPlan;
  readonly delivered: number;
  /** Of those that count (see {@link countUp}) never delivered. */
  readonly lost: number;
  /** Neither done, nor failed with an error, nor visible as queued. */
  readonly silent: number;
  /** Done and yet never delivered. */
  readonly completeButLost: number;
  readonly failed: number;
  readonly held: number;
  readonly duplicates: number;
  /** First deliveries that came after one with a higher number. */
  readonly outOfOrder: number;
  /** ms from the moment the broker could be reached again to the first message; undefined where that means nothing. */
  readonly recoveryMs: number | undefined;
}

type Ids = ReadonlySet<number>;

/**
 * Compares what the node was given and said with what arrived. With a disk store an id counts once the node reported
 * it queued; otherwise once it was fed.
 */
export function countUp(plan: LossPlan, site: Site, held: number): Counts {
  const ledger = readLedger(site.ledger);
  const { delivered, ids } = site.subscriber;
  const isDisk = plan.system === "disk-always" || plan.system === "disk-behind";
  return {
    plan,
    delivered: delivered.size,
    lost: missing(isDisk ? ledger.done : ledger.fed, delivered),
    silent: countSilent(plan, ledger, delivered, held),
    completeButLost: missing(ledger.done, delivered),
    failed: ledger.failed.size,
    held,
    duplicates: ids.length - delivered.size,
    outOfOrder: countOutOfOrder(ids),
    recoveryMs: plan.fault.recovers ? site.subscriber.firstArrivalAfter(site.reachableSinceMs) : undefined,
  };
}

function missing(wanted: Ids, delivered: Ids): number {
  return [...wanted].filter((id) => !delivered.has(id)).length;
}

/** What a killed process held cannot end in anything: there only what was reported counts. */
function countSilent(
  plan: LossPlan,
  { fed, done, failed }: Record<Entry, Ids>,
  delivered: Ids,
  held: number,
): number {
  if (plan.fault.killsNodeRed) return plan.system === "disk-always" ? missing(done, delivered) : 0;
  const open = [...fed].filter((id) => !done.has(id) && !failed.has(id)).length;
  return Math.max(0, open - held);
}

function countOutOfOrder(ids: readonly number[]): number {
  const seen = new Set<number>();
  let highest = -1;
  let late = 0;
  for (const id of ids) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (id < highest) late += 1;
    highest = Math.max(highest, id);
  }
  return late;
}
