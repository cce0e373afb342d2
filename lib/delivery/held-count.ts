import type { Held } from "./outbox-settings";

/** What an outbox holds, waiting and in flight. */
export class HeldCount implements Held {
  messages: number;
  bytes: number;

  constructor({ messages, bytes }: Held = { messages: 0, bytes: 0 }) {
    this.messages = messages;
    this.bytes = bytes;
  }

  add({ bytes }: { readonly bytes: number }): void {
    this.messages += 1;
    this.bytes += bytes;
  }

  /** What an earlier run has left is known as well as the file knows it. */
  remove(messages: number, bytes: number): void {
    this.messages = Math.max(0, this.messages - messages);
    this.bytes = Math.max(0, this.bytes - bytes);
  }
}
