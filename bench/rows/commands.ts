/** P9, P10: *command subscribe* → *command response* against core's *mqtt in* → *mqtt out*. */
import type { Bench, Experiment } from "../harness/bench";
import { Requester } from "../harness/requester";
import type { Row, Sample } from "../harness/row";
import { valuesOf } from "../harness/row";
import { quantile } from "../harness/statistics";
import type { CommandTarget } from "../runtime/command-flows";

const PARALLEL = 50;

/** The broker's own Nagle would add 44 ms to both, and is not what is compared. */
const BROKER = ["set_tcp_nodelay true"];

/** One at a time, then fifty at a time, for as long each. */
async function measureCommands(bench: Bench, makeTarget: (port: number) => CommandTarget): Promise<Sample> {
  const { port } = await bench.broker(BROKER);
  const worker = bench.start("commands", { target: makeTarget(port) });
  await worker.waitFor("ready");
  const requester = await Requester.open(port);
  await requester.waitUntilAnswered();
  const single = await requestFor(requester, bench.scale(4000, 2000), 1);
  await requestFor(requester, 500, PARALLEL);
  const startedMs = performance.now();
  const parallel = await requestFor(requester, bench.scale(4000, 2000), PARALLEL);
  const seconds = (performance.now() - startedMs) / 1000;
  await requester.close();
  worker.signal("finish");
  await worker.result;
  return {
    p50Ms: quantile(single, 0.5),
    p99Ms: quantile(single, 0.99),
    perSecond: parallel.length / seconds,
  };
}

/** Keeps `parallel` requests open for `durationMs`. @returns how long each took, in ms */
async function requestFor(requester: Requester, durationMs: number, parallel: number): Promise<number[]> {
  const untilMs = performance.now() + durationMs;
  const tookMs: number[] = [];
  const ask = async (): Promise<void> => {
    while (performance.now() < untilMs) tookMs.push(await requester.request());
  };
  await Promise.all(Array.from({ length: parallel }, ask));
  return tookMs;
}

const commandExperiment: Experiment<"core" | "ours"> = {
  name: "commands at QoS 1",
  variants: {
    core: (bench) => measureCommands(bench, (port) => ({ kind: "core", port })),
    ours: (bench) => measureCommands(bench, (port) => ({ kind: "commands", port, window: 100 })),
  },
};

const P9: Row = {
  id: "P9",
  what: "command round trip, QoS 1",
  async measure(bench) {
    const { core, ours } = await bench.measure(commandExperiment);
    const figure = (label: string, name: string) => ({
      label,
      unit: "ms",
      ours: valuesOf(ours, name),
      other: { name: "core", values: valuesOf(core, name) },
    });
    return {
      figures: [
        { ...figure("p50", "p50Ms"), target: { op: "<=", value: 0.006, stretch: 0.0045 } },
        figure("p99", "p99Ms"),
      ],
    };
  },
};

const P10: Row = {
  id: "P10",
  what: `${PARALLEL} commands in parallel, QoS 1`,
  async measure(bench) {
    const { core, ours } = await bench.measure(commandExperiment);
    return {
      figures: [
        {
          label: "requests/s",
          unit: "/s",
          ours: valuesOf(ours, "perSecond"),
          other: { name: "core", values: valuesOf(core, "perSecond") },
          target: { op: ">=", value: 10, stretch: 12 },
        },
      ],
    };
  },
};

export const commandRows = [P9, P10];
