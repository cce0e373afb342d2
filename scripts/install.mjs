/** Installs what the lockfile says, when it is not already there. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT, runNpm } from "./processes.mjs";

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : undefined;
}

/** Whether node_modules of `folder` holds what its package-lock.json asks for (optional packages aside). */
export function isInstalled(folder) {
  const wanted = readPackages(path.join(folder, "package-lock.json"));
  const present = readPackages(path.join(folder, "node_modules/.package-lock.json"));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === "") return true;
    const found = present[name];
    if (!found) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version;
  });
}

/**
 * Runs `npm ci` in `folder` unless everything is there.
 *
 * @throws {Error} when npm fails
 */
export async function ensureInstalled(folder = ROOT, what = "the dependencies") {
  if (isInstalled(folder)) return;
  console.log(`Installing ${what} (npm ci in ${path.relative(process.cwd(), folder) || "."}) …`);
  const code = await runNpm(["ci", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (code !== 0) throw new Error(`npm ci failed in ${folder} (exit code ${code}); see above.`);
}
