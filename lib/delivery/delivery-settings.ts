import type { OutboxSettings } from "./outbox-settings";

/**
 * What of a thing-model product's datapoints shares a message. Both forms are documented with their limits (docs 901),
 * but what the platform does with them beside storing them is not.
 */
export interface Batching {
  /**
   * A backlog leaves as `thing/history/post`: up to 100 samples of each property and event in one message. Whether the
   * platform's rules and pushes see such samples, and whether they change the present value, is not documented: the
   * newest of each goes as `property/post`, `event/post` or `pack/post` right after. A sample without a time is never
   * history: nobody could tell when it was. `false`: one message for each sample, in their order.
   */
  readonly history: boolean;
  /**
   * Up to ten devices, and properties beside events, share a `thing/pack/post`. `false`: one device and one kind in
   * each message; a sub-device's go as `pack/post` even so, for there is no other way.
   */
  readonly pack: boolean;
}

export const DEFAULT_BATCHING: Batching = { history: true, pack: true };

/** How the messages of one connection are carried. */
export interface DeliverySettings extends OutboxSettings {
  /** The platform's uplink rate; undefined where there is none. Answers to commands have the same for themselves. */
  readonly messagesPerSecond: number | undefined;
  /** Most packs sent and not answered; answers to commands do not count. */
  readonly inFlightMax: number;
  /** The same for QoS 2, where the server may take fewer and tells nobody (MQTT 3.1.1). */
  readonly qos2InFlightMax: number;
  /** How long an acknowledgement or reply is waited for, each attempt. */
  readonly ackTimeoutMs: number;
  readonly ackAttempts: number;
  /** So many waiting messages keep their senders waiting for more than *queued*; on a disk the rest need not. */
  readonly waitingSendersMax: number;
  readonly host: string;
  /** Whether the server may be one that never replies, to nothing. */
  readonly mayBeMute: boolean;
}
