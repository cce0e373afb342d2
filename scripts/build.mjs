/**
 * Builds the package: TypeScript to dist/, then what the Node-RED loader wants beside the compiled nodes
 * (scripts/build-assets.mjs). Incremental; what belongs to deleted sources is deleted too.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { moduleFile, ROOT, run } from "./processes.mjs";

const COMPILED = ["lib", "nodes", "bin", "bench", "test"];
const EDITOR = path.join("nodes", "shared", "editor");
const fromRoot = (...parts) => path.join(ROOT, ...parts);

function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending) && !name.split(path.sep).includes("node_modules"))
    .map(String);
}

function sourcesOf(folder) {
  const isOurs = (name) => !name.endsWith(".d.ts") && !path.join(folder, name).startsWith(EDITOR + path.sep);
  return filesBelow(fromRoot(folder), ".ts").filter(isOurs);
}

/** Deletes compiled files whose source is gone. */
function prune(folder) {
  const expected = new Set(sourcesOf(folder).map((name) => name.replace(/\.ts$/, "")));
  for (const name of [
    ...filesBelow(fromRoot("dist", folder), ".js"),
    ...filesBelow(fromRoot("dist", folder), ".js.map"),
  ]) {
    if (!expected.has(name.replace(/\.js(\.map)?$/, ""))) rmSync(fromRoot("dist", folder, name));
  }
}

function isComplete() {
  return COMPILED.every((folder) =>
    sourcesOf(folder).every((name) => existsSync(fromRoot("dist", folder, name.replace(/\.ts$/, ".js")))),
  );
}

/** Compiles; when files are missing from dist that the compiler believes are there, compiles all of it. */
async function compile() {
  const tsc = moduleFile("typescript/bin/tsc");
  const first = await run(process.execPath, [tsc, "--pretty", "false"]);
  if (first !== 0 || isComplete()) return first;
  rmSync(fromRoot("dist/.tsbuildinfo"), { force: true });
  return run(process.execPath, [tsc, "--pretty", "false"]);
}

/** Deletes what an earlier run of build-assets made, so that nothing of a deleted source stays. */
function removeAssets() {
  for (const name of readdirSync(fromRoot("dist/nodes"), { recursive: true }).map(String)) {
    const isAsset = /\.html$/.test(name) || /(^|[\\/])(locales|icons)$/.test(name);
    if (isAsset) rmSync(fromRoot("dist/nodes", name), { recursive: true, force: true });
  }
  rmSync(fromRoot("resources"), { recursive: true, force: true });
}

function makeExecutable() {
  for (const file of Object.values(JSON.parse(readFileSync(fromRoot("package.json"), "utf8")).bin)) {
    if (existsSync(fromRoot(file))) chmodSync(fromRoot(file), 0o755);
  }
}

/**
 * Builds everything.
 *
 * @returns {Promise<boolean>} false when the compiler or the assets failed (they have said why)
 */
export async function build() {
  for (const folder of COMPILED) prune(folder);
  if ((await compile()) !== 0) return false;
  if (existsSync(fromRoot("scripts/build-assets.mjs"))) {
    removeAssets();
    if ((await run(process.execPath, [fromRoot("scripts/build-assets.mjs")])) !== 0) return false;
  }
  makeExecutable();
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const startedAt = Date.now();
  const ok = await build();
  console.log(ok ? `built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s` : "the build failed");
  process.exitCode = ok ? 0 : 1;
}
