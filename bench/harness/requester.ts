import type { MqttClient } from "mqtt";
import { commandTopics } from "../runtime/command-flows";
import { CHEAP_CLIENT, connectRaw, setNoDelay } from "../runtime/raw-client";

/** The cloud's side of commands: sends requests over the broker and waits for their answers. */
export class Requester {
  readonly #client: MqttClient;
  readonly #waiting = new Map<string, () => void>();
  #last = 0;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic) => {
      const id = topic.slice(topic.lastIndexOf("/") + 1);
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    });
  }

  static async open(port: number): Promise<Requester> {
    const client = await connectRaw({ port, ...CHEAP_CLIENT });
    setNoDelay(client);
    await client.subscribeAsync(commandTopics.responseFilter, { qos: 1 });
    return new Requester(client);
  }

  /** Sends requests until one is answered: the flow is ready. */
  async waitUntilAnswered(): Promise<void> {
    let isAnswered = false;
    while (!isAnswered) {
      const pause = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200));
      isAnswered = await Promise.race([this.request().then(() => true), pause]);
    }
  }

  /** One request at QoS 1; resolves with the ms until its answer was here. */
  async request(): Promise<number> {
    this.#last += 1;
    const id = `cmd-${this.#last}`;
    const startedMs = performance.now();
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    this.#client.publish(commandTopics.request(id), '{"switch":"on"}', { qos: 1 });
    await answered;
    return performance.now() - startedMs;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
