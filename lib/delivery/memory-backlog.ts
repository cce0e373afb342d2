import { ByteQueue } from "./byte-queue";
import type { Backlog } from "./lane";
import type { QueuedMessage, Tell } from "./message";
import { nobody, partsOf } from "./message";
import { decodeMessage, encodeMessage } from "./message-codec";

/** A backlog in memory: each message as its bytes, and only whoever still waits for its outcome as an object. */
export class MemoryBacklog implements Backlog {
  /** Made when they are needed: most connections never come to that. */
  #records: ByteQueue | undefined;
  #waiting: Map<number, Tell> | undefined;
  #bytes = 0;
  #appended = 0;
  #taken = 0;

  get size(): number {
    return this.#records?.size ?? 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(message: QueuedMessage): void {
    if (!message.told) {
      this.#waiting ??= new Map();
      this.#waiting.set(this.#appended, message.tell);
    }
    this.#appended += 1;
    this.#records ??= new ByteQueue();
    this.#bytes += message.bytes;
    this.#records.push(encodeMessage(message));
  }

  take(limit: number, callback: (messages: readonly QueuedMessage[]) => void): void {
    const messages: QueuedMessage[] = [];
    for (
      let record = this.#next(limit, messages);
      record !== undefined;
      record = this.#next(limit, messages)
    ) {
      const tell = this.#waiting?.get(this.#taken);
      this.#waiting?.delete(this.#taken);
      this.#taken += 1;
      const message = reviveMessage(decodeMessage(record), tell);
      this.#bytes -= message.bytes;
      messages.push(message);
    }
    callback(messages);
  }

  takeAll(): readonly QueuedMessage[] {
    let all: readonly QueuedMessage[] = [];
    this.take(this.size, (messages) => {
      all = messages;
    });
    return all;
  }

  #next(limit: number, messages: readonly QueuedMessage[]): Buffer | undefined {
    return messages.length < limit ? this.#records?.shift() : undefined;
  }
}

/** A message from a backlog. Without `tell` its sender has been told already, or is gone. */
export function reviveMessage(
  stored: ReturnType<typeof decodeMessage>,
  tell: Tell | undefined,
): QueuedMessage {
  return {
    ...stored,
    state: "queued",
    told: tell === undefined,
    isOutcomeOpen: tell === undefined,
    settled: false,
    partsLeft: partsOf(stored.draft),
    failed: undefined,
    tell: tell ?? nobody,
  };
}
