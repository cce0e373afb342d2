/** The user directory of `npm start`: made on the first start, kept as the user leaves it afterwards. */
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { readDemoFlow } from "./demo-flow.mjs";
import { ROOT } from "./processes.mjs";

const PRIVATE = { mode: 0o600 };

function readOrMake(file, make) {
  if (!existsSync(file)) writeFileSync(file, make(), PRIVATE);
  return readFileSync(file, "utf8").trim();
}

/** Links this package where Node-RED looks for installed ones, so that examples, icons and resources work too. */
function linkPackage(folder) {
  const { name } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const link = path.join(folder, "node_modules", name);
  mkdirSync(path.dirname(link), { recursive: true });
  const existing = lstatSync(link, { throwIfNoEntry: false });
  if (existing?.isSymbolicLink() && path.resolve(path.dirname(link), readlinkSync(link)) === ROOT) return;
  if (existing) rmSync(link, { recursive: true, force: true });
  symlinkSync(ROOT, link, "junction");
}

/** Encrypts credentials as Node-RED does, to be read with `credentialSecret`. */
function encrypt(credentials, secret) {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(secret).digest(), iv);
  const text = cipher.update(JSON.stringify(credentials), "utf8", "base64") + cipher.final("base64");
  return { $: iv.toString("hex") + text };
}

function writeDemo(folder, secret) {
  const { flows, credentials } = readDemoFlow();
  writeFileSync(path.join(folder, "flows_cred.json"), JSON.stringify(encrypt(credentials, secret)), PRIVATE);
  writeFileSync(path.join(folder, "flows.json"), `${JSON.stringify(flows, null, 2)}\n`);
}

/** settings.js is made anew at every start: nothing in it calls out, asks or shows a tour. */
function writeSettings(folder, { host, port, adminAuth }) {
  const settings = {
    uiHost: host,
    uiPort: port,
    flowFile: "flows.json",
    flowFilePretty: true,
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    editorTheme: { tours: false, palette: { catalogues: [] }, page: { title: "Node-RED · OneNET" } },
    externalModules: { autoInstall: false },
    logging: { console: { level: "info", metrics: false, audit: false } },
    ...(adminAuth ? { adminAuth } : {}),
  };
  const lines = [
    "// Made by scripts/start.mjs at every start; changes are lost. The flows are in flows.json.",
    `module.exports = ${JSON.stringify(settings, null, 2)};`,
    'const file = require("node:path").join(__dirname, "credential-secret");',
    'module.exports.credentialSecret = require("node:fs").readFileSync(file, "utf8").trim();',
    "// the script that started Node-RED is gone, whatever ended it",
    'process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));',
  ];
  const file = path.join(folder, "settings.js");
  rmSync(file, { force: true });
  writeFileSync(file, `${lines.join("\n")}\n`, PRIVATE);
  return file;
}

/**
 * Prepares `folder` for a start.
 *
 * @returns {{ settings: string, isFirst: boolean }} the settings file, and whether the demo was put there now
 */
export function prepareUserFolder(folder, { host, port, adminAuth }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  readOrMake(path.join(folder, "package.json"), () =>
    JSON.stringify({ name: "onenet-demo", version: "0.0.1", private: true, dependencies: {} }, null, 2),
  );
  linkPackage(folder);
  const secret = readOrMake(path.join(folder, "credential-secret"), () => randomBytes(32).toString("hex"));
  const isFirst = !existsSync(path.join(folder, "flows.json"));
  if (isFirst) writeDemo(folder, secret);
  return { settings: writeSettings(folder, { host, port, adminAuth }), isFirst };
}
