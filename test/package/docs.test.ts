import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { signToken } from "../../lib/protocol/token";
import { demoKey } from "../support/demo-keys";
import { readExamples } from "../support/examples";
import { NODE_TYPES, PACKAGE_ROOT } from "../support/node-red-version";
import { runProgram } from "../support/process";

const READMES = { "en-US": "README.md", "zh-CN": "README.zh-CN.md" } as const;
const MAX_PICTURE_BYTES = 300_000;

const read = (file: string): string => readFileSync(path.join(PACKAGE_ROOT, file), "utf8");
const readmes = Object.values(READMES);
const docs = readdirSync(path.join(PACKAGE_ROOT, "docs")).filter((name) => name.endsWith(".md"));
const pages = [...readmes, "ARCHITECTURE.md", "CONTRIBUTING.md", ...docs.map((name) => `docs/${name}`)];

/** Targets of `[…](…)` and `![…](…)` that are files here. */
function localLinks(text: string): readonly string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^(https?:|mailto:)/.test(target));
}

/** Headings as GitHub makes anchors of them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

function catalogue(language: string, name: string): Record<string, Record<string, string>> {
  return JSON.parse(read(`locales/${language}/${name}.json`));
}

/** The names in backticks that a table row of ARCHITECTURE.md gives for the file in its first cell. */
function namesByFile(text: string): readonly (readonly [file: string, names: readonly string[]])[] {
  const rows = text.matchAll(/^\| `([\w/.-]+\.ts)` \| (.*)$/gm);
  return [...rows].map(([, file = "", rest = ""]) => {
    const names = [...rest.matchAll(/`([a-zA-Z]+)`(?! \()/g)].map(([, name = ""]) => name);
    return [file, names];
  });
}

describe("the documentation", () => {
  it("links to what is there", () => {
    for (const page of pages) {
      for (const link of localLinks(read(page))) {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
        assert.ok(existsSync(path.join(PACKAGE_ROOT, target)), `${page} links to ${link}`);
        if (anchor) assert.ok(anchorsOf(read(target)).includes(anchor), `${page} links to ${link}`);
      }
    }
  });

  it("names files and folders that are there", () => {
    for (const page of pages) {
      const named = read(page).matchAll(
        /`((?:lib|nodes|scripts|test|examples|docs|locales|bin)\/[\w./<>*-]*)`/g,
      );
      for (const [, name = ""] of named) {
        const place = name.replace(/[^/]*[<*].*$/, "");
        const isThere = [place, `${place}.ts`].some((file) => existsSync(path.join(PACKAGE_ROOT, file)));
        assert.ok(isThere, `${page} names ${name}`);
      }
    }
  });

  it("walks through functions that are there", () => {
    const walk = namesByFile(read("ARCHITECTURE.md"));
    assert.ok(walk.length > 8);
    for (const [file, names] of walk) {
      for (const name of names) assert.match(read(file), new RegExp(`\\b${name}\\b`), `${name} in ${file}`);
    }
  });

  it("describes each node and each example in both languages", () => {
    for (const readme of readmes) {
      const text = read(readme);
      for (const type of NODE_TYPES) assert.ok(text.includes(`\n**${type}**`), `${readme}: ${type}`);
      for (const { name } of readExamples()) {
        assert.ok(text.includes(`| ${name.split("/")[1]} |`), `${readme}: ${name}`);
      }
    }
  });

  it("quotes the forms as they are", () => {
    for (const [language, readme] of Object.entries(READMES)) {
      const text = read(readme);
      const shared = catalogue(language, "shared");
      const connection = catalogue(language, "onenet-connection");
      const quoted = [
        shared["label"]?.["completeWhen"],
        shared["label"]?.["expirySeconds"],
        connection["console"]?.["open"],
        connection["tab"]?.["security"],
      ];
      for (const words of quoted) assert.ok(words && text.includes(`*${words}*`), `${readme}: ${words}`);
    }
  });

  it("asks for what the manifest asks for", () => {
    const manifest = JSON.parse(read("package.json"));
    assert.deepEqual([manifest["node-red"].version, manifest.engines.node], [">=4.1.0", ">=20.19"]);
    assert.ok(read("README.md").includes("Node-RED 4.1 or later and Node.js 20.19 or later"));
    assert.ok(read("README.zh-CN.md").includes("Node-RED 4.1 或更高版本、Node.js 20.19 或更高版本"));
  });

  it("shows a call of the cloud API whose token is valid for the examples' lamp", () => {
    const claims = { version: "2022-05-01", res: "products/DemoLamp01", method: "sha256" } as const;
    const token = signToken({ ...claims, expiresAtSeconds: 4_102_444_800 }, demoKey("DemoLamp01"));
    for (const readme of readmes) assert.ok(read(readme).includes(`authorization: ${token}'`), readme);
  });

  it("has pictures of a decent size", () => {
    for (const readme of readmes) {
      const pictures = [...read(readme).matchAll(/!\[[^\]]+\]\(([^)]+\.png)\)/g)];
      assert.ok(pictures.length > 0, readme);
      for (const [, file = ""] of pictures) {
        assert.ok(statSync(path.join(PACKAGE_ROOT, file)).size < MAX_PICTURE_BYTES, file);
      }
    }
  });

  it("lists every error code as the code has it", async () => {
    const script = path.join(PACKAGE_ROOT, "scripts/write-errors-doc.mjs");
    const { code, output } = await runProgram(process.execPath, [script, "--print"]);
    assert.equal(code, 0, output);
    assert.ok(
      read("docs/errors.md").trimEnd() === output,
      "docs/errors.md is stale: node scripts/write-errors-doc.mjs",
    );
  });
});
