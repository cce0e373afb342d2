import type { Socket } from "node:net";
import type { Client } from "aedes";
import { matchesFilter } from "../protocol/topic";
import type { DeviceRecord } from "./device-record";
import type { ClosedReason } from "./events";
import type { GateVerdict } from "./gate";
import { Lane } from "./lane";
import { deafen, undeafen } from "./wire";

const PUBACK = 0x40;

/** One TCP connection, from its first byte on; once logged in, a device's. */
export class Link {
  /** `host:port` of the device's side. */
  readonly address: string;
  /** The filters that were granted. */
  readonly filters = new Set<string>();
  /** Messages that came and wait for their turn (uplink rate). */
  readonly uplinks = new Lane();
  /** PUBACKs go out in the order of the messages [MQTT-4.6.0-2], whatever delays one. */
  readonly acks = new Lane();
  readonly replies = new Lane();
  /** Sub-devices that said `sub/login` (true) or `sub/logout` over it; it is lost with the link. */
  readonly subSessions = new Map<DeviceRecord, boolean>();
  /** Set when the login is taken. */
  device: DeviceRecord | undefined;
  /** What became of its CONNECT. */
  verdict: GateVerdict | undefined;
  connects = 0;
  saidDisconnect = false;
  /** Why this side ended it, or is about to. */
  reason: ClosedReason | undefined;
  detail: string | undefined;
  #silent = false;

  constructor(
    readonly socket: Socket,
    readonly client: Client,
    readonly tls: boolean,
  ) {
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
  }

  get isOpen(): boolean {
    return this.reason === undefined && !this.socket.destroyed;
  }

  /** Notes why the link will end; the first reason stands. */
  doom(reason: ClosedReason, detail?: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.detail = detail;
  }

  /** Closes the TCP connection, with a reset (RST) if asked. */
  close(reason: ClosedReason, detail?: string, reset = false): void {
    this.doom(reason, detail);
    // A TLS socket has no reset of its own.
    if (reset && !this.tls) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Drops what waits, when the connection is gone. */
  drop(): void {
    this.uplinks.clear();
    this.acks.clear();
    this.replies.clear();
  }

  isSubscribed(topic: string): boolean {
    return [...this.filters].some((filter) => matchesFilter(filter, topic));
  }

  /** Publishes to the device at QoS 0. @returns false if it has not subscribed to the topic: then it gets nothing */
  deliver(topic: string, payload: string | Uint8Array): boolean {
    if (!this.isSubscribed(topic)) return false;
    if (this.isOpen && !this.#silent) {
      const packet = {
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos: 0,
        dup: false,
        retain: false,
      } as const;
      // aedes calls it without looking whether it is there; a link that fails is reported as such.
      this.client.publish(packet, () => undefined);
    }
    return true;
  }

  acknowledge(packetId: number): void {
    if (this.isOpen && !this.#silent) this.socket.write(Buffer.of(PUBACK, 2, packetId >> 8, packetId & 0xff));
  }

  /** Open and deaf, or back to normal. What came meanwhile is then read. */
  set silent(silent: boolean) {
    if (silent === this.#silent) return;
    this.#silent = silent;
    if (silent) deafen(this.client);
    else undeafen(this.client);
  }
}
