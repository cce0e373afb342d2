/** P3, and what *It must show* 6 of the issue asks: what a disk store costs while everything is well. */
import type { Experiment } from "../harness/bench";
import { type Row, valuesOf } from "../harness/row";
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
        ],
      };
    }),
};

export const diskSpeedRows = [P3, S6];
