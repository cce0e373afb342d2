import type { ProductKind } from "../../lib/protocol/platform";
import type { SimulatorEvent } from "../../lib/simulator/events";
import type { LimitsName } from "../../lib/simulator/options";
import { type Simulator, startSimulator } from "../../lib/simulator/simulator";
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy";
import { DEVICE, DEVICE_KEY } from "../runtime/flows";
import { type StoredPoint, watchStoredPoints } from "./stored-points";

export interface PlatformPlan {
  readonly kind: ProductKind;
  /** `strict`: one message a second is taken, more wait. */
  readonly limits: LimitsName;
}

/** The simulated platform with one device, behind a link that can be down, and all that it took. */
export class Platform {
  readonly simulator: Simulator;
  readonly proxy: TcpProxy;
  /** Every datapoint it stored. */
  readonly points: StoredPoint[] = [];
  /** PUBLISHes it looked at, and CONNECTs it took. */
  publishes = 0;
  logins = 0;
  readonly #endWatch: () => void;

  private constructor(simulator: Simulator, proxy: TcpProxy) {
    this.simulator = simulator;
    this.proxy = proxy;
    this.#endWatch = watchStoredPoints((point) => this.points.push(point));
    simulator.on((event) => this.#count(event));
  }

  static async open({ kind, limits }: PlatformPlan): Promise<Platform> {
    const { productId, deviceName } = DEVICE;
    const products = [{ productId, kind, devices: [{ deviceName, deviceKey: DEVICE_KEY }] }];
    const simulator = await startSimulator({ port: 0, httpPort: null, products, rules: { limits } });
    return new Platform(simulator, await startTcpProxy(simulator));
  }

  /** Where Node-RED connects to. */
  get port(): number {
    return this.proxy.port;
  }

  async linkDown(): Promise<void> {
    await this.proxy.stopListening();
    this.proxy.cut("reset");
  }

  async linkUp(): Promise<void> {
    await this.proxy.listenAgain();
  }

  /** Counts from here. */
  forget(): void {
    this.points.length = 0;
    this.publishes = 0;
    this.logins = 0;
  }

  async close(): Promise<void> {
    this.#endWatch();
    await this.proxy.close();
    await this.simulator.stop();
  }

  #count({ event }: SimulatorEvent): void {
    if (event === "publish") this.publishes += 1;
    if (event === "login") this.logins += 1;
  }
}
