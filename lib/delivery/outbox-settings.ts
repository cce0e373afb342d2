import type { OneNetError } from "../errors";
import type { Admission } from "./admission";
import type { Durability } from "./durability";
import type { QueuedMessage } from "./message";
import type { StoredBacklog } from "./stored-backlog";

/** So many messages, and what they count against the bounds. */
export interface Held {
  readonly messages: number;
  readonly bytes: number;
}

/** What an outbox may hold, waiting and in flight together, and what happens when it is full. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: "refuse-new" | "drop-oldest";
}

/** `live-first`: what is measured now goes before what has gathered while the link was down. */
export type SendOrder = "strict" | "live-first";

export interface OutboxSettings {
  readonly limits: OutboxLimits;
  readonly order: SendOrder;
  /** Names the connection in errors. */
  readonly label: string;
  /** Of a gateway. */
  readonly admission?: Admission | undefined;
}

export interface OutboxEvents {
  /** The message is *queued*: held, and on disk where that was promised. */
  queued(message: QueuedMessage): void;
  /** The disk did not take it. */
  refused(message: QueuedMessage, error: OneNetError): void;
  /** They had to go for newer ones, once they had come from the disk; or the disk is full. */
  dropped(messages: readonly QueuedMessage[]): void;
  /** Messages came from a backlog that were not at hand before. */
  refilled(): void;
}

/** The disk side of an outbox. */
export interface OutboxShelf {
  readonly durability: Durability;
  readonly high: StoredBacklog;
  readonly normal: StoredBacklog;
  /** Packet ids of QoS 2 handshakes that an earlier run has left. */
  readonly handshakesLeft: readonly number[];
  /** The next step of each of them is the first one again. */
  readonly beginHandshakesAgain: () => void;
  /** @param keep the numbers of what is in flight */
  readonly purge: (keep: readonly number[]) => Promise<{ readonly messages: number; readonly bytes: number }>;
  /** What an earlier run has left. */
  readonly recovered: { readonly messages: number; readonly bytes: number };
}
