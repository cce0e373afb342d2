import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type NodeRedVersion, nodeRedFolder, PACKAGE_NAME, PACKAGE_ROOT } from "./node-red-version";

/** Settings every test instance has: nothing calls out, nothing pops up, only loopback listens. */
const BASE_SETTINGS = {
  uiHost: "127.0.0.1",
  flowFile: "flows.json",
  credentialSecret: "the secret of the tests",
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: false, ui: false },
  editorTheme: { tours: false, palette: { catalogues: [] }, codeEditor: { lib: "monaco" } },
  externalModules: { autoInstall: false, modules: { allowInstall: false } },
  logging: { console: { level: "info", metrics: false, audit: false } },
} as const;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merge(base: Json, over: Json): Json {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const old = merged[name];
    merged[name] = isObject(old) && isObject(value) ? merge(old, value) : value;
  }
  return merged;
}

/** Links this package into a user directory, so that Node-RED finds it as an installed one. */
export function linkPackage(userDir: string): void {
  const link = path.join(userDir, "node_modules", PACKAGE_NAME);
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(PACKAGE_ROOT, link, "junction");
}

/** Writes settings.js (with the probe in it) and package.json of a user directory. */
export function writeUserDir(userDir: string, version: NodeRedVersion, settings: Json): string {
  const dependencies = {};
  writeFileSync(
    path.join(userDir, "package.json"),
    JSON.stringify({ name: "node-red-project", version: "0.0.1", private: true, dependencies }),
  );
  const probe = path.join(__dirname, "probe.js");
  const main = path.join(nodeRedFolder(version), "lib/red.js");
  const file = path.join(userDir, "settings.js");
  const all = JSON.stringify(merge(BASE_SETTINGS, settings), null, 2);
  const lines = [
    `const probe = require(${JSON.stringify(probe)});`,
    `probe.startProbe(require(${JSON.stringify(main)}));`,
    `module.exports = ${all};`,
    'module.exports.logging.probe = { level: "debug", handler: probe.makeLogHandler };',
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
