import { Readable } from "node:stream";
import type { Answered, Handshake, HandshakeMark } from "../delivery/link";
import { PacketIds } from "./packet-ids";

interface StoredPacket {
  readonly cmd: string;
  readonly messageId?: number | undefined;
  readonly qos?: number;
}

/**
 * MQTT.js's outgoing store, which holds nothing: the outbox does. What MQTT.js asks it to `put` leaves when it
 * calls back, so a QoS 2 handshake's step is kept before it is taken. It replays nothing.
 */
export class Handshakes {
  readonly packetIds = new PacketIds();
  #isClosed = false;
  #running: Map<number, Handshake> | undefined;
  /** PUBRELs of earlier connections' handshakes, waiting for their PUBCOMP. */
  #releasing: Map<number, Answered> | undefined;

  /**
   * Whether the server has been told to release the message, as far as is known. A server that was killed may have
   * forgotten a message it had sent PUBREC for, and answers its PUBREL all the same: whatever can be published
   * again is.
   */
  isReleased({ mark, isReleaseUnsaid }: Handshake): boolean {
    return mark?.phase === "released" && isReleaseUnsaid !== true;
  }

  /** The PUBLISH that comes next is part of this handshake, under the packet id it began with if it has begun. */
  begin(handshake: Handshake): void {
    const packetId = handshake.mark?.packetId ?? this.packetIds.allocate();
    if (packetId === null) return;
    this.packetIds.force(packetId);
    this.#running ??= new Map();
    this.#running.set(packetId, handshake);
  }

  /**
   * The server has had the message since an earlier connection and waits for the release only. [MQTT-4.3.3-1]
   *
   * @param callback at PUBCOMP
   * @returns the PUBREL to write
   */
  release(packetId: number, callback: Answered): Buffer {
    this.#releasing ??= new Map();
    this.#releasing.set(packetId, callback);
    return Buffer.from([0x62, 0x02, packetId >> 8, packetId & 0xff]);
  }

  onPubcomp(packetId: number | undefined): void {
    const callback = packetId === undefined ? undefined : this.#releasing?.get(packetId);
    if (packetId === undefined || callback === undefined) return;
    this.#releasing?.delete(packetId);
    this.packetIds.deallocate(packetId);
    callback();
  }

  put(packet: StoredPacket, callback: (error?: Error) => void): this {
    const { messageId } = packet;
    const handshake = messageId === undefined ? undefined : this.#running?.get(messageId);
    if (messageId === undefined || handshake === undefined) callback();
    else {
      const phase: HandshakeMark["phase"] = packet.cmd === "pubrel" ? "released" : "published";
      handshake.isReleaseUnsaid = phase === "released";
      handshake.keep({ packetId: messageId, phase }, () => {
        if (!this.#isClosed) handshake.isReleaseUnsaid = false;
        callback();
      });
    }
    return this;
  }

  del(packet: { readonly messageId?: number | undefined }, callback: (error?: Error) => void): this {
    if (packet.messageId !== undefined) this.#running?.delete(packet.messageId);
    callback();
    return this;
  }

  get(_packet: object, callback: (error?: Error) => void): this {
    callback(new Error("nothing is kept here"));
    return this;
  }

  createStream(): Readable {
    return Readable.from([], { objectMode: true });
  }

  /** The link is down: nothing is written any more. */
  linkDown(): void {
    this.#isClosed = true;
  }

  close(callback: (error?: Error) => void): void {
    this.#running?.clear();
    callback();
  }
}
