import { pool } from "../../lib/client/pool";
import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { countDatabases } from "../runtime/databases";
import { startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { readMemory } from "../runtime/meters";

export interface BacklogParams {
  readonly target: PublishTarget;
  readonly count: number;
  readonly bytes: number;
}

/** A backlog that piles up without a link: what it takes in memory, and how fast it goes when the link is there. */
export async function backlog({ target, count, bytes }: BacklogParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(publishFlow(target));
  const node = nodeRed.node(TARGET);
  // A text of its own for each message, as in life: what is shared weighs nothing.
  const make = (n: number) => ({
    _msgid: String(n),
    payload: Buffer.alloc(bytes, String(n)).toString("latin1"),
  });
  // What a connection loads when it first connects is no part of its backlog.
  await nodeRed.unreachable(TARGET);
  const before = await readMemory();
  const loop = new ClosedLoop((onDone) => nodeSink(node, make, onDone), count);
  loop.start(200);
  await loop.reached(count);
  const after = await readMemory();
  stage.tell("queued");
  await nodeRed.connected(TARGET);
  const startedMs = performance.now();
  while (heldMessages() > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  return {
    heapMb: (after.heapBytes - before.heapBytes) / 1e6,
    rssMb: (after.rssBytes - before.rssBytes) / 1e6,
    drainPerSecond: (1000 * count) / (performance.now() - startedMs),
    errors: loop.errors,
    databases: countDatabases(nodeRed.userDir),
  };
}

/** What all connections of this process hold. */
export function heldMessages(): number {
  return pool.keys.reduce((sum, key) => sum + (pool.find(key)?.held ?? 0), 0);
}
