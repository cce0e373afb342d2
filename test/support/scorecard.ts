/**
 * Runs the checks of node-red-dev (the scorecard of flows.nodered.org) over a package and prints the result as
 * JSON. Started as a program by test/package/scorecard.test.ts, as the checks keep standard input open.
 *
 * Arguments: the fixture's folder, the package's folder, a catalogue file, a file with the registry's entry of node-red.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

type Check = (folder: string, cli: object, scorecard: object, metadata: boolean) => Promise<unknown>;

const [fixture = "", folder = "", catalogueFile = "", registryFile = ""] = process.argv.slice(2);
const fixtureRequire = createRequire(path.join(fixture, "package.json"));

const ANSWERS = new Map([
  ["https://catalogue.nodered.org/catalogue.json", catalogueFile],
  ["https://registry.npmjs.org/node-red", registryFile],
]);

/** Answers for the two public pages the checks read; everything else is refused. */
function stubPages(): void {
  const axios: { get: unknown } = fixtureRequire("axios");
  axios.get = async (url: string) => {
    const file = ANSWERS.get(url);
    if (!file) throw new Error(`the scorecard asked for ${url}`);
    return { data: JSON.parse(readFileSync(file, "utf8")) };
  };
}

async function main(): Promise<void> {
  stubPages();
  const lines: string[] = [];
  const note = (...parts: unknown[]): number => lines.push(parts.map(String).join(" "));
  const cli = { log: note, warn: note, error: note };
  const scorecard: Record<string, unknown> = {};
  for (const name of ["checkpackage", "checknodes", "checkdeps"]) {
    const check: Check = fixtureRequire(`node-red-dev/src/libs/${name}.js`);
    await check(folder, cli, scorecard, false);
  }
  process.stdout.write(`${JSON.stringify({ scorecard, lines })}\n`, () => process.exit(0));
}

void main();
