import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ERROR_TEXTS } from "../../lib/errors";
import { NODE_TYPES, PACKAGE_ROOT } from "../support/node-red-version";

const LANGUAGES = ["en-US", "zh-CN", "zh-TW"] as const;
const OTHERS = ["zh-CN", "zh-TW"] as const;
type Texts = Readonly<Record<string, string>>;

function flatten(value: unknown, prefix = ""): Record<string, string> {
  if (typeof value === "string") return { [prefix]: value };
  assert.ok(typeof value === "object" && value !== null, `${prefix} is neither a text nor a branch`);
  const branches = Object.entries(value).map(([key, inner]) =>
    flatten(inner, prefix === "" ? key : `${prefix}.${key}`),
  );
  return Object.assign({}, ...branches);
}

const read = (...parts: readonly string[]): string => readFileSync(path.join(PACKAGE_ROOT, ...parts), "utf8");
const readTexts = (...parts: readonly string[]): Texts => flatten(JSON.parse(read(...parts)));
const source = (language: string, name: string): Texts => readTexts("locales", language, `${name}.json`);
const built = (language: string, type: string): Texts =>
  readTexts("dist/nodes", type, "locales", language, `${type}.json`);
const params = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(String).sort();

const ENGLISH_ERRORS: Texts = Object.fromEntries(
  Object.entries(ERROR_TEXTS).map(([key, text]) => [`errors.${key}`, text]),
);
const TRADITIONAL_ONLY = /[這們個為與設備連線應發數據產開關]/;
const SIMPLIFIED_ONLY = /[这们个为与设备连应发数产开关]/;

