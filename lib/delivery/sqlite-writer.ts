import { readSubject } from "./message-codec";
import type { BatchReader } from "./sqlite-batch";
import { readChunk } from "./sqlite-batch";
import type { Database } from "./sqlite-database";
import { pause, readNumber, rollBack } from "./sqlite-database";
import type { Device, DeviceTable } from "./sqlite-devices";
import { IN_LINE_AFTER, lineOf } from "./sqlite-devices";
import type { CommitAsk, ExpireAsk, PurgeAsk } from "./sqlite-protocol";
import { MAX_POSITION, POSITION_BITS } from "./sqlite-schema";
import type { ExpiredRecord, Lane } from "./store";
import { STORE_FAULT } from "./store";

type Value = number | null | Uint8Array;

/** As many rows go into the database by one statement: a third cheaper than one by one. */
const ROWS_AT_ONCE = 8;
const ID = `((? << ${POSITION_BITS}) | ?)`;
const ROW = `(${ID}, ?, ?, ?, ?)`;
const COLUMNS = 6;
const INSERT = "INSERT INTO message (id, queued_at, expires_at, bytes, body) VALUES";
const EXPIRED = `SELECT id & ${MAX_POSITION} AS position, queued_at AS queuedAtMs, expires_at AS expiresAtMs, bytes, body
  FROM message INDEXED BY message_expiry WHERE expires_at <= ? AND ${IN_LINE_AFTER}
  AND id NOT IN (SELECT id FROM in_flight) LIMIT ?`;
const BETWEEN = `id BETWEEN ${ID} AND ${ID}`;

/** Changes what is in the file: one transaction, and so one fsync, for each ask. */
export class StoreWriter implements BatchReader {
  readonly #database: Database;
  readonly #devices: DeviceTable;
  readonly #faults: Int32Array | undefined;
  readonly #insertRows;
  readonly #insertRow;
  readonly #count;
  readonly #delete;
  readonly #deleteMarks;
  readonly #mark;
  readonly #expired;
  #removedMessages = 0;
  #batchDevices: Device[] = [];
  #rows: Value[] = [];
  /** Without any, removals need not look for them. */
  #hasMarks: boolean;

