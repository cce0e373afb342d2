import type { Database } from "./sqlite-database";
import { isCorrupt } from "./sqlite-database";
import type { OpenedQueue } from "./sqlite-protocol";
import { MAX_POSITION, POSITION_BITS } from "./sqlite-schema";
import type { Lane, QueueTally } from "./store";

/** A device's row, as it will be at the end of the transaction. */
export interface Device {
  readonly id: number;
  readonly identity: string;
  messages: number;
  bytes: number;
  isChanged: boolean;
}

/** The number of a device's lane in the upper bits of an id. */
export function lineOf(device: Device, lane: number): number {
  return device.id * 2 + lane;
}

const SELECT = "SELECT id, identity, messages, bytes FROM device";
/**
 * The ids of a line after a position: takes line, position and line again (Node.js 22.13 takes no `?1`).
 */
export const IN_LINE_AFTER = `id > ((? << ${POSITION_BITS}) | ?) AND id <= ((? << ${POSITION_BITS}) | ${MAX_POSITION})`;

/** Which devices have queues in the file, and what their queues hold: counted as they change, never by reading. */
export class DeviceTable {
  readonly #database: Database;
  readonly #select;
  readonly #insert;
  readonly #update;
  readonly #oldest;
  readonly #last;
  readonly #known = new Map<string, Device>();

  constructor(database: Database) {
    this.#database = database;
    this.#select = database.prepare(`${SELECT} WHERE identity = ?`);
    this.#insert = database.prepare("INSERT INTO device (identity, messages, bytes) VALUES (?, 0, 0)");
    this.#update = database.prepare("UPDATE device SET messages = ?, bytes = ? WHERE id = ?");
    const queuedAt = `SELECT queued_at AS queuedAtMs FROM message WHERE ${IN_LINE_AFTER}`;
    this.#oldest = database.prepare(`${queuedAt} ORDER BY id LIMIT 1`);
    const position = `SELECT id & ${MAX_POSITION} AS position FROM message WHERE ${IN_LINE_AFTER}`;
    this.#last = database.prepare(`${position} ORDER BY id DESC LIMIT 1`);
  }

  find(identity: string): Device | undefined {
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const row = this.#select.get(identity);
    return row === undefined ? undefined : this.#remember(row);
  }

  /** Call it within a transaction. */
  findOrAdd(identity: string): Device {
    const known = this.find(identity);
    if (known !== undefined) return known;
    const id = Number(this.#insert.run(identity).lastInsertRowid);
    return this.#remember({ id, identity, messages: 0, bytes: 0 });
  }

  /** Writes the counts that have changed. */
  save(): void {
    for (const device of this.#known.values()) {
      if (!device.isChanged) continue;
      this.#update.run(device.messages, device.bytes, device.id);
      device.isChanged = false;
    }
  }

  /** After a rollback: what was counted is not true. */
  forget(): void {
    this.#known.clear();
  }

  /** Counts by reading everything. */
  recount(): void {
    this.#database.exec(
      `UPDATE device SET (messages, bytes) =
         (SELECT count(*), coalesce(sum(bytes), 0) FROM message WHERE message.id >> ${POSITION_BITS + 1} = device.id)`,
    );
    this.forget();
  }

  /** Lets go of devices without messages; on a disk without room for that, another time. */
  dropEmpty(): void {
    try {
      this.#database.exec("DELETE FROM device WHERE messages = 0");
    } catch (thrown) {
      if (isCorrupt(thrown)) throw thrown;
    }
    this.forget();
  }

  openQueues(): OpenedQueue[] {
    return this.#all().map((device) => ({
      identity: device.identity,
      last: [this.#lastPosition(device, 0), this.#lastPosition(device, 1)],
    }));
  }

  tally(identity: string): QueueTally {
    const device = this.find(identity);
    return device === undefined ? { identity, messages: 0, bytes: 0 } : this.#tallyOf(device);
  }

  tallies(): QueueTally[] {
    return this.#all()
      .filter(({ messages }) => messages > 0)
      .map((device) => this.#tallyOf(device));
  }

  #all(): Device[] {
    return this.#database.prepare(SELECT).all().map(readDevice);
  }

  #remember(row: Record<string, unknown>): Device {
    const device = readDevice(row);
    this.#known.set(device.identity, device);
    return device;
  }

  #tallyOf(device: Device): QueueTally {
    const { identity, messages, bytes } = device;
    const oldest = [0, 1].flatMap((lane) => {
      const line = lineOf(device, lane);
      const row = this.#oldest.get(line, 0, line);
      return row === undefined ? [] : [Number(row["queuedAtMs"])];
    });
    return {
      identity,
      messages,
      bytes,
      ...(oldest.length === 0 ? {} : { oldestQueuedAtMs: Math.min(...oldest) }),
    };
  }

  #lastPosition(device: Device, lane: Lane): number {
    const line = lineOf(device, lane);
    return Number(this.#last.get(line, 0, line)?.["position"] ?? 0);
  }
}

function readDevice(row: Record<string, unknown>): Device {
  return {
    id: Number(row["id"]),
    identity: String(row["identity"]),
    messages: Number(row["messages"]),
    bytes: Number(row["bytes"]),
    isChanged: false,
  };
}
