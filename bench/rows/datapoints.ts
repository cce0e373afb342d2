/** P6–P8: *datapoint publish* on a private deployment's data-stream product against core's *mqtt out*. */
import type { Experiment } from "../harness/bench";
import { type Row, type Sample, valuesOf } from "../harness/row";
import type { PublishTarget } from "../runtime/flows";
import { DATAPOINT_TOPIC, hundredPropertiesModel, PROPERTY_TOPIC } from "../runtime/messages";
import { floodVariant } from "./speed-experiments";

/** Enough that a pack can fill up while two are on their way. */
const OUTSTANDING = 1000;
const WINDOW = 1000;

const core = (port: number): PublishTarget => ({ kind: "core", port, qos: 1, topic: DATAPOINT_TOPIC });
const ours = (port: number) => ({ kind: "datapoints", port, window: WINDOW }) as const;

/** Ours are through after a fifth of a second else, before V8 has compiled what it runs. */
const share = 5;

const single: Experiment<"core" | "ours"> = {
  name: "one datapoint a message",
  variants: {
    core: floodVariant(core, { outstanding: OUTSTANDING, message: "datapoint-json", share }),
    ours: floodVariant(ours, { outstanding: OUTSTANDING, message: "datapoint", share }),
  },
};

const hundred: Experiment<"text" | "object" | "ours"> = {
  name: "100 datapoints a message",
  variants: {
    text: floodVariant(core, { outstanding: OUTSTANDING, message: "100-datapoints-json" }),
    object: floodVariant(core, { outstanding: OUTSTANDING, message: "100-datapoints-object" }),
    ours: floodVariant(ours, { outstanding: OUTSTANDING, message: "100-datapoints" }),
  },
};

const validated: Experiment<"text" | "ours"> = {
  name: "100 properties a message, held against the thing model",
  variants: {
    text: floodVariant((port) => ({ kind: "core", port, qos: 1, topic: PROPERTY_TOPIC }), {
      outstanding: OUTSTANDING,
      message: "100-properties-json",
    }),
    ours: floodVariant((port) => ({ ...ours(port), model: hundredPropertiesModel() }), {
      outstanding: OUTSTANDING,
      message: "100-properties",
    }),
  },
};

/** One datapoint in one PUBLISH is what there is without packing. */
const BYTES_UNPACKED = 80;

function withoutPacking(samples: readonly Sample[]): string | undefined {
  const isPacked = valuesOf(samples, "bytes").every((bytes) => bytes < BYTES_UNPACKED);
  return isPacked ? undefined : "packing (each datapoint went in a PUBLISH of its own)";
}

const P6: Row = {
  id: "P6",
  what: "datapoint publish, one datapoint a message, packed",
  async measure(bench) {
    const samples = await bench.measure(single);
    const figure = (label: string, unit: string, name: string) => ({
      label,
      unit,
      ours: valuesOf(samples.ours, name),
      other: { name: "core", values: valuesOf(samples.core, name) },
    });
    const notAvailable = withoutPacking(samples.ours);
    return {
      figures: [
        { ...figure("datapoints/s", "/s", "perSecond"), target: { op: ">=", value: 6, stretch: 8 } },
        figure("CPU per datapoint", "µs", "cpuUs"),
      ],
      ...(notAvailable === undefined ? {} : { notAvailable }),
    };
  },
};

const P7: Row = {
  id: "P7",
  what: "datapoint publish, 100 datapoints a message, core with ready-made JSON",
  async measure(bench) {
    const samples = await bench.measure(hundred);
    const checked = await bench.measure(validated);
    const figure = (label: string, unit: string, name: string, beside: "text" | "object") => ({
      label,
      unit,
      ours: valuesOf(samples.ours, name),
      other: { name: "core", values: valuesOf(samples[beside], name) },
    });
    return {
      figures: [
        {
          ...figure("messages/s", "/s", "perSecond", "text"),
          target: { op: ">=", value: 0.8, stretch: 0.95 },
        },
        figure("CPU per message", "µs", "cpuUs", "text"),
        figure("messages/s, core given the object", "/s", "perSecond", "object"),
        figure("CPU per message, core given the object", "µs", "cpuUs", "object"),
        {
          label: "100 properties held against the thing model: messages/s",
          unit: "/s",
          ours: valuesOf(checked.ours, "perSecond"),
          other: { name: "core", values: valuesOf(checked.text, "perSecond") },
          target: { op: ">=", value: 0.8, stretch: 0.95 },
        },
        {
          label: "CPU per message, held against the thing model",
          unit: "µs",
          ours: valuesOf(checked.ours, "cpuUs"),
          other: { name: "core", values: valuesOf(checked.text, "cpuUs") },
        },
      ],
    };
  },
};

const P8: Row = {
  id: "P8",
  what: "bytes on the wire per datapoint, one a message",
  async measure(bench) {
    const samples = await bench.measure(single);
    const notAvailable = withoutPacking(samples.ours);
    return {
      figures: [
        {
          label: "sent",
          unit: "B",
          ours: valuesOf(samples.ours, "bytes"),
          other: { name: "core", values: valuesOf(samples.core, "bytes") },
          target: { op: "<=", value: 0.34, stretch: 0.28 },
        },
      ],
      ...(notAvailable === undefined ? {} : { notAvailable }),
    };
  },
};

export const datapointRows = [P6, P7, P8];
