/** R8: a backlog that piled up without a link. */
import { startTcpProxy } from "../../test/support/tcp-proxy";
import type { Bench } from "../harness/bench";
import type { Figure, Row, Sample, Target } from "../harness/row";
import { valuesOf } from "../harness/row";
import type { Store } from "../runtime/flows";
import { diskStore } from "./disk-store";

const BYTES = 200;
/** Memory that a disk store may take whatever waits. */
const FLAT_MB = 10;

async function measureBacklog(bench: Bench, store: Store): Promise<Sample> {
  const { port } = await bench.broker();
  const proxy = await startTcpProxy({ port });
  await proxy.stopListening();
  try {
    const worker = bench.start("backlog", {
      target: {
        kind: "mqtt-out",
        port: proxy.port,
        qos: 1,
        topic: "bench/backlog",
        window: 1000,
        completeWhen: "queued",
        store,
      },
      count: bench.scale(100_000, 50_000),
      bytes: BYTES,
    });
    await worker.waitFor("queued");
    await proxy.listenAgain();
    return await worker.result;
  } finally {
    await proxy.close();
  }
}

async function figuresOf(bench: Bench, store: Store, memory: Target): Promise<Figure[]> {
  const samples: Sample[] = [];
  for (let run = 0; run < bench.options.lossRuns; run += 1) {
    samples.push(await bench.once(`backlog ${store} ${run}`, () => measureBacklog(bench, store)));
  }
  const per100k = bench.scale(1, 2);
  return [
    {
      label: `${store}, drain`,
      unit: "msg/s",
      ours: valuesOf(samples, "drainPerSecond"),
      target: { op: ">=", value: 10_000 },
    },
    {
      label: `${store}, heap of 100,000 queued`,
      unit: "MB",
      ours: valuesOf(samples, "heapMb").map((mb) => mb * per100k),
      target: memory,
    },
    { label: `${store}, RSS`, unit: "MB", ours: valuesOf(samples, "rssMb").map((mb) => mb * per100k) },
  ];
}

export const backlogRow: Row = {
  id: "R8",
  what: `backlog of ${BYTES} B messages, complete when queued`,
  async measure(bench) {
    const memory = await figuresOf(bench, "memory", { op: "<=", value: 30 });
    const disk = await diskStore(bench, async () => ({
      figures: await figuresOf(bench, "disk-always", { op: "<=", value: FLAT_MB }),
    }));
    const notes = disk.notAvailable === undefined ? [] : [`not available: ${disk.notAvailable}`];
    return { figures: [...memory, ...disk.figures], notes };
  },
};
