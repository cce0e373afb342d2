import type { OutboxSettings } from "./outbox-settings";

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
}
