import type { Sample } from "../harness/row";
import { startEmbedded } from "../runtime/embedded-node-red";
import { coreBroker, type FlowNode, ourBroker, tab } from "../runtime/flows";
import { readMemory } from "../runtime/meters";

export interface ConnectionsParams {
  readonly target: { readonly kind: "core" | "mqtt-out"; readonly port: number };
  readonly count: number;
}

/** Many idle connections, each with a publishing node: what one of them costs. */
export async function connections({ target, count }: ConnectionsParams): Promise<Sample> {
  const nodeRed = await startEmbedded();
  // The first one brings the code with it.
  await nodeRed.deploy(flow(target, 1));
  await nodeRed.connected(nodeId(0));
  const before = await readMemory();
  await nodeRed.deploy(flow(target, 1 + count));
  for (let index = 1; index <= count; index += 1) await nodeRed.connected(nodeId(index));
  nodeRed.forgetStatuses();
  const after = await readMemory();
  return {
    heapKb: (after.heapBytes - before.heapBytes) / count / 1000,
    rssKb: (after.rssBytes - before.rssBytes) / count / 1000,
  };
}

const nodeId = (index: number): string => `node${index}`;

function flow({ kind, port }: ConnectionsParams["target"], count: number): FlowNode[] {
  const nodes: FlowNode[] = [tab];
  for (let index = 0; index < count; index += 1) {
    const id = `connection${index}`;
    const node = { id: nodeId(index), z: tab.id, x: 100, y: 100, topic: "bench/idle", qos: "1" };
    if (kind === "core") {
      nodes.push(coreBroker({ id, port, clientId: `idle${index}` }));
      nodes.push({ ...node, type: "mqtt out", retain: "", broker: id, wires: [] });
    } else {
      nodes.push(ourBroker({ id, port, clientId: `idle${index}`, window: 100 }));
      nodes.push({ ...node, type: "onenet-mqtt-out", connection: id, wires: [[]] });
    }
  }
  return nodes;
}
