import type { Clock } from "../clock";
import { asOneNetError, OneNetError } from "../errors";
import type { DeliveryLink, DeliverySettings } from "./delivery";
import type { Pack } from "./in-flight";
import { InFlight } from "./in-flight";
import { LinkCloserFinder } from "./link-closer";
import type { QueuedMessage, Rejection } from "./message";
import type { Outbox } from "./outbox";
import type { Packer } from "./packer";
import type { Settlement } from "./settlement";

/**
 * Takes what waits in the outbox to the link, within the window, and sees each pack through: acknowledgement,
 * reply, deadline, repetition.
 */
export class Sender {
  readonly #settings: DeliverySettings;
  readonly #packer: Packer;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #settlement: Settlement;
  readonly #inFlight: InFlight;
  readonly #closer = new LinkCloserFinder();
  #link: DeliveryLink | undefined;
  #isDrainScheduled = false;

  constructor(
    settings: DeliverySettings,
    packer: Packer,
    clock: Clock,
    outbox: Outbox,
    settlement: Settlement,
  ) {
    this.#settings = settings;
    this.#packer = packer;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#settlement = settlement;
    this.#inFlight = new InFlight(clock, settings.ackTimeoutMs, (pack) => this.#onDeadline(pack));
  }

  get isLinkUp(): boolean {
    return this.#link !== undefined;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  linkUp(link: DeliveryLink): void {
    this.#link = link;
    this.scheduleDrain();
  }

