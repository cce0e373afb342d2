const MAX_PACKET_ID = 65_535;

/**
 * Hands out MQTT packet ids and knows which are in use; MQTT.js's own provider does not look. The next one can be
 * forced, so that a handshake goes on under the id it began with.
 */
export class PacketIds {
  readonly #inUse = new Set<number>();
  #last = 0;
  #forced: number | undefined;

  /** The next `allocate` gives this id. */
  force(packetId: number): void {
    this.#forced = packetId;
  }

  /** Keeps ids for handshakes that will go on under them. */
  reserve(packetIds: Iterable<number>): void {
    for (const packetId of packetIds) this.#inUse.add(packetId);
  }

  /** @returns null when all 65,535 are in use */
  allocate(): number | null {
    const packetId = this.#forced ?? this.#next();
    this.#forced = undefined;
    if (packetId === null) return null;
    this.#inUse.add(packetId);
    this.#last = packetId;
    return packetId;
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last;
  }

  register(packetId: number): boolean {
    if (this.#inUse.has(packetId)) return false;
    this.#inUse.add(packetId);
    return true;
  }

  deallocate(packetId: number): void {
    this.#inUse.delete(packetId);
  }

  /** Called by MQTT.js when it is connected, before anything is sent. */
  clear(): void {
    this.#inUse.clear();
  }

  #next(): number | null {
    if (this.#inUse.size >= MAX_PACKET_ID) return null;
    let packetId = this.#last;
    do packetId = (packetId % MAX_PACKET_ID) + 1;
    while (this.#inUse.has(packetId));
    return packetId;
  }
}
