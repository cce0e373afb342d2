import type { Database } from "./sqlite-database";
import type { DeviceTable } from "./sqlite-devices";
import { IN_LINE_AFTER, lineOf } from "./sqlite-devices";
import type { RecordRow } from "./sqlite-page";
import type { ReadAsk } from "./sqlite-protocol";
import { MAX_POSITION, POSITION_BITS } from "./sqlite-schema";

const SELECT = `SELECT (id >> ${POSITION_BITS}) & 1 AS lane, id & ${MAX_POSITION} AS position,
  queued_at AS queuedAtMs, expires_at AS expiresAtMs, bytes, body, packet_id AS packetId, is_released AS isReleased`;

/** Reads records out of the file. */
export class StoreReader {
  readonly #devices: DeviceTable;
  readonly #page;
  readonly #marked;

  constructor(database: Database, devices: DeviceTable) {
    this.#devices = devices;
    this.#page = database.prepare(
      `${SELECT} FROM message LEFT JOIN in_flight USING (id) WHERE ${IN_LINE_AFTER} ORDER BY id LIMIT ?`,
    );
    this.#marked = database.prepare(
      `${SELECT} FROM in_flight JOIN message USING (id) WHERE ${IN_LINE_AFTER} ORDER BY id`,
    );
  }

  read({ identity, lane, after, messages, bytes }: ReadAsk): RecordRow[] {
    const device = this.#devices.find(identity);
    if (device === undefined) return [];
    const rows: RecordRow[] = [];
    let bodyBytes = 0;
    const line = lineOf(device, lane);
    for (const row of this.#page.iterate(line, after, line, messages)) {
      const record = row as unknown as RecordRow;
      bodyBytes += record.body?.byteLength ?? 0;
      if (rows.length > 0 && bodyBytes > bytes) break;
      rows.push(record);
    }
    return rows;
  }

  readInFlight(identity: string): RecordRow[] {
    const device = this.#devices.find(identity);
    if (device === undefined) return [];
    return [lineOf(device, 1), lineOf(device, 0)].flatMap(
      (line) => this.#marked.all(line, 0, line) as unknown as RecordRow[],
    );
  }
}
