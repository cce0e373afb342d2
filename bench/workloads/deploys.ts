import type { Sample } from "../harness/row";
import { quantile } from "../harness/statistics";
import { startEmbedded } from "../runtime/embedded-node-red";
import { coreBroker, type FlowNode, ourBroker, tab } from "../runtime/flows";
import { startProfiler } from "../runtime/profiler";

export interface DeploysParams {
  readonly target: { readonly kind: "core" | "mqtt-out"; readonly port: number };
  readonly nodes: number;
  readonly deploys: number;
}

/** Deploys changed nodes again and again, all of them on one connection. */
export async function deploys({ target, nodes, deploys: count }: DeploysParams): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(flow(target, nodes, 0));
  await nodeRed.connected("node0");
  const tookMs: number[] = [];
  const profiler = startProfiler();
  for (let version = 1; version <= count; version += 1) {
    const changed = flow(target, nodes, version);
    const startedMs = performance.now();
    await nodeRed.deploy(changed, "nodes");
    tookMs.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  profiler.stop();
  // The first deploys compile what the later ones use.
  return { deployMs: quantile(tookMs.slice(Math.floor(count / 4)), 0.5) };
}

function flow({ kind, port }: DeploysParams["target"], count: number, version: number): FlowNode[] {
  const id = "connection";
  const broker = kind === "core" ? coreBroker({ id, port }) : ourBroker({ id, port, window: 100 });
  const place = { z: tab.id, x: 100, y: 100, topic: `bench/deploy/${version}`, qos: "1" };
  const nodes = Array.from({ length: count }, (_none, index): FlowNode => {
    const node = { ...place, id: `node${index}` };
    return kind === "core"
      ? { ...node, type: "mqtt out", retain: "", broker: id, wires: [] }
      : { ...node, type: "onenet-mqtt-out", connection: id, wires: [[]] };
  });
  return [tab, broker, ...nodes];
}
