/** S2: Node-RED killed at random moments under load. */
import type { Bench } from "../harness/bench";
import { type Figure, type Row, valuesOf } from "../harness/row";
import { runKills } from "../proofs/kills";
import { diskStore } from "./disk-store";

const NONE = { op: "<=", value: 0 } as const;
const KILLS = 50;
const SEED = 20;

async function measure(bench: Bench, qos: 1 | 2): Promise<Figure[]> {
  const sample = await runKills({ qos, kills: bench.scale(KILLS, 10), perSecond: 2000, seed: SEED + qos });
  bench.progress(`S2 QoS ${qos}: ${JSON.stringify(sample)}`);
  const figure = (label: string, name: string, target?: Figure["target"]): Figure => ({
    label: `QoS ${qos}, ${label}`,
    unit: "",
    ours: valuesOf([sample], name),
    ...(target && { target }),
  });
  return [
    figure("kills", "kills"),
    figure("of these under load, not while starting", "killedFeeding"),
    figure("messages reported queued", "queued"),
    figure("queued, and after a kill neither delivered nor on disk", "vanished", NONE),
    figure("queued and never delivered", "lost", NONE),
    figure("delivered and never fed", "invented", NONE),
    figure("duplicates", "duplicates", qos === 2 ? NONE : undefined),
    figure("most on disk after a kill", "mostStored"),
    figure("left in the end", "left", NONE),
  ];
}

export const killRow: Row = {
  id: "S2",
  what: "Node-RED killed at random moments, disk always",
  measure: (bench) =>
    diskStore(bench, async () => ({ figures: [...(await measure(bench, 1)), ...(await measure(bench, 2))] })),
};
