import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import path from "node:path";

/** Set by the bench for a worker that shall be profiled: the file to write, without its ending. */
export const PROFILE_VARIABLE = "ONENET_BENCH_PROFILE";
/** `cpu` (default) or `allocations`: bytes allocated by function, what was collected since included. */
export const PROFILE_KIND_VARIABLE = "ONENET_BENCH_PROFILE_KIND";

/** Watches one stretch of a workload, so that the start of Node-RED is not in the picture. */
export interface Profiler {
  stop(): void;
}

const NOTHING: Profiler = { stop: () => undefined };

/** Starts profiling if the bench asked for it. */
export function startProfiler(): Profiler {
  const file = process.env[PROFILE_VARIABLE];
  if (file === undefined) return NOTHING;
  mkdirSync(path.dirname(file), { recursive: true });
  const session = new Session();
  session.connect();
  return process.env[PROFILE_KIND_VARIABLE] === "allocations"
    ? sampleAllocations(session, `${file}.heapprofile`)
    : sampleCpu(session, `${file}.cpuprofile`);
}

function sampleCpu(session: Session, file: string): Profiler {
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: 200 });
  session.post("Profiler.start");
  return {
    stop: () => {
      session.post("Profiler.stop", (error, result) => {
        if (error === null) writeFileSync(file, JSON.stringify(result.profile));
      });
      session.disconnect();
    },
  };
}

function sampleAllocations(session: Session, file: string): Profiler {
  session.post("HeapProfiler.enable");
  session.post("HeapProfiler.startSampling", {
    samplingInterval: 4096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return {
    stop: () => {
      session.post("HeapProfiler.stopSampling", (error, result) => {
        if (error === null) writeFileSync(file, JSON.stringify(result.profile));
      });
      session.disconnect();
    },
  };
}
