/** Records on their way back from the store's thread: packed in one buffer, each a header and its body. */
import type { InFlightMark, Lane, StoredRecord } from "./store";

const QUEUED_AT = 8;
const EXPIRES_AT = 16;
const BYTES_AT = 24;
const LENGTH_AT = 28;
const PACKET_ID_AT = 32;
/** 0 no mark, 1 published, 2 released. */
const PHASE_AT = 34;
const LANE_AT = 35;
const HEADER_BYTES = 40;

/** A row as the database gives it. */
export interface RecordRow {
  readonly lane: number;
  readonly position: number;
  readonly queuedAtMs: number;
  readonly expiresAtMs: number | null;
  readonly bytes: number;
  readonly body: Uint8Array | null;
  readonly packetId: number | null;
  readonly isReleased: number | null;
}

export function encodePage(rows: readonly RecordRow[]): ArrayBuffer {
  const bodyBytes = rows.reduce((sum, { body }) => sum + (body?.byteLength ?? 0), 0);
  const page = new ArrayBuffer(rows.length * HEADER_BYTES + bodyBytes);
  const view = new DataView(page);
  const bytes = new Uint8Array(page);
  let at = 0;
  for (const row of rows) {
    const length = row.body?.byteLength ?? 0;
    view.setFloat64(at, row.position);
    view.setFloat64(at + QUEUED_AT, row.queuedAtMs);
    view.setFloat64(at + EXPIRES_AT, row.expiresAtMs ?? Number.NaN);
    view.setUint32(at + BYTES_AT, row.bytes);
    view.setUint32(at + LENGTH_AT, length);
    view.setUint16(at + PACKET_ID_AT, row.packetId ?? 0);
    view.setUint8(at + PHASE_AT, row.isReleased === null ? 0 : row.isReleased + 1);
    view.setUint8(at + LANE_AT, row.lane);
    if (row.body !== null) bytes.set(row.body, at + HEADER_BYTES);
    at += HEADER_BYTES + length;
  }
  return page;
}

export function decodePage(page: ArrayBuffer): StoredRecord[] {
  const view = new DataView(page);
  const records: StoredRecord[] = [];
  for (let at = 0; at < page.byteLength; at += HEADER_BYTES + view.getUint32(at + LENGTH_AT)) {
    records.push(decodeRecord(view, at));
  }
  return records;
}

function decodeRecord(view: DataView, at: number): StoredRecord {
  const lane: Lane = view.getUint8(at + LANE_AT) === 1 ? 1 : 0;
  const expiresAtMs = view.getFloat64(at + EXPIRES_AT);
  const inFlight = decodeMark(view.getUint8(at + PHASE_AT), view.getUint16(at + PACKET_ID_AT));
  return {
    seq: view.getFloat64(at) * 2 + lane,
    lane,
    queuedAtMs: view.getFloat64(at + QUEUED_AT),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
    bytes: view.getUint32(at + BYTES_AT),
    body: new Uint8Array(view.buffer, at + HEADER_BYTES, view.getUint32(at + LENGTH_AT)),
    ...(inFlight === undefined ? {} : { inFlight }),
  };
}

function decodeMark(phase: number, packetId: number): InFlightMark | undefined {
  if (phase === 0) return undefined;
  return { packetId, phase: phase === 1 ? "published" : "released" };
}
