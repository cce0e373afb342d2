import { Connection } from "../../lib/client/connection";
import type { LinkState } from "../../lib/client/link";
import type { ConnectionProfile } from "../../lib/client/profile";
import type { Clock, Timer } from "../../lib/clock";
import { systemClock } from "../../lib/clock";
import { Delivery } from "../../lib/delivery/delivery";
import type { DeliverySettings } from "../../lib/delivery/delivery-settings";
import type { StoreMode } from "../../lib/delivery/durability";
import type { Answered, DeliveryLink, Handshake } from "../../lib/delivery/link";
import type { DeliveryOptions, Draft, Publish, Qos, Receipt } from "../../lib/delivery/message";
import { countMessageIds } from "../../lib/delivery/message-id";
import type { Packer } from "../../lib/delivery/packer";
import { publishPacker } from "../../lib/delivery/packer";
import { openShelf } from "../../lib/delivery/shelf";
import type { MessageStore } from "../../lib/delivery/store";
import type { Subject } from "../../lib/delivery/subject";
import type { OneNetError } from "../../lib/errors";
import { EventLog } from "./events";
import { ManualClock } from "./manual-clock";

/** The system's clock, and everything happens so many times as fast. */
export class FastClock implements Clock {
  readonly #times: number;
  constructor(times: number) {
    this.#times = times;
  }
  nowMs(): number {
    return Date.now();
  }
  monotonicMs(): number {
    return performance.now() * this.#times;
  }
  startTimer(delayMs: number, callback: () => void, background = false): Timer {
    return systemClock.startTimer(delayMs / this.#times, callback, background);
  }
}

export interface Outcome {
  readonly error: OneNetError | undefined;
  readonly receipt: Receipt;
  /** Of late outcomes. */
  readonly subject?: Subject;
}

export interface TestEngine {
  readonly connection: Connection;
  readonly states: EventLog<LinkState>;
  readonly outcomes: EventLog<Outcome>;
  /** Starts it and waits until it is online. */
  online(): Promise<void>;
}

/** A connection with any clock; it is not started. */
export function testEngine(profile: ConnectionProfile, clock: Clock = systemClock): TestEngine {
  const context = {
    clock,
    random: () => 0,
    loginLog: { lastLoginMs: undefined },
    nextMessageId: countMessageIds(),
  };
  return watchEngine(new Connection(profile, context), clock);
}

/** What a connection tells. */
export function watchEngine(connection: Connection, clock: Clock = systemClock): TestEngine {
  const states = new EventLog<LinkState>("states");
  const outcomes = new EventLog<Outcome>("outcomes");
  connection.listen({
    stateChanged: (state) => states.push(state),
    failed: () => undefined,
    outcome: (error, receipt, subject) => outcomes.push({ error, receipt, subject }),
  });
  const online = async () => {
    connection.start();
    if (clock instanceof ManualClock) clock.advance(0);
    await states.waitFor((state) => state.phase === "online", { what: "online" });
  };
  return { connection, states, outcomes, online };
}

export interface SentOnLink {
  readonly name: string;
  readonly dup: boolean;
  readonly publish: Publish;
  readonly handshake: Handshake | undefined;
  readonly answer: Answered;
}

/** A link whose other side is the test; it acknowledges by itself while `acknowledges`. */
export class TestLink implements DeliveryLink {
  receiveMaximum = 65_535;
  resumesSession = false;
  acknowledges = true;
  lastHeardMs = Number.POSITIVE_INFINITY;
  readonly reserved: number[] = [];
  readonly sent = new EventLog<SentOnLink>("sent");

  publish(publish: Publish, dup: boolean, answer: Answered, handshake?: Handshake): void {
    this.sent.push({ name: publish.payload.toString(), dup, publish, handshake, answer });
    if (this.acknowledges) setImmediate(answer);
  }

  get names(): string[] {
    return this.sent.all.map(({ name }) => name);
  }

  reservePacketIds(packetIds: readonly number[]): void {
    this.reserved.push(...packetIds);
  }

  probe(): void {}
  cut(): void {}
}

export interface Told extends Outcome {
  readonly name: string;
}

/** A delivery without a connection: its clock, its disk and its links are the test's. */
export class TestDelivery {
  readonly delivery: Delivery;
  readonly clock: ManualClock;
  readonly told = new EventLog<Told>("told");
  readonly outcomes = new EventLog<Outcome>("outcomes");

  private constructor(delivery: (outcomes: EventLog<Outcome>) => Delivery, clock: ManualClock) {
    this.delivery = delivery(this.outcomes);
    this.clock = clock;
  }

  /** @param store with `mode` memory it is not asked */
  static async open(
    mode: StoreMode,
    store: MessageStore | undefined,
    changes: Partial<DeliverySettings> & { key?: string; clock?: ManualClock; packer?: Packer } = {},
  ): Promise<TestDelivery> {
    const { key = "device", clock = new ManualClock(), packer = publishPacker, ...rest } = changes;
    const queue = store?.queue(key);
    const shelf =
      mode === "memory" || queue === undefined
        ? undefined
        : await openShelf(queue, mode, clock, () => undefined);
    const settings: DeliverySettings = {
      limits: { maxMessages: 1_000_000, maxBytes: 2 ** 30, whenFull: "refuse-new" },
      order: "strict",
      label: key,
      host: "host",
      messagesPerSecond: undefined,
      inFlightMax: 100,
      qos2InFlightMax: 20,
      ackTimeoutMs: 10_000,
      ackAttempts: 3,
      waitingSendersMax: 2000,
      mayBeMute: false,
      ...rest,
    };
    const tell =
      (outcomes: EventLog<Outcome>) => (error: OneNetError | undefined, receipt: Receipt, subject: Subject) =>
        outcomes.push({ error, receipt, subject });
    return new TestDelivery(
      (outcomes) => new Delivery(settings, packer, clock, tell(outcomes), shelf),
      clock,
    );
  }

  /** A publish whose payload names it. */
  publish(name: string, options: Partial<DeliveryOptions> & { qos?: Qos } = {}): void {
    const { qos = 1, ...rest } = options;
    const publish = { topic: "topic", payload: name, qos, retain: false };
    this.enqueue(name, { kind: "publish", publish }, { completeWhen: "acknowledged", ...rest });
  }

  /** A datapoint whose stream names it. */
  post(name: string, options: Partial<DeliveryOptions> = {}, streams: readonly string[] = [name]): void {
    const points = streams.map((stream) => ({ stream, value: 1 }));
    this.enqueue(name, { kind: "datapoints", points, qos: 1 }, { completeWhen: "accepted", ...options });
  }

  enqueue(name: string, draft: Draft, options: DeliveryOptions): void {
    this.delivery.enqueue(draft, 100, options, (error, receipt) => this.told.push({ name, error, receipt }));
  }

  up(changes: Partial<Pick<TestLink, "resumesSession" | "acknowledges" | "receiveMaximum">> = {}): TestLink {
    const link = Object.assign(new TestLink(), changes);
    this.delivery.linkUp(link);
    return link;
  }

  down(): void {
    this.delivery.linkDown(false);
  }

  /** How a message was told: its state, or the key of its error. */
  how(name: string): string[] {
    return this.told
      .filter((each) => each.name === name)
      .map(({ error, receipt }) => error?.key ?? receipt.state);
  }
}
