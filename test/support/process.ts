import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { EventLog, within } from "./events";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs beside the test. Its lines (stdout and stderr) come as events. */
export interface RunningProcess {
  readonly child: ChildProcess;
  readonly lines: EventLog<string>;
  readonly exited: Promise<Exit>;
  /** Everything it printed so far. */
  output(): string;
  /** Asks it to end (SIGTERM unless said otherwise) and waits; after 15 s it is killed and this rejects. Idempotent. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

const running = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Follows a child process: collects its lines, and ends it with the test process at the latest. */
export function follow(child: ChildProcess, name: string): RunningProcess {
  const lines = new EventLog<string>(name);
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const failed = once(child, "error").then(([error]) => Promise.reject(error as Error));
  const closed = once(child, "close").then(([code, signal]): Exit => ({ code, signal }));
  const exited = Promise.race([closed, failed]).finally(() => {
    running.delete(child);
    lines.end("the process has ended");
  });
  exited.catch(() => undefined);
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    try {
      return await within(exited, 15_000, `${name} to end after ${signal}`);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  };
  return { child, lines, exited, output: () => lines.all.join("\n"), stop };
}

/** Starts a program and follows it. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): RunningProcess {
  const child = spawn(command, [...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  return follow(child, command);
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end, `input` on its standard input; kills it after `timeoutMs` (default 60,000). */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly timeoutMs?: number; readonly input?: string } = {},
): Promise<Finished> {
  const { timeoutMs = 60_000, input, ...rest } = options;
  const child = spawn(command, [...args], { ...rest, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input ?? "");
  const program = follow(child, command);
  try {
    const { code } = await within(program.exited, timeoutMs, `${command} ${args.join(" ")}`);
    return { code, output: program.output() };
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${(error as Error).message}\n${program.output()}`, { cause: error });
  }
}
