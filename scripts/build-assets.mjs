/**
 * Puts what Node-RED's loader wants beside the compiled nodes: html, locales and icons in dist/nodes/<type>/, and the
 * editor's bundle in resources/. Reads dist/lib/errors.js, so it runs after the compiler.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build as bundle } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FALLBACK_LANGUAGE = "en-US";
/** One folder of icons for the package: two would show each icon twice in the editor's icon picker. */
const ICON_OWNER = "onenet-connection";

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** `{"A.b": "x", "C": "y"}` becomes `{A: {b: "x"}, C: "y"}`, as a catalogue's keys are looked up. */
export function nestErrorTexts(texts) {
  const nested = {};
  for (const [key, text] of Object.entries(texts)) {
    const [code, reason] = key.split(".");
    const isTaken = Object.hasOwn(nested, code) && (reason === undefined || typeof nested[code] === "string");
    if (isTaken)
      throw new Error(
        `${code} is an error's key with and without a reason: a catalogue holds one of the two`,
      );
    nested[code] = reason === undefined ? text : { ...nested[code], [reason]: text };
  }
  return nested;
}

function mergeDeep(base, more) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const isBranch = typeof value === "object" && typeof merged[key] === "object";
    merged[key] = isBranch ? mergeDeep(merged[key], value) : value;
  }
  return merged;
}

/** Our sources write `{{name}}`; Node-RED's i18next, in the runtime and the editor, wants `__name__`. */
function withNodeRedParams(value) {
  if (typeof value === "string") return value.replace(/\{\{([\w-]+)\}\}/g, "__$1__");
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withNodeRedParams(inner)]));
}

/**
 * The whole catalogue of a node type in one language: the shared texts, the errors and its own.
 *
 * @param errorTexts `ERROR_TEXTS` of lib/errors: the English errors; the other languages have theirs in shared.json
 */
export function buildCatalogue({ root, language, type, errorTexts }) {
  const folder = path.join(root, "locales", language);
  const shared = readJson(path.join(folder, "shared.json"));
  const errors = language === FALLBACK_LANGUAGE ? { errors: nestErrorTexts(errorTexts) } : {};
  const own = readJson(path.join(folder, `${type}.json`));
  return withNodeRedParams(mergeDeep(mergeDeep(shared, errors), own));
}

function foldersOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** The node types: the folders of nodes/ that hold an html of their own name. */
export function nodeTypes(root) {
  const nodes = path.join(root, "nodes");
  return foldersOf(nodes).filter((type) => readdirSync(path.join(nodes, type)).includes(`${type}.html`));
}

/** A node's form; `<!-- rows: name -->` stands for rows that several forms have, in nodes/shared/rows. */
function readForm(root, type) {
  const nodes = path.join(root, "nodes");
  const html = readFileSync(path.join(nodes, type, `${type}.html`), "utf8");
  return html.replace(/^( *)<!-- rows: (\w+) -->\n/gm, (_line, indent, name) =>
    readFileSync(path.join(nodes, "shared", "rows", `${name}.html`), "utf8").replace(/^(?=.)/gm, indent),
  );
}

function copyNode({ root, dist, type, languages, errorTexts }) {
  const target = path.join(dist, "nodes", type);
  mkdirSync(target, { recursive: true });
  writeFileSync(path.join(target, `${type}.html`), readForm(root, type));
  for (const language of languages) {
    const folder = path.join(target, "locales", language);
    mkdirSync(folder, { recursive: true });
    const catalogue = buildCatalogue({ root, language, type, errorTexts });
    writeFileSync(path.join(folder, `${type}.json`), `${JSON.stringify(catalogue, null, 2)}\n`);
    cpSync(path.join(root, "locales", language, `${type}.html`), path.join(folder, `${type}.html`));
  }
}

async function bundleEditor(root, resources) {
  await bundle({
    entryPoints: [path.join(root, "nodes", "shared", "editor", "index.ts")],
    tsconfig: path.join(root, "nodes", "shared", "editor", "tsconfig.json"),
    outfile: path.join(resources, "editor.js"),
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    loader: { ".css": "text" },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
  });
}

/**
 * Builds all assets.
 *
 * @param {{root?: string, dist?: string, resources?: string}} [places] dist must hold the compiled lib/errors.js
 */
export async function buildAssets({
  root = ROOT,
  dist = path.join(root, "dist"),
  resources = path.join(root, "resources"),
} = {}) {
  const { ERROR_TEXTS: errorTexts } = createRequire(import.meta.url)(path.join(dist, "lib", "errors.js"));
  const languages = foldersOf(path.join(root, "locales"));
  for (const type of nodeTypes(root)) copyNode({ root, dist, type, languages, errorTexts });
  cpSync(path.join(root, "icons"), path.join(dist, "nodes", ICON_OWNER, "icons"), { recursive: true });
  await bundleEditor(root, resources);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildAssets();
