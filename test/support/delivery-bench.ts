import assert from "node:assert/strict";
import { Delivery } from "../../lib/delivery/delivery";
import type { Batching, DeliverySettings } from "../../lib/delivery/delivery-settings";
import { devicePacker } from "../../lib/delivery/device-packer";
import type { Answered, DeliveryLink, Handshake } from "../../lib/delivery/link";
import type {
  DeliveryOptions,
  Draft,
  FailedPoint,
  Publish,
  Qos,
  Receipt,
  Rejection,
} from "../../lib/delivery/message";
import type { OutboxLimits, OutboxShelf } from "../../lib/delivery/outbox-settings";
import { postReplyKey } from "../../lib/delivery/packer";
import type { OneNetError } from "../../lib/errors";
import type { ProductKind } from "../../lib/protocol/topic";
import { ManualClock, nextTurn } from "./manual-clock";

/** A PUBLISH that a {@link FakeLink} was given. */
export interface SentPublish {
  readonly publish: Publish;
  readonly dup: boolean;
  readonly handshake: Handshake | undefined;
  /** PUBACK or PUBCOMP, or its refusal. Nothing happens once the link is down. */
  readonly answer: (error?: OneNetError) => void;
}

/** A link whose other side is the test. At QoS 0 it calls back at once, as a socket with room does. */
export class FakeLink implements DeliveryLink {
  receiveMaximum = 65_535;
  resumesSession = false;
  lastHeardMs: number;
  isDown = false;
  probes = 0;
  readonly cuts: OneNetError[] = [];
  readonly sent: SentPublish[] = [];
  readonly reservedPacketIds: number[] = [];
  /** Whether QoS 0 is written at once. */
  isWritable = true;
  readonly #clock: ManualClock;
  readonly #onCut: () => void;

  constructor(clock: ManualClock, onCut: () => void) {
    this.#clock = clock;
    this.#onCut = onCut;
    this.lastHeardMs = clock.monotonicMs();
  }

  publish(publish: Publish, dup: boolean, callback: Answered, handshake?: Handshake): void {
    assert.equal(this.isDown, false, "published on a link that is down");
    const answer = (error?: OneNetError) => {
      if (this.isDown) return;
      this.hear();
      callback(error);
    };
    // As a wire does: whatever becomes of the bytes, they have been read.
    const { payload } = publish;
    const read = typeof payload === "string" ? payload : Buffer.from(payload);
    this.sent.push({ publish: { ...publish, payload: read }, dup, handshake, answer });
    if (publish.qos === 0 && this.isWritable) callback();
  }

  reservePacketIds(packetIds: readonly number[]): void {
    this.reservedPacketIds.push(...packetIds);
  }

  /** Something came from the other side. */
  hear(): void {
    this.lastHeardMs = this.#clock.monotonicMs();
  }

  probe(): void {
    this.probes += 1;
  }

  cut(reason: OneNetError): void {
    this.cuts.push(reason);
    this.isDown = true;
    this.#onCut();
  }

  /** The payloads that were published, in order. */
  get payloads(): string[] {
    return this.sent.map(({ publish }) => publish.payload.toString());
  }

  /** The last PUBLISH. */
  get last(): SentPublish {
    const last = this.sent.at(-1);
    assert.ok(last, "nothing was published");
    return last;
  }
}

/** How an input ended: the state of its receipt, or the key of its error. */
export interface Outcome {
  readonly name: string;
  readonly how: string;
  readonly error: OneNetError | undefined;
  readonly receipt: Receipt;
  /** The streams of those datapoints that failed while others of the message went well. */
  readonly failed: readonly FailedPoint[];
}

export interface BenchOptions extends Partial<DeliverySettings> {
  readonly productKind?: ProductKind;
  readonly batching?: Batching;
  readonly clock?: ManualClock;
  /** The disk side; memory only without it. */
  readonly shelf?: OutboxShelf;
}

const DEVICE = { productId: "pid", deviceName: "dev" };
const ONE = "one";
const LIMITS: OutboxLimits = { maxMessages: 1000, maxBytes: 1_000_000, whenFull: "refuse-new" };

/** A delivery with a clock moved by hand, links made by hand, and a record of who was told what. */
export class DeliveryBench {
  readonly clock: ManualClock;
  readonly delivery: Delivery;
  /** Everything that was told to senders, in order. */
  readonly told: Outcome[] = [];
  /** Failures that the connection reports, because the sender was told earlier. */
  readonly late: Outcome[] = [];
  /** Successes that the connection reports, because the sender knows of *queued* only. */
  readonly lateSuccesses: Receipt[] = [];
  link: FakeLink;
  #messageId = 0;

  constructor(options: BenchOptions = {}) {
    const { productKind = "data-stream", batching, clock = new ManualClock(), shelf, ...settings } = options;
    this.clock = clock;
    this.link = this.#newLink();
    const nextMessageId = () => {
      this.#messageId += 1;
      return this.#messageId;
    };
    const all: DeliverySettings = {
      limits: LIMITS,
      order: "strict",
      messagesPerSecond: undefined,
      waitingSendersMax: 2000,
      inFlightMax: 100,
      qos2InFlightMax: 20,
      ackTimeoutMs: 10_000,
      ackAttempts: 3,
      label: "pid/dev",
      host: "broker.test",
      mayBeMute: false,
      ...settings,
    };
    this.delivery = new Delivery(
      all,
      devicePacker(DEVICE, productKind, nextMessageId, batching),
      this.clock,
      (error, receipt) => {
        if (error === undefined) this.lateSuccesses.push(receipt);
        else this.late.push({ name: "", how: error.key, error, receipt, failed: [] });
      },
      shelf,
    );
  }

