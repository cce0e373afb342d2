import { connect, type MqttClient } from "mqtt";

/**
 * Writes down what the broker delivers. It subscribes at QoS 0 straight at the broker, which then hands a message over
 * before it acknowledges it: what is not here was never acknowledged, or the node is to blame.
 */
export class Subscriber {
  readonly #client: MqttClient;
  readonly #topic: string;
  /** Ids in the order of their arrival, repetitions included. */
  readonly ids: number[] = [];
  /** `performance.now()` of each arrival. */
  readonly arrivedMs: number[] = [];
  readonly #unique = new Set<number>();
  #isReady = true;
  #ready: Promise<void> = Promise.resolve();
  #becomeReady: () => void = () => undefined;

  constructor(port: number, topic: string) {
    this.#topic = topic;
    this.#client = connect({
      host: "127.0.0.1",
      port,
      reconnectPeriod: 20,
      connectTimeout: 2000,
      log: () => undefined,
    });
    this.#client.on("error", () => undefined);
    this.#client.on("message", (_topic, payload) => this.#onMessage(Number(payload.toString())));
    this.#client.on("connect", () => this.#subscribe());
    this.#client.on("close", () => this.#awaitReady());
    this.#awaitReady();
  }

  get delivered(): ReadonlySet<number> {
    return this.#unique;
  }

  get lastArrivalMs(): number {
    return this.arrivedMs.at(-1) ?? 0;
  }

  /** Resolves when it is subscribed; after the broker has come back, again. */
  async ready(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#ready;
      await seen;
    } while (seen !== this.#ready);
  }

  /** ms from `sinceMs` to the first arrival after it; undefined when there was none. */
  firstArrivalAfter(sinceMs: number): number | undefined {
    const arrivedMs = this.arrivedMs.find((each) => each >= sinceMs);
    return arrivedMs === undefined ? undefined : arrivedMs - sinceMs;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #subscribe(): void {
    this.#client.subscribe(this.#topic, { qos: 0 }, (error) => {
      if (error !== null) return;
      this.#isReady = true;
      this.#becomeReady();
    });
  }

  /** Each failed attempt closes, too: whoever waits already goes on waiting for the same. */
  #awaitReady(): void {
    if (!this.#isReady) return;
    this.#isReady = false;
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  #onMessage(id: number): void {
    this.ids.push(id);
    this.arrivedMs.push(performance.now());
    this.#unique.add(id);
  }
}
