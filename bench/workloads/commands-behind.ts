import { topics } from "../../lib/protocol/topic";
import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import type { CommandsBehindPlan } from "../proofs/commands-behind";
import { type DeviceChoice, nodeOn, simulatedDevice } from "../proofs/flows";
import { startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { DEVICE, TARGET, tab } from "../runtime/flows";
import { heldMessages } from "./backlog";

export interface CommandsBehindParams extends CommandsBehindPlan {
  readonly port: number;
}

/** A connection with a queue that goes at one message a second, and answers commands meanwhile. */
export async function commandsBehind(params: CommandsBehindParams, stage: Stage): Promise<Sample> {
  const choice: DeviceChoice = { port: params.port, window: 100, messagesPerSecond: 1 };
  const fields = { topic: topics.datapointPost(DEVICE), qos: "1", completeWhen: "queued" };
  const nodeRed = await startEmbedded();
  await nodeRed.deploy([
    tab,
    simulatedDevice(choice),
    nodeOn(choice, "onenet-mqtt-out", TARGET, fields),
    nodeOn(choice, "onenet-command-subscribe", "commands", { wires: [["answer"]] }),
    nodeOn(choice, "onenet-command-response", "answer"),
  ]);
  await nodeRed.connected(TARGET);
  // Ready-made posts are not packed: each is a message of its own.
  const make = (n: number) => ({ _msgid: String(n), payload: { id: n + 1, dp: { d: [{ v: n }] } } });
  const loop = new ClosedLoop((onDone) => nodeSink(nodeRed.node(TARGET), make, onDone), params.queued);
  loop.start(200);
  await loop.reached(params.queued);
  stage.tell("queued");
  await stage.waitFor("finish");
  return { held: heldMessages() };
}
