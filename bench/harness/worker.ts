import { fork } from "node:child_process";
import path from "node:path";
import { EventLog, within } from "../../test/support/events";
import { nodeBinary } from "../../test/support/node-red-version";
import { follow } from "../../test/support/process";
import { PROFILE_VARIABLE } from "../runtime/profiler";
import type { workloads } from "../workloads";
import type { Sample } from "./row";
import type { ChildMessage } from "./stage";

export type WorkloadName = keyof typeof workloads;
export type ParamsOf<N extends WorkloadName> = Parameters<(typeof workloads)[N]>[0];

/** A workload in a process of its own. */
export interface Worker {
  readonly pid: number;
  /** What it measured; rejects when it fails or dies. */
  readonly result: Promise<Sample>;
  /** Waits until the workload says so. */
  waitFor(event: string): Promise<Sample>;
  /** Lets the workload go on from `stage.waitFor(event)`. */
  signal(event: string): void;
  kill(): Promise<void>;
}

/** No workload takes longer, but the soak; one that does is stuck. */
const USUAL_LIMIT_MS = 120_000;

export interface WorkerOptions {
  /** Where its profile goes; undefined: none is made. */
  readonly profileFolder?: string | undefined;
  readonly limitMs?: number;
  /** A program, with its arguments, that runs the workload's Node.js: strace, to make a disk slow. */
  readonly under?: readonly [program: string, ...args: string[]];
}

export function startWorker<N extends WorkloadName>(
  workload: N,
  params: ParamsOf<N>,
  { profileFolder, limitMs = USUAL_LIMIT_MS, under = [nodeBinary("5")] }: WorkerOptions = {},
): Worker {
  const [program, ...programArgs] = under;
  const child = fork(path.join(__dirname, "..", "child.js"), [workload], {
    execPath: program,
    execArgv: [...programArgs, ...(programArgs.length === 0 ? [] : [nodeBinary("5")]), "--expose-gc"],
    env: { ...process.env, ...profileEnvironment(workload, params, profileFolder) },
    serialization: "advanced",
    silent: true,
  });
  const running = follow(child, `workload ${workload}`);
  const events = new EventLog<ChildMessage>(`workload ${workload}`);
  child.on("message", (message: ChildMessage) => events.push(message));
  running.exited.then(
    () => events.end(`it has ended. It said:\n${running.output()}`),
    (thrown) => events.end(String(thrown)),
  );
  const wait = async (event: string): Promise<Sample> => {
    const message = await events.waitFor((each) => each.event === event || each.event === "failed", {
      timeoutMs: limitMs,
      what: event,
    });
    if (message.event === "failed") throw new Error(`workload ${workload}: ${message.error}`);
    return message.values ?? {};
  };
  const result = wait("result").then(async (values) => {
    await within(running.exited, 30_000, `end of workload ${workload}`);
    return values;
  });
  // One that failed or is stuck must not outlive the row.
  result.catch(() => child.kill("SIGKILL"));
  child.send({ params });
  return {
    pid: child.pid ?? 0,
    result,
    waitFor: wait,
    signal: (event) => void child.send({ signal: event }),
    kill: async () => {
      child.kill("SIGKILL");
      await running.exited;
    },
  };
}

let profiles = 0;

function profileEnvironment(
  workload: string,
  params: unknown,
  folder: string | undefined,
): NodeJS.ProcessEnv {
  if (folder === undefined) return {};
  profiles += 1;
  const target = readField(params, "target");
  const kind = target === undefined ? "raw" : String(readField(target, "kind"));
  const name = `${String(profiles).padStart(3, "0")}-${workload}-${kind}`;
  return { [PROFILE_VARIABLE]: path.join(folder, name) };
}

function readField(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}
