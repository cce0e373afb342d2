import type { OneNetError } from "../errors";
import type { Publish } from "./message";

export type Answered = (error?: OneNetError) => void;

/**
 * The QoS 2 handshake of one message, which may outlive links and processes: `published` under its packet id, then
 * `released` once the server has it (PUBREC). Repeating the first step after the second would deliver it twice.
 */
export interface Handshake {
  /** Missing before the first PUBLISH. */
  mark: HandshakeMark | undefined;
  /** Keeps a step before it is taken: PUBLISH, or PUBREL, leaves when `kept` is called. */
  keep(mark: HandshakeMark, kept: () => void): void;
  /** The PUBREL was never written, though its step is kept: the PUBLISH may still be repeated. [MQTT-4.3.3-1] */
  isReleaseUnsaid?: boolean;
}

export interface HandshakeMark {
  readonly packetId: number;
  readonly phase: "published" | "released";
}

/** A living MQTT connection, as delivery needs it. After it is down it calls back no more. */
export interface DeliveryLink {
  /** The most PUBLISHes of QoS 1 and 2 the server takes unanswered (MQTT 5 Receive Maximum). */
  readonly receiveMaximum: number;
  /** The server has kept the session of the last link: QoS 2 handshakes go on where they stopped. */
  readonly resumesSession: boolean;
  /**
   * Calls back once: QoS 0 when written, QoS 1 at PUBACK, QoS 2 at PUBCOMP; with an error when refused.
   *
   * @param handshake with QoS 2: where the handshake stands, and who is told before it goes on
   */
  publish(publish: Publish, dup: boolean, callback: Answered, handshake?: Handshake): void;
  /** Keeps packet ids for handshakes that will go on under them. */
  reservePacketIds(packetIds: readonly number[]): void;
  /** Monotonic ms at which something last came from the other side. */
  readonly lastHeardMs: number;
  /** Asks the other side for a sign of life; the link goes down by itself if none comes. */
  probe(): void;
  /** Gives the connection up; it goes down with this reason. */
  cut(reason: OneNetError): void;
}
