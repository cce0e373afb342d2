import type { Node, NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { Device } from "../../lib/client/device";
import type { JsonObject } from "../../lib/protocol/json";
import { reportError } from "../shared/runtime";

/** What each device has reported since its last login, also before a deploy. */
const reported = new WeakMap<Device, string>();

/** Reports the SIM and the hardware after each login (`cmp/property/post`), and when a deploy has changed them. */
export class HardwareReporter {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #params: JsonObject;
  #device: Device | undefined;
  #stop: (() => void) | undefined;

  constructor(RED: NodeAPI, node: Node, params: JsonObject) {
    this.#RED = RED;
    this.#node = node;
    this.#params = params;
  }

  follow({ device, state }: Connection): void {
    if (device === undefined || this.#device === device) return;
    this.stop();
    this.#device = device;
    const text = JSON.stringify(this.#params);
    const send = () => this.#send(device, this.#params, text);
    this.#stop = device.onLogin(send);
    if (state.phase === "online" && reported.get(device) !== text) send();
  }

  stop(): void {
    this.#stop?.();
    this.#device = undefined;
  }

  #send(device: Device, params: JsonObject, text: string): void {
    reported.set(device, text);
    device.request("cmp-post", params).catch((thrown: unknown) => {
      reported.delete(device);
      if (this.#device === device) reportError(this.#RED, this.#node, thrown);
    });
  }
}
