import type { OneNetError } from "../errors";
import type { Durability } from "./durability";
import type { QueuedMessage } from "./message";
import type { RoomMaker } from "./room";

export interface IntakeEvents {
  /** It is on disk. */
  kept(message: QueuedMessage): void;
  /** The disk did not take it. */
  refused(message: QueuedMessage, error: OneNetError): void;
  /** They had to go, for the disk is full. */
  dropped(messages: readonly QueuedMessage[]): void;
}

/** Messages that have to be on disk before anything else happens to them. */
export class DiskIntake {
  readonly #durability: Durability;
  readonly #room: RoomMaker;
  readonly #events: IntakeEvents;
  /** Not on disk yet, in the order of their coming. */
  readonly #committing = new Set<QueuedMessage>();
  /** Of these, what a full disk has refused, and what came after it: tried once when there is room. */
  #delayed: QueuedMessage[] = [];
  #error: OneNetError | undefined;
  #isMakingRoom = false;

  constructor(durability: Durability, room: RoomMaker, events: IntakeEvents) {
    this.#durability = durability;
    this.#room = room;
    this.#events = events;
  }

  get size(): number {
    return this.#committing.size;
  }

  /** It is on its way to the disk: `kept` or `refused` follows. */
  has(message: QueuedMessage): boolean {
    return this.#committing.has(message);
  }

  get all(): Iterable<QueuedMessage> {
    return this.#committing;
  }

  /** Commits come in the order of the calls, so that a lane keeps the order of the inputs. */
  take(message: QueuedMessage): void {
    this.#committing.add(message);
    if (this.#delayed.length > 0) this.#delayed.push(message);
    else this.#write(message, (error) => this.#delay(message, error));
  }

  /** Lets go of the oldest, and tries again what did not fit. Call it again when messages have come from the disk. */
  makeRoom(): void {
    if (this.#delayed.length === 0 || this.#isMakingRoom) return;
    const bytes = this.#delayed.reduce((sum, message) => sum + message.bytes, 0);
    const { dropped, room } = this.#room.makeOnDisk(bytes);
    if (dropped.length > 0) this.#events.dropped(dropped);
    if (room === "none") this.#refuseDelayed();
    if (room !== "made") return;
    this.#isMakingRoom = true;
    void this.#durability.settle().then(() => {
      this.#isMakingRoom = false;
      this.#durability.tryAgain();
      for (const message of this.#delayed.splice(0)) {
        this.#write(message, (error) => this.#refuse(message, error));
      }
    });
  }

  #write(message: QueuedMessage, onFull: (error: OneNetError) => void): void {
    if (message.settled) return void this.#committing.delete(message);
    // What is older and in memory only gets the smaller numbers: a restart must find the same order.
    this.#durability.storeAllBefore(message);
    this.#durability.store(message, (error) => {
      if (message.settled) this.#committing.delete(message);
      if (!this.#committing.has(message)) return;
      if (error === undefined) {
        this.#committing.delete(message);
        this.#events.kept(message);
      } else if (error.code === "ONENET_STORE_FULL") onFull(error);
      else this.#refuse(message, error);
    });
  }

  #delay(message: QueuedMessage, error: OneNetError): void {
    delete message.seq;
    this.#error = error;
    this.#delayed.push(message);
    // What was committed together is refused together: room is made for all of it.
    if (this.#delayed.length === 1) queueMicrotask(() => this.makeRoom());
  }

  #refuseDelayed(): void {
    for (const message of this.#delayed.splice(0))
      if (this.#error !== undefined) this.#refuse(message, this.#error);
  }

  #refuse(message: QueuedMessage, error: OneNetError): void {
    if (this.#committing.delete(message) && !message.settled) this.#events.refused(message, error);
  }
}
