import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { type CommandTarget, commandFlow } from "../runtime/command-flows";
import { startEmbedded } from "../runtime/embedded-node-red";
import { TARGET } from "../runtime/flows";
import { countTcpWrites, Meter } from "../runtime/meters";

export interface CommandsParams {
  readonly target: CommandTarget;
}

/** Answers commands until the bench, which sends them, has had enough. */
export async function commands({ target }: CommandsParams, stage: Stage): Promise<Sample> {
  const counters = await countTcpWrites();
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(commandFlow(target));
  await nodeRed.connected(TARGET);
  const meter = new Meter(counters);
  stage.tell("ready");
  await stage.waitFor("finish");
  return meter.read(1);
}
