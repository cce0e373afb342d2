import { type FlowNode, ourBroker, ourDevice, tab } from "../runtime/flows";

/** A stream of numbered messages through one node of ours. */
export interface SoakSource {
  readonly name: "memory" | "disk-always" | "datapoints";
  readonly nodeId: string;
  readonly perSecond: number;
  message(n: number): Record<string, unknown>;
}

export const SOAK_TOPICS = { memory: "soak/memory", "disk-always": "soak/disk" } as const;
/** mosquitto knows the connections by these names; a rival who takes one evicts it. */
export const SOAK_CLIENT_IDS = ["soak-memory", "soak-disk"] as const;

const number = (n: number) => ({ _msgid: String(n), n, payload: String(n) });

/** Each datapoint has a stream of its own: the simulator tells the last value of each stream, and so tells them all. */
export const streamOf = (n: number): string => `d${n}`;
export const idOf = (stream: string): number => Number(stream.slice(1));

export const SOAK_SOURCES: readonly SoakSource[] = [
  { name: "memory", nodeId: "memory", perSecond: 100, message: number },
  { name: "disk-always", nodeId: "disk", perSecond: 100, message: number },
  {
    name: "datapoints",
    nodeId: "datapoints",
    perSecond: 20,
    message: (n) => ({ _msgid: String(n), n, topic: streamOf(n), payload: n }),
  },
];

export interface SoakPorts {
  readonly mosquitto: number;
  readonly simulator: number;
}

/** The three nodes, each on a connection of its own; the simulated device keeps the platform's pace. */
export function soakFlow({ mosquitto, simulator }: SoakPorts): FlowNode[] {
  const [memoryId, diskId] = SOAK_CLIENT_IDS;
  const common = { port: mosquitto, window: 100 };
  const node = { z: tab.id, x: 100, y: 100, wires: [[]] };
  const out = { ...node, type: "onenet-mqtt-out", qos: "1", completeWhen: "acknowledged" };
  const device = ourDevice({ port: simulator, window: 100 });
  return [
    tab,
    ourBroker({ ...common, id: "memory-connection", clientId: memoryId, store: "memory" }),
    ourBroker({ ...common, id: "disk-connection", clientId: diskId, store: "disk-always" }),
    { ...device, platform: "simulator", messagesPerSecond: "" },
    { ...out, id: "memory", connection: "memory-connection", topic: SOAK_TOPICS.memory },
    { ...out, id: "disk", connection: "disk-connection", topic: SOAK_TOPICS["disk-always"] },
    {
      ...node,
      id: "datapoints",
      type: "onenet-datapoint-publish",
      connection: device.id,
      qos: "1",
      completeWhen: "accepted",
    },
  ];
}
