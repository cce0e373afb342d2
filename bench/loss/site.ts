import path from "node:path";
import { type Mosquitto, startMosquitto } from "../../test/support/mosquitto";
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy";
import { makeTempFolder, removeTempFolder } from "../../test/support/temp-folder";
import { QUIET_BROKER } from "../harness/bench";
import { startWorker, type Worker } from "../harness/worker";
import { makeUserDir } from "../runtime/embedded-node-red";
import type { PublishTarget } from "../runtime/flows";
import { readLedger } from "./ledger";
import { Subscriber } from "./subscriber";

export const LOSS_TOPIC = "bench/loss";

/**
 * A file that is written at a clean end only. With one that is saved every second mosquitto is back with a session
 * of a second ago: of what it had sent PUBREC for since, it answers PUBREL with PUBCOMP and delivers nothing, which no
 * client can know (up to 20 messages of QoS 2, the window).
 */
const AUTOSAVE_AS_SHIPPED = "autosave_interval 1800";

/** What a run is made of. */
export interface SitePlan {
  readonly makeTarget: (port: number) => PublishTarget;
  readonly count: number;
  readonly perSecond: number;
  readonly persistence: boolean;
  /** How many messages of QoS 2 mosquitto takes at a time (0: any number); it drops the others without a word. */
  readonly inFlightMax: number;
}

/**
 * One run's own world: a broker, a link to it that can fail, a Node-RED that can be killed, a subscriber that sees what
 * arrives. When the broker is back the link stays down until the subscriber has subscribed, or it would miss some.
 */
export class Site {
  readonly plan: SitePlan;
  readonly broker: Mosquitto;
  readonly proxy: TcpProxy;
  readonly subscriber: Subscriber;
  readonly #userDir = makeUserDir();
  readonly #folder = makeTempFolder("loss");
  #worker: Worker | undefined;
  #feedingSinceMs = 0;
  #isLinkUp = true;
  /** `performance.now()` of the last moment at which the broker became reachable. */
  reachableSinceMs = 0;

  private constructor(plan: SitePlan, broker: Mosquitto, proxy: TcpProxy, subscriber: Subscriber) {
    this.plan = plan;
    this.broker = broker;
    this.proxy = proxy;
    this.subscriber = subscriber;
  }

  static async open(plan: SitePlan): Promise<Site> {
    const conf = [
      ...QUIET_BROKER,
      "set_tcp_nodelay true",
      `max_inflight_messages ${plan.inFlightMax}`,
      ...(plan.persistence ? [AUTOSAVE_AS_SHIPPED] : []),
    ];
    const broker = await startMosquitto({ conf, persistence: plan.persistence });
    const proxy = await startTcpProxy(broker);
    const subscriber = new Subscriber(broker.port, LOSS_TOPIC);
    await subscriber.ready();
    return new Site(plan, broker, proxy, subscriber);
  }

  get ledger(): string {
    return path.join(this.#folder, "ledger");
  }

  /** Node-RED's user directory; it outlives Node-RED. */
  get userDir(): string {
    return this.#userDir;
  }

  /** Starts Node-RED and the feeding, from where an earlier one was killed. */
  async startFeeding(): Promise<void> {
    const from = readLedger(this.ledger).fed.size;
    await this.launch(this.plan.count - from).waitFor("feeding");
    if (from === 0) this.#feedingSinceMs = performance.now();
  }

  /** Starts a Node-RED that feeds `count` messages, the next ones by number. */
  launch(count: number): Worker {
    const { plan } = this;
    this.#worker = startWorker("feed", {
      target: plan.makeTarget(this.proxy.port),
      userDir: this.#userDir,
      ledger: this.ledger,
      waitsForLink: this.#isLinkUp,
      from: readLedger(this.ledger).fed.size,
      count,
      perSecond: plan.perSecond,
    });
    return this.#worker;
  }

  /** Waits until `seconds` after the start of the feeding. */
  async at(seconds: number): Promise<void> {
    const waitMs = this.#feedingSinceMs + seconds * 1000 - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
  }

  /** Resets the link and refuses new ones. */
  async linkDown(): Promise<void> {
    this.#isLinkUp = false;
    await this.proxy.stopListening();
    this.proxy.cut("reset");
  }

  async linkUp(): Promise<void> {
    this.proxy.setMode("forward");
    await this.proxy.listenAgain();
    this.#isLinkUp = true;
    this.reachableSinceMs = performance.now();
  }

  async brokerDown(how: "kill" | "term"): Promise<void> {
    await this.broker.halt(how);
    await this.linkDown();
  }

  async brokerUp(): Promise<void> {
    await this.broker.start();
    await this.subscriber.ready();
    await this.linkUp();
  }

  /** What is sent is swallowed, both ways. */
  blackHole(): void {
    this.proxy.setMode("black-hole");
  }

  /** The swallowing ends with a reset. */
  endBlackHole(): void {
    this.proxy.cut("reset");
    this.proxy.setMode("forward");
    this.reachableSinceMs = performance.now();
  }

  async killNodeRed(): Promise<void> {
    await this.#worker?.kill();
  }

  /** Resolves when every message was given to the node. */
  async fed(): Promise<void> {
    await this.#worker?.waitFor("fed");
  }

  /** @returns how many messages the node still holds */
  async finish(): Promise<number> {
    this.#worker?.signal("finish");
    const { held = 0 } = (await this.#worker?.result) ?? {};
    return held;
  }

  async close(): Promise<void> {
    await this.#worker?.kill();
    await this.subscriber.close();
    await this.proxy.close();
    await this.broker.stop();
    removeTempFolder(this.#userDir);
    removeTempFolder(this.#folder);
  }
}
