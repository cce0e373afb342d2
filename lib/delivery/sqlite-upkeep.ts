import type { Database } from "./sqlite-database";
import { readNumber } from "./sqlite-database";

const PAGE_BYTES = 4096;
/** Pages of the log after which it is copied into the file: between answers, so that no commit waits for it. */
const CHECKPOINT_PAGES = 1024;
/** Pages that any commit writes beside its records: the table's inner ones, counts, free list. */
const PAGES_PER_COMMIT = 6;
/** What a removed record makes a commit write, roughly: 16 of 200 bytes stand on a page. */
const BYTES_PER_REMOVAL = 256;
/** An empty file larger than this is made small again. */
const KEPT_PAGES = 1024;

/** `TRUNCATE`: the log is empty afterwards; otherwise it keeps its length, to be written over. */
type CheckpointKind = "PASSIVE" | "TRUNCATE";

/** Keeps log and file small at times when nobody waits. */
export class Upkeep {
  readonly #database: Database;
  #loggedPages = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Within the file, for records to come. */
  get unusedBytes(): number {
    return readNumber(this.#database, "PRAGMA freelist_count") * PAGE_BYTES;
  }

  /** @param bytes of what was appended */
  committed(bytes: number, removed: number): void {
    this.#loggedPages += PAGES_PER_COMMIT + Math.ceil((bytes + removed * BYTES_PER_REMOVAL) / PAGE_BYTES);
  }

  /** After each answer. */
  betweenAnswers(): void {
    if (this.#loggedPages >= CHECKPOINT_PAGES) this.#checkpoint();
  }

  /** When nothing has been asked for a while. */
  whenIdle(): void {
    if (this.#isEmptyAndLarge()) {
      this.#database.exec("VACUUM");
      this.#checkpoint("TRUNCATE");
    } else if (this.#loggedPages > 0) this.#checkpoint();
  }

  /** Copies the log into the file, if that can be done. */
  checkpointQuietly(): void {
    this.#tryCheckpoint("PASSIVE");
  }

  /** Does that too, and gives the log's room back to the disk. */
  emptyLogQuietly(): void {
    this.#tryCheckpoint("TRUNCATE");
  }

  #tryCheckpoint(kind: CheckpointKind): void {
    try {
      this.#checkpoint(kind);
    } catch {
      // on a disk that is still full, say
    }
  }

  #isEmptyAndLarge(): boolean {
    if (readNumber(this.#database, "PRAGMA page_count") <= KEPT_PAGES) return false;
    return readNumber(this.#database, "SELECT count(*) FROM (SELECT 1 FROM message LIMIT 1)") === 0;
  }

  #checkpoint(kind: CheckpointKind = "PASSIVE"): void {
    this.#database.exec(`PRAGMA wal_checkpoint(${kind})`);
    this.#loggedPages = 0;
  }
}
