import { OneNetError } from "../errors";
import { isCorrupt } from "./sqlite-database";
import { explainFailure } from "./sqlite-failure";
import type { CommitAnswer, CommitAsk } from "./sqlite-protocol";
import { DiskReserve } from "./sqlite-reserve";
import type { Upkeep } from "./sqlite-upkeep";
import type { StoreWriter } from "./sqlite-writer";

/** Commits what is asked; on a disk without room, at least what is to go. */
export class Committer {
  readonly #file: string;
  readonly #writer: StoreWriter;
  readonly #upkeep: Upkeep;
  readonly #reserve: DiskReserve;

  constructor(file: string, writer: StoreWriter, upkeep: Upkeep) {
    this.#file = file;
    this.#writer = writer;
    this.#upkeep = upkeep;
    this.#reserve = new DiskReserve(file);
    this.#reserve.fill();
  }

  /** @throws SQLite's corrupt error */
  commit(ask: CommitAsk): CommitAnswer {
    const { chunks, lengths } = ask;
    try {
      if (chunks.length > 0) this.#requireReserve();
      this.#writer.commit(ask);
      this.#upkeep.committed(
        lengths.reduce((sum, length) => sum + length, 0),
        this.#writer.removedMessages,
      );
      return { chunks, isRemoved: true };
    } catch (thrown) {
      if (isCorrupt(thrown)) throw thrown;
      const failure = explainFailure(thrown, this.#file);
      const isRemoved = this.#removeOnly(ask);
      const hasMadeRoom = isRemoved && ask.removals.length > 0 && chunks.length > 0;
      // What came with its own room is not to be refused for want of it.
      if (hasMadeRoom && failure.key === "ONENET_STORE_FULL") return this.commit({ ...ask, removals: [] });
      return { chunks, failure, isRemoved };
    }
  }

  /**
   * Does what makes room; if there is none even for that, with the room that is kept for it.
   *
   * @throws what `remove` does
   */
  makeRoom<Result>(remove: () => Result): Result {
    try {
      return this.#remove(remove);
    } catch (thrown) {
      if (explainFailure(thrown, this.#file).key !== "ONENET_STORE_FULL") throw thrown;
      this.#reserve.release();
      this.#upkeep.checkpointQuietly();
      return this.#remove(remove);
    }
  }

  /** Taking more messages would use up the room that is needed to let go of them. */
  #requireReserve(): void {
    if (this.#reserve.fill() || this.#isReserveDispensable()) return;
    // A log keeps the length it once had, though all of it may stand in the file by now.
    this.#upkeep.emptyLogQuietly();
    if (this.#isReserveDispensable()) return;
    const reason = "less than 10 MiB are free";
    throw new OneNetError("ONENET_STORE_FULL", { file: this.#file, reason });
  }

  #isReserveDispensable(): boolean {
    return this.#reserve.isDispensable(this.#upkeep.unusedBytes);
  }

  #removeOnly(ask: CommitAsk): boolean {
    if (ask.removals.length === 0) return true;
    try {
      this.makeRoom(() => this.#writer.commitRemovals(ask));
      return true;
    } catch {
      return false;
    }
  }

  #remove<Result>(remove: () => Result): Result {
    const result = remove();
    this.#upkeep.committed(0, this.#writer.removedMessages);
    return result;
  }
}
