import { OneNetError } from "../errors";
import { giveBackPayload } from "../protocol/payload-pool";
import { AnswerReplies } from "./answer-replies";
import type { FlightParts } from "./flight-parts";
import { InFlight } from "./in-flight";
import { LateReplies, letGo, revive } from "./late-replies";
import type { DeliveryLink } from "./link";
import { LinkCloserFinder } from "./link-closer";
import type { QueuedMessage, Rejection } from "./message";
import { isOpen, isPayloadFree, isPost, isThrough, isTold, type Pack } from "./pack";
import { noteAccepted, rejectPack } from "./platform-word";
import { repack } from "./repack";
import { timeoutError } from "./timeout-error";

/** Sees each pack that was sent through to its end: acknowledgement, reply, deadline, repetition, division. */
export class Flight {
  readonly #parts: FlightParts;
  readonly #inFlight: InFlight;
  readonly #lateReplies = new LateReplies();
  readonly #answerReplies: AnswerReplies;
  readonly #closer = new LinkCloserFinder();
  #posts = 0;
  #link: DeliveryLink | undefined;

  constructor(parts: FlightParts) {
    this.#parts = parts;
    this.#answerReplies = new AnswerReplies(parts.settings.mayBeMute);
    this.#inFlight = new InFlight(parts.clock, parts.settings.ackTimeoutMs, (pack) => this.#onDeadline(pack));
  }

