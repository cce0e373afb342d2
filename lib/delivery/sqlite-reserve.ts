import { randomBytes } from "node:crypto";
import { rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * More than the log may hold: with that much free, the log can be copied into the file, and then there is room in
 * the log to remove what is done. Without it, a full disk could never be emptied: removing needs room as well.
 */
const RESERVE_BYTES = 10 * 1024 * 1024;
/** Once given up, it is made again where that leaves as much: else it would be written with every few messages. */
const NEEDED_AGAIN_BYTES = 2 * RESERVE_BYTES;
const RETRY_MS = 1000;

/** Room on the disk that is kept for the day it is full. */
export class DiskReserve {
  readonly #file: string;
  #isFilled = false;
  #wasReleased = false;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  /** @param storeFile the reserve lies beside it */
  constructor(storeFile: string) {
    this.#file = `${storeFile}-reserve`;
  }

  /** Whether the reserve is there; tries to make it, though not all the time. */
  fill(): boolean {
    if (this.#isFilled) return true;
    if (performance.now() - this.#failedAtMs < RETRY_MS) return false;
    this.#isFilled = this.#isThere() || this.#write();
    if (!this.#isFilled) this.#failedAtMs = performance.now();
    return this.#isFilled;
  }

  /** Whether as much room as the reserve has is there otherwise: on the disk, and unused within the file. */
  isDispensable(unusedBytes: number): boolean {
    return (this.#freeBytes ?? 0) + unusedBytes >= RESERVE_BYTES;
  }

  /** Gives the room to whoever needs it now. */
  release(): void {
    this.#isFilled = false;
    this.#wasReleased = true;
    this.#remove();
  }

  /** Undefined where nobody can tell. */
  get #freeBytes(): number | undefined {
    try {
      const { bavail, bsize } = statfsSync(path.dirname(this.#file));
      return bavail * bsize;
    } catch {
      return undefined;
    }
  }

  #isThere(): boolean {
    return statSync(this.#file, { throwIfNoEntry: false })?.size === RESERVE_BYTES;
  }

  #write(): boolean {
    this.#remove();
    if (this.#wasReleased && (this.#freeBytes ?? NEEDED_AGAIN_BYTES) < NEEDED_AGAIN_BYTES) return false;
    try {
      // Zeros would take no room on a file system that compresses.
      writeFileSync(this.#file, randomBytes(RESERVE_BYTES), { mode: 0o600 });
      return true;
    } catch {
      this.#remove();
      return false;
    }
  }

  #remove(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // It is no file of ours; then there is nothing to give.
    }
  }
}