  constructor(database: Database, devices: DeviceTable, faults: SharedArrayBuffer | undefined) {
    this.#database = database;
    this.#devices = devices;
    this.#faults = faults === undefined ? undefined : new Int32Array(faults);
    this.#insertRows = database.prepare(`${INSERT} ${Array(ROWS_AT_ONCE).fill(ROW).join(", ")}`);
    this.#insertRow = database.prepare(`${INSERT} ${ROW}`);
    this.#count = database.prepare(
      `SELECT count(*) AS messages, total(bytes) AS bytes FROM message WHERE ${BETWEEN}`,
    );
    this.#delete = database.prepare(`DELETE FROM message WHERE ${BETWEEN}`);
    this.#deleteMarks = database.prepare(`DELETE FROM in_flight WHERE ${BETWEEN}`);
    this.#mark = database.prepare(
      `INSERT OR REPLACE INTO in_flight (id, packet_id, is_released) SELECT id, ?, ? FROM message WHERE id = ${ID}`,
    );
    this.#expired = database.prepare(EXPIRED);
    this.#hasMarks = readNumber(database, "SELECT count(*) FROM in_flight") > 0;
  }

  /** How many messages the last change has removed. */
  get removedMessages(): number {
    return this.#removedMessages;
  }

  /** Everything that is asked, or nothing. */
  commit(ask: CommitAsk): void {
    this.transact(() => {
      this.#removeAll(ask);
      for (const [index, chunk] of ask.chunks.entries()) readChunk(chunk, ask.lengths[index] ?? 0, this);
      this.#insertGathered();
    }, ask.identities);
  }

  /** What makes room, without what needs some. */
  commitRemovals(ask: CommitAsk): void {
    this.transact(() => this.#removeAll(ask), ask.identities);
  }

  /** Removes all of both lanes but what is to be kept. */
  purge({ identity, keep }: PurgeAsk): { messages: number; bytes: number } {
    const device = this.#devices.find(identity);
    if (device === undefined) return { messages: 0, bytes: 0 };
    const { messages, bytes } = device;
    this.transact(() => {
      for (const [lane, positions] of keep.entries()) {
        let first = 1;
        for (const position of [...positions, MAX_POSITION + 1]) {
          if (first < position) this.#removeRange(device, lane, first, position - 1);
          first = position + 1;
        }
      }
    });
    return { messages: messages - device.messages, bytes: bytes - device.bytes };
  }

  removeExpired({ identity, lane, nowMs, after, limit }: ExpireAsk): ExpiredRecord[] {
    const device = this.#devices.find(identity);
    if (device === undefined) return [];
    const expired: ExpiredRecord[] = [];
    this.transact(() => {
      const line = lineOf(device, lane);
      // Row by row: bodies may be large, and what they are about is all that is wanted.
      for (const row of this.#expired.iterate(nowMs, line, after, line, limit))
        expired.push(readExpired(row, lane));
      for (const { seq } of expired) this.#removeRange(device, lane, (seq - lane) / 2, (seq - lane) / 2);
    });
    return expired.sort((a, b) => a.seq - b.seq);
  }

  /** @param identities what the line numbers within mean */
  transact(change: () => void, identities: readonly string[] = []): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      this.#rows = [];
      this.#removedMessages = 0;
      this.#batchDevices = identities.map((identity) => this.#devices.findOrAdd(identity));
      change();
      this.#devices.save();
      this.#suffer();
      this.#database.exec("COMMIT");
    } catch (thrown) {
      rollBack(this.#database);
      this.#devices.forget();
      throw thrown;
    }
  }

  append(
    line: number,
    position: number,
    queuedAtMs: number,
    expiresAtMs: number | null,
    bytes: number,
    body: Uint8Array,
  ): void {
    const device = this.#deviceOf(line);
    this.#rows.push(lineOf(device, line % 2), position, queuedAtMs, expiresAtMs, bytes, body);
    if (this.#rows.length === ROWS_AT_ONCE * COLUMNS) {
      this.#insertRows.run(...this.#rows);
      this.#rows = [];
    }
    device.messages += 1;
    device.bytes += bytes;
    device.isChanged = true;
  }

  mark(line: number, position: number, packetId: number, isReleased: boolean): void {
    this.#insertGathered();
    this.#hasMarks = true;
    this.#mark.run(packetId, isReleased ? 1 : 0, lineOf(this.#deviceOf(line), line % 2), position);
  }

  remove(line: number, position: number): void {
    this.#insertGathered();
    this.#removeRange(this.#deviceOf(line), line % 2, position, position);
  }

  #deviceOf(line: number): Device {
    const device = this.#batchDevices[line >>> 1];
    if (device === undefined) throw new Error(`there is no queue for line ${line}`);
    return device;
  }

  #insertGathered(): void {
    for (let at = 0; at < this.#rows.length; at += COLUMNS)
      this.#insertRow.run(...this.#rows.slice(at, at + COLUMNS));
    this.#rows = [];
  }

  #removeAll({ removals }: CommitAsk): void {
    for (let at = 0; at + 2 < removals.length; at += 3) {
      const [line = 0, first = 0, last = 0] = removals.slice(at, at + 3);
      this.#removeRange(this.#deviceOf(line), line % 2, first, last);
    }
  }

  #removeRange(device: Device, lane: number, first: number, last: number): void {
    const line = lineOf(device, lane);
    const row = this.#count.get(line, first, line, last);
    if (row === undefined || row["messages"] === 0) return;
    this.#delete.run(line, first, line, last);
    if (this.#hasMarks) this.#deleteMarks.run(line, first, line, last);
    this.#discount(device, Number(row["messages"]), Number(row["bytes"]));
  }

  #discount(device: Device, messages: number, bytes: number): void {
    this.#removedMessages += messages;
    device.messages -= messages;
    device.bytes -= bytes;
    device.isChanged = true;
  }

  /** What a test asks for: a slow disk, or one that fails. */
  #suffer(): void {
    if (this.#faults === undefined) return;
    const delayMs = Atomics.load(this.#faults, STORE_FAULT.commitDelayMs);
    if (delayMs > 0) pause(delayMs);
    if (Atomics.load(this.#faults, STORE_FAULT.failTimes) <= 0) return;
    Atomics.sub(this.#faults, STORE_FAULT.failTimes, 1);
    const errcode = Atomics.load(this.#faults, STORE_FAULT.failWithCode);
    throw Object.assign(new Error("a fault for a test"), { errcode });
  }
}

function readExpired(row: Record<string, unknown>, lane: Lane): ExpiredRecord {
  const { body } = row;
  const subject = body instanceof Uint8Array ? readSubject(body) : undefined;
  return {
    seq: Number(row["position"]) * 2 + lane,
    lane,
    queuedAtMs: Number(row["queuedAtMs"]),
    expiresAtMs: Number(row["expiresAtMs"]),
    bytes: Number(row["bytes"]),
    ...(subject === undefined ? {} : { subject }),
  };
}
