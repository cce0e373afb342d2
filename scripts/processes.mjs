/** Where things are, and how the scripts run other programs. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const WINDOWS = process.platform === "win32";

/**
 * Runs a program to its end, its output going to ours unless `options.stdio` says otherwise.
 *
 * @returns {Promise<number>} the exit code; 1 when it was ended by a signal or could not start
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options });
    child.once("error", (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(1);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** Runs a program and gives its exit code and everything it printed. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const add = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", add);
    child.stderr.setEncoding("utf8").on("data", add);
    child.once("error", (error) => resolve({ code: 1, output: `${output}${error.message}\n` }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The version of a Node.js binary as `22.23.2`, or undefined when it does not run. */
export function nodeVersion(binary) {
  try {
    return execFileSync(binary, ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

/** Whether `version` (`22.23.2`) is at least `minimum` (`22.9`). */
export function atLeast(version, minimum) {
  const have = version.split(".").map(Number);
  const want = minimum.split(".").map(Number);
  for (const [index, part] of want.entries()) {
    if ((have[index] ?? 0) !== part) return (have[index] ?? 0) > part;
  }
  return true;
}

/** The machine's own Node.js: never the one in node_modules/.bin, which npm scripts find first. */
export function machineNode() {
  if (process.env.npm_node_execpath) return process.env.npm_node_execpath;
  const name = WINDOWS ? "node.exe" : "node";
  const inModules = `${path.sep}node_modules${path.sep}`;
  const candidates = (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, name));
  return candidates.find((file) => !file.includes(inModules) && existsSync(file)) ?? process.execPath;
}

/** The Node.js that runs Node-RED 5 (devDependency `node`); the machine's when that one is recent enough. */
export function nodeForNodeRed5() {
  const own = path.join(ROOT, "node_modules/node/bin", WINDOWS ? "node.exe" : "node");
  const binary = [own, machineNode()].find((file) => atLeast(nodeVersion(file) ?? "0", "22.9"));
  if (binary) return binary;
  throw new Error(
    "Node-RED 5 needs Node.js 22.9 or later. The devDependency `node` brings it, but its install script did " +
      "not run (was npm told --ignore-scripts?). Run `npm ci` again, or use Node.js 22.9 or later.",
  );
}

/** Runs npm on the machine's Node.js, whatever this script runs on. */
export function runNpm(args, options = {}) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return run(machineNode(), [script, ...args], options);
  return run(WINDOWS ? "npm.cmd" : "npm", args, { shell: WINDOWS, ...options });
}

/** The path of a JavaScript program in this package's node_modules. */
export const moduleFile = (name) => path.join(ROOT, "node_modules", name);