  get link(): DeliveryLink | undefined {
    return this.#link;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  /** How many of them count against the window: answers to commands do not. */
  get inWindow(): number {
    return this.#inFlight.inWindow;
  }

  /** How many of them are of QoS 2. */
  get qos2(): number {
    return this.#inFlight.qos2;
  }

  /** What they carry. */
  get messages(): QueuedMessage[] {
    return [...this.#inFlight.packs].flatMap((pack) => pack.parts.map(({ message }) => message));
  }

  /** Posts of datapoints among them. */
  get posts(): number {
    return this.#posts;
  }

  /** The pack that must be sent alone, because the link has closed behind it. */
  get isolated(): Pack | undefined {
    return this.#closer.isolated;
  }

  /**
   * Takes the first message out of the isolated pack, which goes alone then.
   *
   * @returns it, and the pack of the others
   */
  narrow(pack: Pack): readonly [first: Pack, rest: Pack | undefined] {
    const [first, ...others] = pack.parts.filter(({ message }) => !message.settled);
    if (pack.parts.length === 1 || first === undefined) return [pack, undefined];
    const [one = pack, rest] = repack(
      this.#parts.packer,
      pack,
      others.length === 0 ? [[first]] : [[first], others],
    );
    this.#closer.narrow(one, rest);
    return [one, rest];
  }

  linkUp(link: DeliveryLink): void {
    this.#link = link;
  }

  /** @returns what must be sent again on the next link, and whether a publish is to blame for the end of this one */
  linkDown(closedByPeer: boolean): { again: Pack[]; isPublishToBlame: boolean } {
    const { settlement } = this.#parts;
    const unanswered = this.takeAll();
    const isPublishToBlame = closedByPeer && this.#suspect(unanswered);
    const again: Pack[] = [];
    for (const pack of unanswered) {
      if (pack.isAnswer) settlement.failPack(pack, { kind: "link-lost" });
      else if (isThrough(pack)) settlement.finish(pack);
      else if (isOpen(pack)) again.push(pack);
    }
    return { again, isPublishToBlame };
  }

  /** Lets go of everything. */
  takeAll(): Pack[] {
    this.#link = undefined;
    this.#posts = 0;
    this.#lateReplies.clear();
    return this.#inFlight.takeAll();
  }

  send(pack: Pack): void {
    const link = this.#link;
    if (link === undefined) return;
    const { counters, settlement } = this.#parts;
    const { publish } = pack;
    this.#inFlight.add(pack);
    if (isPost(pack)) this.#posts += 1;
    this.#closer.published(pack.sentAtMonotonicMs);
    // What is left of a rejected pack is a repetition too.
    const isRepetition = (pack.parts[0]?.message.attempts ?? 0) > 0;
    counters.published(pack.parts.length, Buffer.byteLength(publish.payload), isRepetition);
    pack.attempts += 1;
    for (const { message } of pack.parts) message.attempts += 1;
    const { handshake } = pack;
    const isRepeated = pack.attempts > 1 || handshake?.mark !== undefined;
    const answered = (error?: OneNetError) => this.#onAnswered(pack, error);
    link.publish(publish, isRepeated && publish.qos > 0 && !pack.acknowledged, answered, handshake);
    if (publish.qos > 0) settlement.advance(pack, "sent");
  }

  /** Nothing of the pack is wanted any more: it is not sent. */
  giveUp(pack: Pack): void {
    this.#closer.acquit(pack);
  }

  /** @returns false when nothing waits for this reply */
  settleReply(replyKey: string, rejection: Rejection | undefined): boolean {
    this.#answerReplies.heard();
    const pack = this.#inFlight.find(replyKey);
    if (pack === undefined) return this.#settleLate(replyKey, rejection);
    this.#inFlight.answered(pack, "reply", this.#parts.clock.monotonicMs());
    this.#leave(pack);
    if (rejection !== undefined) rejectPack(this.#parts, pack, rejection);
    else {
      this.#countAccepted(pack.parts.length, pack.sentAtMonotonicMs);
      noteAccepted(this.#parts, pack);
      this.#parts.settlement.advance(pack, "accepted");
      this.#parts.settlement.finish(pack);
      if (isPayloadFree(pack)) giveBackPayload(pack.publish.payload);
    }
    this.#parts.onProgress();
    return true;
  }

  /** The platform's word on what its senders had taken for done: what it rejects is in hand again. */
  #settleLate(replyKey: string, rejection: Rejection | undefined): boolean {
    const late = this.#lateReplies.take(replyKey);
    if (late === undefined) return false;
    if (!rejection) this.#countAccepted(letGo(late), late.sentAtMonotonicMs);
    else {
      const pack = revive(late, this.#parts.packer);
      this.#parts.settlement.takeBack(pack);
      rejectPack(this.#parts, pack, rejection);
      this.#parts.onProgress();
    }
    return true;
  }

  #countAccepted(messages: number, sentAtMonotonicMs: number): void {
    this.#parts.counters.accepted(messages, this.#parts.clock.monotonicMs() - sentAtMonotonicMs);
  }

  #leave(pack: Pack): void {
    if (pack.isInFlight && isPost(pack)) this.#posts -= 1;
    this.#inFlight.remove(pack);
    this.#closer.acquit(pack);
  }

  #onAnswered(pack: Pack, error: OneNetError | undefined): void {
    if (!pack.isInFlight) return;
    const { clock, counters, settlement, onProgress } = this.#parts;
    // What answers has just been heard.
    const nowMs = this.#link?.lastHeardMs ?? clock.monotonicMs();
    if (pack.publish.qos > 0) this.#inFlight.answered(pack, "puback", nowMs);
    if (error !== undefined) {
      this.#leave(pack);
      settlement.failPack(pack, { kind: "other", error });
    } else {
      pack.acknowledged = pack.publish.qos > 0;
      if (pack.acknowledged) counters.acknowledged(pack.parts.length, nowMs - pack.sentAtMonotonicMs);
      settlement.advance(pack, pack.acknowledged ? "acknowledged" : "sent");
      if (pack.replyKey === undefined || isTold(pack)) this.#finish(pack);
      else if (pack.isAnswer) {
        for (const done of this.#answerReplies.acknowledged(pack, this.#inFlight.packs)) this.#finish(done);
      }
    }
    onProgress();
  }

  /** Done as far as its senders are concerned; the platform may still say something against it. */
  #finish(pack: Pack): void {
    this.#leave(pack);
    this.#parts.settlement.finish(pack);
    this.#lateReplies.add(pack);
  }

  /** @returns false when the link itself is in doubt and must be asked first */
  #onDeadline(pack: Pack): boolean {
    const link = this.#link;
    if (link === undefined) return true;
    if (link.lastHeardMs < pack.sentAtMonotonicMs) {
      link.probe();
      return false;
    }
    const { settings, settlement, onProgress, onSendAgain } = this.#parts;
    pack.timeouts += 1;
    if (pack.isAnswer && (pack.acknowledged || pack.publish.qos === 0)) {
      if (pack.acknowledged) this.#answerReplies.timedOut();
      this.#finish(pack);
    } else if (pack.isAnswer || pack.timeouts >= settings.ackAttempts) {
      this.#leave(pack);
      settlement.failPack(pack, { kind: "other", error: timeoutError(pack, settings) });
    } else if (pack.replyKey !== undefined) {
      this.#leave(pack);
      onSendAgain([pack]);
    } else {
      // [MQTT-4.4.0-1]: a PUBLISH is repeated on a new connection only.
      link.cut(timeoutError(pack, settings));
    }
    onProgress();
    return true;
  }

  /** A PUBACK alone acquits nobody, for the close may come after it. */
  #suspect(unanswered: readonly Pack[]): boolean {
    const { isolated } = this.#closer;
    const open = unanswered.filter((pack) => !pack.isAnswer && !isThrough(pack));
    const verdict = this.#closer.linkClosed(open, this.#parts.clock.monotonicMs());
    if (verdict === "convicted" && isolated !== undefined) {
      const error = new OneNetError("ONENET_PUBLISH_CLOSED_LINK", { topic: isolated.publish.topic });
      this.#parts.settlement.failPack(isolated, { kind: "other", error });
    }
    return verdict !== "unsuspected";
  }
}
