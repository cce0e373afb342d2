import { type TopicKind, topicOf, topics } from "../../lib/protocol/topic";
import type { SimulatedProduct } from "../../lib/simulator/options";
import { EventLog } from "./events";
import { PUBLISH, publishFrame, type RawMqtt, readPublish } from "./raw-mqtt";
import { deviceToken, type TestSimulator } from "./simulated";

/** What the platform asked. */
export interface Asked {
  readonly topic: string;
  readonly id: string;
  readonly params: unknown;
}

export interface Reply {
  readonly id: string;
  readonly code: number;
  readonly msg?: string;
  readonly data?: unknown;
}

type Answer = (asked: Asked) => object | undefined;

/** A device that is logged in and subscribed, and says byte by byte what it is told to. */
export class RawThing {
  readonly asked = new EventLog<Asked>("asked");
  readonly #replies = new EventLog<Reply & { readonly topic: string }>("replies");
  #answer: Answer = () => undefined;
  #lastId = 0;

  private constructor(
    readonly client: RawMqtt,
    readonly productId: string,
    readonly deviceName: string,
  ) {}

  static async login(test: TestSimulator, product: SimulatedProduct, deviceName: string): Promise<RawThing> {
    const client = await test.login(product, deviceName);
    const thing = new RawThing(client, product.productId, deviceName);
    client.heard = (frame) => {
      if (frame.type === PUBLISH) thing.#take(readPublish(frame));
    };
    await client.subscribe([topics.thingFilter(thing), 0]);
    return thing;
  }

  /** How requests are answered from now on: what is added to the id; undefined for not at all. */
  answerWith(answer: Answer): void {
    this.#answer = answer;
  }

  /** Publishes in the OneJSON envelope and waits for the platform's reply. */
  async ask(kind: TopicKind, params: unknown): Promise<Reply> {
    const id = String(++this.#lastId);
    const topic = topicOf(this, kind, {} as never);
    return this.askRaw(topic, JSON.stringify({ id, version: "1.0", params }));
  }

  /** Publishes without waiting for anything. */
  say(kind: TopicKind, body: object): void {
    this.client.send(publishFrame(topicOf(this, kind, {} as never), JSON.stringify(body)));
  }

  async askRaw(topic: string, payload: string | Buffer): Promise<Reply> {
    const reply = this.#replies.waitForNext((got) => got.topic === `${topic}/reply`, {
      what: `${topic}/reply`,
    });
    this.client.send(publishFrame(topic, payload));
    const { topic: _, ...rest } = await reply;
    return rest;
  }

  #take({ topic, payload }: { readonly topic: string; readonly payload: string }): void {
    const body = JSON.parse(payload) as Reply & { params: unknown };
    if (topic.endsWith("/reply")) {
      this.#replies.push({ ...body, topic });
      return;
    }
    const asked = { topic, id: body.id, params: body.params };
    this.asked.push(asked);
    const answer = this.#answer(asked);
    if (answer) this.client.send(publishFrame(`${topic}_reply`, JSON.stringify({ id: body.id, ...answer })));
  }
}

/** The token by which a sub-device agrees to its gateway. */
export function sasToken(product: SimulatedProduct, deviceName: string): string {
  return deviceToken(product, deviceName, { method: "sha1" });
}
