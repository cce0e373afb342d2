import { asOneNetError, OneNetError } from "../errors";
import type { BadStreams } from "./bad-streams";
import type { DeliveryFigures } from "./counters";
import type { Delivery } from "./delivery";
import type { DeliveryLink } from "./link";
import type { DeliveryOptions, Draft, QueuedMessage, Rejection, Tell } from "./message";

type Input = readonly [draft: Draft, bytes: number, options: DeliveryOptions, tell: Tell];

/**
 * A delivery that may still be opening its file. What comes before it is open waits in order; if it cannot be
 * opened, everything fails with the reason: nothing is taken that could not be kept as promised.
 */
export class DeliveryGate {
  #delivery: Delivery | undefined;
  #early: Input[] = [];
  #adopted: QueuedMessage[] = [];
  #refusal: OneNetError | undefined;
  /** Why nothing can be taken for the moment. */
  #problem: OneNetError | undefined;

  /** Lets everything through to `delivery`. */
  open(delivery: Delivery): void {
    if (this.#refusal !== undefined) return delivery.close(this.#refusal);
    this.#problem = undefined;
    this.#delivery = delivery;
    delivery.adopt(this.#adopted);
    const early = this.#early;
    this.#adopted = [];
    this.#early = [];
    for (const input of early) enqueueOrTell(delivery, input);
  }

  /**
   * Refuses what comes until the next {@link open}. What was promised is on disk; what is held in memory waits for
   * the next delivery.
   */
  suspend(reason: OneNetError): void {
    this.#problem = reason;
    this.#adopted.push(...(this.#delivery?.handOver() ?? []));
    this.#delivery = undefined;
    for (const [, , , tell] of this.#early.splice(0)) tell(reason, NEVER_QUEUED, []);
  }

  /** Refuses everything, now and later. */
  refuse(reason: OneNetError): void {
    this.#refusal = reason;
    this.#delivery?.close(reason);
    for (const [, , , tell] of this.#early) tell(reason, NEVER_QUEUED, []);
    for (const message of this.#adopted) if (!message.told) message.tell(reason, NEVER_QUEUED, []);
    this.#early = [];
    this.#adopted = [];
  }

  /** @throws {OneNetError} as {@link Delivery.enqueue} */
  enqueue(...input: Input): void {
    const refusal = this.#refusal ?? this.#problem;
    if (refusal !== undefined) throw refusal;
    if (this.#delivery === undefined) this.#early.push(input);
    else this.#delivery.enqueue(...input);
  }

  settleReply(replyKey: string, rejection?: Rejection): boolean {
    return this.#delivery?.settleReply(replyKey, rejection) ?? false;
  }

  /** As {@link Delivery.badStreams}. */
  get badStreams(): BadStreams | undefined {
    return this.#delivery?.badStreams;
  }

  linkUp(link: DeliveryLink): void {
    this.#delivery?.linkUp(link);
  }

  linkDown(closedByPeer: boolean): boolean {
    return this.#delivery?.linkDown(closedByPeer) ?? false;
  }

  storeAll(): void {
    this.#delivery?.storeAll();
  }

  /** As {@link Delivery.handOver}; before it is open everything is refused. */
  handOver(): QueuedMessage[] {
    const messages = this.#delivery?.handOver() ?? this.#adopted.splice(0);
    this.refuse(new OneNetError("ONENET_CLOSED"));
    return messages;
  }

  adopt(messages: readonly QueuedMessage[]): void {
    if (this.#delivery === undefined) this.#adopted.push(...messages);
    else this.#delivery.adopt(messages);
  }

  /** As {@link Delivery.purge}. */
  async purge(): Promise<number> {
    return (await this.#delivery?.purge()) ?? 0;
  }

  get held(): number {
    return this.#delivery?.held ?? this.#early.length + this.#adopted.length;
  }

  /** As {@link Delivery.heldInMemory}. */
  get heldInMemory(): number {
    return this.#delivery?.heldInMemory ?? this.held;
  }

  get heldBytes(): number {
    return this.#delivery?.heldBytes ?? 0;
  }

  get inFlight(): number {
    return this.#delivery?.inFlight ?? 0;
  }

  get oldestQueuedAt(): number | undefined {
    return this.#delivery?.oldestQueuedAt;
  }

  get figures(): DeliveryFigures | undefined {
    return this.#delivery?.figures;
  }
}

/** Who came early cannot be thrown at any more: what does not fit is told, and the others go on. */
function enqueueOrTell(delivery: Delivery, input: Input): void {
  try {
    delivery.enqueue(...input);
  } catch (thrown) {
    const [, , , tell] = input;
    tell(asOneNetError(thrown), NEVER_QUEUED, []);
  }
}

const NEVER_QUEUED = { state: "queued", attempts: 0, queuedAt: 0 } as const;
