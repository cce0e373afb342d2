import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/** The lines of Node-RED the tests run on; `ONENET_TEST_NODE_RED` picks one (default 5). */
export type NodeRedVersion = "5" | "4.1";

/** The package's root folder (compiled tests are in dist/test/support). */
export const PACKAGE_ROOT = path.resolve(
  process.env["ONENET_TEST_ROOT"] ?? path.join(__dirname, "..", "..", ".."),
);
export const PACKAGE_NAME = "@onenet-flows/node-red-contrib-onenet";
export const FIXTURE_4_1 = path.join(PACKAGE_ROOT, "test/fixtures/node-red-4.1");

export const NODE_TYPES = [
  "onenet-connection",
  "onenet-connection-status",
  "onenet-datapoint-publish",
  "onenet-event-post",
  "onenet-command-subscribe",
  "onenet-command-response",
  "onenet-subdevice",
  "onenet-desired",
  "onenet-gateway",
  "onenet-mqtt-out",
  "onenet-simulator",
] as const;
/** Those that stand in the palette: the others are configuration nodes. */
export const PALETTE_TYPES = NODE_TYPES.filter(
  (type) => type !== "onenet-connection" && type !== "onenet-subdevice",
);
export type NodeType = (typeof NODE_TYPES)[number];

export const nodeRedVersion: NodeRedVersion = readVersion();

function readVersion(): NodeRedVersion {
  const wanted = process.env["ONENET_TEST_NODE_RED"] ?? "5";
  if (wanted === "5" || wanted === "4.1") return wanted;
  throw new Error(`ONENET_TEST_NODE_RED must be 5 or 4.1, but is ${wanted}`);
}

/** The folder of the `node-red` package of a version. */
export function nodeRedFolder(version: NodeRedVersion = nodeRedVersion): string {
  const base = version === "5" ? PACKAGE_ROOT : FIXTURE_4_1;
  const folder = path.join(base, "node_modules/node-red");
  if (existsSync(folder)) return folder;
  throw new Error(`Node-RED ${version} is not installed in ${base}: run npm ci there (npm test does it)`);
}

function versionOf(binary: string): readonly number[] {
  const text =
    binary === process.execPath ? process.version : execFileSync(binary, ["--version"], { encoding: "utf8" });
  return text.trim().replace(/^v/, "").split(".").map(Number);
}

const isRecent = ([major = 0, minor = 0]: readonly number[]): boolean =>
  major > 22 || (major === 22 && minor >= 9);

function machineNode(): string {
  const folders = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => path.join(folder, "node")).find((file) => existsSync(file));
  return process.env["npm_node_execpath"] ?? found ?? process.execPath;
}

/**
 * The Node.js that runs a version of Node-RED: 22.9 or later for 5 (devDependency `node`), the machine's for 4.1.
 *
 * @throws {Error} when there is none that is recent enough
 */
export function nodeBinary(version: NodeRedVersion = nodeRedVersion): string {
  if (version === "4.1") return machineNode();
  const own = path.join(PACKAGE_ROOT, "node_modules/node/bin/node");
  const binary = [process.execPath, own, machineNode()].find(
    (file) => existsSync(file) && isRecent(versionOf(file)),
  );
  if (binary) return binary;
  throw new Error(
    `Node-RED 5 needs Node.js 22.9 or later; this is ${process.version} and node_modules/node has none. Run npm ci.`,
  );
}
