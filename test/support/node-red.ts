import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { AdminApi, type DeployType, type FlowNode } from "./admin-api";
import { type Comms, openComms } from "./comms";
import { EventLog, type WaitOptions, within } from "./events";
import { linkPackage, writeUserDir } from "./node-red-folder";
import { type NodeRedVersion, nodeBinary, nodeRedFolder, nodeRedVersion } from "./node-red-version";
import type { MemoryReport, ProbeEvent, ProbeMessage, ProbeRequest } from "./probe-protocol";
import { type Exit, follow, type RunningProcess } from "./process";
import { makeTempFolder, removeTempFolder } from "./temp-folder";

export interface NodeRedOptions {
  /** Deployed after the start, through the admin API (nodes may carry `credentials`). */
  readonly flows?: readonly FlowNode[];
  /** Laid over the settings of the tests (JSON). */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A user directory to use again (after `stop({ keep: true })`); then the settings are written anew. */
  readonly userDir?: string;
  /** Whether this package is linked into the user directory. Default true. */
  readonly withPackage?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of the Node.js process, besides --expose-gc. */
  readonly nodeArgs?: readonly string[];
  /** Default: what ONENET_TEST_NODE_RED says. */
  readonly version?: NodeRedVersion;
}

type EventOf<K extends ProbeEvent["event"]> = Extract<ProbeEvent, { event: K }>;

/** A real Node-RED process on a free loopback port, with a probe inside. */
export class NodeRed {
  readonly version: NodeRedVersion;
  readonly userDir: string;
  /** With a trailing slash. */
  readonly url: string;
  readonly admin: AdminApi;
  /** What happens inside: messages, completions, errors, statuses, log lines. */
  readonly events: EventLog<ProbeEvent>;
  readonly #process: RunningProcess;
  readonly #answers: Map<number, (message: ProbeMessage & { probe: "answer" }) => void>;
  readonly #comms: Comms[] = [];
  #lastId = 0;

  constructor(started: Started, url: string, userDir: string, version: NodeRedVersion) {
    this.#process = started.process;
    this.#answers = started.answers;
    this.events = started.events;
    this.url = url;
    this.userDir = userDir;
    this.version = version;
    this.admin = new AdminApi(url);
  }

  get pid(): number {
    return this.#process.child.pid ?? 0;
  }

  /** Everything it printed. */
  output(): string {
    return this.#process.output();
  }

  /** The lines it prints. */
  get lines(): EventLog<string> {
    return this.#process.lines;
  }

  /** Deploys; resolves with the revision when the flows have been started (Node-RED's answer comes earlier). */
  async deploy(flows: readonly FlowNode[], type?: DeployType): Promise<string> {
    const deployed = this.events.waitForNext(({ event }) => event === "deployed", {
      timeoutMs: 30_000,
      what: "deploy",
    });
    deployed.catch(() => undefined);
    const revision = await this.admin.deploy(flows, type);
    await deployed;
    return revision;
  }

  /** Hands a message to a node, as if a wire had brought it. Buffers, Dates, NaN and BigInt survive. */
  async receive(node: string, msg: unknown): Promise<void> {
    await this.#ask({ ask: "receive", node, msg });
  }

  /** Handles, listeners and heap, after a forced garbage collection. */
  async memory(): Promise<MemoryReport> {
    return (await this.#ask({ ask: "memory" })) as MemoryReport;
  }

  /** Runs a function inside the Node-RED process; it sees nothing of the test but its own text. */
  async evaluate<T>(body: (RED: never, require: NodeJS.Require) => T | Promise<T>): Promise<T> {
    return (await this.#ask({ ask: "evaluate", source: body.toString() })) as T;
  }

  /** The next (or a past) message that `node` sent. */
  waitForSend(
    node: string,
    matches: (event: EventOf<"send">) => boolean = () => true,
    options?: WaitOptions,
  ) {
    return this.#wait("send", (event) => event.node === node && matches(event), {
      what: `message from ${node}`,
      ...options,
    });
  }

