import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Certificate, makeCertificates, type TestCertificates } from "./certificates";
import { findFreePort } from "./free-port";
import { findProgram } from "./needs";
import { type Exit, type RunningProcess, startProcess } from "./process";
import { makeTempFolder, removeTempFolder } from "./temp-folder";

export interface MosquittoOptions {
  /** Users and passwords; with them anonymous logins are refused. */
  readonly users?: Readonly<Record<string, string>>;
  /** A TLS listener instead of a plain one; `clientCertificate` demands one from `certificates.ca`. */
  readonly tls?: boolean | { readonly certificates?: TestCertificates; readonly clientCertificate?: boolean };
  /** MQTT over websockets instead of TCP. */
  readonly websockets?: boolean;
  /** Keeps sessions and queued messages over a restart. */
  readonly persistence?: boolean;
  /** Further lines of mosquitto.conf. */
  readonly conf?: readonly string[];
}

/** A real broker on a free loopback port, in a folder of its own. */
export interface Mosquitto {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly certificates: TestCertificates | undefined;
  /** Its log lines (everything, debug included), over all restarts. */
  output(): string;
  /** Waits for a log line. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** SIGTERM, or SIGKILL with `"kill"`; `start` brings it back on the same port with the same store. */
  halt(how?: "term" | "kill"): Promise<Exit>;
  start(): Promise<void>;
  /** Ends it and deletes its folder. Idempotent. */
  stop(): Promise<void>;
}

function writePasswords(folder: string, users: Readonly<Record<string, string>>): string {
  const file = path.join(folder, "passwords");
  writeFileSync(file, "", { mode: 0o600 });
  const program = findProgram("mosquitto_passwd") ?? "mosquitto_passwd";
  for (const [user, password] of Object.entries(users)) {
    execFileSync(program, ["-b", file, user, password], { stdio: "ignore" });
  }
  return file;
}

function writeCertificate(folder: string, name: string, { cert, key }: Certificate): void {
  writeFileSync(path.join(folder, `${name}.crt`), cert);
  writeFileSync(path.join(folder, `${name}.key`), key, { mode: 0o600 });
}

function tlsLines(folder: string, certificates: TestCertificates, demandsClient: boolean): readonly string[] {
  writeCertificate(folder, "ca", certificates.ca);
  writeCertificate(folder, "server", certificates.server);
  return [
    `cafile ${path.join(folder, "ca.crt")}`,
    `certfile ${path.join(folder, "server.crt")}`,
    `keyfile ${path.join(folder, "server.key")}`,
    ...(demandsClient ? ["require_certificate true"] : []),
  ];
}

async function readCertificates(options: MosquittoOptions): Promise<TestCertificates | undefined> {
  if (!options.tls) return undefined;
  return (typeof options.tls === "object" ? options.tls.certificates : undefined) ?? makeCertificates();
}

function writeConfig(
  folder: string,
  port: number,
  options: MosquittoOptions,
  certificates: TestCertificates | undefined,
): string {
  const demandsClient = typeof options.tls === "object" && options.tls.clientCertificate === true;
  const lines = [
    "per_listener_settings false",
    "log_dest stderr",
    "log_type all",
    // as root, mosquitto would change to a user who cannot read this folder
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    // mosquitto 2.0.11 exits when websockets are all it should listen for
    ...(options.websockets ? [`listener 0 ${path.join(folder, "unused.sock")}`] : []),
    `listener ${port} 127.0.0.1`,
    ...(options.websockets ? ["protocol websockets"] : []),
    ...(certificates ? tlsLines(folder, certificates, demandsClient) : []),
    ...(options.users ? [`password_file ${writePasswords(folder, options.users)}`] : []),
    `allow_anonymous ${options.users ? "false" : "true"}`,
    `persistence ${options.persistence ? "true" : "false"}`,
    ...(options.persistence ? [`persistence_location ${folder}/`, "autosave_interval 1"] : []),
    "max_queued_messages 100000",
    ...(options.conf ?? []),
  ];
  const file = path.join(folder, "mosquitto.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

class RunningMosquitto implements Mosquitto {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly certificates: TestCertificates | undefined;
  readonly #folder: string;
  readonly #config: string;
  readonly #earlier: string[] = [];
  #process: RunningProcess | undefined;

  constructor(folder: string, port: number, config: string, certificates: TestCertificates | undefined) {
    this.#folder = folder;
    this.port = port;
    this.#config = config;
    this.certificates = certificates;
  }

  output(): string {
    return [...this.#earlier, this.#process?.output() ?? ""].join("\n");
  }

  async start(): Promise<void> {
    if (this.#process) this.#earlier.push(this.#process.output());
    this.#process = startProcess(findProgram("mosquitto") ?? "mosquitto", ["-c", this.#config]);
    await this.#process.lines.waitFor((line) => / running$/.test(line), {
      what: "line “mosquitto … running”",
    });
  }

  async waitForLine(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    if (!this.#process) throw new Error("mosquitto does not run");
    return this.#process.lines.waitFor((line) => pattern.test(line), { timeoutMs, what: `line ${pattern}` });
  }

  async halt(how: "term" | "kill" = "term"): Promise<Exit> {
    if (!this.#process) throw new Error("mosquitto does not run");
    return this.#process.stop(how === "kill" ? "SIGKILL" : "SIGTERM");
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    removeTempFolder(this.#folder);
  }
}

/** Starts Debian's mosquitto with a configuration it writes. Ask `needs(this, "mosquitto")` first. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = makeTempFolder("mosquitto");
  const certificates = await readCertificates(options);
  const port = await findFreePort();
  const broker = new RunningMosquitto(
    folder,
    port,
    writeConfig(folder, port, options, certificates),
    certificates,
  );
  await broker.start();
  return broker;
}
