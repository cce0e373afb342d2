/** P3, and what *It must show* 6 of the issue asks: what a disk store costs while everything is well. */
import { findProgram } from "../../test/support/needs";
import type { Bench, Experiment } from "../harness/bench";
import { type Figure, type Row, valuesOf } from "../harness/row";
import { startWorker } from "../harness/worker";
import type { Store } from "../runtime/flows";
import { diskStore } from "./disk-store";
import { core, floodVariant, ours } from "./speed-experiments";

const WINDOW = 1000;

const onDisk: Experiment<"core" | "ours"> = {
  name: "flood, disk always",
  variants: {
    core: floodVariant(core(1), { outstanding: WINDOW }),
    ours: floodVariant(ours(1, WINDOW, { store: "disk-always" }), { outstanding: WINDOW }),
  },
};

const P3: Row = {
  id: "P3",
  what: "disk always, QoS 1",
  measure: (bench) =>
    diskStore(bench, async () => {
      const samples = await bench.measure(onDisk);
      const figure = (label: string, unit: string, name: string) => ({
        label,
        unit,
        ours: valuesOf(samples.ours, name),
        other: { name: "core", values: valuesOf(samples.core, name) },
      });
      return {
        figures: [
          { ...figure("CPU per message", "µs", "cpuUs"), target: { op: "<=", value: 1.2, stretch: 1 } },
          { ...figure("msg/s", "msg/s", "perSecond"), target: { op: ">=", value: 0.9, stretch: 1.1 } },
        ],
      };
    }),
};

const steady =
  (store: Store): Experiment["variants"][string] =>
  async (bench) =>
    bench.run("paced", {
      target: ours(1, WINDOW, { store })((await bench.broker()).port),
      perSecond: 10_000,
      warmUp: 20_000,
      count: bench.scale(60_000, 30_000),
    });

const delays: Experiment<"memory" | "disk"> = {
  name: "10,000 msg/s, event loop",
  variants: { memory: steady("memory"), disk: steady("disk-always") },
};

/** What each fsync takes, µs: a worn SD card, a busy disk. */
const SLOW_FSYNC_US = 200_000;

/** A thousand messages a second while fsync takes its time; strace holds up the calling thread and nobody else. */
const slowly =
  (delayUs: number): Experiment["variants"][string] =>
  async (bench) => {
    const target = ours(1, WINDOW, { store: "disk-always", completeWhen: "queued" });
    const calls = ["-e", "trace=fsync,fdatasync"];
    const delay = delayUs === 0 ? [] : ["-e", `inject=fsync,fdatasync:delay_exit=${delayUs}`];
    const params = { perSecond: 1000, warmUp: 1000, count: bench.scale(10_000, 4000) };
    const worker = startWorker(
      "paced",
      { target: target((await bench.broker()).port), ...params },
      { under: ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", ...calls, ...delay] },
    );
    return worker.result;
  };

const slowDisk: Experiment<"usual" | "slow"> = {
  name: "an fsync of 200 ms",
  variants: { usual: slowly(0), slow: slowly(SLOW_FSYNC_US) },
};

async function slowFigures(bench: Bench): Promise<Figure[]> {
  const { usual, slow } = await bench.measure(slowDisk);
  const base = valuesOf(usual, "lagP999Ms");
  const slowed = valuesOf(slow, "lagP999Ms");
  return [
    {
      label: "fsync takes 200 ms, 1,000 msg/s: event loop p99.9 less the usual",
      unit: "ms",
      ours: slowed.map((ms, round) => ms - (base[round] ?? Number.NaN)),
      target: { op: "<=", value: 20 },
    },
    {
      label: "the same, from input to queued, p50",
      unit: "ms",
      ours: valuesOf(slow, "p50Ms"),
      beside: { name: "usual", values: valuesOf(usual, "p50Ms") },
      target: { op: ">=", value: SLOW_FSYNC_US / 1000 },
    },
  ];
}

const S6: Row = {
  id: "S6",
  what: "event loop at 10,000 msg/s, delay p99.9",
  measure: (bench) =>
    diskStore(bench, async () => {
      const { memory, disk } = await bench.measure(delays);
      const base = valuesOf(memory, "lagP999Ms");
      const loaded = valuesOf(disk, "lagP999Ms");
      return {
        figures: [
          {
            label: "disk always less memory",
            unit: "ms",
            ours: loaded.map((ms, round) => ms - (base[round] ?? Number.NaN)),
            target: { op: "<=", value: 20 },
          },
          { label: "disk always", unit: "ms", ours: loaded, beside: { name: "memory", values: base } },
          ...(findProgram("strace") === undefined ? [] : await slowFigures(bench)),
        ],
        notes: findProgram("strace") === undefined ? ["not available: strace, for a slow disk"] : [],
      };
    }),
};

export const diskSpeedRows = [P3, S6];
