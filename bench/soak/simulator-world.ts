import { type Simulator, startSimulator } from "../../lib/simulator/simulator";
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy";
import { DEVICE, DEVICE_KEY } from "../runtime/flows";
import { pause, type SoakFault, type SoakWorld } from "./faults";
import { idOf } from "./sources";

/** The simulated platform, which takes one message a second and says so. */
export class SimulatorWorld implements SoakWorld {
  readonly name = "simulator";
  readonly #simulator: Simulator;
  readonly #proxy: TcpProxy;
  readonly #random: () => number;
  readonly #ids: number[] = [];

  private constructor(simulator: Simulator, proxy: TcpProxy, random: () => number) {
    this.#simulator = simulator;
    this.#proxy = proxy;
    this.#random = random;
    simulator.on((event) => {
      if (event.event === "publish") this.#ids.push(...Object.keys(event.values ?? {}).map(idOf));
    });
  }

  static async open(random: () => number): Promise<SimulatorWorld> {
    const { productId, deviceName } = DEVICE;
    const devices = [{ deviceName, deviceKey: DEVICE_KEY }];
    const products = [{ productId, kind: "data-stream" as const, devices }];
    const simulator = await startSimulator({
      port: 0,
      httpPort: null,
      products,
      rules: { limits: "strict" },
    });
    return new SimulatorWorld(simulator, await startTcpProxy(simulator), random);
  }

  get port(): number {
    return this.#proxy.port;
  }

  get arrivals(): Readonly<Record<string, readonly number[]>> {
    return { datapoints: this.#ids };
  }

  async strike(fault: SoakFault): Promise<void> {
    this.#proxy.events.clear();
    switch (fault) {
      case "broker killed":
        await this.#proxy.stopListening();
        this.#proxy.cut("end");
        await this.#forAWhile();
        return this.#proxy.listenAgain();
      case "link cut":
        return this.#proxy.cut("reset");
      case "black hole": {
        const silence = this.#simulator.faults.goSilent();
        await this.#forAWhile();
        this.#proxy.cut("reset");
        return silence.end();
      }
      case "evicted":
        return void this.#simulator.faults.evict();
      case "login refused": {
        const refusal = this.#simulator.faults.refuseLogin({ returnCode: 4 });
        this.#proxy.cut("reset");
        await this.#forAWhile();
        return refusal.end();
      }
    }
  }

  async close(): Promise<void> {
    await this.#proxy.close();
    await this.#simulator.stop();
  }

  #forAWhile(): Promise<void> {
    return pause(1000 + 7000 * this.#random());
  }
}
