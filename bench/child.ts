/** The process of one workload: does it, tells what it measured, ends. */
import { once } from "node:events";
import type { Sample } from "./harness/row";
import { openStage, type Stage } from "./harness/stage";
import { workloads } from "./workloads";

type AnyWorkload = (params: unknown, stage: Stage) => Promise<Sample>;

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const stage = openStage();
  const [{ params }] = (await once(process, "message")) as [{ readonly params: unknown }];
  const found = Object.entries(workloads).find(([each]) => each === name)?.[1];
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  stage.tell("result", await (found as unknown as AnyWorkload)(params, stage));
}

function end(error?: unknown): void {
  const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error !== undefined) process.send?.({ event: "failed", error: failure });
  // Time for the last word to reach the bench; nothing else is worth waiting for.
  setTimeout(() => process.exit(error === undefined ? 0 : 1), 50);
}

main().then(() => end(), end);
