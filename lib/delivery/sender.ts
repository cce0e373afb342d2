import { asOneNetError } from "../errors";
import { afterTurns } from "../turns";
import type { DeliverySettings } from "./delivery-settings";
import { Flight } from "./flight";
import type { FlightParts } from "./flight-parts";
import type { DeliveryLink } from "./link";
import type { QueuedMessage, Rejection } from "./message";
import type { Outbox } from "./outbox";
import { Pace, UNLIMITED_PACE } from "./pace";
import type { Pack, PackPart } from "./pack";
import { bySending, isOpen } from "./pack";
import { type Packer, type WaitingLine, wholeOf } from "./packer";
import { withoutSettled } from "./repack";
import type { Settlement } from "./settlement";
import { NOTHING_BEHIND, UnexpiredLine } from "./unexpired-line";

const LARGE_WINDOW = 32;
const GATHERING_TURNS = 7;

/** What a sender works with; all of it belongs to one connection. */
export type SenderParts = Omit<FlightParts, "onProgress" | "onSendAgain"> & { readonly outbox: Outbox };

/**
 * Takes what waits in the outbox to the link: packed, within the window and at the platform's pace.
 */
export class Sender {
  readonly #settings: DeliverySettings;
  readonly #packer: Packer;
  readonly #outbox: Outbox;
  readonly #settlement: Settlement;
  readonly #flight: Flight;
  readonly #pace: Pace;
  /** What a post may take along. */
  readonly #line: UnexpiredLine;
  #isDrainScheduled = false;

