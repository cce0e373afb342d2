import type { Qos } from "../delivery/message";
import { OneNetError } from "../errors";
import { MAX_FILTERS_PER_SUBSCRIBE } from "../protocol/limits";
import { matchesFilter } from "../protocol/topic";
import type { InboundMessage } from "./session";

export type MessageHandler = (message: InboundMessage) => void;

/** Topic filters and who handles what comes on them; it outlives every session. */
export class Subscriptions {
  readonly #handlers = new Map<string, Set<MessageHandler>>();

  /** The filters to subscribe at every login, in the order they were added. */
  get filters(): string[] {
    return [...this.#handlers.keys()];
  }

  /** @returns whether the filter is new, so that a living session must subscribe it */
  add(filter: string, handler: MessageHandler): boolean {
    const handlers = this.#handlers.get(filter);
    handlers?.add(handler);
    if (handlers === undefined) this.#handlers.set(filter, new Set([handler]));
    return handlers === undefined;
  }

  /** @returns whether that was its last handler, so that a living session must unsubscribe it */
  remove(filter: string, handler: MessageHandler): boolean {
    const handlers = this.#handlers.get(filter);
    if (handlers === undefined || !handlers.delete(handler) || handlers.size > 0) return false;
    return this.#handlers.delete(filter);
  }

  /** A message on a topic that several filters match reaches each handler once. */
  dispatch(message: InboundMessage): void {
    const reached = new Set<MessageHandler>();
    for (const [filter, handlers] of this.#handlers) {
      if (!matchesFilter(filter, message.topic)) continue;
      for (const handler of handlers) reached.add(handler);
    }
    for (const handler of reached) handler(message);
  }
}

/** What can subscribe: resolves with the SUBACK's codes. */
export interface Subscriber {
  subscribe(filters: readonly string[], qos: Qos): Promise<number[]>;
}

/**
 * Subscribes all filters, as many at a time as the platform takes.
 *
 * @throws {OneNetError} ONENET_SUBSCRIBE_REFUSED for the first filter that is refused, ONENET_LINK_LOST
 */
export async function subscribeAll(
  session: Subscriber,
  filters: readonly string[],
  host: string,
): Promise<void> {
  for (let start = 0; start < filters.length; start += MAX_FILTERS_PER_SUBSCRIBE) {
    const some = filters.slice(start, start + MAX_FILTERS_PER_SUBSCRIBE);
    const codes = await session.subscribe(some, 1);
    codes.forEach((returnCode, index) => {
      if (returnCode < 128) return;
      throw new OneNetError("ONENET_SUBSCRIBE_REFUSED", { host, filter: some[index] ?? "", returnCode });
    });
  }
}
