import { OneNetError } from "../errors";
import type { QueuedMessage } from "./message";
import type { Held, OutboxLimits, OutboxSettings } from "./outbox-settings";
import type { Pack } from "./pack";
import type { WaitingLines } from "./waiting-lines";

const NONE: readonly QueuedMessage[] = [];
const NOTHING: Held = { messages: 0, bytes: 0 };
/** On a full disk at least so much goes: less would hardly free a page of the file. */
const MIN_ROOM_BYTES = 32 * 1024;

/** Lets go of what is oldest for what is new, where that is the policy (`drop-oldest`). */
export class RoomMaker {
  readonly #settings: OutboxSettings;
  readonly #again: Iterable<Pack>;
  readonly #lines: WaitingLines;
  /** More was taken than fits: as much has to go as soon as it has come from the disk. */
  #isOwed = false;

  /** @param again packs that wait to be repeated: they are the oldest */
  constructor(settings: OutboxSettings, again: Iterable<Pack>, lines: WaitingLines) {
    this.#settings = settings;
    this.#again = again;
    this.#lines = lines;
  }

  /**
   * Takes out what must be dropped for a new message that does not fit. What has to be fetched from the disk for
   * that goes later: see {@link pay}.
   *
   * @returns the messages dropped, oldest first; they are still counted
   * @throws {OneNetError} ONENET_QUEUE_FULL.refused; then everything is where it was
   */
  make(held: Held, message: QueuedMessage): readonly QueuedMessage[] {
    const { limits, label } = this.#settings;
    const more = { messages: 1, bytes: message.bytes };
    if (fits(held, more, limits)) return NONE;
    const mayDrop = limits.whenFull === "drop-oldest" && message.bytes <= limits.maxBytes;
    const least = new LeastWanted(this.#again, this.#lines);
    const left = mayDrop ? dropUntilFits(held, more, limits, least) : held;
    if (fits(left, more, limits)) return least.taken;
    const { awaited } = this.#lines;
    const later = { messages: left.messages - awaited.messages, bytes: left.bytes - awaited.bytes };
    if (mayDrop && fits(later, more, limits)) {
      this.#isOwed = true;
      return least.taken;
    }
    // Nothing that waits is left: the rest is on its way and cannot go.
    least.putBack();
    const { maxMessages, maxBytes } = limits;
    throw new OneNetError("ONENET_QUEUE_FULL.refused", { ...held, maxMessages, maxBytes, device: label });
  }

  /** Messages have come from the disk. @returns which of them are to go for others that are taken already */
  pay(held: Held): readonly QueuedMessage[] {
    if (!this.#isOwed) return NONE;
    const { limits } = this.#settings;
    const least = new LeastWanted(this.#again, this.#lines);
    const left = dropUntilFits(held, NOTHING, limits, least);
    this.#isOwed = !fits(left, NOTHING, limits) && this.#lines.awaited.messages > 0;
    return least.taken;
  }

  /**
   * The policy of a full queue is that of a full disk.
   *
   * @returns what goes for so many bytes, and whether that makes room: later when it must be fetched first
   */
  makeOnDisk(bytes: number): { dropped: readonly QueuedMessage[]; room: "made" | "later" | "none" } {
    if (this.#settings.limits.whenFull !== "drop-oldest") return { dropped: NONE, room: "none" };
    const least = new LeastWanted(this.#again, this.#lines);
    for (let left = Math.max(2 * bytes, MIN_ROOM_BYTES); left > 0; ) {
      const next = least.take();
      if (next === undefined) break;
      left -= next.bytes;
    }
    if (least.taken.some(({ seq }) => seq !== undefined)) return { dropped: least.taken, room: "made" };
    least.putBack();
    return { dropped: NONE, room: this.#lines.awaited.messages > 0 ? "later" : "none" };
  }
}

/** Whether a new message fits beside what is held. */
function fits({ messages, bytes }: Held, more: Held, limits: OutboxLimits): boolean {
  return messages + more.messages <= limits.maxMessages && bytes + more.bytes <= limits.maxBytes;
}

/** @returns what is held then */
function dropUntilFits(held: Held, more: Held, limits: OutboxLimits, least: LeastWanted): Held {
  let left = held;
  while (!fits(left, more, limits)) {
    const next = least.take();
    if (next === undefined) break;
    left = { messages: left.messages - 1, bytes: left.bytes - next.bytes };
  }
  return left;
}

/** What waits, in the order in which it is dropped: what is to be repeated, then the oldest of the least priority. */
class LeastWanted {
  /** What was taken, oldest first. */
  readonly taken: QueuedMessage[] = [];
  readonly #repeated: Iterator<QueuedMessage, undefined>;
  readonly #lines: WaitingLines;
  readonly #shifted: QueuedMessage[] = [];

  constructor(again: Iterable<Pack>, lines: WaitingLines) {
    this.#repeated = messagesOf(again);
    this.#lines = lines;
  }

  /** Undefined when nothing is at hand. */
  take(): QueuedMessage | undefined {
    const sent = this.#repeated.next().value;
    const next = sent ?? this.#lines.shiftLeast();
    if (next === undefined) return undefined;
    if (sent === undefined) this.#shifted.push(next);
    this.taken.push(next);
    return next;
  }

  putBack(): void {
    this.#lines.putBack(this.#shifted);
  }
}

/** Message by message: a post may hold thousands, and one may be enough. */
function* messagesOf(packs: Iterable<Pack>): Generator<QueuedMessage, undefined> {
  const seen = new Set<QueuedMessage>();
  for (const pack of packs) {
    for (const { message } of pack.parts) {
      if (message.settled || seen.has(message)) continue;
      seen.add(message);
      yield message;
    }
  }
  return undefined;
}
