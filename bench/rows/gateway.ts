/** S9: a gateway with 1,500 sub-devices on one connection. */
import { MAX_SUB_DEVICES } from "../../lib/protocol/limits";
import type { Bench } from "../harness/bench";
import { type Figure, type Row, type Sample, valuesOf } from "../harness/row";
import { type GatewayPlan, runGateway, shortestPeriodMs } from "../proofs/gateway";

const NONE = { op: "<=", value: 0 } as const;
/** Two packs' worth: what comes in a second, and what is on its way. */
const FLAT_MESSAGES = 20;

async function measure(bench: Bench, label: string, plan: GatewayPlan): Promise<Figure[]> {
  const sample: Sample = await runGateway(plan);
  bench.progress(`S9 ${label}: ${JSON.stringify(sample)}`);
  const figure = (what: string, unit: string, name: string, target?: Figure["target"]): Figure => ({
    label: `${label}, ${what}`,
    unit,
    ours: valuesOf([sample], name),
    judge: "worst",
    ...(target && { target }),
  });
  return [
    figure("values lost", "", "lost", NONE),
    figure("values stored twice", "", "doubled", NONE),
    figure("failed inputs", "", "errors", NONE),
    figure("values", "/s", "perSecond"),
    figure("PUBLISHes", "", "publishes"),
    figure("CPU of Node-RED", "%", "cpuPercent"),
    figure("longest queue", "messages", "heldMax"),
    figure("growth of the queue", "messages", "heldGrowth", { op: "<=", value: FLAT_MESSAGES }),
  ];
}

export const gatewayRow: Row = {
  id: "S9",
  what: `a gateway with ${MAX_SUB_DEVICES} sub-devices on one connection`,
  async measure(bench) {
    const subDevices = MAX_SUB_DEVICES;
    const fast = { subDevices, everyMs: 10_000, reports: bench.scale(30, 6), messagesPerSecond: 0 };
    const period = shortestPeriodMs(subDevices);
    const slow = { subDevices, everyMs: period, reports: bench.scale(4, 2), messagesPerSecond: 1 };
    return {
      figures: [
        ...(await measure(bench, "each every 10 s", fast)),
        ...(await measure(bench, `1 message/s, each every ${period / 1000} s`, slow)),
      ],
    };
  },
};
