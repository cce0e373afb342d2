import type { Sample } from "../harness/row";
import { countDatabases } from "../runtime/databases";
import { startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { type MessageKind, messageMaker } from "../runtime/messages";
import { countTcpWrites, Meter } from "../runtime/meters";

export interface FloodParams {
  readonly target: PublishTarget;
  readonly message: MessageKind;
  /** Messages given to the node and not done. */
  readonly outstanding: number;
  readonly warmUp: number;
  /** Measured, after the warm-up. */
  readonly count: number;
}

/** As many messages as the node takes, `outstanding` of them under way at any time. */
export async function flood(params: FloodParams): Promise<Sample> {
  const { target, outstanding, warmUp, count } = params;
  const counters = await countTcpWrites();
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(publishFlow(target));
  await nodeRed.connected(TARGET);
  const make = messageMaker(params.message);
  const loop = new ClosedLoop((onDone) => nodeSink(nodeRed.node(TARGET), make, onDone), warmUp + count);
  loop.start(outstanding);
  await loop.reached(warmUp);
  const meter = new Meter(counters);
  await loop.reached(warmUp + count);
  return { ...meter.read(count), errors: loop.errors, databases: countDatabases(nodeRed.userDir) };
}
