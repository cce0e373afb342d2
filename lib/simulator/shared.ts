import { OneNetError } from "../errors";
import { SIMULATOR_HOST, SIMULATOR_HTTP_PORT, SIMULATOR_PORT } from "../protocol/platform";
import { DEFAULT_RULES, readRules, type SimulatorOptions } from "./options";
import { type Simulator, startSimulator } from "./simulator";

/** A share in a simulator. */
export interface SimulatorLease {
  readonly simulator: Simulator;
  /** Takes the products back; the last lease of an address stops it. Again is harmless. */
  release(): Promise<void>;
}

interface Shared {
  readonly options: SimulatorOptions;
  readonly started: Promise<Simulator>;
  leases: number;
}

/** `host:port`; with port 0 each is its own. */
type Key = string | symbol;

const running = new Map<Key, Shared>();
/** Addresses whose simulator is about to be gone. */
const stopping = new Map<Key, Promise<void>>();

/**
 * Shares the simulator of an address within this process: the first one starts it, the others add their products.
 * Port 0 is a new one each time.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_CONFLICT.settings if it runs with another port, rule or user; else as
 *   {@link startSimulator} and {@link Simulator.addProducts}
 */
export async function acquireSimulator(options: SimulatorOptions): Promise<SimulatorLease> {
  const { products = [], ...settings } = options;
  const { host = SIMULATOR_HOST, port = SIMULATOR_PORT } = settings;
  const key = port === 0 ? Symbol(host) : `${host}:${port}`;
  while (stopping.has(key)) await stopping.get(key);
  let shared = running.get(key);
  if (shared) {
    checkSettings(shared.options, settings);
  } else {
    shared = { options: settings, started: startSimulator(settings), leases: 0 };
    running.set(key, shared);
  }
  shared.leases += 1;
  return lease(key, shared, products);
}

async function lease(
  key: Key,
  shared: Shared,
  products: NonNullable<SimulatorOptions["products"]>,
): Promise<SimulatorLease> {
  let simulator: Simulator;
  try {
    simulator = await shared.started;
  } catch (error) {
    if (running.get(key) === shared) running.delete(key);
    throw error;
  }
  try {
    const registration = simulator.addProducts(products);
    let released: Promise<void> | undefined;
    const release = () => {
      released ??= giveBack(key, shared, simulator, registration);
      return released;
    };
    return { simulator, release };
  } catch (error) {
    await giveBack(key, shared, simulator);
    throw error;
  }
}

async function giveBack(
  key: Key,
  shared: Shared,
  simulator: Simulator,
  registration?: { remove(): void },
): Promise<void> {
  registration?.remove();
  shared.leases -= 1;
  if (shared.leases > 0) return;
  running.delete(key);
  const stopped = simulator.stop().finally(() => stopping.delete(key));
  stopping.set(key, stopped);
  await stopped;
}

/** What besides the rules must be the same for all who share. */
const SETTINGS: readonly (readonly [name: string, read: (options: SimulatorOptions) => unknown])[] = [
  ["httpPort", ({ httpPort = SIMULATOR_HTTP_PORT }) => httpPort],
  ["tlsPort", ({ tlsPort = null }) => tlsPort],
  ["tlsNames", ({ tlsNames = [] }) => tlsNames.join(" ")],
  ["user", ({ user }) => `${user?.userId} ${user?.accessKey}`],
];

function checkSettings(known: SimulatorOptions, wanted: SimulatorOptions): void {
  const { host = SIMULATOR_HOST, port = SIMULATOR_PORT } = known;
  const knownRules = readRules(known.rules);
  const wantedRules = readRules(wanted.rules);
  const rules = Object.keys(DEFAULT_RULES) as (keyof typeof DEFAULT_RULES)[];
  const difference =
    rules.find((rule) => knownRules[rule] !== wantedRules[rule]) ??
    SETTINGS.find(([, read]) => read(known) !== read(wanted))?.[0];
  if (difference) throw new OneNetError("ONENET_SIMULATOR_CONFLICT.settings", { host, port, difference });
}
