/** The flows under test: Node-RED's own MQTT nodes, and ours in the same places. */

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The node that the messages go to. */
export const TARGET = "target";
const TAB = "tab";
const BROKER = "broker";

export type Store = "memory" | "disk-behind" | "disk-always";

/** How our connection is set up, where it differs from what the bench usually takes. */
export interface ConnectionChoice {
  readonly port: number;
  /** Most PUBLISHes sent and not acknowledged. */
  readonly window: number;
  readonly store?: Store;
  readonly clientId?: string;
  readonly cleanSession?: boolean;
  readonly protocolVersion?: 4 | 5;
}

/** A publishing node and its connection. */
export type PublishTarget =
  | {
      readonly kind: "core";
      readonly port: number;
      readonly qos: 0 | 1 | 2;
      readonly topic: string;
      readonly clientId?: string;
      readonly cleanSession?: boolean;
      readonly protocolVersion?: 4 | 5;
    }
  | ({
      readonly kind: "mqtt-out";
      readonly qos: 0 | 1 | 2;
      readonly topic: string;
      readonly completeWhen?: "queued" | "sent" | "acknowledged";
    } & ConnectionChoice)
  | ({
      readonly kind: "datapoints";
      /** The thing model that values are held against; without one the product is a data-stream one. */
      readonly model?: string;
    } & ConnectionChoice);

/** The device of the private deployment that mosquitto plays. */
export const DEVICE = { productId: "BenchProd1", deviceName: "bench" } as const;
export const DEVICE_KEY = Buffer.from("the key of the bench device 0001").toString("base64");

/** Bounds that no workload reaches: full queues have rows of their own. */
const ROOMY_QUEUE = { queueMaxMessages: "1000000", queueMaxMiB: "1024", queueWhenFull: "refuse-new" };

export function coreBroker(choice: {
  readonly port: number;
  readonly id?: string;
  readonly clientId?: string;
  readonly cleanSession?: boolean;
  readonly protocolVersion?: 4 | 5;
}): FlowNode {
  return {
    id: choice.id ?? BROKER,
    type: "mqtt-broker",
    broker: "127.0.0.1",
    port: String(choice.port),
    clientid: choice.clientId ?? "",
    autoConnect: true,
    usetls: false,
    protocolVersion: String(choice.protocolVersion ?? 4),
    keepalive: "60",
    cleansession: choice.cleanSession ?? true,
  };
}

export function ourBroker(choice: ConnectionChoice & { readonly id?: string }): FlowNode {
  return {
    id: choice.id ?? BROKER,
    type: "onenet-connection",
    platform: "mqtt",
    host: "127.0.0.1",
    protocolVersion: String(choice.protocolVersion ?? 4),
    // A queue on disk is found by it after a restart.
    clientId: choice.clientId ?? (choice.store?.startsWith("disk") === true ? "onenet-bench" : ""),
    cleanSession: choice.cleanSession ?? true,
    ...deliveryFields(choice),
  };
}

/** A product on a private deployment, without a rate limit. */
export function ourDevice(choice: ConnectionChoice & { readonly model?: string }): FlowNode {
  const { model } = choice;
  return {
    id: BROKER,
    type: "onenet-connection",
    platform: "private",
    ...(model === undefined
      ? { productKind: "data-stream" }
      : { productKind: "thing-model", modelSource: "pasted", model, modelCheck: "coerce" }),
    host: "127.0.0.1",
    ...DEVICE,
    keyKind: "device-key",
    credentials: { key: DEVICE_KEY },
    messagesPerSecond: "0",
    ...deliveryFields(choice),
  };
}

function deliveryFields(choice: ConnectionChoice): Record<string, unknown> {
  return {
    port: String(choice.port),
    transport: "mqtt",
    inFlightMax: String(choice.window),
    store: choice.store ?? "memory",
    ...ROOMY_QUEUE,
  };
}

export const tab: FlowNode = { id: TAB, type: "tab", label: "bench" };

/** The whole flow of a publishing node. */
export function publishFlow(target: PublishTarget): FlowNode[] {
  const node = { id: TARGET, z: TAB, x: 100, y: 100, wires: [] };
  switch (target.kind) {
    case "core":
      return [
        tab,
        coreBroker(target),
        {
          ...node,
          type: "mqtt out",
          topic: target.topic,
          qos: String(target.qos),
          retain: "",
          broker: BROKER,
        },
      ];
    case "mqtt-out":
      return [
        tab,
        ourBroker(target),
        {
          ...node,
          wires: [[]],
          type: "onenet-mqtt-out",
          connection: BROKER,
          topic: target.topic,
          qos: String(target.qos),
          completeWhen: target.completeWhen ?? "acknowledged",
        },
      ];
    case "datapoints":
      return [
        tab,
        ourDevice(target),
        {
          ...node,
          wires: [[]],
          type: "onenet-datapoint-publish",
          connection: BROKER,
          qos: "1",
          completeWhen: "acknowledged",
        },
      ];
  }
}
