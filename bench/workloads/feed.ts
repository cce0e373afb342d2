import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { Ledger } from "../loss/ledger";
import { startEmbedded } from "../runtime/embedded-node-red";
import { nodeSink } from "../runtime/feeder";
import { type PublishTarget, publishFlow, TARGET } from "../runtime/flows";
import { Pace } from "../runtime/pace";
import { heldMessages } from "./backlog";

export interface FeedParams {
  readonly target: PublishTarget;
  readonly userDir: string;
  readonly ledger: string;
  /** Whether the link is there, so that the feeding begins when it is up. */
  readonly waitsForLink: boolean;
  /** The first id, and how many there are. */
  readonly from: number;
  readonly count: number;
  readonly perSecond: number;
}

/** Feeds numbered messages at a steady rate and writes down what the node says to each; ends when it is told to. */
export async function feed(params: FeedParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded(params.userDir);
  await nodeRed.deploy(publishFlow(params.target));
  if (params.waitsForLink) await nodeRed.connected(TARGET);
  const ledger = new Ledger(params.ledger);
  const make = (n: number) => ({ _msgid: String(n), n, payload: String(n) });
  const sink = nodeSink(nodeRed.node(TARGET), make, (error, message) => {
    const isFailed = error !== undefined && error !== null;
    ledger.write(isFailed ? "failed" : "done", Number(message?.["n"]));
  });
  stage.tell("feeding");
  await new Promise<void>((resolve) => {
    new Pace(params.perSecond, params.count, (index) => {
      const n = params.from + index;
      ledger.write("fed", n);
      sink.send(n);
      if (index === params.count - 1) resolve();
    }).start();
  });
  stage.tell("fed");
  await stage.waitFor("finish");
  ledger.close();
  return { held: heldMessages() };
}
