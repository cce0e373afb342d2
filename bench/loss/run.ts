import { patient } from "../../test/support/patience";
import type { PublishTarget, Store } from "../runtime/flows";
import { type Counts, countUp } from "./counts";
import type { Fault } from "./faults";
import { LOSS_TOPIC, Site } from "./site";

/** One way of sending through one fault. */
export interface LossPlan {
  readonly fault: Fault;
  readonly system: "core" | Store;
  readonly qos: 0 | 1 | 2;
  readonly count: number;
  readonly perSecond: number;
  /** How many messages of QoS 2 the broker takes at a time; 0: any number. */
  readonly inFlightMax: number;
}

/** The default window. */
export const LOSS_WINDOW = 100;
/** What has not come when nothing came for so long will not come. */
const QUIET_MS = patient(6000);
const LIMIT_MS = patient(90_000);
/** In a run of this many seconds the faults have the times they are named by. */
const FULL_SECONDS = 10;

/** Runs one plan in a world of its own. */
export async function runLoss(plan: LossPlan): Promise<Counts> {
  const { fault, count, perSecond, inFlightMax } = plan;
  const site = await Site.open({
    makeTarget: (port) => targetOf(plan, port),
    count,
    perSecond,
    persistence: fault.persistence ?? false,
    inFlightMax,
  });
  try {
    if (fault.startsDown) await site.linkDown();
    await site.startFeeding();
    const scale = count / perSecond / FULL_SECONDS;
    await fault.happen(site, (second) => site.at(second * scale));
    await site.fed();
    await settle(site);
    const held = await site.finish();
    return countUp(plan, site, held);
  } finally {
    await site.close();
  }
}

/** A disk store promises from *queued* on; so that is what its node is asked to report. */
function targetOf({ system, qos }: LossPlan, port: number): PublishTarget {
  const session = { port, qos, topic: LOSS_TOPIC, clientId: "loss", cleanSession: false };
  if (system === "core") return { kind: "core", ...session };
  const completeWhen = qos === 0 ? "sent" : "acknowledged";
  return {
    kind: "mqtt-out",
    ...session,
    window: LOSS_WINDOW,
    store: system,
    completeWhen: system === "memory" ? completeWhen : "queued",
  };
}

/** Waits until everything is there, and a little longer for what may come twice; or until nothing comes any more. */
export async function settle(site: Site): Promise<void> {
  const { subscriber, plan } = site;
  const limitMs = performance.now() + LIMIT_MS;
  const startedMs = performance.now();
  const isQuiet = () => performance.now() - Math.max(subscriber.lastArrivalMs, startedMs) > QUIET_MS;
  while (subscriber.delivered.size < plan.count && !isQuiet() && performance.now() < limitMs) await pause(50);
  await pause(500);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
