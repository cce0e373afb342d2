import type { Clock, Timer } from "../clock";
import type { Pack } from "./pack";

/** When a deadline could not be judged (the link is being asked for a sign of life). */
const SECOND_LOOK_MS = 1000;
const LOOKS_PER_TIMEOUT = 100;

/**
 * What is sent and not answered, in order of sending. Each is due the same time after it was sent, or after the
 * last answer to one before it: OneNET may take one message a second only, and make the others wait their turn.
 */
export class InFlight {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onDeadline: (pack: Pack) => boolean;
  /** Made when it is needed. */
  #packs: Set<Pack> | undefined;
  /** Made when it is needed: a plain broker has no replies. */
  #byReplyKey: Map<string, Pack> | undefined;
  #answers = 0;
  #qos2 = 0;
  #entered = 0;
  /** The pack that was acknowledged last, by its number, and when; and the one whose reply came last. */
  #acknowledgedNumber = 0;
  #acknowledgedMs = Number.NEGATIVE_INFINITY;
  #repliedNumber = 0;
  #repliedMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  /** @param onDeadline returns false to be asked again a little later */
  constructor(clock: Clock, timeoutMs: number, onDeadline: (pack: Pack) => boolean) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onDeadline = onDeadline;
  }

  get size(): number {
    return this.#packs?.size ?? 0;
  }

  get packs(): Iterable<Pack> {
    return this.#packs ?? [];
  }

  /** How many of them count against the window: answers to commands do not. */
  get inWindow(): number {
    return this.size - this.#answers;
  }

  /** How many of them are of QoS 2. */
  get qos2(): number {
    return this.#qos2;
  }

  /** Enters a pack, before it is sent. */
  add(pack: Pack): void {
    pack.sentAtMonotonicMs = this.#clock.monotonicMs();
    this.#entered += 1;
    pack.number = this.#entered;
    if (pack.order === 0) pack.order = this.#entered;
    this.#packs ??= new Set();
    this.#packs.add(pack);
    pack.isInFlight = true;
    if (pack.isAnswer) this.#answers += 1;
    if (pack.publish.qos === 2) this.#qos2 += 1;
    if (pack.replyKey !== undefined) {
      this.#byReplyKey ??= new Map();
      this.#byReplyKey.set(pack.replyKey, pack);
    }
    this.#watch();
  }

  /** A PUBACK or a reply came for it: the other side goes on to what follows. */
  answered(pack: Pack, by: "puback" | "reply", nowMs: number): void {
    // Answers to commands have a lane of their own: they tell nothing of the others.
    if (pack.isAnswer) return;
    if (by === "puback") {
      this.#acknowledgedNumber = pack.number;
      this.#acknowledgedMs = nowMs;
    } else {
      this.#repliedNumber = pack.number;
      this.#repliedMs = nowMs;
    }
  }

  find(replyKey: string): Pack | undefined {
    return this.#byReplyKey?.get(replyKey);
  }

  remove(pack: Pack): void {
    if (!pack.isInFlight) return;
    pack.isInFlight = false;
    this.#packs?.delete(pack);
    if (pack.isAnswer) this.#answers -= 1;
    if (pack.publish.qos === 2) this.#qos2 -= 1;
    if (pack.replyKey !== undefined) this.#byReplyKey?.delete(pack.replyKey);
    if (this.size === 0) this.#stopWatch();
  }

  /** In the order in which they were sent first, whatever was repeated since. */
  takeAll(): Pack[] {
    const packs = [...this.packs].sort((a, b) => a.order - b.order);
    for (const pack of packs) pack.isInFlight = false;
    this.#packs?.clear();
    this.#answers = 0;
    this.#qos2 = 0;
    this.#byReplyKey?.clear();
    this.#stopWatch();
    return packs;
  }

  #stopWatch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #dueMs(pack: Pack): number {
    const waitsForReply = pack.acknowledged || pack.publish.qos === 0;
    let startMs = pack.sentAtMonotonicMs;
    if (this.#repliedNumber < pack.number) startMs = Math.max(startMs, this.#repliedMs);
    if (!waitsForReply && this.#acknowledgedNumber < pack.number) {
      startMs = Math.max(startMs, this.#acknowledgedMs);
    }
    return this.#timeoutMs + startMs;
  }

  /** One timer for all; each look at them costs, so that after one the next is not due at once. */
  #watch(pauseMs = 0): void {
    if (this.#timer !== undefined || this.size === 0) return;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const pack of this.packs) dueMs = Math.min(dueMs, this.#dueMs(pack));
    this.#lookIn(Math.max(pauseMs, dueMs - this.#clock.monotonicMs()));
  }

  #lookIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.startTimer(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    // A timer may fire a fraction of a millisecond early.
    const nowMs = this.#clock.monotonicMs() + 1;
    for (const pack of [...this.packs]) {
      if (this.#dueMs(pack) > nowMs) continue;
      if (pack.isInFlight && !this.#onDeadline(pack)) {
        this.#lookIn(SECOND_LOOK_MS);
        return;
      }
    }
    this.#watch(this.#timeoutMs / LOOKS_PER_TIMEOUT);
  }
}
