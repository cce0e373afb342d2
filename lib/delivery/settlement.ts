import type { Clock } from "../clock";
import { OneNetError } from "../errors";
import type { DeliveryCounters } from "./counters";
import type { DeliveryState, FailedPoint, Failure, QueuedMessage, Receipt, Tell } from "./message";
import { failedPoints, hasReached, nobody, receiptOf } from "./message";
import type { Outbox } from "./outbox";
import type { OutboxSettings } from "./outbox-settings";
import type { Pack, PackPart } from "./pack";
import type { ExpiredOnDisk, WaitingSender } from "./stored-backlog";
import type { Subject } from "./subject";
import { subjectOf } from "./subject";

/** What became of a message whose sender had been told earlier (it wanted to know of *queued* only, say) or is gone. */
export type Outcome = (error: OneNetError | undefined, receipt: Receipt, subject: Subject) => void;

const NONE_FAILED: readonly FailedPoint[] = [];

/** Moves messages through their states and tells each sender exactly once. */
export class Settlement {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #counters: DeliveryCounters;
  readonly #onLateOutcome: Outcome;
  #waitingSenders = 0;

  constructor(outbox: Outbox, clock: Clock, counters: DeliveryCounters, onLateOutcome: Outcome) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#counters = counters;
    this.#onLateOutcome = onLateOutcome;
  }

  /** Senders that are not told yet. */
  get waitingSenders(): number {
    return this.#waitingSenders;
  }

  /** A sender waits for the outcome of its message. */
  expect(): void {
    this.#waitingSenders += 1;
  }

  /** Its message was not taken. */
  unexpect(): void {
    this.#waitingSenders -= 1;
  }

  /** The pack's messages have come as far as `state`; whoever waited for that is told. */
  advance(pack: Pack, state: DeliveryState): void {
    const now = this.#clock.nowMs();
    for (const { message, points } of pack.parts) {
      if (state === "sent") message.sentAt = now;
      if (state === "acknowledged") message.acknowledgedAt = now;
      if (state === "accepted") message.acceptedAt = now;
      if (hasReached(state, message.state)) message.state = state;
      // Where other datapoints of it are in another pack, this is not true of all.
      if (points.length === 0 || points.length >= message.partsLeft) this.tellIfReached(message);
    }
  }

  tellIfReached(message: QueuedMessage): void {
    if (message.told || !hasReached(message.state, message.options.completeWhen)) return;
    // *Accepted* is true of a message when it is of all its datapoints.
    if (message.options.completeWhen === "accepted" && message.partsLeft > 0) return;
    this.tellNow(message);
  }

  /** Tells the sender how far its message has come, if it has not been told anything yet. */
  tellNow(message: QueuedMessage): void {
    if (message.told) return;
    const tell = this.#setTold(message);
    tell(undefined, receiptOf(message), message.failed ?? NONE_FAILED);
  }

  /** Tells the sender of a message that is on disk only: that it stays *queued*, or why it does not. */
  tellWaiting({ tell, queuedAt }: WaitingSender, error: OneNetError | undefined): void {
    this.#waitingSenders -= 1;
    tell(error, { state: "queued", attempts: 0, queuedAt }, NONE_FAILED);
  }

  /** A message has failed while it was on disk only. */
  #failUnseen({ sender, record }: ExpiredOnDisk, failure: Failure): void {
    const error = explainFailure(failure);
    this.#counters.failed(failure);
    if (sender !== undefined) return this.tellWaiting(sender, error);
    const receipt = { state: "queued", attempts: 0, queuedAt: record.queuedAtMs } as const;
    this.#onLateOutcome(error, receipt, record.subject ?? {});
  }

  /** These had to go for a newer one. */
  failDropped(dropped: readonly QueuedMessage[], { limits, label }: OutboxSettings): void {
    const { maxMessages, maxBytes } = limits;
    for (const message of dropped) {
      const params = { device: label, maxMessages, maxBytes };
      this.fail(message, { kind: "other", error: new OneNetError("ONENET_QUEUE_FULL.dropped", params) });
    }
  }

  /** These have expired while they were on disk only. */
  failExpiredOnDisk(expired: readonly ExpiredOnDisk[]): void {
    for (const each of expired) {
      const { queuedAtMs, expiresAtMs } = each.record;
      const ageMs = this.#clock.nowMs() - queuedAtMs;
      this.#failUnseen(each, { kind: "expired", ageMs, expiryMs: expiresAtMs - queuedAtMs });
    }
  }

  /** A message that somebody has thrown away: who waits for it is told, nobody else need be. */
  discard(message: QueuedMessage, error: OneNetError): void {
    if (message.settled) return;
    this.#leave(message);
    if (message.told) return;
    const tell = this.#setTold(message);
    tell(error, receiptOf(message), NONE_FAILED);
  }

  /** Nothing more will come for this pack: what is not told yet is told with the state it has. */
  finish(pack: Pack): void {
    for (const part of pack.parts) this.#settlePart(part, undefined);
  }

  /** The platform rejects what its senders had taken for done: it is in hand again. */
  takeBack(pack: Pack): void {
    for (const { message } of pack.parts) this.#outbox.takeBack(message);
  }

  failPack(pack: Pack, failure: Failure): void {
    for (const part of pack.parts) this.failPart(part, failure);
  }

  /** Some datapoints of a message failed, or all of it. */
  failPart(part: PackPart, failure: Failure): void {
    const { message, points } = part;
    if (message.settled) return;
    const error = message.options.explain?.(failure) ?? explainFailure(failure);
    if (points.length === 0 || points.length === message.partsLeft) {
      if (message.failed === undefined && !this.#hasAcceptedParts(message, points.length)) {
        this.#failWhole(message, error, failure);
        return;
      }
    }
    this.#counters.failed(failure);
    message.failed ??= [];
    message.failed.push(...failedPoints(points, error));
    this.#settlePart(part, error);
  }

  fail(message: QueuedMessage, failure: Failure): void {
    if (message.settled) return;
    const error = message.options.explain?.(failure) ?? explainFailure(failure);
    this.#failWhole(message, error, failure);
  }

  /** @returns whether the message is out: too old now, or settled before */
  failIfExpired(message: QueuedMessage): boolean {
    const { expiryMs } = message.options;
    if (message.settled || expiryMs === undefined) return message.settled;
    const ageMs = this.#clock.monotonicMs() - message.queuedAtMonotonicMs;
    if (ageMs < expiryMs) return false;
    this.fail(message, { kind: "expired", ageMs, expiryMs });
    return true;
  }

  #hasAcceptedParts(message: QueuedMessage, failing: number): boolean {
    return message.draft.kind === "datapoints" && message.draft.points.length > failing;
  }

  #failWhole(message: QueuedMessage, error: OneNetError, failure: Failure): void {
    this.#counters.failed(failure);
    this.#leave(message);
    if (message.told) return this.#tellLate(message, error);
    const tell = this.#setTold(message);
    tell(error, receiptOf(message), NONE_FAILED);
  }

  /** @returns whom to tell */
  #setTold(message: QueuedMessage): Tell {
    const { tell } = message;
    message.tell = nobody;
    message.told = true;
    message.isOutcomeOpen = message.state === "queued" && !message.settled;
    this.#waitingSenders -= 1;
    return tell;
  }

  /** Part of a message has its outcome; the last part settles the message. */
  #settlePart({ message, points }: PackPart, error: OneNetError | undefined): void {
    if (message.settled) return;
    message.partsLeft -= Math.max(1, points.length);
    if (message.partsLeft > 0) return;
    this.#leave(message);
    const late = message.failed?.at(-1)?.error ?? error;
    if (!message.told) this.tellNow(message);
    else if (late !== undefined || message.isOutcomeOpen) this.#tellLate(message, late);
  }

  #tellLate(message: QueuedMessage, error: OneNetError | undefined): void {
    this.#onLateOutcome(error, receiptOf(message), subjectOf(message.draft));
  }

  #leave(message: QueuedMessage): void {
    message.settled = true;
    this.#outbox.forget(message);
  }
}

function explainFailure(failure: Failure): OneNetError {
  switch (failure.kind) {
    case "expired":
      return new OneNetError("ONENET_EXPIRED", {
        ageSeconds: seconds(failure.ageMs),
        expirySeconds: seconds(failure.expiryMs),
      });
    case "rejected": {
      const { code, message } = failure.rejection;
      return new OneNetError("ONENET_REJECTED", { platformCode: code, platformMessage: message });
    }
    case "link-lost":
      return new OneNetError("ONENET_CLOSED");
    case "other":
      return failure.error;
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
