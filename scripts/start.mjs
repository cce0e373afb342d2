/**
 * `npm start`: installs and builds when needed, then runs Node-RED with this package and the demo flow.
 *
 *   PORT=1990 npm start        another port than 1880 (0: any free one)
 *   HOST=0.0.0.0 npm start     open to other machines; a password is made and printed
 *   ONENET_NR=4.1 npm start    on Node-RED 4.1 instead of 5
 *   ONENET_USER_DIR=…          another user directory than .node-red/
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { readAdminAuth } from "./admin-password.mjs";
import { describeDemoCall } from "./demo-flow.mjs";
import { ensureInstalled } from "./install.mjs";
import { atLeast, machineNode, nodeForNodeRed5, ROOT, run } from "./processes.mjs";
import { prepareUserFolder } from "./user-folder.mjs";

const FIXTURE = path.join(ROOT, "test/fixtures/node-red-4.1");

/** A refusal with its reason, shown without a stack. */
class Refusal extends Error {}

function readPort(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new Refusal(`PORT must be a number from 0 to 65535, but is “${text}”.`);
}

function readChoices() {
  const { HOST, PORT, ONENET_NR, ONENET_USER_DIR } = process.env;
  const version = ONENET_NR ?? "5";
  if (!/^(5|4|4\.1)$/.test(version)) throw new Refusal(`ONENET_NR must be 5 or 4.1, but is “${version}”.`);
  return {
    host: HOST || "127.0.0.1",
    port: readPort(PORT || "1880"),
    isOld: version !== "5",
    folder: path.resolve(ONENET_USER_DIR || path.join(ROOT, ".node-red")),
  };
}

async function refuseUsedPort(host, port) {
  if (port === 0) return;
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    if (error.code === "EADDRINUSE") {
      throw new Refusal(
        `Port ${port} at ${host} is already in use (perhaps by a Node-RED that is still running).\n` +
          `End that program, or choose another port: PORT=${port + 1} npm start`,
      );
    }
    throw new Refusal(`Cannot listen at ${host}:${port} (${error.code}). Choose another HOST or PORT.`);
  }
  server.close();
  await once(server, "close");
}

async function prepare(isOld) {
  await ensureInstalled();
  if (isOld) await ensureInstalled(FIXTURE, "Node-RED 4.1");
  const isBuilt = (await run(process.execPath, [path.join(ROOT, "scripts/build.mjs")])) === 0;
  if (!isBuilt) throw new Refusal("The build failed; see above.");
}

function readFlows(folder) {
  const file = path.join(folder, "flows.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

function findSimulators(flows) {
  const lines = flows
    .filter(({ type, d }) => type === "onenet-simulator" && d !== true)
    .map(
      ({ host, port, httpPort }) =>
        `  mqtt://${host}:${port} for devices, http://${host}:${httpPort} for cloud applications`,
    );
  return [...new Set(lines)];
}

function describeStart(url, { folder, isFirst, lines }) {
  const flows = readFlows(folder);
  const simulators = findSimulators(flows);
  const call = describeDemoCall(flows);
  return [
    "",
    "────────────────────────────────────────────────────────────────────────",
    `Open ${url} in a browser. / 请在浏览器中打开 ${url}`,
    ...lines,
    isFirst
      ? "The demo flow is running: readings of this machine go to the simulated OneNET every few seconds."
      : `Your flows of last time are running (${path.join(folder, "flows.json")}).`,
    "Look at the status under each OneNET node and at the debug sidebar; press an inject button to send a command.",
    ...(simulators.length > 0 ? ["The simulated platform listens here:", ...simulators] : []),
    ...(call ? ["Send a command to the lamp as an application of the cloud would:", `  ${call}`] : []),
    "More flows: menu → Import → Examples → node-red-contrib-onenet. Ctrl-C ends it all.",
    "────────────────────────────────────────────────────────────────────────",
    "",
  ].join("\n");
}

function startNodeRed({ isOld, folder, settings }) {
  const home = path.join(isOld ? FIXTURE : ROOT, "node_modules/node-red");
  const node = isOld ? machineNode() : nodeForNodeRed5();
  const args = [path.join(home, "red.js"), "--userDir", folder, "--settings", settings];
  return spawn(node, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit", "ipc"] });
}

/** npm that is killed takes its shell along, but not us: notice it. */
function stopWithParent(stop) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

/** One Ctrl-C reaches us twice: from the terminal and from npm. */
const SAME_KEYSTROKE_MS = 1_000;

/** Hands signals on; Node-RED closes its connections in order before it ends. A second Ctrl-C ends it at once. */
function forwardSignals(child) {
  const state = { stoppingSince: undefined };
  const stop = () => {
    const sinceMs = Date.now() - (state.stoppingSince ?? Date.now());
    state.stoppingSince ??= Date.now();
    child.kill(sinceMs > SAME_KEYSTROKE_MS ? "SIGKILL" : "SIGTERM");
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  if (process.env.npm_lifecycle_event) stopWithParent(stop);
  return state;
}

async function main() {
  if (!atLeast(process.versions.node, "20.19"))
    throw new Refusal(`Node.js 20.19 or later is needed; this is ${process.version}.`);
  const { host, port, isOld, folder } = readChoices();
  await refuseUsedPort(host, port);
  await prepare(isOld);
  const home = path.join(isOld ? FIXTURE : ROOT, "node_modules/node-red");
  const { adminAuth, lines } = readAdminAuth(folder, host, home);
  const { settings, isFirst } = prepareUserFolder(folder, { host, port, adminAuth });
  const child = startNodeRed({ isOld, folder, settings });
  const state = forwardSignals(child);
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    console.log(line);
    const [url] = /https?:\/\/[\w.:[\]-]+:\d+\//.exec(line) ?? [];
    if (url) console.log(describeStart(url, { folder, isFirst, lines }));
  });
  const [code] = await once(child, "close");
  if (state.stoppingSince === undefined) return code ?? 1;
  console.log("Node-RED has ended.");
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Refusal ? `\n${error.message}\n` : error);
  process.exitCode = 1;
}
