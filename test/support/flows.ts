import type { SimulatedProduct } from "../../lib/simulator/options";
import type { FlowNode } from "./admin-api";
import { keyOf } from "./simulated";

/** Nodes of a flow as the editor saves them, with what a test does not care about filled in. */
export type Fields = Readonly<Record<string, unknown>>;

/** The tab on which every node below stands. */
export const TAB = "tab";
/** Where outputs end that nobody reads: a send is only seen along a wire. */
export const SINK = "sink";
export const CATCH = "catcher";

/** The fields that every connection is saved with. */
const CONNECTION_DEFAULTS = {
  name: "",
  hostChoice: "own",
  transport: "mqtt",
  host: "127.0.0.1",
  port: "",
  keyKind: "device-key",
  signMethod: "sha256",
  keepAliveSeconds: "60",
  connectTimeoutSeconds: "15",
} as const;

/** A connection of a simulated device, with its right key. */
export function deviceConnection(
  id: string,
  simulator: { readonly port: number },
  product: SimulatedProduct,
  deviceName: string,
  fields: Fields = {},
): FlowNode {
  return {
    ...CONNECTION_DEFAULTS,
    id,
    type: "onenet-connection",
    platform: "simulator",
    port: String(simulator.port),
    productKind: product.kind,
    productId: product.productId,
    deviceName,
    credentials: { key: keyOf(product, deviceName) },
    ...fields,
  };
}

/** A connection of any MQTT broker. */
export function brokerConnection(
  id: string,
  broker: { readonly port: number },
  fields: Fields = {},
): FlowNode {
  return {
    ...CONNECTION_DEFAULTS,
    id,
    type: "onenet-connection",
    platform: "mqtt",
    port: String(broker.port),
    protocolVersion: "4",
    cleanSession: true,
    ...fields,
  };
}

/** Any node on the tab, wired to the sink unless told otherwise. */
export function node(type: string, id: string, fields: Fields = {}): FlowNode {
  return { id, type, z: TAB, x: 100, y: 100, name: "", wires: [[SINK]], ...fields };
}

export const datapointPublish = (id: string, connection: string, fields: Fields = {}): FlowNode =>
  node("onenet-datapoint-publish", id, { connection, stream: "", streamType: "str", ...fields });

export const eventPost = (id: string, connection: string, fields: Fields = {}): FlowNode =>
  node("onenet-event-post", id, { connection, event: "", ...fields });

export const mqttOut = (id: string, connection: string, fields: Fields = {}): FlowNode =>
  node("onenet-mqtt-out", id, { connection, topic: "", ...fields });

export const commandSubscribe = (id: string, connection: string, fields: Fields = {}): FlowNode =>
  node("onenet-command-subscribe", id, { connection, ...fields });

export const commandResponse = (id: string, fields: Fields = {}): FlowNode =>
  node("onenet-command-response", id, fields);

/** A sub-device of a gateway's connection, with its right key; without a name any of the product, with the product's. */
export function subdevice(
  id: string,
  connection: string,
  product: ReturnType<typeof makeProduct>,
  deviceName: string,
  fields: Fields = {},
): FlowNode {
  return {
    id,
    type: "onenet-subdevice",
    name: "",
    connection,
    productId: product.productId,
    deviceName,
    keyKind: deviceName === "" ? "product-key" : "device-key",
    login: "none",
    autoTopology: false,
    credentials: { key: deviceName === "" ? product.productKey : keyOf(product, deviceName) },
    ...fields,
  };
}

export const gateway = (id: string, connection: string, fields: Fields = {}): FlowNode =>
  node("onenet-gateway", id, { connection, wires: [[SINK], [SINK]], ...fields });

/** The tab, a sink and a Catch node for everything on the tab (unless one is given); then the nodes given. */
export function flowOf(...nodes: readonly FlowNode[]): readonly FlowNode[] {
  return [
    { id: TAB, type: "tab", label: "test" },
    // A status node without a scope takes every message and tells nothing of its own; the helper has it too.
    node("status", SINK, { scope: [], wires: [] }),
    ...(nodes.some(({ id }) => id === CATCH) ? [] : [node("catch", CATCH, { scope: null })]),
    ...nodes,
  ];
}

let products = 0;

/** A product of a name of its own, with these devices; every key is another one. */
export function makeProduct(
  kind: SimulatedProduct["kind"],
  ...deviceNames: readonly string[]
): SimulatedProduct & { readonly productKey: string } {
  products += 1;
  const productId = `T${String(products).padStart(3, "0")}x${process.pid}`.slice(0, 12);
  const key = (name: string) => Buffer.from(`${productId}/${name}`.padEnd(32, ".")).toString("base64");
  return {
    productId,
    kind,
    productKey: key(""),
    devices: deviceNames.map((deviceName) => ({ deviceName, deviceKey: key(deviceName) })),
  };
}
