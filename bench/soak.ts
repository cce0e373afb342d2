/**
 * `npm run soak [-- --minutes 30 --seed 1]`: our nodes at a steady rate while a random fault strikes every twenty
 * seconds. Every message must be accounted for, and memory must stay where it was after a sixth of the time (five
 * minutes of thirty). Exit code 1 when it is not so; the last line says what.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { makeTempFolder, removeTempFolder } from "../test/support/temp-folder";
import type { Sample } from "./harness/row";
import { describeSurroundings } from "./harness/surroundings";
import { startWorker, type Worker } from "./harness/worker";
import { type Account, makeAccount } from "./soak/account";
import { pause, SOAK_FAULTS, type SoakWorld, seededRandom } from "./soak/faults";
import { MosquittoWorld } from "./soak/mosquitto-world";
import { SimulatorWorld } from "./soak/simulator-world";

const FAULT_EVERY_MS = 20_000;
/** The share of the time after which memory is measured first. */
const SETTLED = 1 / 6;
const HEAP_GROWTH_MAX = 1.1;
const RSS_GROWTH_MAX = 1.25;

interface Choices {
  readonly minutes: number;
  readonly seed: number;
}

function readChoices(): Choices {
  const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
  const minutes = Number(values.minutes ?? 30);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (minutes > 0 && Number.isInteger(seed)) return { minutes, seed };
  throw new Error("npm run soak -- --minutes <above 0> --seed <whole number>");
}

/** Strikes both worlds, each with a fault of its own, until the time is up. */
async function strikeUntil(
  endMs: number,
  worlds: readonly SoakWorld[],
  random: () => number,
): Promise<number> {
  let strikes = 0;
  while (performance.now() + FAULT_EVERY_MS < endMs) {
    const nextMs = performance.now() + FAULT_EVERY_MS;
    await Promise.all(
      worlds.map(async (world) => {
        const fault = SOAK_FAULTS[Math.floor(random() * SOAK_FAULTS.length)] ?? "link cut";
        console.error(`  ${new Date().toISOString().slice(11, 19)} ${world.name}: ${fault}`);
        await world.strike(fault);
      }),
    );
    strikes += worlds.length;
    await pause(Math.max(0, nextMs - performance.now()));
  }
  return strikes;
}

interface SoakResult {
  readonly strikes: number;
  readonly settled: Sample;
  readonly end: Sample;
  readonly accounts: readonly Account[];
}

async function soak(
  { minutes }: Choices,
  worlds: readonly [SoakWorld, SoakWorld],
  random: () => number,
): Promise<SoakResult> {
  const folder = makeTempFolder("soak");
  const [mosquitto, simulator] = worlds;
  const ports = { mosquitto: mosquitto.port, simulator: simulator.port };
  const durationMs = minutes * 60_000;
  const worker: Worker = startWorker("soak", { ports, folder }, { limitMs: durationMs + 1_200_000 });
  try {
    await worker.waitFor("feeding");
    const startedMs = performance.now();
    const early = await strikeUntil(startedMs + durationMs * SETTLED, worlds, random);
    worker.signal("measure");
    const settled = await worker.waitFor("measured");
    const late = await strikeUntil(startedMs + durationMs, worlds, random);
    worker.signal("finish");
    const end = await worker.result;
    await pause(1000);
    const arrivals = { ...mosquitto.arrivals, ...simulator.arrivals };
    const accounts = Object.entries(arrivals).map(([name, ids]) =>
      makeAccount(name, path.join(folder, name), ids),
    );
    return { strikes: early + late, settled, end, accounts };
  } finally {
    await worker.kill();
    removeTempFolder(folder);
  }
}

/** What is not as it must be. */
function findBreaches({ settled, end, accounts }: SoakResult): string[] {
  const growth = (name: string) => (end[name] ?? Number.NaN) / (settled[name] ?? Number.NaN);
  const memory: string[] = [];
  if (!(growth("heapBytes") <= HEAP_GROWTH_MAX)) memory.push(`heap grew to ${percent(growth("heapBytes"))}`);
  if (!(growth("rssBytes") <= RSS_GROWTH_MAX)) memory.push(`RSS grew to ${percent(growth("rssBytes"))}`);
  const messages = accounts.flatMap(({ source, fed, lost, silent }) => [
    ...(fed === 0 ? [`${source}: nothing was fed`] : []),
    ...(lost === 0 ? [] : [`${source}: ${lost} done but lost`]),
    ...(silent === 0 ? [] : [`${source}: ${silent} without an end`]),
  ]);
  return [...messages, ...memory];
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const megabytes = (bytes = Number.NaN): string => `${(bytes / 1e6).toFixed(1)} MB`;

function print({ strikes, settled, end, accounts }: SoakResult): void {
  console.table(accounts);
  console.log(`${strikes} faults`);
  for (const [name, field] of [
    ["heap", "heapBytes"],
    ["RSS", "rssBytes"],
  ] as const) {
    console.log(
      `${name}: ${megabytes(settled[field])} after a sixth of the time, ${megabytes(end[field])} at the end`,
    );
  }
}

async function main(): Promise<number> {
  const choices = readChoices();
  for (const line of describeSurroundings()) console.log(line);
  console.log(`${choices.minutes} minutes, seed ${choices.seed}`);
  const random = seededRandom(choices.seed);
  const worlds = [await MosquittoWorld.open(random), await SimulatorWorld.open(random)] as const;
  try {
    const result = await soak(choices, worlds, random);
    print(result);
    const breaches = findBreaches(result);
    console.log(breaches.length === 0 ? "soak: every message accounted for" : `soak: ${breaches.join("; ")}`);
    return breaches.length === 0 ? 0 : 1;
  } finally {
    for (const world of worlds) await world.close();
  }
}

main().then(
  (code) => process.exit(code),
  (thrown) => {
    console.error(thrown);
    process.exit(1);
  },
);
