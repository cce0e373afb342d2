/**
 * Runs inside the Node-RED process that a test starts (its settings.js calls it) and reports over IPC what
 * happens there. It watches by Node-RED's own hooks and events and changes nothing.
 */
import type { EventEmitter } from "node:events";
import type { MemoryReport, ProbeEvent, ProbeMessage, ProbeRequest, ReportedError } from "./probe-protocol";

interface RuntimeNode {
  readonly id: string;
  readonly type: string;
  receive(msg: unknown): void;
}

interface SendEvent {
  readonly msg: Record<string, unknown>;
  readonly source: { readonly id: string; readonly node: RuntimeNode; readonly port: number };
  readonly destination: { readonly id: string };
}

interface CompleteEvent {
  readonly msg: Record<string, unknown>;
  readonly error?: unknown;
  readonly node: { readonly id: string; readonly node: RuntimeNode };
}

interface LogEvent {
  readonly level: number;
  readonly msg: unknown;
  readonly id?: string;
  readonly type?: string;
}

interface Runtime {
  readonly nodes: { getNode(id: string): RuntimeNode | null };
  readonly events: EventEmitter;
  readonly hooks: { add(name: string, handler: (event: never) => void): void };
}

function tell(message: ProbeMessage): void {
  if (!process.connected) return;
  try {
    process.send?.(message);
  } catch {
    process.send?.(asPlain(message));
  }
}

/** Without what structured clone refuses (functions, sockets of http messages, circles). */
function asPlain(value: unknown): unknown {
  const seen = new WeakSet<object>();
  const text = JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === "bigint" || typeof part === "symbol") return String(part);
    if (typeof part !== "object" || part === null) return part;
    if (seen.has(part)) return "[circle]";
    seen.add(part);
    return part;
  });
  return JSON.parse(text);
}

const report = (event: ProbeEvent): void => tell({ probe: "event", event });

function readError(error: unknown): ReportedError {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { message, code, stack } = error as { message?: unknown; code?: unknown; stack?: unknown };
  return {
    message: typeof message === "string" ? message : String(error),
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof stack === "string" ? { stack } : {}),
  };
}

function watchMessages(runtime: Runtime): void {
  runtime.hooks.add("onSend.onenet-probe", (events: readonly SendEvent[]) => {
    for (const { msg, source, destination } of events) {
      const { id, port, node } = source;
      report({ event: "send", node: id, type: node.type, port, msg, to: destination.id });
    }
  });
  runtime.hooks.add("onComplete.onenet-probe", ({ msg, error, node }: CompleteEvent) => {
    const failure = error === undefined || error === null ? {} : { error: readError(error) };
    report({ event: "complete", node: node.id, type: node.node.type, msg, ...failure });
  });
}

function watchRuntime(runtime: Runtime): void {
  runtime.events.on("node-status", ({ id, status }) => report({ event: "status", node: id, status }));
  runtime.events.on("flows:started", () => report({ event: "flows-started" }));
  runtime.events.on("runtime-event", ({ id, payload }) => {
    if (id === "runtime-deploy") report({ event: "deployed", revision: payload.revision });
  });
}

/** A handler for the settings' `logging`, as Node-RED wants it. */
export function makeLogHandler(): (event: LogEvent) => void {
  return ({ level, msg, id, type }) => {
    const text = typeof msg === "string" ? msg : readError(msg).message;
    report({ event: "log", level, text, ...(id ? { node: id } : {}), ...(type ? { type } : {}) });
  };
}

function readMemory(runtime: Runtime): MemoryReport {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const count = (emitter: EventEmitter): number =>
    emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  const { heapUsed, rss } = process.memoryUsage();
  const handles = Object.values(resources).reduce((sum, each) => sum + each, 0);
  return {
    heapUsedBytes: heapUsed,
    rssBytes: rss,
    resources,
    handles,
    processListeners: count(process),
    eventListeners: count(runtime.events),
  };
}

async function answer(runtime: Runtime, request: ProbeRequest): Promise<unknown> {
  if (request.ask === "memory") return readMemory(runtime);
  if (request.ask === "receive") {
    const node = runtime.nodes.getNode(request.node);
    if (!node) throw new Error(`there is no node ${request.node}`);
    node.receive(request.msg);
    return undefined;
  }
  const body = new Function("RED", "require", `return (${request.source})(RED, require);`);
  return body(runtime, require);
}

function serve(runtime: Runtime): void {
  process.on("message", (message: { readonly probeId?: number; readonly request?: ProbeRequest }) => {
    const { probeId: id, request } = message;
    if (id === undefined || request === undefined) return;
    answer(runtime, request).then(
      (value) => tell({ probe: "answer", id, value }),
      (error: unknown) => tell({ probe: "answer", id, error: readError(error).stack ?? String(error) }),
    );
  });
  process.channel?.unref();
  // the test's process is gone: do not outlive it
  process.once("disconnect", () => process.exit(1));
}

/** Called by settings.js, before Node-RED is initialised. */
export function startProbe(runtime: Runtime): void {
  if (!process.send) return;
  watchMessages(runtime);
  watchRuntime(runtime);
  serve(runtime);
}
