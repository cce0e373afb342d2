import type { RuntimeNode } from "./embedded-node-red";

/** Where messages go in and are seen to be done with: a node, or a client of MQTT.js. */
export interface Sink {
  /** Takes message `n`; `onDone` of {@link sinkOf} hears when it is through. */
  send(n: number): void;
}

export type Done = (error: unknown, message?: Readonly<Record<string, unknown>>) => void;

/** A node as a sink; `onDone` is called for each message it completes, with its error if it failed. */
export function nodeSink(
  node: RuntimeNode,
  make: (n: number) => Record<string, unknown>,
  onDone: Done,
): Sink {
  const complete = node._complete;
  node._complete = function (this: RuntimeNode, message, error): void {
    complete.call(this, message, error);
    onDone(error, message);
  };
  return { send: (n) => node.receive(make(n)) };
}

/**
 * Keeps `outstanding` messages on their way until `count` are through. Each comes in its own `setImmediate`, as
 * messages come over a wire.
 */
export class ClosedLoop {
  readonly #sink: Sink;
  readonly #count: number;
  readonly #marks = new Map<number, () => void>();
  #fed = 0;
  #done = 0;
  errors = 0;

  constructor(makeSink: (onDone: Done) => Sink, count: number) {
    this.#count = count;
    this.#sink = makeSink((error) => this.#onDone(error));
  }

  /** Starts; resolves when message number `until` is done, counted from 1. */
  start(outstanding: number): void {
    for (let index = 0; index < Math.min(outstanding, this.#count); index += 1) this.#feed();
  }

  /** Resolves in the moment the `n`th message is done. */
  reached(n: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#done >= n) resolve();
      else this.#marks.set(n, resolve);
    });
  }

  #feed(): void {
    const n = this.#fed;
    this.#fed += 1;
    setImmediate(() => this.#sink.send(n));
  }

  #onDone(error: unknown): void {
    if (error !== undefined && error !== null) this.errors += 1;
    this.#done += 1;
    this.#marks.get(this.#done)?.();
    if (this.#fed < this.#count) this.#feed();
  }
}
