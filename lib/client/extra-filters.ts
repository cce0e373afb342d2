import type { OneNetError } from "../errors";
import type { DeviceIdentity, FilterExtra } from "../protocol/topic";
import { extraFilters } from "../protocol/topic";
import type { CommandKind } from "./command";
import type { MessageHandler, Subscriptions } from "./subscriptions";

/** The filter that brings commands of a kind, where it is not one of the device's own. */
const EXTRA_OF: { readonly [K in CommandKind]?: FilterExtra } = { ota: "ota", custom: "custom" };

/**
 * Filters that are subscribed only while somebody needs them: a session may have ten. One that is refused breaks nothing.
 */
export class ExtraFilters {
  readonly #filtersOf: (extra: FilterExtra) => readonly string[];
  readonly #subscriptions: Subscriptions;
  readonly #handler: MessageHandler;
  readonly #users = new Map<FilterExtra, number>();

  constructor(
    device: DeviceIdentity,
    echoes: boolean,
    subscriptions: Subscriptions,
    handler: MessageHandler,
  ) {
    this.#filtersOf = (extra) => extraFilters(device, extra, { echoes });
    this.#subscriptions = subscriptions;
    this.#handler = handler;
  }

  /** Somebody takes commands of these kinds. @returns to be called when it does not any more */
  useFor(kinds: Iterable<CommandKind>): () => void {
    const extras = [...kinds].flatMap((kind) => EXTRA_OF[kind] ?? []);
    for (const extra of extras) void this.use(extra);
    return () => {
      for (const extra of extras.splice(0)) this.#release(extra);
    };
  }

  /** Resolves when the filter is subscribed, or will be at the next login; with the reason when it was refused. */
  async use(extra: FilterExtra): Promise<OneNetError | undefined> {
    this.#users.set(extra, (this.#users.get(extra) ?? 0) + 1);
    const added = this.#filtersOf(extra).map((filter) =>
      this.#subscriptions.addOptional(filter, this.#handler),
    );
    const refusals = await Promise.all(added);
    return refusals.find((refusal) => refusal !== undefined);
  }

  #release(extra: FilterExtra): void {
    const users = (this.#users.get(extra) ?? 0) - 1;
    this.#users.set(extra, users);
    if (users > 0) return;
    for (const filter of this.#filtersOf(extra)) this.#subscriptions.remove(filter, this.#handler);
  }
}