describe("package: locales", () => {
  it("hold nothing but the languages and node types there are", () => {
    assert.deepEqual(readdirSync(path.join(PACKAGE_ROOT, "locales")).sort(), [...LANGUAGES]);
    const expected = [
      "shared.json",
      ...NODE_TYPES.flatMap((type) => [`${type}.json`, `${type}.html`]),
    ].sort();
    for (const language of LANGUAGES) {
      assert.deepEqual(readdirSync(path.join(PACKAGE_ROOT, "locales", language)).sort(), expected, language);
    }
  });

  for (const language of OTHERS) {
    for (const name of ["shared", ...NODE_TYPES]) {
      it(`${language}/${name}.json has the keys and parameters of the English one`, () => {
        const english =
          name === "shared" ? { ...source("en-US", name), ...ENGLISH_ERRORS } : source("en-US", name);
        const translated = source(language, name);
        assert.deepEqual(Object.keys(translated).sort(), Object.keys(english).sort());
        for (const [key, text] of Object.entries(english)) {
          const there = translated[key] ?? "";
          assert.deepEqual(
            params(there, /\{\{[\w-]+\}\}/g),
            params(text, /\{\{[\w-]+\}\}/g),
            `${language} ${key}`,
          );
          assert.notEqual(there.trim(), "", key);
        }
      });
    }
  }

  it("are written in the right Chinese", () => {
    // OneNET's own words stand in brackets or as what a console shows: they stay as the console has them
    const isConsoles = (text: string) => text.replace(/[（(][^）)]*[）)]|产品ID[\s\S]*/g, "");
    for (const name of ["shared", ...NODE_TYPES]) {
      for (const [key, text] of Object.entries(source("zh-CN", name))) {
        assert.doesNotMatch(text, /[這們個為與設備連線應發數據產開關]/, `zh-CN ${name} ${key}`);
      }
      for (const [key, text] of Object.entries(source("zh-TW", name))) {
        assert.doesNotMatch(isConsoles(text), SIMPLIFIED_ONLY, `zh-TW ${name} ${key}`);
      }
    }
    assert.match(source("zh-TW", "shared")["label.connection"] ?? "", TRADITIONAL_ONLY);
  });

  for (const type of NODE_TYPES) {
    it(`${type}: every key of its html has a text`, () => {
      const texts = built("en-US", type);
      const html = read("dist/nodes", type, `${type}.html`);
      const keys = [...html.matchAll(/data-i18n="([^"]+)"/g)]
        .flatMap(([, value = ""]) => value.split(";"))
        .map((key) => key.replace(/^\[[^\]]+\]/, ""));
      const labels = [...html.matchAll(/form\.label\("(\w+)"\)/g)].map(([, name]) => `label.${name}`);
      const others = [...html.matchAll(/form\.text\("([\w.]+)"\)/g)].map(([, key]) => String(key));
      const tabs = [...html.matchAll(/data-tab-label(?:-plain)?="([\w.]+)"/g)].map(([, key]) => String(key));
      const missing = [...keys, ...labels, ...others, ...tabs].filter((key) => texts[key] === undefined);
      assert.deepEqual([...new Set(missing)], []);
    });

    it(`${type}: every choice that is described has its description`, () => {
      const texts = built("en-US", type);
      const html = read("dist/nodes", type, `${type}.html`);
      for (const [, name] of html.matchAll(/data-describes="(\w+)"/g)) {
        const select = new RegExp(`<select[^>]*-input-${name}"[\\s\\S]*?</select>`).exec(html)?.[0] ?? "";
        const values = [...select.matchAll(/value="([\w-]+)"/g)].map(([, value]) => value);
        assert.ok(values.length > 0, `${name} has no options`);
        for (const value of values)
          assert.ok(texts[`describe.${name}.${value}`], `describe.${name}.${value}`);
      }
    });

    it(`${type}: every default has a label, and a validator takes two parameters`, () => {
      const html = read("dist/nodes", type, `${type}.html`);
      const literal = /defaults: \{([\s\S]*?)\n {6}\}/.exec(html)?.[1] ?? "";
      const lines = literal.split("\n").filter((line) => line.trim() !== "");
      assert.ok(lines.length > 0);
      for (const line of lines) assert.match(line, /label: form\.label\(/, line);
    });

    for (const language of LANGUAGES) {
      it(`${type}: the built catalogue in ${language} has every error and status, in Node-RED's form`, () => {
        const texts = built(language, type);
        for (const [key, text] of Object.entries(ENGLISH_ERRORS)) {
          const there = texts[key] ?? "";
          assert.notEqual(there, "", key);
          assert.deepEqual(
            params(there, /__([\w-]+)__/g).length,
            params(text, /\{\{[\w-]+\}\}/g).length,
            key,
          );
        }
        for (const [key, text] of Object.entries(texts)) assert.doesNotMatch(text, /\{\{/, key);
        for (const key of Object.keys(source("en-US", "shared"))) assert.ok(texts[key] !== undefined, key);
      });

      it(`${type}: has help in ${language}`, () => {
        const help = read("dist/nodes", type, "locales", language, `${type}.html`);
        assert.match(help, new RegExp(`^<script type="text/html" data-help-name="${type}">`));
        assert.ok(help.length > 600, `${help.length} characters of help`);
        for (const tag of ["p", "h3", "dl", "dt", "dd", "ul", "ol", "li", "code", "b", "i", "a"]) {
          const opened = help.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
          const closed = help.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0;
          assert.equal(opened, closed, `<${tag}> of ${type} in ${language}`);
        }
      });
    }
  }

  it("have a text for every key that the runtime asks for", () => {
    for (const type of NODE_TYPES) {
      const texts = built("en-US", type);
      for (const file of readdirSync(path.join(PACKAGE_ROOT, "nodes", type)).filter((name) =>
        name.endsWith(".ts"),
      )) {
        for (const [, key = ""] of read("nodes", type, file).matchAll(/RED\._\(\s*"([^"]+)"/g)) {
          assert.ok(texts[key], `${key} of nodes/${type}/${file} has no text`);
        }
      }
    }
  });

  it("have a text for every status that a node can show", () => {
    const shared = source("en-US", "shared");
    const nodes = readdirSync(path.join(PACKAGE_ROOT, "nodes"), { recursive: true }).map(String);
    for (const file of nodes.filter((name) => name.endsWith(".ts"))) {
      for (const [key] of read("nodes", file).matchAll(/(?<!\.)\bstatus\.[a-z][a-z-]*(?=["'`])/g)) {
        assert.ok(shared[key], `${key} of nodes/${file} has no text`);
      }
    }
  });
});
