import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import path from "node:path";
import { findProgram } from "../../test/support/needs";
import { nodeBinary, PACKAGE_ROOT } from "../../test/support/node-red-version";

/** The machine and the versions that a result belongs to. */
export function describeSurroundings(): string[] {
  const [cpu] = cpus();
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? "?"}, ${gibibytes} GiB, ${type()} ${release()}, loopback`,
    `Node.js ${versionOf(nodeBinary("5"), ["--version"])}, Node-RED ${packageVersion("node-red")}, ` +
      `MQTT.js ${packageVersion("mqtt")}, mosquitto ${mosquittoVersion()}`,
    `commit ${commit()}`,
  ];
}

function versionOf(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { encoding: "utf8" }).trim();
}

function packageVersion(name: string): string {
  const file = path.join(PACKAGE_ROOT, "node_modules", name, "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}

/** `mosquitto -h` ends with an error code and names its version in the first line. */
function mosquittoVersion(): string {
  const program = findProgram("mosquitto") ?? "mosquitto";
  try {
    return /version (\S+)/.exec(versionOf(program, ["-h"]))?.[1] ?? "?";
  } catch (thrown) {
    const output: unknown =
      typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, "stdout") : "";
    return /version (\S+)/.exec(String(output))?.[1] ?? "?";
  }
}

function commit(): string {
  try {
    const text = execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: PACKAGE_ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.trim();
  } catch {
    return "unknown";
  }
}
