const MAX_PACKET_ID = 65_535;

/**
 * Hands out MQTT packet ids and knows which are in use; MQTT.js's own provider does not look. The next one can be
 * forced, so that a handshake goes on under the id it began with.
 */
export class PacketIds {
  /** Made when it is needed: many connections publish nothing that is acknowledged. */
  #inUse: Set<number> | undefined;
  #last = 0;
  #forced: number | undefined;

  /** The next `allocate` gives this id. */
  force(packetId: number): void {
    this.#forced = packetId;
  }

  /** Keeps ids for handshakes that will go on under them. */
  reserve(packetIds: Iterable<number>): void {
    for (const packetId of packetIds) this.#add(packetId);
  }

  /** @returns null when all 65,535 are in use */
  allocate(): number | null {
    const packetId = this.#forced ?? this.#next();
    this.#forced = undefined;
    if (packetId === null) return null;
    this.#add(packetId);
    this.#last = packetId;
    return packetId;
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last;
  }

  register(packetId: number): boolean {
    if (this.#inUse?.has(packetId)) return false;
    this.#add(packetId);
    return true;
  }

  deallocate(packetId: number): void {
    this.#inUse?.delete(packetId);
  }

  /** Called by MQTT.js when it is connected, before anything is sent. */
  clear(): void {
    this.#inUse?.clear();
  }

  #add(packetId: number): void {
    this.#inUse ??= new Set();
    this.#inUse.add(packetId);
  }

  #next(): number | null {
    const inUse = this.#inUse;
    if (inUse !== undefined && inUse.size >= MAX_PACKET_ID) return null;
    let packetId = this.#last;
    do packetId = (packetId % MAX_PACKET_ID) + 1;
    while (inUse?.has(packetId));
    return packetId;
  }
}
