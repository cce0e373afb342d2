/**
 * What is to be committed, packed: a record costs no object on its way to the thread. Written on the main
 * thread, read in the store's thread. Each entry is a header and, for an append, the body.
 */
import type { InFlightMark, Lane, NewRecord } from "./store";

const APPEND = 1;
const MARK = 2;
const REMOVE = 3;

const LANE_AT = 1;
const PHASE_AT = 2;
const QUEUE_AT = 4;
/** Length of the body, or the packet id. */
const SIZE_AT = 8;
const BYTES_AT = 12;
const POSITION_AT = 16;
const QUEUED_AT = 24;
const EXPIRES_AT = 32;
const HEADER_BYTES = 40;

/** Chunks of this size are used again; what does not fit has one of its own. */
export const CHUNK_BYTES = 256 * 1024;
const MAX_SPARE_CHUNKS = 16;

/** Chunks that came back from the thread, for the next batch. */
export class ChunkPool {
  readonly #spare: ArrayBuffer[] = [];

  take(minBytes: number): ArrayBuffer {
    if (minBytes > CHUNK_BYTES) return new ArrayBuffer(minBytes);
    return this.#spare.pop() ?? new ArrayBuffer(CHUNK_BYTES);
  }

  giveBack(chunk: ArrayBuffer): void {
    if (chunk.byteLength === CHUNK_BYTES && this.#spare.length < MAX_SPARE_CHUNKS) this.#spare.push(chunk);
  }
}

/** Packs appends, marks and removals in their order. */
export class BatchWriter {
  readonly #pool: ChunkPool;
  readonly #full: { readonly chunk: ArrayBuffer; readonly length: number }[] = [];
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** Bytes written so far. */
  size = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  append(queue: number, position: number, record: NewRecord): void {
    const { body } = record;
    const maxLength = typeof body === "string" ? body.length * 3 : body.byteLength;
    const at = this.#begin(APPEND, queue, record.lane, position, maxLength);
    const bodyAt = at + HEADER_BYTES;
    const length = typeof body === "string" ? this.#bytes.write(body, bodyAt) : body.byteLength;
    if (typeof body !== "string") this.#bytes.set(body, bodyAt);
    const view = this.#view;
    view.setUint32(at + SIZE_AT, length);
    view.setUint32(at + BYTES_AT, record.bytes);
    view.setFloat64(at + QUEUED_AT, record.queuedAtMs);
    view.setFloat64(at + EXPIRES_AT, record.expiresAtMs ?? Number.NaN);
    this.#finish(HEADER_BYTES + length);
  }

  mark(queue: number, lane: Lane, position: number, mark: InFlightMark): void {
    const at = this.#begin(MARK, queue, lane, position, 0);
    this.#view.setUint32(at + SIZE_AT, mark.packetId);
    this.#view.setUint8(at + PHASE_AT, mark.phase === "published" ? 0 : 1);
    this.#finish(HEADER_BYTES);
  }

  remove(queue: number, lane: Lane, position: number): void {
    this.#begin(REMOVE, queue, lane, position, 0);
    this.#finish(HEADER_BYTES);
  }

  /** What was written; the writer is used up. */
  takeChunks(): { readonly chunks: ArrayBuffer[]; readonly lengths: number[] } {
    this.#closeChunk();
    return {
      chunks: this.#full.map(({ chunk }) => chunk),
      lengths: this.#full.map(({ length }) => length),
    };
  }

  #begin(kind: number, queue: number, lane: Lane, position: number, maxLength: number): number {
    if (this.#end + HEADER_BYTES + maxLength > this.#bytes.length) this.#nextChunk(HEADER_BYTES + maxLength);
    const view = this.#view;
    view.setUint8(this.#end, kind);
    view.setUint8(this.#end + LANE_AT, lane);
    view.setUint32(this.#end + QUEUE_AT, queue);
    view.setFloat64(this.#end + POSITION_AT, position);
    return this.#end;
  }

  #finish(length: number): void {
    this.#end += length;
    this.size += length;
  }

  #nextChunk(minBytes: number): void {
    this.#closeChunk();
    const chunk = this.#pool.take(minBytes);
    this.#bytes = Buffer.from(chunk);
    this.#view = new DataView(chunk);
    this.#end = 0;
  }

  #closeChunk(): void {
    if (this.#end > 0) this.#full.push({ chunk: this.#view.buffer as ArrayBuffer, length: this.#end });
    this.#end = 0;
  }
}

/** Where the entries of a batch go. `line` is the queue number × 2 + lane. */
export interface BatchReader {
  append(
    line: number,
    position: number,
    queuedAtMs: number,
    expiresAtMs: number | null,
    bytes: number,
    body: Uint8Array,
  ): void;
  mark(line: number, position: number, packetId: number, isReleased: boolean): void;
  remove(line: number, position: number): void;
}

/** Gives the entries of a chunk to `reader`, in their order. */
export function readChunk(chunk: ArrayBuffer, length: number, reader: BatchReader): void {
  const view = new DataView(chunk);
  let at = 0;
  while (at < length) {
    const line = view.getUint32(at + QUEUE_AT) * 2 + view.getUint8(at + LANE_AT);
    const position = view.getFloat64(at + POSITION_AT);
    const size = view.getUint32(at + SIZE_AT);
    const kind = view.getUint8(at);
    if (kind === APPEND) {
      const expiresAt = view.getFloat64(at + EXPIRES_AT);
      const body = new Uint8Array(chunk, at + HEADER_BYTES, size);
      const expiresAtMs = Number.isNaN(expiresAt) ? null : expiresAt;
      const queuedAtMs = view.getFloat64(at + QUEUED_AT);
      reader.append(line, position, queuedAtMs, expiresAtMs, view.getUint32(at + BYTES_AT), body);
      at += size;
    } else if (kind === MARK) reader.mark(line, position, size, view.getUint8(at + PHASE_AT) === 1);
    else reader.remove(line, position);
    at += HEADER_BYTES;
  }
}
