import { Committer } from "./sqlite-committer";
import type { Database } from "./sqlite-database";
import { checkFile, connect, createFile, isCorrupt, upgrade } from "./sqlite-database";
import { DeviceTable } from "./sqlite-devices";
import { explainFailure } from "./sqlite-failure";
import { encodePage } from "./sqlite-page";
import type { CallName, Calls, Failure, ThreadOptions } from "./sqlite-protocol";
import { StoreReader } from "./sqlite-reader";
import { closeQuietly, finishReplacement, replaceDamaged } from "./sqlite-recovery";
import { Upkeep } from "./sqlite-upkeep";
import { StoreWriter } from "./sqlite-writer";

type Handlers = { readonly [Name in CallName]: (ask: Calls[Name]["ask"]) => Calls[Name]["answer"] };

/** The parts that work on one open file. */
interface Parts {
  readonly database: Database;
  readonly devices: DeviceTable;
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
  readonly upkeep: Upkeep;
  readonly committer: Committer;
}

/** Answers what is asked of the store's thread. All of it blocks. */
export class SqliteFile {
  readonly #options: ThreadOptions;
  readonly #warn: (warning: Failure) => void;
  #parts: Parts | undefined;

  readonly #handlers: Handlers = {
    open: () => this.#open(),
    commit: (ask) => this.#opened.committer.commit(ask),
    read: (ask) => encodePage(this.#opened.reader.read(ask)),
    readInFlight: ({ identity }) => encodePage(this.#opened.reader.readInFlight(identity)),
    removeExpired: (ask) => this.#makeRoom((writer) => writer.removeExpired(ask)),
    tally: ({ identity }) => this.#opened.devices.tally(identity),
    tallies: () => this.#opened.devices.tallies(),
    purge: (ask) => this.#makeRoom((writer) => writer.purge(ask)),
    flush: () => undefined,
    close: () => this.#close(),
  };

  constructor(options: ThreadOptions, warn: (warning: Failure) => void) {
    this.#options = options;
    this.#warn = warn;
  }

  /**
   * A file that turns out to be damaged is replaced, and what was asked is done with the new one.
   *
   * @throws what {@link explainFailure} takes
   */
  answer<Name extends CallName>(name: Name, ask: Calls[Name]["ask"]): Calls[Name]["answer"] {
    try {
      return this.#handlers[name](ask);
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown;
      this.#replace(thrown);
      return this.#handlers[name](ask);
    }
  }

  betweenAnswers(): void {
    this.#parts?.upkeep.betweenAnswers();
  }

  whenIdle(): void {
    this.#parts?.upkeep.whenIdle();
  }

  get #opened(): Parts {
    if (this.#parts === undefined) throw new Error("the file is not open");
    return this.#parts;
  }

  #makeRoom<Result>(remove: (writer: StoreWriter) => Result): Result {
    const { committer, writer } = this.#opened;
    return committer.makeRoom(() => remove(writer));
  }

  #open(): Calls["open"]["answer"] {
    const { file } = this.#options;
    finishReplacement(file);
    createFile(file);
    this.#parts ??= this.#start(file);
    const { devices } = this.#parts;
    devices.dropEmpty();
    return devices.openQueues();
  }

  #start(file: string): Parts {
    const database = connect(file, this.#options.lockWaitMs);
    try {
      checkFile(database);
      upgrade(database, file);
      return this.#assemble(database);
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  }

  #assemble(database: Database): Parts {
    const { file, maxFileBytes, faults } = this.#options;
    if (maxFileBytes !== undefined) limitSize(database, maxFileBytes);
    const devices = new DeviceTable(database);
    const writer = new StoreWriter(database, devices, faults);
    const reader = new StoreReader(database, devices);
    const upkeep = new Upkeep(database);
    const committer = new Committer(file, writer, upkeep);
    return { database, devices, writer, reader, upkeep, committer };
  }

  #replace(reason: unknown): void {
    const { file } = this.#options;
    closeQuietly(this.#parts?.database);
    this.#parts = undefined;
    const { setAside, rescued } = replaceDamaged(file);
    this.#parts = this.#start(file);
    const { params } = this.explain(reason);
    this.#warn({ key: "ONENET_STORE_CORRUPT", params: { ...params, setAside, rescued } });
  }

  explain(thrown: unknown): Failure {
    return explainFailure(thrown, this.#options.file);
  }

  #close(): undefined {
    this.#parts?.database.close();
    this.#parts = undefined;
  }
}

function limitSize(database: Database, maxBytes: number): void {
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
