const SLAB_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;

interface Slab {
  readonly bytes: Buffer;
  readAt: number;
  writeAt: number;
}

/**
 * A first-in first-out queue of byte strings, packed one behind the other: a hundred thousand of them cost their
 * bytes and hardly more.
 */
export class ByteQueue {
  readonly #slabs: Slab[] = [];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(record: Uint8Array): void {
    const needed = LENGTH_BYTES + record.length;
    let slab = this.#slabs.at(-1);
    if (slab === undefined || slab.writeAt + needed > slab.bytes.length) {
      slab = { bytes: Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed)), readAt: 0, writeAt: 0 };
      this.#slabs.push(slab);
    }
    slab.bytes.writeUInt32LE(record.length, slab.writeAt);
    slab.bytes.set(record, slab.writeAt + LENGTH_BYTES);
    slab.writeAt += needed;
    this.#size += 1;
  }

  /** The oldest record, which leaves the queue; a view that stays valid. */
  shift(): Buffer | undefined {
    const slab = this.#slabs[this.#head];
    if (slab === undefined || this.#size === 0) return undefined;
    const start = slab.readAt + LENGTH_BYTES;
    const end = start + slab.bytes.readUInt32LE(slab.readAt);
    slab.readAt = end;
    this.#size -= 1;
    if (end === slab.writeAt) this.#dropHead();
    return slab.bytes.subarray(start, end);
  }

  #dropHead(): void {
    this.#head += 1;
    if (this.#head < 64 && this.#size > 0) return;
    this.#slabs.splice(0, this.#head);
    this.#head = 0;
  }
}
