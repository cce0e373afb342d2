import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import {
  type CatchUpPlan,
  LIVE_STREAM,
  POINTS_EACH,
  readingOf,
  timeOf,
  WARM_UP_STREAM,
} from "../proofs/catch-up";
import { type DeviceChoice, nodeOn, simulatedDevice } from "../proofs/flows";
import { wallMs } from "../proofs/stored-points";
import { type EmbeddedNodeRed, startEmbedded } from "../runtime/embedded-node-red";
import { ClosedLoop, nodeSink } from "../runtime/feeder";
import { TARGET, tab } from "../runtime/flows";
import { readMemory } from "../runtime/meters";
import { Pace } from "../runtime/pace";
import { heldMessages } from "./backlog";

export interface CatchUpParams extends CatchUpPlan {
  readonly port: number;
}

const LIVE = "live";
const WARM_UP = 500;
const MIB = 1024 * 1024;

/** A backlog that is fed while there is no link, and live values while it goes. Ends when nothing is held any more. */
export async function catchUp(params: CatchUpParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(flowOf(params));
  await nodeRed.connected(TARGET);
  await warmUp(nodeRed);
  stage.tell("warm");
  await stage.waitFor("down");
  const before = await readMemory();
  nodeRed.forgetStatuses();
  const errors = await feedBacklog(nodeRed, params);
  const queued = await readMemory();
  stage.tell("queued");
  await nodeRed.connected(TARGET);
  stage.tell("connected");
  const live = new LiveSource(nodeRed, params.livePerSecond);
  await stage.waitFor("finish");
  live.stop();
  await untilEmpty();
  nodeRed.forgetStatuses();
  const after = await readMemory();
  return {
    errors: errors + live.errors,
    liveFed: live.fed,
    liveAccepted: live.accepted,
    queuedMib: (queued.heapBytes - before.heapBytes) / MIB,
    leftMib: (after.heapBytes - before.heapBytes) / MIB,
    rssMib: after.rssBytes / MIB,
  };
}

function flowOf({ port, store, sendOrder }: CatchUpParams) {
  const choice: DeviceChoice = { port, window: 100, store, sendOrder, messagesPerSecond: 1 };
  const type = "onenet-datapoint-publish";
  return [
    tab,
    simulatedDevice(choice),
    nodeOn(choice, type, TARGET, { completeWhen: "queued" }),
    nodeOn(choice, type, LIVE, { completeWhen: "accepted" }),
  ];
}

/** What is loaded and made only once is there before anything is weighed. */
async function warmUp(nodeRed: EmbeddedNodeRed): Promise<void> {
  const payload = Array.from({ length: POINTS_EACH }, (_, k) => ({ stream: WARM_UP_STREAM, value: k }));
  for (let n = 0; n < WARM_UP; n += 1) {
    nodeRed.node(TARGET).receive({ _msgid: `warm ${n}`, payload });
    nodeRed.node(LIVE).receive({ _msgid: `warm live ${n}`, topic: WARM_UP_STREAM, payload: n });
  }
  await untilEmpty();
}

export async function untilEmpty(): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 20));
  while (heldMessages() > 0);
}

async function feedBacklog(nodeRed: EmbeddedNodeRed, { messages }: CatchUpParams): Promise<number> {
  const startedMs = Date.now();
  const make = (n: number) => {
    const at = Math.round(timeOf(n, messages, startedMs));
    const payload = Array.from({ length: POINTS_EACH }, (_, k) => ({
      stream: `sensor_${k}`,
      value: readingOf(n, k),
      at,
    }));
    return { _msgid: String(n), payload };
  };
  const loop = new ClosedLoop((onDone) => nodeSink(nodeRed.node(TARGET), make, onDone), messages);
  loop.start(200);
  await loop.reached(messages);
  return loop.errors;
}

/** Values that are their own time of birth, in ms since the Unix epoch. */
class LiveSource {
  fed = 0;
  accepted = 0;
  errors = 0;
  readonly #pace: Pace;

  constructor(nodeRed: EmbeddedNodeRed, perSecond: number) {
    const make = (n: number) => ({ _msgid: `live ${n}`, topic: LIVE_STREAM, payload: wallMs() });
    const sink = nodeSink(nodeRed.node(LIVE), make, (error) => {
      if (error === undefined || error === null) this.accepted += 1;
      else this.errors += 1;
    });
    this.#pace = new Pace(perSecond, Number.MAX_SAFE_INTEGER, (n) => {
      this.fed += 1;
      sink.send(n);
    });
    this.#pace.start();
  }

  stop(): void {
    this.#pace.stop();
  }
}
