import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { type DeviceChoice, nodeOn, simulatedDevice } from "../proofs/flows";
import { type HistoryPlan, propertyName } from "../proofs/history-backlog";
import { type EmbeddedNodeRed, startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { TARGET, tab } from "../runtime/flows";
import { untilEmpty } from "./catch-up";

export interface HistoryParams extends HistoryPlan {
  readonly port: number;
}

/** Samples of the past, fed fast while there is no link. Ends when nothing is held any more. */
export async function historyBacklog(params: HistoryParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(flowOf(params));
  await nodeRed.connected(TARGET);
  stage.tell("connected");
  await stage.waitFor("down");
  nodeRed.forgetStatuses();
  const errors = await feed(nodeRed, params);
  stage.tell("queued");
  await nodeRed.connected(TARGET);
  await untilEmpty();
  return { errors };
}

function flowOf({ port, store }: HistoryParams) {
  const choice: DeviceChoice = { port, window: 100, store, productKind: "thing-model", messagesPerSecond: 1 };
  return [
    tab,
    { ...simulatedDevice(choice), queueMaxMessages: "1000000", queueMaxMiB: "500" },
    nodeOn(choice, "onenet-datapoint-publish", TARGET, { completeWhen: "queued" }),
  ];
}

async function feed(
  nodeRed: EmbeddedNodeRed,
  { properties, seconds, isSingly }: HistoryParams,
): Promise<number> {
  const startMs = Date.now() - 1000 * seconds;
  const sample = (second: number, property: number) => ({
    stream: propertyName(property),
    value: second,
    at: startMs + 1000 * second,
  });
  const make = (n: number) => {
    const all = Array.from({ length: properties }, (_, property) => property);
    const payload = isSingly
      ? [sample(Math.floor(n / properties), n % properties)]
      : all.map((property) => sample(n, property));
    return { _msgid: String(n), payload };
  };
  const messages = isSingly ? seconds * properties : seconds;
  const loop = new ClosedLoop((onDone) => nodeSink(nodeRed.node(TARGET), make, onDone), messages);
  loop.start(200);
  await loop.reached(messages);
  return loop.errors;
}
