import type { Clock } from "../clock";
import { OneNetError } from "../errors";
import type { Pack } from "./in-flight";
import type { DeliveryState, Failure, QueuedMessage, Receipt } from "./message";
import { hasReached, receiptOf } from "./message";
import type { Outbox } from "./outbox";

/** The outcome of a message whose sender had been told earlier (it wanted to know of *queued* only, say). */
export type LateFailure = (error: OneNetError, receipt: Receipt) => void;

/** Moves messages through their states and tells each sender exactly once. */
export class Settlement {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #onLateFailure: LateFailure;

  constructor(outbox: Outbox, clock: Clock, onLateFailure: LateFailure) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#onLateFailure = onLateFailure;
  }

  /** The pack's messages have come as far as `state`; whoever waited for that is told. */
  advance(pack: Pack, state: DeliveryState): void {
    const now = this.#clock.nowMs();
    for (const message of pack.messages) {
      if (state === "sent") message.sentAt = now;
      if (state === "acknowledged") message.acknowledgedAt = now;
      if (state === "accepted") message.acceptedAt = now;
      if (hasReached(state, message.state)) message.state = state;
      this.tellIfReached(message);
    }
  }

  tellIfReached(message: QueuedMessage): void {
    if (message.told || !hasReached(message.state, message.options.completeWhen)) return;
    message.told = true;
    message.tell(undefined, receiptOf(message));
  }

  /** Nothing more will come for this pack: what is not told yet is told with the state it has. */
  finish(pack: Pack): void {
    for (const message of pack.messages) {
      this.#leave(message, () => {
        if (!message.told) message.tell(undefined, receiptOf(message));
      });
    }
  }

  failPack(pack: Pack, failure: Failure): void {
    for (const message of pack.messages) this.fail(message, failure);
  }

  fail(message: QueuedMessage, failure: Failure): void {
    this.#leave(message, () => {
      const error = message.options.explain?.(failure) ?? explainFailure(failure);
      if (message.told) this.#onLateFailure(error, receiptOf(message));
      else message.tell(error, receiptOf(message));
    });
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

  #leave(message: QueuedMessage, report: () => void): void {
    if (message.settled) return;
    message.settled = true;
    this.#outbox.forget(message);
    report();
    message.told = true;
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
