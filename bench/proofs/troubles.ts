/** A disk store in trouble, and a clock that jumps, in a Node-RED of its own: what it says, and what is lost. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type NodeRed, startNodeRed } from "../../test/support/node-red";
import { linkPackage } from "../../test/support/node-red-folder";
import { makeTempFolder, removeTempFolder } from "../../test/support/temp-folder";
import { type FlowNode, TARGET, tab } from "../runtime/flows";
import { type DeviceChoice, nodeOn, simulatedDevice } from "./flows";
import { Platform } from "./platform";

/** The node of the messages that live for an hour. */
export const MORTAL = "mortal";
/** No measure: whoever comes to it is counted as lost, so that it must be long on a busy machine as well. */
const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

export interface TroubledOptions {
  /** Extra arguments of Node.js. */
  readonly nodeArgs?: readonly string[];
}

/** How messages ended: the numbers of those reported queued, and the codes of the others. */
export interface Promised {
  readonly queued: readonly number[];
  readonly codes: readonly string[];
}

/** The platform behind a link that is down, and a user directory with a disk store for one Node-RED after the other. */
export class TroubledPlace {
  readonly platform: Platform;
  readonly userDir = makeTempFolder("troubled");
  readonly #running = new Set<NodeRed>();

  private constructor(platform: Platform) {
    this.platform = platform;
    linkPackage(this.userDir);
  }

  static async open(): Promise<TroubledPlace> {
    const platform = await Platform.open({ kind: "data-stream", limits: "off" });
    await platform.linkDown();
    return new TroubledPlace(platform);
  }

  /** Where the store lies, or will. */
  get storeFile(): string {
    return path.join(this.userDir, "onenet", "outbox.sqlite");
  }

  async start({ nodeArgs = [] }: TroubledOptions = {}): Promise<NodeRed> {
    const nodeRed = await startNodeRed({
      version: "5",
      userDir: this.userDir,
      nodeArgs,
      flows: flowOf(this.platform.port),
    });
    this.#running.add(nodeRed);
    return nodeRed;
  }

  async stop(nodeRed: NodeRed): Promise<void> {
    this.#running.delete(nodeRed);
    await nodeRed.stop({ keep: true });
  }

  /** The numbers that the platform has stored. */
  get stored(): ReadonlySet<number> {
    return new Set(this.platform.points.map(({ value }) => Number(value)));
  }

  /** Waits until the platform has stored all of these. @returns how many of them it has not */
  async missing(numbers: readonly number[]): Promise<number> {
    const count = () => {
      const { stored } = this;
      return numbers.filter((n) => !stored.has(n)).length;
    };
    await lookUntil(() => count() === 0);
    return count();
  }

  /** Waits until all that a Node-RED holds has its outcome. */
  async emptied(nodeRed: NodeRed): Promise<void> {
    await lookUntil(async () => {
      const { connections } = await nodeRed.admin.json<Listed>("onenet/connections");
      return connections.every(({ queuedMessages }) => queuedMessages === 0);
    });
  }

  async close(): Promise<void> {
    for (const nodeRed of this.#running) await nodeRed.stop({ keep: true });
    await this.platform.close();
    removeTempFolder(this.userDir);
  }
}

interface Listed {
  readonly connections: readonly { readonly queuedMessages: number }[];
}

/** Comes back at the latest when the limit is over. */
async function lookUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!(await isSo()) && performance.now() < limitMs)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

function flowOf(port: number): FlowNode[] {
  const choice: DeviceChoice = { port, window: 100, store: "disk-always" };
  const type = "onenet-datapoint-publish";
  const fields = { completeWhen: "queued" };
  return [
    tab,
    simulatedDevice(choice),
    nodeOn(choice, type, TARGET, fields),
    nodeOn(choice, type, MORTAL, { ...fields, expirySeconds: "3600" }),
  ];
}

/** Gives numbered messages to a node, and waits until it has ended each of them. */
export async function give(
  nodeRed: NodeRed,
  from: number,
  count: number,
  { node = TARGET, text = "" } = {},
): Promise<Promised> {
  const ids = new Set(Array.from({ length: count }, (_, index) => `n${from + index}`));
  const isOurs = (event: { readonly event: string }) =>
    event.event === "complete" && ids.has(String(Reflect.get(Object(Reflect.get(event, "msg")), "_msgid")));
  const ended = nodeRed.events.waitForCount(count, isOurs, { timeoutMs: LIMIT_MS, what: "ends" });
  for (let n = from; n < from + count; n += 1) {
    const padding = text === "" ? {} : { padding: { stream: "padding", value: text } };
    const payload = [{ stream: `s${n % 10}`, value: n }, ...Object.values(padding)];
    await nodeRed.receive(node, { _msgid: `n${n}`, payload });
  }
  const queued: number[] = [];
  const codes: string[] = [];
  for (const event of await ended) {
    if (event.event !== "complete") continue;
    if (event.error === undefined) queued.push(Number(String(event.msg["_msgid"]).slice(1)));
    else codes.push(event.error.code ?? event.error.message);
  }
  return { queued, codes };
}

/** Arguments that let `globalThis.clockShiftMs` move the clock of a Node-RED. */
export function shiftableClock(folder: string): readonly string[] {
  const file = path.join(folder, "clock.cjs");
  const program =
    "const now = Date.now; globalThis.clockShiftMs = 0; Date.now = () => now() + globalThis.clockShiftMs;";
  writeFileSync(file, program);
  return ["--require", file];
}
