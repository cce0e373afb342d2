import { patient } from "../../test/support/patience";
import type { Sample } from "../harness/row";
import { readLedger } from "../loss/ledger";
import { LOSS_WINDOW } from "../loss/run";
import { LOSS_TOPIC, Site } from "../loss/site";
import { connectRaw } from "../runtime/raw-client";
import { pause, seededRandom } from "../soak/faults";
import { readStoredIds } from "./stored-ids";

export interface KillPlan {
  readonly qos: 1 | 2;
  /** How often Node-RED is killed. */
  readonly kills: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** ms from the start of Node-RED, or of the feeding, within which the kill comes. */
const STARTING_MS = 2000;
const FEEDING_MS = 1200;
/** The share of runs that are killed while they start, and of those that have no link. */
const KILLED_STARTING = 0.2;
const WITHOUT_LINK = 0.25;
/** What the last Node-RED, which nobody kills, is fed. */
const LAST_MESSAGES = 500;
const QUIET_MS = patient(6000);

type Ids = ReadonlySet<number>;

/**
 * Kills Node-RED (SIGKILL) again and again under load, with *disk always*, and looks after each kill whether every
 * message that it reported *queued* is delivered or on disk, and whether only what was fed is delivered.
 */
export async function runKills(plan: KillPlan): Promise<Sample> {
  const { qos, perSecond } = plan;
  const site = await Site.open({
    makeTarget: (port) => ({
      kind: "mqtt-out",
      port,
      qos,
      topic: LOSS_TOPIC,
      clientId: "kills",
      cleanSession: false,
      window: LOSS_WINDOW,
      store: "disk-always",
      completeWhen: "queued",
    }),
    count: Number.MAX_SAFE_INTEGER,
    perSecond,
    persistence: false,
    inFlightMax: 0,
  });
  const killer = new Killer(site, plan);
  try {
    for (let kill = 0; kill < plan.kills; kill += 1) await killer.strike(kill);
    return await killer.conclude();
  } finally {
    await site.close();
  }
}

class Killer {
  readonly #site: Site;
  readonly #kills: number;
  readonly #random: () => number;
  #killedFeeding = 0;
  #mostStored = 0;
  /** Over all kills: reported as queued, and neither delivered nor on disk then. */
  #vanished = 0;
  /** Ids that the witness has published, all below zero. */
  #marks = 0;

  constructor(site: Site, { kills, seed }: KillPlan) {
    this.#site = site;
    this.#kills = kills;
    this.#random = seededRandom(seed);
  }

  async strike(kill: number): Promise<void> {
    const site = this.#site;
    if (this.#random() < WITHOUT_LINK) await site.linkDown();
    const worker = site.launch(Number.MAX_SAFE_INTEGER);
    worker.result.catch(() => undefined);
    if (kill > 0 && this.#random() < KILLED_STARTING) await pause(STARTING_MS * this.#random());
    else {
      await worker.waitFor("feeding");
      this.#killedFeeding += 1;
      await pause(FEEDING_MS * this.#random());
    }
    await site.killNodeRed();
    await this.#look();
    await site.linkDown();
    await site.linkUp();
  }

  /** The last Node-RED may live until everything is delivered. */
  async conclude(): Promise<Sample> {
    const site = this.#site;
    const worker = site.launch(LAST_MESSAGES);
    await worker.waitFor("fed");
    await this.#settle();
    const held = await site.finish();
    const { fed, done } = readLedger(site.ledger);
    const delivered = this.#delivered();
    const arrivals = site.subscriber.ids.filter((id) => id >= 0).length;
    return {
      kills: this.#kills,
      killedFeeding: this.#killedFeeding,
      fed: fed.size,
      queued: done.size,
      vanished: this.#vanished,
      lost: countMissing(done, delivered),
      invented: countMissing(delivered, fed),
      duplicates: arrivals - delivered.size,
      mostStored: this.#mostStored,
      left: held + (await readStoredIds(site.userDir)).size,
    };
  }

  async #look(): Promise<void> {
    const { done } = readLedger(this.#site.ledger);
    const stored = await readStoredIds(this.#site.userDir);
    this.#mostStored = Math.max(this.#mostStored, stored.size);
    await this.#hearOut();
    const delivered = this.#delivered();
    this.#vanished += [...done].filter((id) => !delivered.has(id) && !stored.has(id)).length;
  }

  /** Resolves when all is with us that the broker had acknowledged by now: it hands over before it acknowledges. */
  async #hearOut(): Promise<void> {
    const { broker, subscriber } = this.#site;
    this.#marks += 1;
    const mark = -this.#marks;
    const witness = await connectRaw({ port: broker.port, clientId: "witness", reconnectPeriod: 0 });
    await witness.publishAsync(LOSS_TOPIC, String(mark), { qos: 1 });
    while (!subscriber.delivered.has(mark)) await pause(2);
    await witness.endAsync();
  }

  async #settle(): Promise<void> {
    const { subscriber, ledger } = this.#site;
    const startedMs = performance.now();
    const isQuiet = () => performance.now() - Math.max(subscriber.lastArrivalMs, startedMs) > QUIET_MS;
    const isThere = () => countMissing(readLedger(ledger).done, subscriber.delivered) === 0;
    while (!isThere() && !isQuiet()) await pause(100);
    await pause(500);
  }

  #delivered(): Ids {
    return new Set([...this.#site.subscriber.delivered].filter((id) => id >= 0));
  }
}

function countMissing(wanted: Ids, there: Ids): number {
  return [...wanted].filter((id) => !there.has(id)).length;
}