  /** The end of a message in `node`: `done()` (no `error`) or `done(error)`. */
  waitForComplete(
    node: string,
    matches: (event: EventOf<"complete">) => boolean = () => true,
    options?: WaitOptions,
  ) {
    return this.#wait("complete", (event) => event.node === node && matches(event), {
      what: `done of ${node}`,
      ...options,
    });
  }

  /** A status of `node`, by its text (part of it) or a test. */
  waitForStatus(
    node: string,
    matches: string | ((status: EventOf<"status">["status"]) => boolean),
    options?: WaitOptions,
  ) {
    const fits =
      typeof matches === "string"
        ? (status: { text?: string }) => status.text?.includes(matches) === true
        : matches;
    return this.#wait("status", (event) => event.node === node && fits(event.status), {
      what: `status of ${node}`,
      ...options,
    });
  }

  waitForLog(pattern: RegExp, options?: WaitOptions) {
    return this.#wait("log", (event) => pattern.test(event.text), {
      what: `log line ${pattern}`,
      ...options,
    });
  }

  /** Opens the editor's websocket; `stop` closes it. */
  async comms(): Promise<Comms> {
    const comms = await openComms(this.url, this.admin.token);
    this.#comms.push(comms);
    return comms;
  }

  /** Ends Node-RED (SIGTERM) and deletes its user directory, or keeps it. Rejects if it does not end in 15 s. Idempotent. */
  async stop(options: { readonly keep?: boolean; readonly signal?: NodeJS.Signals } = {}): Promise<Exit> {
    for (const comms of this.#comms.splice(0)) await comms.close();
    const exit = await this.#process.stop(options.signal);
    if (!options.keep) removeTempFolder(this.userDir);
    return exit;
  }

  /** When the process ended by itself or was killed. */
  get exited(): Promise<Exit> {
    return this.#process.exited;
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#process.child.kill(signal);
  }

  async #wait<K extends ProbeEvent["event"]>(
    kind: K,
    matches: (event: EventOf<K>) => boolean,
    options: WaitOptions,
  ): Promise<EventOf<K>> {
    const isIt = (event: ProbeEvent): event is EventOf<K> =>
      event.event === kind && matches(event as EventOf<K>);
    return (await this.events.waitFor(isIt, options)) as EventOf<K>;
  }

  #ask(request: ProbeRequest): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#answers.set(id, ({ value, error }) => {
        this.#answers.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(`in Node-RED: ${error}`));
      });
    });
    this.#process.child.send({ probeId: id, request });
    return within(answered, 15_000, `the probe's answer to “${request.ask}”`);
  }
}

interface Started {
  readonly process: RunningProcess;
  readonly events: EventLog<ProbeEvent>;
  readonly answers: Map<number, (message: ProbeMessage & { probe: "answer" }) => void>;
}

function launch(options: NodeRedOptions, userDir: string, version: NodeRedVersion): Started {
  const settings = writeUserDir(userDir, version, options.settings ?? {});
  const program = path.join(nodeRedFolder(version), "red.js");
  const child: ChildProcess = fork(program, ["--userDir", userDir, "--settings", settings, "--port", "0"], {
    cwd: userDir,
    execPath: nodeBinary(version),
    execArgv: ["--expose-gc", ...(options.nodeArgs ?? [])],
    env: { ...process.env, NODE_RED_HOME: undefined, ...options.env },
    serialization: "advanced",
    silent: true,
  });
  const events = new EventLog<ProbeEvent>(`Node-RED ${version}`);
  const answers: Started["answers"] = new Map();
  child.on("message", (message: ProbeMessage) => {
    if (message.probe === "event") events.push(message.event);
    else if (message.probe === "answer") answers.get(message.id)?.(message);
  });
  return { process: follow(child, `Node-RED ${version}`), events, answers };
}

async function waitUntilUp({ process, events }: Started): Promise<string> {
  try {
    const [line] = await Promise.all([
      process.lines.waitFor((text) => /https?:\/\/127\.0\.0\.1:\d+/.test(text), {
        timeoutMs: 60_000,
        what: "address",
      }),
      events.waitFor(({ event }) => event === "deployed", {
        timeoutMs: 60_000,
        what: "start of the flows",
      }),
    ]);
    const [, address = ""] = /(https?:\/\/127\.0\.0\.1:\d+\/?)/.exec(line) ?? [];
    return address.endsWith("/") ? address : `${address}/`;
  } catch (error) {
    process.child.kill("SIGKILL");
    throw new Error(`Node-RED did not start. It said:\n${process.output()}`, { cause: error });
  }
}

/**
 * Starts Node-RED of the version under test in a user directory of its own, with this package in it, and
 * deploys `flows`. Call `stop()` in `after`/`afterEach`.
 */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRed> {
  const version = options.version ?? nodeRedVersion;
  const userDir = options.userDir ?? makeTempFolder("node-red");
  if (options.userDir === undefined && options.withPackage !== false) linkPackage(userDir);
  const started = launch(options, userDir, version);
  const nodeRed = new NodeRed(started, await waitUntilUp(started), userDir, version);
  if (options.flows) await nodeRed.deploy(options.flows);
  return nodeRed;
}
