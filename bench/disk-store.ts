/**
 * What the disk store costs: records through append → committed → remove, with a bounded number on their way.
 *
 *   node dist/bench/disk-store.js [records=300000] [window=1000] [body bytes=200] [per second, 0 = as fast as it goes]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Committed, StoredQueue } from "../lib/delivery/store";
import { openStore } from "../lib/delivery/store-registry";

interface Load {
  readonly records: number;
  readonly window: number;
  readonly bodyBytes: number;
  readonly perSecond: number;
}

interface Flow {
  readonly latenciesMs: number[];
  finished(): boolean;
  isFull(): boolean;
  next(): void;
  /** Called when it is not full any more. */
  onRoom: () => void;
}

type Queue = Pick<StoredQueue, "append" | "remove">;

/** Keeps nothing: what the driver itself costs. */
function pretend(): Queue {
  let waiting: Committed[] = [];
  const commit = (): void => {
    const now = waiting;
    waiting = [];
    for (const committed of now) committed();
  };
  return {
    append: (_record, committed) => {
      if (waiting.length === 0) setImmediate(commit);
      if (committed !== undefined) waiting.push(committed);
      return 1;
    },
    remove: () => undefined,
  };
}

function startFlow(queue: Queue, load: Load): Flow {
  const body = "x".repeat(load.bodyBytes);
  const latenciesMs: number[] = [];
  let appended = 0;
  let onTheirWay = 0;
  const flow: Flow = {
    latenciesMs,
    finished: () => appended === load.records && onTheirWay === 0,
    isFull: () => appended === load.records || onTheirWay >= load.window,
    next: () => {
      if (flow.isFull()) return;
      appended += 1;
      onTheirWay += 1;
      const startedAt = performance.now();
      const record = { lane: 0, queuedAtMs: Date.now(), bytes: body.length, body } as const;
      const seq = queue.append(record, (error) => {
        if (error !== undefined) throw error;
        latenciesMs.push(performance.now() - startedAt);
        queue.remove(seq);
        onTheirWay -= 1;
        flow.onRoom();
      });
    },
    onRoom: () => undefined,
  };
  return flow;
}

/** One message per turn of the event loop, as Node-RED hands them out. */
function drive(flow: Flow, load: Load): Promise<void> {
  const startedAt = performance.now();
  let made = 0;
  return new Promise((resolve) => {
    let isWaiting = false;
    const turn = (): void => {
      isWaiting = false;
      if (flow.finished()) return resolve();
      const due = load.perSecond === 0 ? made + 1 : ((performance.now() - startedAt) / 1000) * load.perSecond;
      for (; made < due; made += 1) flow.next();
      if (load.perSecond > 0) setTimeout(turn, 1);
      else if (flow.isFull()) isWaiting = true;
      else setImmediate(turn);
    };
    flow.onRoom = () => {
      if (isWaiting) setImmediate(turn);
      isWaiting = false;
    };
    turn();
  });
}

function percentile(values: number[], part: number): number {
  return values.sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;
}

async function run(queue: Queue, load: Load): Promise<Record<string, number>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const flow = startFlow(queue, load);
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const loopBefore = performance.eventLoopUtilization();
  const startedAt = performance.now();
  await drive(flow, load);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const loop = performance.eventLoopUtilization(loopBefore);
  delay.disable();
  return {
    "records/s": Math.round(load.records / seconds),
    "CPU µs/record": Number(((cpu.user + cpu.system) / load.records).toFixed(2)),
    "main thread µs/record": Number(((loop.active * 1000) / load.records).toFixed(2)),
    "committed p50 ms": Number(percentile(flow.latenciesMs, 0.5).toFixed(2)),
    "p99.9 ms": Number(percentile(flow.latenciesMs, 0.999).toFixed(2)),
    "loop delay p99.9 ms": Number((delay.percentile(99.9) / 1e6).toFixed(2)),
    "RSS MB": Math.round(process.memoryUsage().rss / 1e6),
  };
}

async function measureStore(load: Load): Promise<Record<string, number>> {
  const folder = mkdtempSync(path.join(tmpdir(), "onenet-bench-"));
  const store = await openStore(path.join(folder, "outbox.sqlite"));
  const figures = await run(store.queue("bench/device"), load);
  const recordsPerCommit = Math.round(load.records / store.commits);
  await store.close();
  rmSync(folder, { recursive: true });
  return { ...figures, "records/commit": recordsPerCommit };
}

async function main(): Promise<void> {
  const [records = 300_000, window = 1000, bodyBytes = 200, perSecond = 0] = process.argv
    .slice(2)
    .map(Number);
  const load = { records, window, bodyBytes, perSecond };
  for (let round = 0; round < 3; round += 1) {
    console.log("driver alone", await run(pretend(), load));
    console.log("disk store", await measureStore(load));
  }
}

void main();
