import { type Clock, systemClock, type Timer } from "../clock";
import { RateLimiter } from "./rate-limiter";

/**
 * The bucket of answers to commands. The platform counts both in one: each answer is a message that leaves later,
 * or what is over the rate piles up there and the next answers wait behind it.
 */
class AnswerLimiter extends RateLimiter {
  readonly #messages: RateLimiter;

  constructor(clock: Clock, perSecond: number | undefined, messages: RateLimiter) {
    super(clock, perSecond);
    this.#messages = messages;
  }

  override take(): void {
    super.take();
    this.#messages.take();
  }
}

/**
 * The platform's uplink rate: one bucket for messages, one for answers to commands, so that a backlog never
 * delays an answer. A timer goes off as soon as something that had to wait may leave.
 */
export class Pace {
  readonly messages: RateLimiter;
  readonly answers: RateLimiter;
  readonly #clock: Clock;
  readonly #onReady: () => void;
  #timer: Timer | undefined;
  #dueMs = 0;

  constructor(clock: Clock, messagesPerSecond: number | undefined, onReady: () => void) {
    this.#clock = clock;
    this.#onReady = onReady;
    this.messages = new RateLimiter(clock, messagesPerSecond);
    this.answers = new AnswerLimiter(clock, messagesPerSecond, this.messages);
  }

  /** Goes on when the rate allows the next of what waits. */
  waitFor(hasMessages: boolean, hasAnswers: boolean): void {
    const messagesMs = waitOf(this.messages, hasMessages);
    const answersMs = waitOf(this.answers, hasAnswers);
    const waitMs = messagesMs > 0 && answersMs > 0 ? Math.min(messagesMs, answersMs) : messagesMs + answersMs;
    if (waitMs === 0) return;
    const dueMs = this.#clock.monotonicMs() + waitMs;
    // An answer may be ready long before the messages are.
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return;
    this.stop();
    this.#dueMs = dueMs;
    this.#timer = this.#clock.startTimer(waitMs, () => {
      this.#timer = undefined;
      this.#onReady();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** What had to wait a moment ago might leave by now: without a timer nobody would come back to it. */
function waitOf(limiter: RateLimiter, hasAny: boolean): number {
  const { waitMs } = limiter;
  const wasRefused = limiter.takeRefusal();
  return hasAny && wasRefused ? Math.max(1, waitMs) : 0;
}

/** Where there is no rate: one for all connections, for it counts nothing and waits for nothing. */
export const UNLIMITED_PACE = new Pace(systemClock, undefined, () => undefined);
