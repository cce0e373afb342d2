import { AnswerDesk } from "./answer-desk";
import { Broker } from "./broker";
import { type CloudApplication, openCloud } from "./cloud";
import type { DeviceAnswer, SimulatorContext } from "./context";
import { EventHub, type ListeningEvent, type SimulatorListener } from "./events";
import { FaultBoard, type Faults, faultSwitches } from "./faults";
import { readRules, type SimulatedProduct, type SimulatorOptions } from "./options";
import { type Addresses, Ports } from "./ports";
import { RateKeeper } from "./rates";
import { type Registration, Registry } from "./registry";
import { leaveTopology } from "./topology";

/** A running simulator. */
export interface Simulator {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number | undefined;
  readonly tlsPort: number | undefined;
  /** What a client has to trust for the TLS port. */
  readonly rootCertificatePem: string | undefined;
  readonly rootFingerprintSha256: string | undefined;
  /** Adds products and devices until taken back. @throws {OneNetError} as {@link Registry.add} */
  addProducts(products: readonly SimulatedProduct[]): Registration;
  /** What a cloud application can do, without HTTP and token. */
  readonly cloud: CloudApplication;
  readonly faults: Faults;
  /** Hears every event from now on. @returns ends it */
  on(listener: SimulatorListener): () => void;
  /** Closes every port and connection. Again is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts a platform of one's own.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_ADDRESS if a port cannot be had; as {@link Registry.add} for the products
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const registry = new Registry((device) => {
    leaveTopology(device);
    device.link?.close("removed");
  });
  registry.add(options.products ?? []);
  const rules = readRules(options.rules);
  const context: SimulatorContext = {
    registry,
    rules,
    user: options.user,
    hub: new EventHub(),
    faults: new FaultBoard(),
    rates: new RateKeeper(rules),
    desk: new AnswerDesk<DeviceAnswer>(),
  };
  const cloud = openCloud(context);
  const ports = new Ports(context, await Broker.open(context));
  try {
    const addresses = await ports.open(options, cloud);
    return assemble(context, cloud, ports, addresses);
  } catch (error) {
    await ports.close();
    throw error;
  }
}

function assemble(
  context: SimulatorContext,
  cloud: CloudApplication,
  ports: Ports,
  addresses: Addresses,
): Simulator {
  const { host, port, httpPort, tlsPort, certificate } = addresses;
  let stopped: Promise<void> | undefined;
  return {
    host,
    port,
    httpPort,
    tlsPort,
    rootCertificatePem: certificate?.rootPem,
    rootFingerprintSha256: certificate?.rootFingerprintSha256,
    addProducts: (products) => context.registry.add(products),
    cloud,
    faults: faultSwitches(context.faults),
    on: (listener) => context.hub.on(listener),
    stop: () => {
      stopped ??= ports.close();
      return stopped;
    },
  };
}

/** Where a simulator listens, as the first line says it. */
export function describeListening(simulator: Simulator): ListeningEvent {
  const { host, port, httpPort, tlsPort, rootFingerprintSha256 } = simulator;
  return {
    event: "listening",
    host,
    port,
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(tlsPort === undefined ? {} : { tlsPort }),
    ...(rootFingerprintSha256 === undefined ? {} : { rootFingerprintSha256 }),
  };
}
