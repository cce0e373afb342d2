/**
 * The law of ../ARCHITECTURE.md: who may import whom. Exit code 1 and one line per breach.
 *
 * `--root <folder>` checks another tree (the test of this check does).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { findCircles, findEditorBuiltins } from "./import-graph.mjs";
import { importsOf, withoutComments } from "./imports.mjs";
import { ROOT } from "./processes.mjs";
import { findLongFiles } from "./shape.mjs";

const CHECKED = ["lib", "nodes", "bin"];

/** The layer of a file, from its path with forward slashes. */
function layerOf(file) {
  if (file === "lib/errors.ts") return "errors";
  if (file.startsWith("nodes/shared/editor/")) return "editor";
  if (file.startsWith("nodes/shared/form/")) return "form";
  const [top, second] = file.split("/");
  return top === "lib" && second !== undefined && !second.endsWith(".ts") ? second : top;
}

/** What each layer may import, besides itself and packages. `lib` means the single files in lib/ (clock.ts). */
const MAY_IMPORT = {
  errors: [],
  protocol: ["errors"],
  delivery: ["errors", "protocol", "lib", "client"],
  client: ["errors", "protocol", "lib", "delivery"],
  simulator: ["errors", "protocol", "lib"],
  lib: ["errors"],
  nodes: ["errors", "protocol", "delivery", "client", "simulator", "lib", "form"],
  form: ["errors", "protocol"],
  editor: ["errors", "protocol", "form"],
  bin: ["errors", "protocol", "simulator", "lib"],
};

/** Packages that only some files may name (types count: a package that leaks its types leaks). */
const ONLY_IN = {
  mqtt: (file) => file === "lib/client/mqtt-session.ts",
  aedes: (file) => file.startsWith("lib/simulator/"),
  selfsigned: (file) => file.startsWith("lib/simulator/"),
  "node-red": (file) => file.startsWith("nodes/"),
};

function readTree(root) {
  const files = new Map();
  for (const top of CHECKED.filter((name) => existsSync(path.join(root, name)))) {
    for (const entry of readdirSync(path.join(root, top), { recursive: true })) {
      const name = path.posix.join(top, String(entry).split(path.sep).join("/"));
      if (!/\.ts$/.test(name) || name.includes("node_modules/")) continue;
      files.set(name, readFileSync(path.join(root, name), "utf8"));
    }
  }
  return files;
}

/** The file a relative import means, or undefined. */
function resolveImport(files, importer, from) {
  const base = path.posix.join(path.posix.dirname(importer), from).replace(/\.js$/, "");
  return [base, `${base}.ts`, `${base}/index.ts`].find((name) => files.has(name));
}

function readGraph(files) {
  const graph = new Map();
  for (const [file, text] of files) {
    graph.set(
      file,
      importsOf(text).map((entry) => ({
        ...entry,
        target: entry.from.startsWith(".") ? resolveImport(files, file, entry.from) : undefined,
      })),
    );
  }
  return graph;
}

const nodeFolder = (file) => (file.startsWith("nodes/") ? file.split("/")[1] : undefined);

function breachOfPath(file, { from, target, typeOnly }) {
  if (target === undefined)
    return /\.(json|css)$/.test(from) ? undefined : `imports ${from}, which is not there`;
  const [layer, wanted] = [layerOf(file), layerOf(target)];
  const folders = [nodeFolder(file), nodeFolder(target)];
  if (
    !typeOnly &&
    layer === "nodes" &&
    wanted === "nodes" &&
    folders[1] !== "shared" &&
    folders[0] !== folders[1]
  ) {
    return `imports ${target}: a node imports its own folder, nodes/shared and lib only`;
  }
  if (layer === wanted) return undefined;
  if (MAY_IMPORT[layer]?.includes(wanted)) return undefined;
  return `imports ${target}: ${layer} must not import ${wanted}`;
}

function breachOfPackage(file, { from, typeOnly }, declared) {
  const layer = layerOf(file);
  if (layer === "protocol" || layer === "errors") {
    const allowed = layer === "protocol" && from === "node:crypto";
    return allowed
      ? undefined
      : `imports ${from}: ${layer} imports ${layer === "protocol" ? "node:crypto" : "nothing"} only`;
  }
  if (from.startsWith("node:")) return undefined;
  const name = from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
  const allows = ONLY_IN[name];
  if (allows && !allows(file))
    return `imports ${from}: that belongs elsewhere (see ONLY_IN in scripts/check-layers.mjs)`;
  if (!typeOnly && !declared.has(name))
    return `imports ${from}, which is not in "dependencies" (or write node:${from})`;
  return undefined;
}

function findForbiddenImports(graph, declared) {
  const breaches = [];
  for (const [file, imports] of graph) {
    for (const entry of imports) {
      const isPath = entry.from.startsWith(".");
      const breach = isPath ? breachOfPath(file, entry) : breachOfPackage(file, entry, declared);
      if (breach) breaches.push(`${file} ${breach}`);
    }
  }
  return breaches;
}

function findSecondImporters(graph, name) {
  const importers = [...graph]
    .filter(([, imports]) => imports.some(({ from }) => from === name))
    .map(([file]) => file);
  return importers.length > 1 ? [`${name} is imported by ${importers.join(" and ")}: one file only`] : [];
}

function findTopicLiterals(files) {
  const holds = ([file, text]) => file !== "lib/protocol/topic.ts" && withoutComments(text).includes("$sys");
  return [...files]
    .filter(holds)
    .map(([file]) => `${file} holds "$sys": topics are built in lib/protocol/topic.ts only`);
}

function readDeclared(root) {
  const file = path.join(root, "package.json");
  const { dependencies = {} } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  return new Set(Object.keys(dependencies));
}

/** Every breach of the law under `root`, one line each. */
export function findBreaches(root) {
  const files = readTree(root);
  const graph = readGraph(files);
  const isRuntime = (file) => layerOf(file) !== "editor";
  const breaches = [
    ...findForbiddenImports(graph, readDeclared(root)),
    ...findCircles(graph),
    ...findSecondImporters(graph, "mqtt"),
    ...findSecondImporters(graph, "node:sqlite"),
    ...findTopicLiterals(files),
    ...findEditorBuiltins(
      graph,
      [...graph.keys()].filter((file) => !isRuntime(file)),
    ),
    ...findLongFiles(root),
  ];
  return [...new Set(breaches)];
}

const rootAt = process.argv.indexOf("--root");
const breaches = findBreaches(rootAt === -1 ? ROOT : path.resolve(process.argv[rootAt + 1]));
for (const breach of breaches) console.error(breach);
console.log(breaches.length === 0 ? "layers: no breach" : `layers: ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;
