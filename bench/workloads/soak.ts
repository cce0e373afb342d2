import path from "node:path";
import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { Ledger } from "../loss/ledger";
import { type EmbeddedNodeRed, startEmbedded } from "../runtime/embedded-node-red";
import { nodeSink } from "../runtime/feeder";
import { readMemory } from "../runtime/meters";
import { Pace } from "../runtime/pace";
import { SOAK_SOURCES, type SoakPorts, type SoakSource, soakFlow } from "../soak/sources";
import { heldMessages } from "./backlog";

export interface SoakParams {
  readonly ports: SoakPorts;
  /** Where the ledgers go, one file for each source. */
  readonly folder: string;
}

/** Backoff after refused logins and evictions can take minutes. */
const CALM_LIMIT_MS = 240_000;

/** Feeds three nodes at a steady rate until it is told to stop; between, it is told twice to fall silent and measure. */
export async function soak({ ports, folder }: SoakParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(soakFlow(ports));
  for (const { nodeId } of SOAK_SOURCES) await nodeRed.connected(nodeId);
  const taps = SOAK_SOURCES.map((source) => new Tap(nodeRed, source, path.join(folder, source.name)));
  for (const tap of taps) tap.open();
  stage.tell("feeding");
  await stage.waitFor("measure");
  for (const tap of taps) tap.shut();
  stage.tell("measured", await measureCalm(nodeRed));
  for (const tap of taps) tap.open();
  await stage.waitFor("finish");
  for (const tap of taps) tap.shut();
  return measureCalm(nodeRed);
}

/** Waits until nothing is held any more, and weighs the process. */
async function measureCalm(nodeRed: EmbeddedNodeRed): Promise<Sample> {
  const limitMs = performance.now() + CALM_LIMIT_MS;
  while (heldMessages() > 0 && performance.now() < limitMs)
    await new Promise((resolve) => setTimeout(resolve, 100));
  nodeRed.forgetStatuses();
  return { held: heldMessages(), ...(await readMemory()) };
}

/** One source: numbered messages, and what the node said to each. */
class Tap {
  readonly #source: SoakSource;
  readonly #ledger: Ledger;
  readonly #sink: ReturnType<typeof nodeSink>;
  #next = 0;
  #pace: Pace | undefined;

  constructor(nodeRed: EmbeddedNodeRed, source: SoakSource, file: string) {
    this.#source = source;
    this.#ledger = new Ledger(file);
    this.#sink = nodeSink(nodeRed.node(source.nodeId), source.message, (error, message) => {
      const isFailed = error !== undefined && error !== null;
      this.#ledger.write(isFailed ? "failed" : "done", Number(message?.["n"]));
    });
  }

  open(): void {
    this.#pace = new Pace(this.#source.perSecond, Number.MAX_SAFE_INTEGER, () => {
      const n = this.#next;
      this.#next += 1;
      this.#ledger.write("fed", n);
      this.#sink.send(n);
    });
    this.#pace.start();
  }

  shut(): void {
    this.#pace?.stop();
  }
}
