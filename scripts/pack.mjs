/**
 * `npm run pack`: makes build/<name>-<version>.tgz, as npm would publish it, and
 * build/<name>-<version>-offline.tgz, which brings its runtime dependencies along (for places without internet).
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { capture, machineNode, ROOT, runNpm } from "./processes.mjs";

const BUILD = path.join(ROOT, "build");
const STAGE = path.join(BUILD, "stage");
const readManifest = () => JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));

async function mustSucceed(what, promise) {
  const code = await promise;
  if (code !== 0) throw new Error(`${what} failed (exit code ${code}); see above.`);
}

/** What a user's machine needs of package.json: no scripts, no development. */
function userManifest() {
  const { devDependencies: _dev, scripts: _scripts, allowScripts: _allow, ...manifest } = readManifest();
  return manifest;
}

/** Copies what `files` allows into the stage, by letting npm itself choose. */
async function stage() {
  const npm = process.env.npm_execpath;
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { code, output } = npm
    ? await capture(machineNode(), [npm, ...args, "--loglevel=error"])
    : await capture("npm", [...args, "--loglevel=error"]);
  if (code !== 0) throw new Error(`npm pack --dry-run failed:\n${output}`);
  const listed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const [{ files }] = Object.values(listed);
  for (const { path: file } of files) {
    const target = path.join(STAGE, file);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(path.join(ROOT, file), target);
  }
}

const writeStageManifest = (manifest) =>
  writeFileSync(path.join(STAGE, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

/** Puts the locked production dependencies into the stage. */
async function stageDependencies() {
  cpSync(path.join(ROOT, "package.json"), path.join(STAGE, "package.json"));
  cpSync(path.join(ROOT, "package-lock.json"), path.join(STAGE, "package-lock.json"));
  const args = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await mustSucceed("npm ci for the offline package", runNpm(args, { cwd: STAGE }));
  for (const name of [".package-lock.json", ".bin"]) {
    rmSync(path.join(STAGE, "node_modules", name), { recursive: true, force: true });
  }
  rmSync(path.join(STAGE, "package-lock.json"));
}

async function packStage(suffix) {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", BUILD];
  await mustSucceed("npm pack", runNpm(args, { cwd: STAGE, stdio: ["ignore", "ignore", "inherit"] }));
  const made = readdirSync(BUILD).find((name) => name.endsWith(".tgz") && !name.startsWith("done-"));
  const { name, version } = readManifest();
  const file = `${name.replace(/^@/, "").replace("/", "-")}-${version}${suffix}.tgz`;
  renameSync(path.join(BUILD, made), path.join(BUILD, `done-${file}`));
  return file;
}

/**
 * Makes both tarballs in build/.
 *
 * @returns {Promise<string[]>} their paths: normal, offline
 */
async function pack() {
  await ensureInstalled();
  if (!(await build())) throw new Error("The build failed; see above.");
  rmSync(BUILD, { recursive: true, force: true });
  mkdirSync(STAGE, { recursive: true });
  await stage();
  writeStageManifest(userManifest());
  const normal = await packStage("");
  await stageDependencies();
  const manifest = userManifest();
  writeStageManifest({ ...manifest, bundleDependencies: Object.keys(manifest.dependencies) });
  const offline = await packStage("-offline");
  rmSync(STAGE, { recursive: true, force: true });
  return [normal, offline].map((file) => {
    renameSync(path.join(BUILD, `done-${file}`), path.join(BUILD, file));
    return path.join(BUILD, file);
  });
}

try {
  for (const file of await pack()) if (existsSync(file)) console.log(path.relative(process.cwd(), file));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
