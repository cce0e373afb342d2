import type { Sample } from "../harness/row";
import { type DeviceChoice, nodeOn, simulatedDevice } from "../proofs/flows";
import { type GatewayPlan, nameOf, readingOf, SUB_PRODUCT } from "../proofs/gateway";
import { startEmbedded } from "../runtime/embedded-node-red";
import { nodeSink } from "../runtime/feeder";
import { TARGET, tab } from "../runtime/flows";
import { Pace } from "../runtime/pace";
import { heldMessages } from "./backlog";

export interface GatewayParams extends GatewayPlan {
  readonly port: number;
}

const SUBDEVICE = "subdevice";
const LOOK_EVERY_MS = 250;

/** Sub-devices that report at a steady rate, evenly spread over their period. Ends when all is accepted. */
export async function gateway(params: GatewayParams): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(flowOf(params));
  await nodeRed.connected(TARGET);
  const total = params.subDevices * params.reports;
  const queue = new QueueWatch();
  let errors = 0;
  let done = 0;
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  await new Promise<void>((resolve) => {
    const make = (n: number) => {
      const device = n % params.subDevices;
      const payload = { reading: readingOf(device, Math.floor(n / params.subDevices), params) };
      return { _msgid: String(n), device: nameOf(device), payload };
    };
    const sink = nodeSink(nodeRed.node(TARGET), make, (error) => {
      if (error !== undefined && error !== null) errors += 1;
      done += 1;
      if (done === total) resolve();
    });
    new Pace((params.subDevices * 1000) / params.everyMs, total, (n) => sink.send(n)).start();
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  queue.stop();
  return {
    seconds,
    errors,
    perSecond: total / seconds,
    cpuPercent: (user + system) / 1e4 / seconds,
    ...queue.sample,
  };
}

function flowOf({ port, messagesPerSecond }: GatewayParams) {
  const choice: DeviceChoice = { port, window: 100, productKind: "thing-model", messagesPerSecond };
  const connection = simulatedDevice(choice);
  return [
    tab,
    connection,
    {
      id: SUBDEVICE,
      type: "onenet-subdevice",
      connection: connection.id,
      productId: SUB_PRODUCT,
      deviceName: "",
    },
    nodeOn(choice, "onenet-datapoint-publish", TARGET, { subdevice: SUBDEVICE, completeWhen: "accepted" }),
  ];
}

/** How long the queue is, looked at now and then. */
class QueueWatch {
  readonly #lengths: number[] = [];
  readonly #timer = setInterval(() => this.#lengths.push(heldMessages()), LOOK_EVERY_MS);

  stop(): void {
    clearInterval(this.#timer);
  }

  /** `heldGrowth`: the longest queue of the last third, less the longest of the second. */
  get sample(): Sample {
    const third = Math.ceil(this.#lengths.length / 3);
    const longest = (part: number) => Math.max(0, ...this.#lengths.slice(part * third, (part + 1) * third));
    return { heldMax: Math.max(0, ...this.#lengths), heldGrowth: longest(2) - longest(1) };
  }
}
