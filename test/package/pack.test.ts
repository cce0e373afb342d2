import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { environmentWithoutNpm } from "../support/environment";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { NODE_TYPES, nodeRedVersion, PACKAGE_NAME, PACKAGE_ROOT } from "../support/node-red-version";
import { runProgram } from "../support/process";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const LANGUAGES = ["en-US", "zh-CN", "zh-TW"] as const;
const MANIFEST = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "package.json"), "utf8"));
const STEM = `onenet-flows-node-red-contrib-onenet-${MANIFEST.version}`;
const tarball = (suffix: string): string => path.join(PACKAGE_ROOT, "build", `${STEM}${suffix}.tgz`);

async function listFiles(file: string): Promise<readonly string[]> {
  const { code, output } = await runProgram("tar", ["-tzf", file]);
  assert.equal(code, 0, output);
  return output.split("\n").map((line) => line.replace(/^package\//, ""));
}

/** Example files below examples/, with forward slashes. */
function findExamples(): readonly string[] {
  const folder = path.join(PACKAGE_ROOT, "examples");
  return readdirSync(folder, { recursive: true })
    .map((name) => String(name).split(path.sep).join("/"))
    .filter((name) => name.endsWith(".json"));
}

describe("the tarballs", function () {
  this.timeout(120_000);

  before(async () => {
    const script = path.join(PACKAGE_ROOT, "scripts/pack.mjs");
    const { code, output } = await runProgram(process.execPath, [script], {
      cwd: PACKAGE_ROOT,
      timeoutMs: 120_000,
    });
    assert.equal(code, 0, output);
  });

  it("hold what users need and nothing else", async () => {
    const files = await listFiles(tarball(""));
    const wanted = [
      "package.json",
      "README.md",
      "README.zh-CN.md",
      "LICENSE",
      "CHANGELOG.md",
      "resources/editor.js",
    ];
    const perNode = NODE_TYPES.flatMap((type) => [
      `dist/nodes/${type}/${type}.js`,
      `dist/nodes/${type}/${type}.html`,
      ...LANGUAGES.flatMap((language) =>
        ["json", "html"].map((ending) => `dist/nodes/${type}/locales/${language}/${type}.${ending}`),
      ),
    ]);
    const missing = [...wanted, ...perNode, "dist/bin/onenet-simulator.js"].filter(
      (file) => !files.includes(file),
    );
    assert.deepEqual(missing, []);
    const allowed =
      /^(package\.json|README[.\w-]*\.md|LICENSE|CHANGELOG\.md|(dist\/(lib|nodes|bin)|resources|examples|docs)\/.+)$/;
    assert.deepEqual(
      files.filter((file) => !allowed.test(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /\.(ts|map|pem|key|p12|env)$|(^|\/)(test|\.)/.test(file)),
      [],
    );
  });

  it("the offline one is the same and its dependencies", async () => {
    const [normal, offline] = await Promise.all([listFiles(tarball("")), listFiles(tarball("-offline"))]);
    assert.deepEqual(offline.filter((file) => !file.startsWith("node_modules/")).sort(), [...normal].sort());
    for (const name of Object.keys(MANIFEST.dependencies)) {
      assert.ok(offline.includes(`node_modules/${name}/package.json`), name);
    }
    assert.ok(statSync(tarball("-offline")).size < 8_000_000, "less than 8 MB");
    assert.ok(statSync(tarball("")).size < 1_000_000, "less than 1 MB");
  });

  describe(`the offline one, uploaded into an empty Node-RED ${nodeRedVersion} without internet`, () => {
    let nodeRed: NodeRed;
    let cache: string;

    before(async () => {
      cache = makeTempFolder("npm-cache");
      const offline = {
        npm_config_registry: "http://127.0.0.1:9/",
        npm_config_offline: "true",
        npm_config_cache: cache,
      };
      nodeRed = await startNodeRed({ withPackage: false, env: { ...environmentWithoutNpm(), ...offline } });
      const before = await nodeRed.admin.nodeSets();
      assert.deepEqual(
        before.filter(({ module }) => module === PACKAGE_NAME),
        [],
      );
      const { status, text } = await nodeRed.admin.installTarball(tarball("-offline"));
      assert.equal(status, 200, `${text}\n${nodeRed.output()}`);
    });

    after(async () => {
      await nodeRed?.stop();
      removeTempFolder(cache);
    });

    it("has every node type, enabled", async () => {
      const sets = (await nodeRed.admin.nodeSets()).filter(({ module }) => module === PACKAGE_NAME);
      assert.deepEqual(sets.map(({ name }) => name).sort(), [...NODE_TYPES].sort());
      for (const { name, types, enabled, err, version } of sets) {
        assert.deepEqual([types, enabled, err, version], [[name], true, undefined, MANIFEST.version]);
      }
    });

    it("lists each icon once, and serves it", async () => {
      const icons = (await nodeRed.admin.icons())[PACKAGE_NAME] ?? [];
      const expected = readdirSync(path.join(PACKAGE_ROOT, "icons")).filter((name) =>
        /\.(svg|png)$/.test(name),
      );
      assert.ok(expected.length > 0);
      assert.deepEqual([...icons].sort(), expected.sort());
      for (const icon of icons) {
        const { status, text } = await nodeRed.admin.request(`icons/${PACKAGE_NAME}/${icon}`);
        assert.equal(status, 200);
        assert.equal(text, readFileSync(path.join(PACKAGE_ROOT, "icons", icon), "utf8"));
      }
    });

    it("has labels in three languages", async () => {
      const catalogues: Readonly<Record<string, unknown>>[] = [];
      // one after the other: Node-RED switches one language for all requests
      for (const language of LANGUAGES) catalogues.push(await nodeRed.admin.nodeMessages(language));
      for (const type of NODE_TYPES) {
        const texts = catalogues.map((catalogue) =>
          JSON.stringify(catalogue[`${PACKAGE_NAME}/${type}`] ?? null),
        );
        assert.ok(
          texts.every((text) => text.length > 200),
          `${type} has labels in each language`,
        );
        assert.equal(new Set(texts).size, LANGUAGES.length, `${type} is translated`);
      }
    });

    it("has help in three languages", async () => {
      const pages: string[] = [];
      for (const language of LANGUAGES) pages.push(await nodeRed.admin.nodesHtml(language));
      for (const type of NODE_TYPES) {
        const helps = pages.map(
          (page) => new RegExp(`data-help-name="${type}"[^>]*>([^]*?)</script>`).exec(page)?.[1] ?? "",
        );
        assert.ok(
          helps.every((help) => help.length > 200),
          `${type} has help in each language`,
        );
        assert.equal(new Set(helps).size, LANGUAGES.length, `${type}'s help is translated`);
        assert.ok(
          pages.every((page) => page.includes(`data-template-name="${type}"`)),
          `${type} has a form`,
        );
      }
    });

    it("offers every example, and each is a flow that imports", async () => {
      const examples = findExamples();
      assert.ok(examples.length > 0, "there are examples");
      const menu = await nodeRed.admin.json<readonly unknown[]>(`library/examples/flows/${PACKAGE_NAME}`);
      assert.deepEqual(menu, [...new Set(examples.map((name) => name.split("/")[0]))].sort());
      for (const name of examples) {
        const route = name
          .replace(/\.json$/, "")
          .split("/")
          .map(encodeURIComponent)
          .join("/");
        const flow = await nodeRed.admin.json<readonly { type: string }[]>(
          `library/examples/flows/${PACKAGE_NAME}/${route}`,
        );
        assert.ok(
          flow.some(({ type }) => type === "comment"),
          `${name} has a comment`,
        );
      }
    });

    it("serves the editor's script, and the onenet-simulator command runs", async () => {
      const { status, text, headers } = await nodeRed.admin.request(`resources/${PACKAGE_NAME}/editor.js`);
      assert.equal(status, 200);
      assert.match(headers.get("content-type") ?? "", /javascript/);
      assert.equal(text, readFileSync(path.join(PACKAGE_ROOT, "resources/editor.js"), "utf8"));
      const command = path.join(nodeRed.userDir, "node_modules/.bin/onenet-simulator");
      const { output } = await runProgram(command, ["--help"]);
      assert.match(output, /--product/);
    });

    it("goes again without a trace", async () => {
      const { status } = await nodeRed.admin.uninstall(PACKAGE_NAME);
      assert.equal(status, 204);
      const left = (await nodeRed.admin.nodeSets()).filter(({ module }) => module === PACKAGE_NAME);
      assert.deepEqual(left, []);
    });
  });
});
