/** Experiments that several rows look at. */
import type { Bench, Experiment, Variant } from "../harness/bench";
import type { PublishTarget } from "../runtime/flows";
import type { MessageKind } from "../runtime/messages";

const TOPIC = "bench/speed/readings";

/** Flood sizes: about two seconds of measurement each. */
function floodSize(bench: Bench): { readonly warmUp: number; readonly count: number } {
  return { warmUp: bench.scale(20_000, 10_000), count: bench.scale(80_000, 30_000) };
}

/** A flood of one publishing node. */
export function floodVariant(
  makeTarget: (port: number) => PublishTarget,
  choice: { readonly outstanding: number; readonly message?: MessageKind; readonly share?: number },
): Variant {
  return async (bench) => {
    const { port } = await bench.broker();
    const { warmUp, count } = floodSize(bench);
    const share = choice.share ?? 1;
    return bench.run("flood", {
      target: makeTarget(port),
      message: choice.message ?? "text",
      outstanding: choice.outstanding,
      warmUp: Math.ceil(warmUp * share),
      count: Math.ceil(count * share),
    });
  };
}

function rawVariant(qos: 0 | 1, window: number): Variant {
  return async (bench) => {
    const { port } = await bench.broker();
    return bench.run("rawFlood", { port, qos, topic: TOPIC, outstanding: window, ...floodSize(bench) });
  };
}

export const core =
  (qos: 0 | 1 | 2) =>
  (port: number): PublishTarget => ({ kind: "core", port, qos, topic: TOPIC });

export const ours =
  (qos: 0 | 1 | 2, window: number, more: Partial<Extract<PublishTarget, { kind: "mqtt-out" }>> = {}) =>
  (port: number): PublishTarget => ({ kind: "mqtt-out", port, qos, topic: TOPIC, window, ...more });

/** *mqtt out* at QoS 1 with a window, beside core and beside MQTT.js itself. */
export function floodQos1(window: number): Experiment<"raw" | "core" | "ours"> {
  return {
    name: `flood at QoS 1, window ${window}`,
    variants: {
      raw: rawVariant(1, window),
      core: floodVariant(core(1), { outstanding: window }),
      ours: floodVariant(ours(1, window), { outstanding: window }),
    },
  };
}

export const floodQos0: Experiment<"core" | "ours"> = {
  name: "flood at QoS 0",
  variants: {
    core: floodVariant(core(0), { outstanding: 1000 }),
    ours: floodVariant(ours(0, 1000), { outstanding: 1000 }),
  },
};
