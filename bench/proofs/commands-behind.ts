import { startSimulator } from "../../lib/simulator/simulator";
import { startTcpProxy } from "../../test/support/tcp-proxy";
import type { Sample } from "../harness/row";
import { quantile } from "../harness/statistics";
import { startWorker } from "../harness/worker";
import { DEVICE, DEVICE_KEY } from "../runtime/flows";
import { pause } from "../soak/faults";

export interface CommandsBehindPlan {
  /** Messages that wait on the connection. */
  readonly queued: number;
  readonly commands: number;
  /** ms from one command to the next. */
  readonly everyMs: number;
}

const ANSWER_TOPIC = Buffer.from(`$sys/${DEVICE.productId}/${DEVICE.deviceName}/cmd/response/`);

/**
 * Commands to a device that has a long queue and a platform that takes one message a second: how long until the answer
 * is on the wire, and until the platform has looked at it.
 */
export async function runCommandsBehind(plan: CommandsBehindPlan): Promise<Sample> {
  const answeredMs: number[] = [];
  const { productId, deviceName } = DEVICE;
  const simulator = await startSimulator({
    port: 0,
    httpPort: null,
    products: [{ productId, kind: "data-stream", devices: [{ deviceName, deviceKey: DEVICE_KEY }] }],
    rules: { limits: "strict", commandTimeoutMs: 30_000 },
  });
  const proxy = await startTcpProxy({
    port: simulator.port,
    tap: (direction, chunk) => {
      if (direction === "up" && chunk.includes(ANSWER_TOPIC)) answeredMs.push(performance.now());
    },
  });
  const worker = startWorker("commandsBehind", { ...plan, port: proxy.port }, { limitMs: 600_000 });
  try {
    await worker.waitFor("queued");
    const sentMs: number[] = [];
    const takenMs: number[] = [];
    const running: Promise<void>[] = [];
    let failed = 0;
    for (let index = 0; index < plan.commands; index += 1) {
      const startedMs = performance.now();
      sentMs.push(startedMs);
      const body = `command ${index}`;
      running.push(
        simulator.cloud.sendCommand({ ...DEVICE, body }).then((envelope) => {
          takenMs.push(performance.now() - startedMs);
          if (envelope.code !== 0) failed += 1;
        }),
      );
      await pause(plan.everyMs);
    }
    await Promise.all(running);
    worker.signal("finish");
    const { held = 0 } = await worker.result;
    const onWireMs = sentMs.map((ms, index) => (answeredMs[index] ?? Number.POSITIVE_INFINITY) - ms);
    return {
      held,
      failed,
      onWireP50Ms: quantile(onWireMs, 0.5),
      onWireMaxMs: quantile(onWireMs, 1),
      takenP50Ms: quantile(takenMs, 0.5),
      takenMaxMs: quantile(takenMs, 1),
    };
  } finally {
    await worker.kill();
    await proxy.close();
    await simulator.stop();
  }
}
