/** Marks a file as ours (`ONET`), in the place SQLite's file format has for it. */
export const APPLICATION_ID = 0x4f4e4554;

/**
 * An id is the queue's line (device × 2 + lane) in the upper bits and the position in the lower ones: a line is
 * one stretch of the table, read, counted and deleted by its ends, without an index. In SQL, `|` and `<<` keep
 * the whole 64 bits; the numbers that come and go are exact in JavaScript.
 */
export const POSITION_BITS = 43;
export const MAX_POSITION = 2 ** POSITION_BITS - 1;

/** Step n makes version n + 1 out of version n. Released steps are never changed: add one. */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE device (
     id INTEGER PRIMARY KEY,
     identity TEXT NOT NULL UNIQUE,
     messages INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   );
   CREATE TABLE message (
     id INTEGER PRIMARY KEY,
     queued_at INTEGER NOT NULL,
     expires_at INTEGER,
     bytes INTEGER NOT NULL,
     body BLOB
   );
   CREATE INDEX message_expiry ON message (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE in_flight (
     id INTEGER PRIMARY KEY,
     packet_id INTEGER NOT NULL,
     is_released INTEGER NOT NULL
   );`,
];
