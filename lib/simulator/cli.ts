import { writeFileSync } from "node:fs";
import { asOneNetError, OneNetError } from "../errors";
import { stringifyJson } from "../protocol/json";
import { type CommandLine, HELP, readCommandLine } from "./command-line";
import { describeListening, type Simulator, startSimulator } from "./simulator";

/** What the command line uses of a process. */
export interface CliProcess {
  readonly argv: readonly string[];
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  once(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
}

/**
 * Runs the simulator until a signal ends it.
 *
 * @returns the exit code: 0 after a signal or --help, 2 for arguments that cannot be, 1 for a port that cannot be had
 */
export async function runCommandLine(process: CliProcess): Promise<number> {
  let line: CommandLine;
  try {
    line = readCommandLine(process.argv.slice(2));
  } catch (error) {
    return fail(process, error, 2);
  }
  if (line.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const ended = new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
    // Whoever read the events is gone: there is nobody left to serve.
    process.stdout.once("error", () => resolve());
  });
  try {
    const simulator = await start(line, process.stdout);
    await ended;
    await simulator.stop();
    return 0;
  } catch (error) {
    return fail(process, error, asOneNetError(error).code === "ONENET_SIMULATOR_ADDRESS" ? 1 : 2);
  }
}

async function start(
  { options, rootCertificateFile }: CommandLine,
  stdout: NodeJS.WritableStream,
): Promise<Simulator> {
  const simulator = await startSimulator(options);
  const print = (event: object) => void stdout.write(`${stringifyJson(event)}\n`);
  try {
    if (rootCertificateFile) writeRoot(rootCertificateFile, simulator);
  } catch (error) {
    await simulator.stop();
    throw error;
  }
  print({ ...describeListening(simulator), at: Date.now() });
  simulator.on(print);
  return simulator;
}

function writeRoot(file: string, { rootCertificatePem }: Simulator): void {
  const field = "--root-certificate";
  if (rootCertificatePem === undefined) {
    throw new OneNetError("ONENET_SIMULATOR_CONFIG", {
      field,
      expected: "given with --tls-port",
      got: "alone",
    });
  }
  try {
    writeFileSync(file, rootCertificatePem);
  } catch (cause) {
    const got = `${file} (${(cause as NodeJS.ErrnoException).code})`;
    throw new OneNetError(
      "ONENET_SIMULATOR_CONFIG",
      { field, expected: "a file that can be written", got },
      { cause },
    );
  }
}

function fail({ stderr }: CliProcess, error: unknown, code: 1 | 2): number {
  const { message } = asOneNetError(error);
  stderr.write(`onenet-simulator: ${message}\n`);
  if (code === 2) stderr.write("Try onenet-simulator --help\n");
  return code;
}
