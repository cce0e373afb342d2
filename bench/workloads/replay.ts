import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { messageMaker } from "../runtime/messages";

export interface ReplayParams {
  readonly target: PublishTarget;
  readonly count: number;
}

/** Messages that nobody acknowledges until the link has been cut and is there again. */
export async function replay({ target, count }: ReplayParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(publishFlow(target));
  await nodeRed.connected(TARGET);
  stage.tell("connected");
  await stage.waitFor("feed");
  const make = messageMaker("text");
  const loop = new ClosedLoop((onDone) => nodeSink(nodeRed.node(TARGET), make, onDone), count);
  loop.start(count);
  setTimeout(() => stage.tell("fed"), 200);
  await loop.reached(count);
  stage.tell("replayed");
  return { errors: loop.errors };
}