  /** What was not answered goes first on the next link, in its order. @returns whether a publish is to blame */
  linkDown(closedByPeer: boolean): boolean {
    if (this.#link === undefined) return false;
    this.#link = undefined;
    const unanswered = this.#inFlight.takeAll();
    const isPublishToBlame = closedByPeer && this.#suspect(unanswered);
    for (const pack of [...unanswered, ...this.#outbox.again.takeAll()]) {
      if (pack.isAnswer) this.#settlement.failPack(pack, { kind: "link-lost" });
      else if (isDone(pack)) this.#settlement.finish(pack);
      else if (pack.messages.some((message) => !message.settled)) this.#outbox.again.push(pack);
    }
    return isPublishToBlame;
  }

  /** Lets go of everything that has been packed, oldest first. */
  takeAll(): Pack[] {
    this.#link = undefined;
    return [...this.#inFlight.takeAll(), ...this.#outbox.again.takeAll()];
  }

  /** Fails what has grown too old while it waits to be repeated. */
  failExpired(): void {
    const { again } = this.#outbox;
    for (const pack of again) for (const message of pack.messages) this.#settlement.failIfExpired(message);
    again.filter((pack) => pack.messages.some((message) => !message.settled));
  }

  /** @returns false when nothing waits for this reply */
  settleReply(replyKey: string, rejection: Rejection | undefined): boolean {
    const pack = this.#inFlight.find(replyKey);
    if (pack === undefined) return false;
    this.#inFlight.answered(pack, "reply");
    this.#leaveFlight(pack);
    if (rejection !== undefined) this.#settlement.failPack(pack, { kind: "rejected", rejection });
    else {
      this.#settlement.advance(pack, "accepted");
      this.#settlement.finish(pack);
    }
    this.scheduleDrain();
    return true;
  }

  /** Once a turn: all messages of one turn leave in one go, and in as few writes. */
  scheduleDrain(): void {
    if (this.#isDrainScheduled || this.#link === undefined) return;
    this.#isDrainScheduled = true;
    setImmediate(() => {
      this.#isDrainScheduled = false;
      this.drain();
    });
  }

  drain(): void {
    while (this.#link !== undefined && this.#outbox.peekAnswer() !== undefined) {
      this.#packAndSend(this.#outbox.shiftAnswer());
    }
    if (this.#closer.isolated !== undefined) return this.#drainIsolated(this.#closer.isolated);
    const { again } = this.#outbox;
    while (this.#hasRoom() && again.size > 0) this.#sendAgain(again.shift());
    while (this.#hasRoom() && this.#outbox.peek() !== undefined) this.#packAndSend(this.#outbox.shift());
  }

  /** A suspect goes alone, so that what happens next is its doing and nobody else's. */
  #drainIsolated(pack: Pack): void {
    if (this.#link === undefined || this.#inFlight.size > 0) return;
    this.#outbox.again.filter((other) => other !== pack);
    this.#sendAgain(pack);
  }

  #hasRoom(): boolean {
    if (this.#link === undefined) return false;
    const { size, inWindow } = this.#inFlight;
    return inWindow < this.#settings.inFlightMax && size < this.#link.receiveMaximum;
  }

  #packAndSend(message: QueuedMessage | undefined): void {
    if (message === undefined || message.settled || this.#settlement.failIfExpired(message)) return;
    let pack: Pack;
    try {
      pack = this.#packer.pack(message);
    } catch (thrown) {
      this.#settlement.fail(message, { kind: "other", error: asOneNetError(thrown) });
      return;
    }
    this.#send(pack);
  }

  #sendAgain(pack: Pack | undefined): void {
    if (pack === undefined) return;
    for (const message of pack.messages) this.#settlement.failIfExpired(message);
    if (pack.messages.some((message) => !message.settled)) return this.#send(pack);
    this.#leaveFlight(pack);
    this.scheduleDrain();
  }

  #send(pack: Pack): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#inFlight.add(pack);
    this.#closer.published(this.#clock.monotonicMs());
    pack.attempts += 1;
    for (const message of pack.messages) message.attempts += 1;
    const { publish } = pack;
    const dup = pack.attempts > 1 && publish.qos > 0 && !pack.acknowledged;
    link.publish(publish, dup, (error) => this.#onAnswered(pack, error));
    if (publish.qos > 0) this.#settlement.advance(pack, "sent");
  }

  #onAnswered(pack: Pack, error: OneNetError | undefined): void {
    if (!this.#inFlight.has(pack)) return;
    if (pack.publish.qos > 0) this.#inFlight.answered(pack, "puback");
    if (error !== undefined) {
      this.#leaveFlight(pack);
      this.#settlement.failPack(pack, { kind: "other", error });
    } else {
      pack.acknowledged = pack.publish.qos > 0;
      this.#settlement.advance(pack, pack.acknowledged ? "acknowledged" : "sent");
      if (pack.replyKey === undefined) {
        this.#leaveFlight(pack);
        this.#settlement.finish(pack);
      }
    }
    this.scheduleDrain();
  }

  #leaveFlight(pack: Pack): void {
    this.#inFlight.remove(pack);
    this.#closer.acquit(pack);
  }

  /** @returns false when the link itself is in doubt and must be asked first */
  #onDeadline(pack: Pack): boolean {
    const link = this.#link;
    if (link === undefined) return true;
    if (link.lastHeardMs < pack.sentAtMonotonicMs) {
      link.probe();
      return false;
    }
    pack.timeouts += 1;
    const isPublished = pack.acknowledged || pack.publish.qos === 0;
    if (isPublished && (pack.isAnswer || pack.messages.every((message) => message.told))) {
      this.#leaveFlight(pack);
      this.#settlement.finish(pack);
    } else if (pack.isAnswer || pack.timeouts >= this.#settings.ackAttempts) {
      this.#leaveFlight(pack);
      this.#settlement.failPack(pack, { kind: "other", error: this.#timeoutError(pack) });
    } else if (pack.replyKey !== undefined) {
      this.#inFlight.remove(pack);
      this.#sendAgain(pack);
    } else {
      // [MQTT-4.4.0-1]: a PUBLISH is repeated on a new connection only.
      link.cut(this.#timeoutError(pack));
    }
    this.scheduleDrain();
    return true;
  }

  #timeoutError(pack: Pack): OneNetError {
    const { host, ackTimeoutMs } = this.#settings;
    const params = { host, attempts: pack.timeouts, timeoutSeconds: ackTimeoutMs / 1000 };
    const waitsForReply = pack.replyKey !== undefined && (pack.acknowledged || pack.publish.qos === 0);
    return new OneNetError(waitsForReply ? "ONENET_ACK_TIMEOUT.reply" : "ONENET_ACK_TIMEOUT.puback", params);
  }

  /** The oldest that is not through is asked first; a PUBACK alone acquits nobody, for the close may come after it. */
  #suspect(unanswered: readonly Pack[]): boolean {
    const oldest = unanswered.find((pack) => !isDone(pack));
    const verdict = this.#closer.linkClosed(oldest, this.#clock.monotonicMs());
    if (verdict === "convicted" && oldest !== undefined) {
      const error = new OneNetError("ONENET_PUBLISH_CLOSED_LINK", { topic: oldest.publish.topic });
      this.#settlement.failPack(oldest, { kind: "other", error });
    }
    return verdict !== "unsuspected";
  }
}

/** The other side has it, and everybody has been told so: no reply is worth a repetition. */
function isDone(pack: Pack): boolean {
  return pack.acknowledged && pack.messages.every((message) => message.told);
}
