import { deviceResource, productResource, type SignMethod, signToken } from "../../lib/protocol/token";
import type { SimulatorEvent } from "../../lib/simulator/events";
import type { SimulatedProduct, SimulatorOptions } from "../../lib/simulator/options";
import { type Simulator, startSimulator } from "../../lib/simulator/simulator";
import { EventLog } from "./events";
import { type ConnectOptions, RawMqtt } from "./raw-mqtt";

function key(name: string): string {
  return Buffer.from(name.padEnd(32, "."), "utf8").toString("base64");
}

/** A thing-model product with two devices. */
export const THING: SimulatedProduct & { readonly productKey: string } = {
  productId: "Th1ngM0del",
  kind: "thing-model",
  productKey: key("thing product"),
  devices: [
    { deviceName: "lamp", deviceKey: key("lamp") },
    { deviceName: "fan", deviceKey: key("fan") },
  ],
};

/** A data-stream product; its one device is called as one of the other product's. */
export const STREAM: SimulatedProduct & { readonly productKey: string } = {
  productId: "Str3amPr0d",
  kind: "data-stream",
  productKey: key("stream product"),
  devices: [{ deviceName: "lamp", deviceKey: key("stream lamp") }],
};

export const USER = { userId: "100001", accessKey: key("account") };

export interface TokenOptions {
  readonly key?: string;
  readonly res?: string;
  readonly version?: string;
  readonly method?: SignMethod;
  readonly expiresAtSeconds?: number;
}

const IN_AN_HOUR = () => Math.floor(Date.now() / 1000) + 3600;

export function keyOf(product: SimulatedProduct, deviceName: string): string {
  const found = product.devices.find((device) => device.deviceName === deviceName);
  if (!found) throw new Error(`no device ${deviceName}`);
  return found.deviceKey;
}

/** A device's login token; everything about it can be wrong. */
export function deviceToken(
  product: SimulatedProduct,
  deviceName: string,
  options: TokenOptions = {},
): string {
  const {
    version = "2018-10-31",
    method = "sha256",
    res = deviceResource(product.productId, deviceName),
    expiresAtSeconds = IN_AN_HOUR(),
  } = options;
  return signToken({ version, res, method, expiresAtSeconds }, options.key ?? keyOf(product, deviceName));
}

/** A cloud application's token for a product. */
export function productToken(product: SimulatedProduct, options: TokenOptions = {}): string {
  const {
    version = "2022-05-01",
    method = "sha256",
    res = productResource(product.productId),
    expiresAtSeconds = IN_AN_HOUR(),
  } = options;
  return signToken({ version, res, method, expiresAtSeconds }, options.key ?? product.productKey ?? "");
}

export function connectOptions(product: SimulatedProduct, deviceName: string): ConnectOptions {
  return {
    clientId: deviceName,
    username: product.productId,
    password: deviceToken(product, deviceName),
  };
}

/** A simulator with both products on free ports, and what it tells. */
export interface TestSimulator {
  readonly simulator: Simulator;
  readonly events: EventLog<SimulatorEvent>;
  /** An open connection, not logged in. */
  open(): Promise<RawMqtt>;
  /** A device that is logged in. */
  login(product: SimulatedProduct, deviceName: string, options?: Partial<ConnectOptions>): Promise<RawMqtt>;
  /** The next event of this kind that matches. */
  next<E extends SimulatorEvent["event"]>(
    event: E,
    matches?: (event: Extract<SimulatorEvent, { event: E }>) => boolean,
  ): Promise<Extract<SimulatorEvent, { event: E }>>;
  /** Closes the connections and stops it. */
  stop(): Promise<void>;
}

export async function startTestSimulator(options: SimulatorOptions = {}): Promise<TestSimulator> {
  const simulator = await startSimulator({ port: 0, httpPort: null, products: [THING, STREAM], ...options });
  const events = new EventLog<SimulatorEvent>("simulator");
  simulator.on((event) => events.push(event));
  const opened: RawMqtt[] = [];
  const open = async () => {
    const client = await RawMqtt.open(simulator.port, simulator.host);
    opened.push(client);
    return client;
  };
  return {
    simulator,
    events,
    open,
    login: async (product, deviceName, more = {}) => {
      const client = await open();
      const code = await client.login({ ...connectOptions(product, deviceName), ...more });
      if (code !== 0) throw new Error(`login of ${deviceName}: ${code}`);
      return client;
    },
    next: async (kind, matches = () => true) => {
      type Wanted = Extract<SimulatorEvent, { event: typeof kind }>;
      const isWanted = (event: SimulatorEvent): event is Wanted => event.event === kind;
      return (await events.waitForNext((event) => isWanted(event) && matches(event), {
        what: kind,
      })) as Wanted;
    },
    stop: async () => {
      for (const client of opened) client.close();
      await simulator.stop();
    },
  };
}
