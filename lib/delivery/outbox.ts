import { OneNetError } from "../errors";
import { Fifo } from "./fifo";
import type { Pack } from "./in-flight";
import type { QueuedMessage } from "./message";

/** What an outbox may hold, waiting and in flight together, and what happens when it is full. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: "refuse-new" | "drop-oldest";
}

/** What was taken out of its line to make room, and how it goes back if that is not enough. */
interface Droppable {
  readonly messages: readonly QueuedMessage[];
  readonly putBack: () => void;
}

/**
 * The ordered queue of one connection: messages that wait to be sent. Answers to commands stand in a line of
 * their own that goes first. A message stays counted against the limits until it is {@link forget}-ed, so that
 * what is in flight is bounded too.
 */
export class Outbox {
  /** What was sent on a link that is lost, and not answered: it goes again before anything new, and is the oldest. */
  readonly again = new Fifo<Pack>();
  readonly #limits: OutboxLimits;
  readonly #answers = new Fifo<QueuedMessage>();
  readonly #line = new Fifo<QueuedMessage>();
  #messages = 0;
  #bytes = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  /** Messages held: waiting and in flight. */
  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#answers.size + this.#line.size;
  }

  /**
   * Takes a message. Answers are always taken: they are few and short-lived.
   *
   * @returns the messages dropped for it, oldest first (with `drop-oldest`)
   * @throws {OneNetError} ONENET_QUEUE_FULL when it does not fit
   */
  push(message: QueuedMessage, label: string): QueuedMessage[] {
    const isAnswer = message.options.answer === true;
    const dropped = isAnswer ? [] : this.#makeRoom(message, label);
    (isAnswer ? this.#answers : this.#line).push(message);
    this.#messages += 1;
    this.#bytes += message.bytes;
    return dropped;
  }

  /** Takes a message whatever the bounds: another outbox kept them. */
  adopt(message: QueuedMessage): void {
    this.#line.push(message);
    this.#messages += 1;
    this.#bytes += message.bytes;
  }

  peekAnswer(): QueuedMessage | undefined {
    return this.#answers.peek();
  }

  shiftAnswer(): QueuedMessage | undefined {
    return this.#answers.shift();
  }

  peek(): QueuedMessage | undefined {
    return this.#line.peek();
  }

  shift(): QueuedMessage | undefined {
    return this.#line.shift();
  }

  /** The message is delivered or has failed: it counts no more. */
  forget(message: QueuedMessage): void {
    this.#messages -= 1;
    this.#bytes -= message.bytes;
  }

  /** Takes out what `isWanted` picks, in order; it still counts until it is forgotten. */
  takeOut(isWanted: (message: QueuedMessage) => boolean): QueuedMessage[] {
    const keep = (message: QueuedMessage) => !isWanted(message);
    return [...this.#answers.filter(keep), ...this.#line.filter(keep)];
  }

  #makeRoom(message: QueuedMessage, label: string): QueuedMessage[] {
    const { maxMessages, maxBytes, whenFull } = this.#limits;
    const oldest: Droppable[] = [];
    let messages = this.#messages + 1;
    let bytes = this.#bytes + message.bytes;
    const fits = () => messages <= maxMessages && bytes <= maxBytes;
    const mayDrop = whenFull === "drop-oldest" && message.bytes <= maxBytes;
    while (mayDrop && !fits()) {
      const next = this.#shiftOldest();
      if (next === undefined) break;
      oldest.push(next);
      messages -= next.messages.length;
      for (const each of next.messages) bytes -= each.bytes;
    }
    if (!fits()) {
      // Both lines are empty now: the rest is on its way and cannot go.
      for (const each of oldest) each.putBack();
      const params = { messages: this.#messages, bytes: this.#bytes, maxMessages, maxBytes, device: label };
      throw new OneNetError("ONENET_QUEUE_FULL.refused", params);
    }
    return oldest.flatMap((each) => each.messages);
  }

  #shiftOldest(): Droppable | undefined {
    const pack = this.again.shift();
    if (pack !== undefined) {
      const messages = pack.messages.filter(({ settled }) => !settled);
      return { messages, putBack: () => this.again.push(pack) };
    }
    const message = this.#line.shift();
    return message && { messages: [message], putBack: () => this.#line.push(message) };
  }
}
