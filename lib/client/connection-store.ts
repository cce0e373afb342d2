import type { Clock, Timer } from "../clock";
import type { OutboxShelf } from "../delivery/outbox-settings";
import { openShelf } from "../delivery/shelf";
import type { MessageStore } from "../delivery/store";
import { openStore } from "../delivery/store-registry";
import type { OneNetError } from "../errors";
import { asOneNetError } from "../errors";
import type { StoreChoice } from "./profile";

/** What could not be opened (another process has it, say) is tried again after this. */
export const REOPEN_MS = 30_000;
/** A store that was lost in service is opened again after this. */
export const REOPEN_LOST_MS = 1000;

export interface ConnectionStoreEvents {
  opened(shelf: OutboxShelf): void;
  /** It cannot be opened; it is tried again in a while. */
  refused(problem: OneNetError): void;
  /** It can do no more; what was promised is in its file. It is opened again. */
  lost(problem: OneNetError): void;
  /** What happened to the file, or to a record in it, while the store works on. */
  warned(warning: OneNetError): void;
}

/** One connection's part of the file on disk: opens it, and again when that failed or it was lost. */
export class ConnectionStore {
  readonly #choice: Exclude<StoreChoice, { readonly mode: "memory" }>;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #events: ConnectionStoreEvents;
  #store: MessageStore | undefined;
  #isOpening = false;
  #isClosed = false;
  #again: Timer | undefined;

  constructor(
    choice: Exclude<StoreChoice, { readonly mode: "memory" }>,
    key: string,
    clock: Clock,
    events: ConnectionStoreEvents,
  ) {
    this.#choice = choice;
    this.#key = key;
    this.#clock = clock;
    this.#events = events;
  }

  /** Does nothing while it is open, or being opened. */
  open(): void {
    if (this.#isOpening || this.#isClosed || this.#store !== undefined) return;
    this.#isOpening = true;
    this.#again?.cancel();
    this.#open().then(
      (shelf) => {
        this.#isOpening = false;
        if (shelf !== undefined) this.#events.opened(shelf);
      },
      (thrown) => {
        this.#isOpening = false;
        if (this.#isClosed) return;
        this.#openIn(REOPEN_MS);
        this.#events.refused(asOneNetError(thrown));
      },
    );
  }

  async flush(): Promise<void> {
    await this.#store?.flush();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#again?.cancel();
    await this.#store?.close();
  }

  async #open(): Promise<OutboxShelf | undefined> {
    const { file, mode } = this.#choice;
    const onWarning = (warning: OneNetError) => this.#events.warned(warning);
    let store: MessageStore | undefined;
    const onLost = (problem: OneNetError) => this.#onLost(store, problem);
    store = await openStore(file, { onWarning, onLost });
    try {
      const queue = store.queue(this.#key);
      const shelf = this.#isClosed ? undefined : await openShelf(queue, mode, this.#clock, onWarning);
      if (shelf !== undefined && !this.#isClosed) {
        this.#store = store;
        return shelf;
      }
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
    await store.close();
    return undefined;
  }

  #onLost(store: MessageStore | undefined, problem: OneNetError): void {
    // While it is being opened, the opening fails.
    if (store === undefined || this.#store !== store) return;
    this.#store = undefined;
    void store.close();
    if (this.#isClosed) return;
    this.#openIn(REOPEN_LOST_MS);
    this.#events.lost(problem);
  }

  #openIn(delayMs: number): void {
    this.#again = this.#clock.startTimer(delayMs, () => this.open(), true);
  }
}
