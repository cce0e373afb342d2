/** P1–P5, P11: *mqtt out* against core and against MQTT.js. */

import type { Experiment } from "../harness/bench";
import type { Row } from "../harness/row";
import { valuesOf } from "../harness/row";
import { core, floodQos0, floodQos1, ours } from "./speed-experiments";

const P1: Row = {
  id: "P1",
  what: "mqtt out QoS 1, msg/s against raw MQTT.js",
  async measure(bench) {
    const wide = await bench.measure(floodQos1(1000));
    const narrow = await bench.measure(floodQos1(100));
    const perSecond = "perSecond";
    const beside = (name: "raw" | "core", samples: typeof wide) => ({
      name,
      values: valuesOf(samples[name], perSecond),
    });
    return {
      figures: [
        {
          label: "window 1,000",
          unit: "msg/s",
          ours: valuesOf(wide.ours, perSecond),
          other: beside("raw", wide),
          target: { op: ">=", value: 0.95, stretch: 1.1 },
        },
        {
          label: "window 100",
          unit: "msg/s",
          ours: valuesOf(narrow.ours, perSecond),
          other: beside("raw", narrow),
        },
        {
          label: "window 1,000",
          unit: "msg/s",
          ours: valuesOf(wide.ours, perSecond),
          other: beside("core", wide),
        },
        {
          label: "core, window 1,000",
          unit: "msg/s",
          ours: valuesOf(wide.core, perSecond),
          other: beside("raw", wide),
        },
      ],
    };
  },
};

const P2: Row = {
  id: "P2",
  what: "CPU per message, QoS 1, memory store",
  async measure(bench) {
    const wide = await bench.measure(floodQos1(1000));
    const narrow = await bench.measure(floodQos1(100));
    const figure = (label: string, { ours: mine, core: theirs }: typeof wide) => ({
      label,
      unit: "µs",
      ours: valuesOf(mine, "cpuUs"),
      other: { name: "core", values: valuesOf(theirs, "cpuUs") },
    });
    return {
      figures: [
        { ...figure("window 1,000", wide), target: { op: "<=", value: 0.8, stretch: 0.65 } },
        figure("window 100", narrow),
      ],
    };
  },
};

const P4: Row = {
  id: "P4",
  what: "TCP writes per message under load",
  async measure(bench) {
    const samples = [
      ["QoS 1, window 1,000", await bench.measure(floodQos1(1000))],
      ["QoS 1, window 100", await bench.measure(floodQos1(100))],
      ["QoS 0", await bench.measure(floodQos0)],
    ] as const;
    return {
      figures: samples.flatMap(([label, each]) => [
        {
          label,
          unit: "writes",
          ours: valuesOf(each.ours, "writes"),
          target: { op: "<=", value: 0.05, stretch: 0.01 },
        },
        { label: `${label}, core`, unit: "writes", ours: valuesOf(each.core, "writes") },
      ]),
    };
  },
};

function burstQos2(window: number): Experiment<"core" | "ours"> {
  return {
    name: `burst at QoS 2, window ${window}`,
    variants: {
      core: async (bench) =>
        bench.run("burst", {
          target: core(2)((await bench.broker()).port),
          count: bench.scale(30_000, 15_000),
        }),
      ours: async (bench) =>
        bench.run("burst", {
          target: ours(2, window)((await bench.broker()).port),
          count: bench.scale(30_000, 15_000),
        }),
    },
  };
}

const P5: Row = {
  id: "P5",
  what: "QoS 2, 30,000 at once, msg/s",
  async measure(bench) {
    const wide = await bench.measure(burstQos2(1000));
    return {
      figures: [
        {
          label: "window 1,000",
          unit: "msg/s",
          ours: valuesOf(wide.ours, "perSecond"),
          other: { name: "core", values: valuesOf(wide.core, "perSecond") },
          target: { op: ">=", value: 2, stretch: 2.3 },
        },
      ],
    };
  },
};

const steadyQos1: Experiment<"core" | "ours"> = {
  name: "1,000 msg/s at QoS 1",
  variants: {
    core: async (bench) =>
      bench.run("paced", {
        target: core(1)((await bench.broker()).port),
        perSecond: 1000,
        warmUp: 1000,
        count: bench.scale(5000, 3000),
      }),
    ours: async (bench) =>
      bench.run("paced", {
        target: ours(1, 100)((await bench.broker()).port),
        perSecond: 1000,
        warmUp: 1000,
        count: bench.scale(5000, 3000),
      }),
  },
};

const P11: Row = {
  id: "P11",
  what: "input → done at 1,000/s, QoS 1",
  async measure(bench) {
    const samples = await bench.measure(steadyQos1);
    const other = (name: string) => ({ name: "core", values: valuesOf(samples.core, name) });
    return {
      figures: [
        {
          label: "p50",
          unit: "ms",
          ours: valuesOf(samples.ours, "p50Ms"),
          other: other("p50Ms"),
          target: { op: "<=", value: 1.25, stretch: 1.1 },
        },
        { label: "p99", unit: "ms", ours: valuesOf(samples.ours, "p99Ms"), other: other("p99Ms") },
      ],
    };
  },
};

export const publishSpeedRows = [P1, P2, P4, P5, P11];
