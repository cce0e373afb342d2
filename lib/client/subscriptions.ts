import type { Qos } from "../delivery/message";
import { OneNetError } from "../errors";
import { MAX_FILTERS_PER_SUBSCRIBE } from "../protocol/limits";
import { matchesFilter } from "../protocol/topic";
import type { InboundMessage } from "./session";

export type MessageHandler = (message: InboundMessage) => void;

/** What can subscribe: resolves with the SUBACK's codes. */
export interface Subscriber {
  subscribe(filters: readonly string[], qos: Qos): Promise<number[]>;
}

interface Filter {
  readonly handlers: Set<MessageHandler>;
  readonly isOptional: boolean;
  /** Of an optional one, in this session: why it was refused, or undefined. */
  asked: Promise<OneNetError | undefined> | undefined;
}

/**
 * Topic filters and who handles what comes on them; it outlives every session. Without a required filter a session is
 * worth nothing; an optional one may be refused, and may come while a session lives.
 */
export class Subscriptions {
  readonly #host: string;
  readonly #report: (error: OneNetError) => void;
  /** Made when it is needed: a plain broker's connection has none. */
  #filters: Map<string, Filter> | undefined;
  #session: Subscriber | undefined;
  #isReady = false;

  /**
   * @param host for error texts
   * @param report hears of each optional filter that is refused
   */
  constructor(host: string, report: (error: OneNetError) => void) {
    this.#host = host;
    this.#report = report;
  }

  /** The filters to subscribe at every login, in the order they were added. */
  get filters(): string[] {
    return [...(this.#filters?.keys() ?? [])];
  }

  add(filter: string, handler: MessageHandler): void {
    this.#add(filter, handler, false);
  }

  #add(filter: string, handler: MessageHandler, isOptional: boolean): Filter {
    this.#filters ??= new Map();
    const known = this.#filters.get(filter);
    known?.handlers.add(handler);
    if (known !== undefined) return known;
    const added = { handlers: new Set([handler]), isOptional, asked: undefined };
    this.#filters.set(filter, added);
    return added;
  }

  /** Resolves when it is subscribed, or will be at the next login; with the reason when it was refused. */
  async addOptional(filter: string, handler: MessageHandler): Promise<OneNetError | undefined> {
    return await this.#askOptional(filter, this.#add(filter, handler, true));
  }

  /** The server is not told: what it still sends reaches nobody. */
  remove(filter: string, handler: MessageHandler): void {
    const handlers = this.#filters?.get(filter)?.handlers;
    if (handlers?.delete(handler) && handlers.size === 0) this.#filters?.delete(filter);
  }

  /**
   * Subscribes all filters on a new session, as many at a time as the platform takes.
   *
   * @throws {OneNetError} ONENET_SUBSCRIBE_REFUSED for the first required filter that is refused, ONENET_LINK_LOST
   */
  async login(session: Subscriber): Promise<void> {
    this.logout();
    this.#session = session;
    const { filters } = this;
    for (let start = 0; start < filters.length; start += MAX_FILTERS_PER_SUBSCRIBE) {
      const some = filters.slice(start, start + MAX_FILTERS_PER_SUBSCRIBE);
      const codes = await session.subscribe(some, 1);
      if (this.#session !== session) return;
      for (const [index, filter] of some.entries()) this.#judgeAtLogin(filter, codes[index] ?? 0);
    }
    this.#isReady = true;
    for (const [name, filter] of this.#filters ?? [])
      if (filter.isOptional) void this.#askOptional(name, filter);
  }

  /** The session is over. */
  logout(): void {
    this.#session = undefined;
    this.#isReady = false;
    for (const filter of this.#filters?.values() ?? []) filter.asked = undefined;
  }

  #judgeAtLogin(filter: string, returnCode: number): void {
    const refusal = this.#refusalOf(filter, returnCode);
    const optional = this.#filters?.get(filter);
    if (optional?.isOptional) {
      optional.asked = Promise.resolve(refusal);
      if (refusal !== undefined) this.#report(refusal);
    } else if (refusal !== undefined) throw refusal;
  }

  /** Asks for an optional filter, once in a session. */
  #askOptional(name: string, filter: Filter): Promise<OneNetError | undefined> {
    if (filter.asked !== undefined) return filter.asked;
    if (this.#session === undefined || !this.#isReady) return Promise.resolve(undefined);
    filter.asked = this.#session.subscribe([name], 1).then(
      ([returnCode = 0]) => {
        const refusal = this.#refusalOf(name, returnCode);
        if (refusal !== undefined) this.#report(refusal);
        return refusal;
      },
      // The link is lost: the next login asks again.
      () => undefined,
    );
    return filter.asked;
  }

  #refusalOf(filter: string, returnCode: number): OneNetError | undefined {
    if (returnCode < 128) return undefined;
    return new OneNetError("ONENET_SUBSCRIBE_REFUSED", { host: this.#host, filter, returnCode });
  }

  /** A message on a topic that several filters match reaches each handler once. */
  dispatch(message: InboundMessage): void {
    const reached: MessageHandler[] = [];
    for (const [filter, { handlers }] of this.#filters ?? []) {
      if (!matchesFilter(filter, message.topic)) continue;
      for (const handler of handlers) if (!reached.includes(handler)) reached.push(handler);
    }
    for (const handler of reached) handler(message);
  }
}
