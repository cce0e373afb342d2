/** R9: a broker that takes 20 messages at a time and says so. */
import type { Bench, Experiment } from "../harness/bench";
import type { Row, Sample } from "../harness/row";
import { valuesOf } from "../harness/row";
import { settle } from "../loss/run";
import { LOSS_TOPIC, Site } from "../loss/site";
import type { PublishTarget } from "../runtime/flows";

const COUNT = 3000;
/** All at once, as far as the node can tell. */
const PER_SECOND = 1_000_000;
/** mosquitto tells it to MQTT 5 clients as Receive Maximum, and disconnects who goes beyond. */
const RECEIVE_MAXIMUM = 20;

async function measure(makeTarget: (port: number) => PublishTarget): Promise<Sample> {
  const site = await Site.open({
    makeTarget,
    count: COUNT,
    perSecond: PER_SECOND,
    persistence: false,
    inFlightMax: RECEIVE_MAXIMUM,
  });
  try {
    await site.startFeeding();
    await site.fed();
    await settle(site);
    await site.finish();
    const links = site.proxy.events.filter(({ event }) => event === "accepted").length;
    return { delivered: site.subscriber.delivered.size, disconnects: links - 1 };
  } finally {
    await site.close();
  }
}

const target =
  (kind: "core" | "mqtt-out") =>
  (port: number): PublishTarget => {
    const common = {
      port,
      qos: 2,
      topic: LOSS_TOPIC,
      clientId: "receive-maximum",
      protocolVersion: 5,
    } as const;
    return kind === "core" ? { kind, ...common } : { kind, ...common, window: 1000 };
  };

const experiment: Experiment<"core" | "ours"> = {
  name: `Receive Maximum ${RECEIVE_MAXIMUM}`,
  variants: { core: () => measure(target("core")), ours: () => measure(target("mqtt-out")) },
};

export const receiveMaximumRow: Row = {
  id: "R9",
  what: `MQTT 5, Receive Maximum ${RECEIVE_MAXIMUM}, QoS 2, ${COUNT.toLocaleString("en")} messages`,
  async measure(bench: Bench) {
    const { core, ours } = await bench.measure(experiment);
    const figure = (label: string) => ({
      label,
      unit: "",
      ours: valuesOf(ours, label),
      beside: { name: "core", values: valuesOf(core, label) },
      judge: "worst" as const,
    });
    return {
      figures: [
        { ...figure("delivered"), target: { op: ">=", value: COUNT } },
        { ...figure("disconnects"), target: { op: "<=", value: 0 } },
      ],
    };
  },
};
