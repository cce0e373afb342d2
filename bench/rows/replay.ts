/** P14: what is repeated after a reconnection, over a link with a round trip. */
import type { Bench, Experiment } from "../harness/bench";
import { type Row, type Sample, valuesOf } from "../harness/row";
import { type SlowLink, startSlowLink } from "../harness/slow-link";
import type { Worker } from "../harness/worker";

const COUNT = 500;
const ROUND_TRIP_MS = 20;

async function measureReplay(bench: Bench, start: (port: number) => Worker): Promise<Sample> {
  const { port } = await bench.broker();
  const link = await startSlowLink(port, ROUND_TRIP_MS / 2);
  try {
    return await cutAndWait(link, start(link.port));
  } finally {
    link.close();
  }
}

async function cutAndWait(link: SlowLink, worker: Worker): Promise<Sample> {
  await worker.waitFor("connected");
  link.setDeaf(true);
  worker.signal("feed");
  await worker.waitFor("fed");
  const linkUp = link.nextLink();
  link.cut();
  link.setDeaf(false);
  const upMs = await linkUp;
  await worker.waitFor("replayed");
  const replayMs = performance.now() - upMs;
  await worker.result;
  return { replayMs };
}

const ours = (window: number) => (bench: Bench) =>
  measureReplay(bench, (port) =>
    bench.start("replay", {
      target: { kind: "mqtt-out", port, qos: 1, topic: "bench/replay", window },
      count: COUNT,
    }),
  );

const replaying: Experiment<"raw" | "window100" | "window500"> = {
  name: "replay",
  variants: {
    raw: (bench) => measureReplay(bench, (port) => bench.start("rawReplay", { port, count: COUNT })),
    window100: ours(100),
    window500: ours(500),
  },
};

const P14: Row = {
  id: "P14",
  what: `replay of ${COUNT} unacknowledged messages at ${ROUND_TRIP_MS} ms`,
  async measure(bench) {
    const samples = await bench.measure(replaying);
    const other = { name: "MQTT.js", values: valuesOf(samples.raw, "replayMs") };
    return {
      figures: [
        {
          label: "window 100",
          unit: "ms",
          ours: valuesOf(samples.window100, "replayMs"),
          other,
          target: { op: "<=", value: 0.05, stretch: 0.015 },
        },
        { label: "window 500", unit: "ms", ours: valuesOf(samples.window500, "replayMs"), other },
      ],
    };
  },
};

export const replayRows = [P14];