  /** A plain message whose payload is its name. */
  publish(name: string, options: Partial<DeliveryOptions> & { readonly qos?: Qos } = {}, bytes = 1): void {
    const { qos = 1, ...rest } = options;
    const publish = { topic: "topic", payload: name, qos, retain: false };
    this.enqueue(name, { kind: "publish", publish }, bytes, { completeWhen: "acknowledged", ...rest });
  }

  /** One datapoint with the value 1, its stream called as the message. */
  post(name: string, options: Partial<DeliveryOptions> & { readonly qos?: 0 | 1 } = {}, bytes = 1): void {
    const { qos = 1, ...rest } = options;
    const points = [{ stream: name, value: 1 }];
    this.enqueue(name, { kind: "datapoints", points, qos }, bytes, { completeWhen: "accepted", ...rest });
  }

  /** One value of the property `one`, the name being the value: on a thing model each of them is a post of its own. */
  postOne(name: string, options: Partial<DeliveryOptions> = {}): void {
    const points = [{ stream: ONE, value: name }];
    this.enqueue(name, { kind: "datapoints", points, qos: 1 }, 1, { completeWhen: "accepted", ...options });
  }

  /** An answer to a command, its payload and its reply's key called as the answer. */
  answer(name: string, options: Partial<DeliveryOptions> = {}): void {
    const publish = { topic: "answer", payload: name, qos: 1, retain: false } as const;
    const draft = { kind: "publish", publish, replyKey: `command:${name}` } as const;
    this.enqueue(name, draft, 1, { completeWhen: "accepted", answer: true, ...options });
  }

  enqueue(name: string, draft: Draft, bytes: number, options: DeliveryOptions): void {
    this.delivery.enqueue(draft, bytes, options, (error, receipt, failed) => {
      this.told.push({ name, how: error?.key ?? receipt.state, error, receipt, failed });
    });
  }

  /** Lets time pass; what then must be sent is sent. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await nextTurn();
  }

  /** A new link comes up; what waits is sent. */
  async up(): Promise<FakeLink> {
    this.link = this.#newLink();
    this.delivery.linkUp(this.link);
    await nextTurn();
    return this.link;
  }

  /** @returns whether a publish was blamed for it */
  down(closedByPeer = false): boolean {
    this.link.isDown = true;
    return this.delivery.linkDown(closedByPeer);
  }

  /** The PUBLISH that carries this message, the latest one if it was sent more than once. */
  sent(name: string): SentPublish {
    const found = this.link.sent.findLast(({ publish }) => namesIn(publish).includes(name));
    assert.ok(found, `${name} was not sent on this link, but ${this.names().join(" ")}`);
    return found;
  }

  /** What was sent on the present link in order, a word for each PUBLISH: `a+b` for a post of two datapoints. */
  names(): string[] {
    return this.link.sent.map(({ publish }) => namesIn(publish).join("+"));
  }

  /** Brings a message into a turn of its own, so that it is packed with no other. */
  async postAlone(...post: Parameters<DeliveryBench["post"]>): Promise<void> {
    this.post(...post);
    await nextTurn();
  }

  /** The broker acknowledges the PUBLISH that carries this message. */
  async ack(name: string, error?: OneNetError): Promise<void> {
    this.sent(name).answer(error);
    await nextTurn();
  }

  /** The platform's reply to the post that carries this message. @returns whether it was waited for */
  async reply(name: string, rejection?: Rejection): Promise<boolean> {
    this.link.hear();
    const { id } = JSON.parse(this.sent(name).publish.payload.toString());
    const isFound = this.delivery.settleReply(postReplyKey(Number(id)), rejection);
    await nextTurn();
    return isFound;
  }

  /** How each message with this name was told, in order; one entry when all is well. */
  how(name: string): string[] {
    return this.told.filter((outcome) => outcome.name === name).map(({ how }) => how);
  }

  /** The one outcome of a message. */
  outcome(name: string): Outcome {
    const [outcome, ...others] = this.told.filter((each) => each.name === name);
    assert.ok(outcome, `${name} was not told`);
    assert.deepEqual(others, [], `${name} was told more than once`);
    return outcome;
  }

  /** Nothing is held, nothing in flight, nothing counted, and no timer runs (after the sweep has seen it). */
  assertIdle(): void {
    assert.equal(this.delivery.held, 0, "messages held");
    assert.equal(this.delivery.heldBytes, 0, "bytes held");
    assert.equal(this.delivery.inFlight, 0, "in flight");
    this.clock.advance(1000);
    assert.equal(this.clock.running, 0, "timers running");
  }

  #newLink(): FakeLink {
    return new FakeLink(this.clock, () => this.delivery.linkDown(false));
  }
}

/** The names of the messages that a PUBLISH carries: its streams, or the values of the property {@link ONE}. */
export function namesIn({ payload }: Publish): string[] {
  const text = payload.toString();
  if (!text.startsWith("{")) return [text];
  const { dp, params } = JSON.parse(text);
  if (params?.[ONE] !== undefined) return [params[ONE].value];
  return Object.keys(dp ?? params);
}
