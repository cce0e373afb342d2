import type { Sample } from "../harness/row";
import { startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { messageMaker } from "../runtime/messages";
import { countTcpWrites, Meter } from "../runtime/meters";

export interface BurstParams {
  readonly target: PublishTarget;
  readonly count: number;
}

/** All messages at once, measured from the first one to the end of the last. A small burst warms up. */
export async function burst({ target, count }: BurstParams): Promise<Sample> {
  const counters = await countTcpWrites();
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(publishFlow(target));
  await nodeRed.connected(TARGET);
  const make = messageMaker("text");
  const warmUp = Math.ceil(count / 10);
  const sink = (onDone: (error: unknown) => void) => nodeSink(nodeRed.node(TARGET), make, onDone);
  const warming = new ClosedLoop(sink, warmUp);
  warming.start(warmUp);
  await warming.reached(warmUp);
  const loop = new ClosedLoop(sink, count);
  const meter = new Meter(counters);
  loop.start(count);
  await loop.reached(count);
  return { ...meter.read(count), errors: loop.errors };
}
