import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { type Mosquitto, startMosquitto } from "../../test/support/mosquitto";
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy";
import { QUIET_BROKER } from "../harness/bench";
import { Subscriber } from "../loss/subscriber";
import { connectRaw } from "../runtime/raw-client";
import { pause, type SoakFault, type SoakWorld } from "./faults";
import { SOAK_CLIENT_IDS, SOAK_TOPICS } from "./sources";

/** CONNACK, not authorized (5). */
const REFUSAL = Buffer.from([0x20, 0x02, 0x00, 0x05]);

/** A real broker behind a link that can fail, and a listener that refuses every login. */
export class MosquittoWorld implements SoakWorld {
  readonly name = "mosquitto";
  readonly #broker: Mosquitto;
  readonly #proxy: TcpProxy;
  readonly #refuser: Server;
  readonly #subscribers: readonly Subscriber[];
  readonly #random: () => number;

  private constructor(
    broker: Mosquitto,
    proxy: TcpProxy,
    refuser: Server,
    subscribers: readonly Subscriber[],
    random: () => number,
  ) {
    this.#broker = broker;
    this.#proxy = proxy;
    this.#refuser = refuser;
    this.#subscribers = subscribers;
    this.#random = random;
  }

  static async open(random: () => number): Promise<MosquittoWorld> {
    const broker = await startMosquitto({ conf: QUIET_BROKER });
    const proxy = await startTcpProxy(broker);
    const refuser = createServer(refuse).listen(0, "127.0.0.1");
    await once(refuser, "listening");
    const subscribers = Object.values(SOAK_TOPICS).map((topic) => new Subscriber(broker.port, topic));
    for (const subscriber of subscribers) await subscriber.ready();
    return new MosquittoWorld(broker, proxy, refuser, subscribers, random);
  }

  get port(): number {
    return this.#proxy.port;
  }

  get arrivals(): Readonly<Record<string, readonly number[]>> {
    const names = Object.keys(SOAK_TOPICS);
    return Object.fromEntries(names.map((name, index) => [name, this.#subscribers[index]?.ids ?? []]));
  }

  async strike(fault: SoakFault): Promise<void> {
    // The proxy's own log of bytes would grow for half an hour.
    this.#proxy.events.clear();
    switch (fault) {
      case "broker killed":
        return this.#killBroker();
      case "link cut":
        await this.#proxy.stopListening();
        this.#proxy.cut("reset");
        await this.#forAWhile();
        return this.#proxy.listenAgain();
      case "black hole":
        this.#proxy.setMode("black-hole");
        await this.#forAWhile();
        this.#proxy.cut("reset");
        return this.#proxy.setMode("forward");
      case "evicted":
        return this.#evict();
      case "login refused":
        this.#proxy.retarget({ port: (this.#refuser.address() as AddressInfo).port });
        this.#proxy.cut("reset");
        await this.#forAWhile();
        return this.#proxy.retarget(this.#broker);
    }
  }

  async close(): Promise<void> {
    for (const subscriber of this.#subscribers) await subscriber.close();
    this.#refuser.close();
    await this.#proxy.close();
    await this.#broker.stop();
  }

  async #killBroker(): Promise<void> {
    await this.#broker.halt("kill");
    await this.#proxy.stopListening();
    this.#proxy.cut("reset");
    await this.#forAWhile();
    await this.#broker.start();
    for (const subscriber of this.#subscribers) await subscriber.ready();
    await this.#proxy.listenAgain();
  }

  /** Somebody else logs in under the connections' names, and leaves. */
  async #evict(): Promise<void> {
    for (const clientId of SOAK_CLIENT_IDS) {
      const rival = await connectRaw({ port: this.#broker.port, clientId, reconnectPeriod: 0 });
      await rival.endAsync();
    }
  }

  #forAWhile(): Promise<void> {
    return pause(1000 + 7000 * this.#random());
  }
}

function refuse(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.once("data", () => socket.end(REFUSAL));
}