  constructor(parts: SenderParts) {
    this.#settings = parts.settings;
    this.#packer = parts.packer;
    this.#outbox = parts.outbox;
    this.#settlement = parts.settlement;
    this.#flight = new Flight({
      ...parts,
      onProgress: () => this.scheduleDrain(),
      onSendAgain: (packs) => parts.outbox.again.unshift(packs),
    });
    this.#line = new UnexpiredLine(parts.outbox, parts.settlement);
    const { messagesPerSecond } = parts.settings;
    const hasRate = messagesPerSecond !== undefined;
    this.#pace = hasRate ? new Pace(parts.clock, messagesPerSecond, () => this.drain()) : UNLIMITED_PACE;
  }

  get isLinkUp(): boolean {
    return this.#flight.link !== undefined;
  }

  /** Packs sent and not answered. */
  get inFlight(): number {
    return this.#flight.size;
  }

  get messagesInFlight(): Iterable<QueuedMessage> {
    return this.#flight.messages;
  }

  linkUp(link: DeliveryLink): void {
    this.#flight.linkUp(link);
    if (!link.resumesSession) this.#beginHandshakesAgain();
    link.reservePacketIds(this.#marks());
    this.drain();
  }

  /** What was not answered goes first on the next link, in its order. @returns whether a publish is to blame */
  linkDown(closedByPeer: boolean): boolean {
    if (!this.isLinkUp) return false;
    this.#pace.stop();
    const { again, isPublishToBlame } = this.#flight.linkDown(closedByPeer);
    this.#queueAgain(again);
    return isPublishToBlame;
  }

  /** Lets go of everything that has been packed, oldest first. */
  takeAll(): Pack[] {
    this.#pace.stop();
    return [...this.#flight.takeAll(), ...this.#outbox.again.takeAll()].sort(bySending);
  }

  /** Lets go of what waits to be repeated. */
  takeAgain(): Pack[] {
    return this.#outbox.again.takeAll();
  }

  /** Fails what has grown too old while it waits to be repeated. */
  failExpired(): void {
    for (const pack of this.#outbox.again) this.#failExpiredParts(pack);
    this.#outbox.again.filter(isOpen);
  }

  /** @returns false when nothing waits for this reply */
  settleReply(replyKey: string, rejection: Rejection | undefined): boolean {
    return this.#flight.settleReply(replyKey, rejection);
  }

  /** Once a turn: all messages of one turn leave in one go, and in as few writes. */
  scheduleDrain(): void {
    if (this.#isDrainScheduled || !this.isLinkUp) return;
    this.#isDrainScheduled = true;
    afterTurns(this.#isBusy ? GATHERING_TURNS : 1, () => {
      this.#isDrainScheduled = false;
      this.drain();
    });
  }

  /** A broker acknowledges one by one: with half a large window on its way, some more make room for one write. */
  get #isBusy(): boolean {
    const { inFlightMax } = this.#settings;
    return inFlightMax >= LARGE_WINDOW && this.#flight.inWindow * 2 > inFlightMax;
  }

  drain(): void {
    if (!this.isLinkUp) return;
    this.#drainAnswers();
    if (this.#flight.isolated !== undefined) this.#drainIsolated(this.#flight.isolated);
    else this.#drainMessages();
    const hasMessages = this.#hasRoom() && (this.#outbox.again.size > 0 || this.#outbox.waiting > 0);
    this.#pace.waitFor(hasMessages, this.#outbox.answers.peek() !== undefined);
  }

  /**
   * The server has lost the session, and with it the messages it had not been given the release for: they are
   * published again, now or on a later link whose session it does keep.
   */
  #beginHandshakesAgain(): void {
    for (const { handshake } of this.#outbox.again) {
      if (handshake?.mark === undefined) continue;
      handshake.keep({ packetId: handshake.mark.packetId, phase: "published" }, () => undefined);
    }
    this.#outbox.beginHandshakesAgain();
  }

  /** Packet ids of handshakes that have begun on an earlier link. */
  #marks(): number[] {
    const begun = [...this.#outbox.again].map((pack) => pack.handshake?.mark?.packetId);
    return [...begun, ...this.#outbox.handshakesLeft].filter((packetId) => packetId !== undefined);
  }

  #drainAnswers(): void {
    const { answers } = this.#pace;
    while (this.isLinkUp && this.#outbox.answers.peek() !== undefined && answers.waitMs === 0) {
      const answer = this.#outbox.answers.shift();
      if (answer === undefined || this.#settlement.failIfExpired(answer)) continue;
      answers.take();
      for (const pack of this.#packer.pack([wholeOf(answer)], this.#outbox)) this.#flight.send(pack);
    }
  }

  #drainMessages(): void {
    const { messages } = this.#pace;
    while (this.#hasRoom() && messages.waitMs === 0) {
      const pack = this.#next();
      if (pack === undefined) return;
      this.#sendIfOpen(pack);
    }
  }

  /** A suspect goes alone, so that what happens next is its doing and nobody else's. */
  #drainIsolated(pack: Pack): void {
    if (this.#flight.size > 0 || this.#pace.messages.waitMs > 0) return;
    this.#outbox.again.filter((other) => other !== pack);
    this.#failExpiredParts(pack);
    const [first, rest] = this.#flight.narrow(pack);
    if (rest !== undefined) this.#outbox.again.unshift([rest]);
    this.#sendIfOpen(first);
    // It was given up: the next one is not kept waiting.
    if (this.#flight.size === 0) this.scheduleDrain();
  }

  /** What was sent first goes first, whatever was repeated or taken apart since. */
  #queueAgain(packs: readonly Pack[]): void {
    const all = [...packs, ...this.#outbox.again.takeAll()].filter(isOpen);
    this.#outbox.again.unshift(all.sort(bySending));
  }

  /** Whether the next one may be sent, as far as the window goes. */
  #hasRoom(): boolean {
    const { link, size, inWindow, qos2, posts } = this.#flight;
    const { inFlightMax, qos2InFlightMax } = this.#settings;
    if (link === undefined || inWindow >= inFlightMax || size >= link.receiveMaximum) return false;
    const next = this.#outbox.again.peek()?.parts[0]?.message ?? this.#outbox.peek();
    if (next === undefined) return true;
    if (next.draft.kind === "datapoints") return posts < this.#packer.postsInFlightMax;
    return next.draft.publish.qos < 2 || qos2 < qos2InFlightMax;
  }

  #next(): Pack | undefined {
    const { again } = this.#outbox;
    const held = again.peek();
    if (held?.isHeld !== true) return again.shift() ?? this.#packNext();
    // What follows it is being fetched.
    if (this.#line.peek() === undefined && this.#outbox.waiting > 0) return undefined;
    again.shift();
    const first = held.parts.filter(({ message }) => !this.#settlement.failIfExpired(message));
    return (first.length > 0 ? this.#pack(first) : undefined) ?? this.#next();
  }

  #packNext(): Pack | undefined {
    for (let message = this.#outbox.shift(); message !== undefined; message = this.#outbox.shift()) {
      if (message.settled || this.#settlement.failIfExpired(message)) continue;
      const pack = this.#pack([wholeOf(message)]);
      if (pack !== undefined) return pack;
    }
    return undefined;
  }

  /** @returns what goes next; undefined when that failed */
  #pack(first: readonly PackPart[]): Pack | undefined {
    const [pack, ...rest] = this.#packAll(first, this.#line);
    this.#outbox.again.unshift(rest);
    return pack;
  }

  /** What cannot be encoded fails alone, and nothing that was taken along with it. */
  #packAll(first: readonly PackPart[], line: WaitingLine): readonly Pack[] {
    try {
      const packs = this.#packer.pack(first, line);
      // Nothing is held here that is done elsewhere.
      this.#line.taken = [];
      return packs;
    } catch (thrown) {
      const { taken } = this.#line;
      this.#line.taken = [];
      const parts = [...first, ...taken.map(wholeOf)].filter(({ message }) => !message.settled);
      if (parts.length > 1) return parts.flatMap((part) => this.#packAll([part], NOTHING_BEHIND));
      const error = asOneNetError(thrown);
      for (const part of parts) this.#settlement.failPart(part, { kind: "other", error });
      return [];
    }
  }

  #sendIfOpen(pack: Pack): void {
    this.#failExpiredParts(pack);
    if (!isOpen(pack)) return this.#flight.giveUp(pack);
    this.#pace.messages.take();
    this.#flight.send(withoutSettled(this.#packer, pack));
  }

  #failExpiredParts(pack: Pack): void {
    for (const { message } of pack.parts) this.#settlement.failIfExpired(message);
  }
}
