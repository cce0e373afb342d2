import type { Failure } from "./message";

/** What a connection has done since it was opened; numbers only grow, the percentiles are of the newest 1,000. */
export interface DeliveryFigures {
  readonly sent: number;
  readonly acknowledged: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly expired: number;
  readonly dropped: number;
  readonly failed: number;
  readonly retries: number;
  readonly bytesSent: number;
  /** From PUBLISH to PUBACK, PUBCOMP or the platform's reply, in ms; undefined before the first one. */
  readonly roundTripP50Ms: number | undefined;
  readonly roundTripP99Ms: number | undefined;
}

const SAMPLES = 1000;

/** Counts what happens to the messages of one connection. */
export class DeliveryCounters {
  #sent = 0;
  #acknowledged = 0;
  #accepted = 0;
  #rejected = 0;
  #expired = 0;
  #dropped = 0;
  #failed = 0;
  #retries = 0;
  #bytesSent = 0;
  readonly #roundTrips: number[] = [];
  #nextSample = 0;

  published(messages: number, payloadBytes: number, isRetry: boolean): void {
    if (isRetry) this.#retries += messages;
    else this.#sent += messages;
    this.#bytesSent += payloadBytes;
  }

  acknowledged(messages: number, roundTripMs: number): void {
    this.#acknowledged += messages;
    this.#sample(roundTripMs);
  }

  accepted(messages: number, roundTripMs: number): void {
    this.#accepted += messages;
    this.#sample(roundTripMs);
  }

  failed(failure: Failure): void {
    if (failure.kind === "rejected") this.#rejected += 1;
    else if (failure.kind === "expired") this.#expired += 1;
    else if (failure.kind === "other" && failure.error.key === "ONENET_QUEUE_FULL.dropped")
      this.#dropped += 1;
    else this.#failed += 1;
  }

  figures(): DeliveryFigures {
    const sorted = [...this.#roundTrips].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return {
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      accepted: this.#accepted,
      rejected: this.#rejected,
      expired: this.#expired,
      dropped: this.#dropped,
      failed: this.#failed,
      retries: this.#retries,
      bytesSent: this.#bytesSent,
      roundTripP50Ms: at(0.5),
      roundTripP99Ms: at(0.99),
    };
  }

  #sample(roundTripMs: number): void {
    this.#roundTrips[this.#nextSample] = roundTripMs;
    this.#nextSample = (this.#nextSample + 1) % SAMPLES;
  }
}
