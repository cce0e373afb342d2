import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeRedVersion, PACKAGE_ROOT, PALETTE_TYPES } from "../support/node-red-version";
import { runProgram } from "../support/process";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const FIXTURE = path.join(PACKAGE_ROOT, "test/fixtures/scorecard");
const RUNNER = path.join(__dirname, "..", "support", "scorecard.js");

interface Verdict {
  readonly scorecard: Readonly<Record<string, { readonly test: boolean }>>;
  readonly lines: readonly string[];
}

const readJson = (file: string) => JSON.parse(readFileSync(file, "utf8"));

/** What npm's registry says of node-red, as far as the checks read it: 5 is latest, 4.1 is maintained. */
function registryEntry(): object {
  const { version, engines } = readJson(path.join(PACKAGE_ROOT, "node_modules/node-red/package.json"));
  const fixture = readJson(path.join(PACKAGE_ROOT, "test/fixtures/node-red-4.1/package.json"));
  const maintained = fixture.dependencies["node-red"];
  return {
    "dist-tags": { latest: version, "v4-maintenance": maintained },
    versions: { [version]: { engines }, [maintained]: { engines: { node: ">=18.5" } } },
  };
}

/** A catalogue of others: it must not matter, and our own entry must not count as a duplicate. */
const CATALOGUE = {
  modules: [
    { id: "node-red-contrib-something", types: ["something"] },
    { id: "@onenet-flows/node-red-contrib-other", types: ["other"] },
  ],
};

// the scorecard looks at the package, not at Node-RED: once is enough
(nodeRedVersion === "5" ? describe : () => undefined)("the scorecard of flows.nodered.org", function () {
  this.timeout(60_000);
  let folder: string;
  let verdict: Verdict;

  before(async () => {
    assert.ok(
      existsSync(path.join(FIXTURE, "node_modules")),
      "run npm ci in test/fixtures/scorecard (npm test does)",
    );
    folder = makeTempFolder("scorecard");
    const files = [path.join(folder, "catalogue.json"), path.join(folder, "node-red.json")] as const;
    writeFileSync(files[0], JSON.stringify(CATALOGUE));
    writeFileSync(files[1], JSON.stringify(registryEntry()));
    const env = { ...process.env, SCORECARD_LOCKFILE: path.join(PACKAGE_ROOT, "package-lock.json") };
    const { code, output } = await runProgram(process.execPath, [RUNNER, FIXTURE, PACKAGE_ROOT, ...files], {
      env,
    });
    assert.equal(code, 0, output);
    verdict = JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "");
  });

  after(() => removeTempFolder(folder));

  const CHECKS = {
    P01: "licence",
    P03: "repository or bugs",
    P04: "scoped name",
    P05: "keyword",
    P06: "declares the Node-RED versions",
    P07: "declares the Node.js versions",
    P08: "no similar name",
    N01: "unique node names",
    N02: "an example for each node",
    D01: "at most six dependencies",
    D02: "no incompatible package in the tree",
    D03: "up-to-date dependencies",
  };
  for (const [code, title] of Object.entries(CHECKS)) {
    it(`${code}: ${title}`, () => {
      assert.equal(verdict.scorecard[code]?.test, true, verdict.lines.join("\n"));
    });
  }

  it("reads every node's definition, and runs no check that is not listed here", () => {
    const examined = (verdict.scorecard["N02"] as { nodes?: readonly string[] } | undefined)?.nodes ?? [];
    assert.deepEqual([...examined].sort(), [...PALETTE_TYPES].sort());
    const checks = Object.keys(verdict.scorecard).filter((code) => code !== "package");
    assert.deepEqual(checks.sort(), Object.keys(CHECKS).sort());
  });
});
