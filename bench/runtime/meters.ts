import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Sample } from "../harness/row";
import { type Profiler, startProfiler } from "./profiler";

interface Counters {
  writes: number;
  bytes: number;
}

interface StreamHandle {
  bytesWritten: number;
}

type HandleMethod = (this: StreamHandle, ...args: unknown[]) => unknown;

/** The methods of libuv's streams that each end in one write(2) or writev(2). */
const WRITE_METHODS = [
  "writeBuffer",
  "writev",
  "writeUtf8String",
  "writeLatin1String",
  "writeAsciiString",
  "writeUcs2String",
];

/** Counts the writes and bytes that leave this process over TCP, below Node's streams. Costs nothing worth measuring. */
export async function countTcpWrites(): Promise<Readonly<Counters>> {
  const counters = { writes: 0, bytes: 0 };
  const prototype = await streamPrototype();
  for (const name of WRITE_METHODS) {
    const original = Reflect.get(prototype, name) as HandleMethod | undefined;
    if (original === undefined) continue;
    Reflect.set(prototype, name, function (this: StreamHandle, ...args: unknown[]): unknown {
      const before = this.bytesWritten;
      const result = original.apply(this, args);
      counters.writes += 1;
      counters.bytes += this.bytesWritten - before;
      return result;
    });
  }
  return counters;
}

/** `LibuvStreamWrap.prototype`, found from a socket: Node has no name for it. */
async function streamPrototype(): Promise<object> {
  const server = createServer((peer) => peer.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const socket: Socket = connect({
    port: typeof address === "object" && address !== null ? address.port : 0,
    host: "127.0.0.1",
  });
  await once(socket, "connect");
  let found: unknown = Reflect.get(socket, "_handle");
  while (typeof found === "object" && found !== null && !Object.hasOwn(found, "writev"))
    found = Object.getPrototypeOf(found);
  socket.destroy();
  server.close();
  if (typeof found !== "object" || found === null)
    throw new Error("this Node.js has no writev on its TCP handles");
  return found;
}

/** Time, CPU, writes and bytes between two moments, per message. */
export class Meter {
  readonly #counters: Readonly<Counters>;
  readonly #startedMs: number;
  readonly #cpu: NodeJS.CpuUsage;
  readonly #writes: number;
  readonly #bytes: number;
  readonly #profiler: Profiler;

  constructor(counters: Readonly<Counters>) {
    this.#profiler = startProfiler();
    this.#counters = counters;
    this.#writes = counters.writes;
    this.#bytes = counters.bytes;
    this.#cpu = process.cpuUsage();
    this.#startedMs = performance.now();
  }

  read(messages: number): Sample {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const writes = this.#counters.writes - this.#writes;
    const bytes = this.#counters.bytes - this.#bytes;
    this.#profiler.stop();
    return {
      perSecond: messages / seconds,
      cpuUs: (user + system) / messages,
      writes: writes / messages,
      bytes: bytes / messages,
    };
  }
}

/** Bytes of memory that are in use, after a forced garbage collection. */
export async function readMemory(): Promise<{ readonly heapBytes: number; readonly rssBytes: number }> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}
