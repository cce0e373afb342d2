import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Context } from "mocha";

/** Programs that are not on every machine; `.ci/run` installs all of them. */
export type Tool = "chromium" | "cjk-fonts" | "mosquitto" | "mosquitto-clients" | "python3-paho-mqtt";

/** Debian's own python3 (the machine's first `python3` may be another one, without paho). */
export const PYTHON = "/usr/bin/python3";
export const CHROMIUM = "/usr/bin/chromium";

const CHECKS: Readonly<Record<Tool, () => boolean>> = {
  chromium: () => existsSync(CHROMIUM),
  "cjk-fonts": () => existsSync("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
  mosquitto: () => findProgram("mosquitto") !== undefined,
  "mosquitto-clients": () => findProgram("mosquitto_pub") !== undefined,
  "python3-paho-mqtt": () => runs(PYTHON, ["-c", "import paho.mqtt.client"]),
};

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, [...args], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Where a program is: PATH, then /usr/sbin (Debian's mosquitto), or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

const known = new Map<Tool, boolean>();

export function has(tool: Tool): boolean {
  const present = known.get(tool) ?? CHECKS[tool]();
  known.set(tool, present);
  return present;
}

/**
 * Skips the test or suite when one of the tools is missing; the run counts and names it at its end.
 * Call it first: `it("…", function () { needs(this, "mosquitto"); … })`, or in a `before`.
 *
 * @throws {Error} with ONENET_CI=1 or CI=true, where nothing may be skipped
 */
export function needs(context: Context, ...tools: readonly Tool[]): void {
  const missing = tools.filter((tool) => !has(tool));
  if (missing.length === 0) return;
  const reason = `missing: ${missing.join(", ")} (apt-get install chromium fonts-noto-cjk mosquitto mosquitto-clients python3-paho-mqtt)`;
  if (nothingMayBeSkipped()) throw new Error(reason);
  const runnable: Skippable = context.runnable();
  const skipped = runnable.type === "hook" && runnable.parent ? runnable.parent : runnable;
  skipped.skipReason = reason;
  context.skip();
}

/** Where scripts/mocha-reporter.cjs finds why a test was skipped: on the test, or on its suite. */
interface Skippable {
  skipReason?: string;
  readonly type?: string;
  readonly parent?: Skippable | undefined;
}

export function nothingMayBeSkipped(): boolean {
  return process.env["ONENET_CI"] === "1" || process.env["CI"] === "true";
}
