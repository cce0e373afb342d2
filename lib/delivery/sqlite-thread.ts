import path from "node:path";
import { Worker } from "node:worker_threads";
import { OneNetError } from "../errors";
import type { Answered, Asked, CallName, Calls, Failure, ThreadOptions } from "./sqlite-protocol";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: OneNetError) => void;
}

const PROGRAM = path.join(__dirname, "sqlite-worker.js");
const THREAD_SETTINGS = {
  name: "onenet-store",
  // Node.js 22 calls node:sqlite experimental on every start.
  execArgv: ["--disable-warning=ExperimentalWarning"],
  // What passes through lives shortly; the default would let 25 MB of it pile up.
  resourceLimits: { maxYoungGenerationSizeMb: 4 },
};

function errorOf({ key, params }: Failure): OneNetError {
  return new OneNetError(key, params);
}

/** Asks the store's thread, and gives its answers back. It holds the process open only while something is asked. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #file: string;
  readonly #onWarning: (warning: OneNetError) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  /** Told when the thread has ended though nobody wanted it to. */
  onFailed: (problem: OneNetError) => void = () => undefined;
  #isEnding = false;
  #lastId = 0;
  #failure: OneNetError | undefined;

  constructor(options: ThreadOptions, onWarning: (warning: OneNetError) => void) {
    this.#file = options.file;
    this.#onWarning = onWarning;
    this.#worker = new Worker(PROGRAM, { workerData: options, ...THREAD_SETTINGS });
    this.#worker.unref();
    this.#worker.on("message", (message: Answered) => this.#onMessage(message));
    this.#worker.on("error", (error) => this.#fail(error.message));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#fail("its thread has ended");
        resolve();
      });
    });
  }

  /** Why it can answer no more. */
  get failure(): OneNetError | undefined {
    return this.#failure;
  }

  /** @param transfer buffers within `ask` that go away from here */
  call<Name extends CallName>(
    name: Name,
    ask: Calls[Name]["ask"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (name === "close") this.#isEnding = true;
      this.#lastId += 1;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(this.#lastId, { resolve: resolve as (answer: unknown) => void, reject });
      const message: Asked<Name> = { id: this.#lastId, name, ask };
      this.#worker.postMessage(message, transfer);
    });
  }

  /** Ends the thread; whoever still waits is told. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#ended;
  }

  #onMessage(message: Answered): void {
    if ("warning" in message) return this.#onWarning(errorOf(message.warning));
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("failure" in message) waiting?.reject(errorOf(message.failure));
    else waiting?.resolve(message.answer);
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new OneNetError("ONENET_STORE_FAILED", { file: this.#file, reason });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    if (!this.#isEnding) this.onFailed(this.#failure);
  }
}
