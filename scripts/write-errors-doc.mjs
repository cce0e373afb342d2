/**
 * Writes docs/errors.md: every code of lib/errors.ts with its texts in English and Chinese, what it means and what
 * happens next (scripts/error-notes.mjs). Needs the compiled package: `node scripts/build.mjs` first.
 *
 *   node scripts/write-errors-doc.mjs           writes the page
 *   node scripts/write-errors-doc.mjs --print   prints it
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { FAMILIES } from "./error-notes.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { ERROR_TEXTS } = createRequire(import.meta.url)(path.join(ROOT, "dist/lib/errors.js"));
const CHINESE = JSON.parse(readFileSync(path.join(ROOT, "locales/zh-CN/shared.json"), "utf8")).errors;

const INTRODUCTION = `# Error codes · 错误代码

<!-- Made by scripts/write-errors-doc.mjs from lib/errors.ts, locales/zh-CN/shared.json and scripts/error-notes.mjs: change those. -->

Each error of a message reaches the Catch nodes of its flow; an error of a connection reaches the Catch nodes of every flow that uses it.
The codes never change, so a switch node can compare them:

| in a Catch flow | |
| --- | --- |
| \`msg.error.code\` | the code, such as \`ONENET_QUEUE_FULL\` |
| \`msg.error.message\` | its text, in the language of the Node-RED runtime |
| \`msg.error.cause.key\` | code and reason, such as \`ONENET_QUEUE_FULL.refused\` |
| \`msg.error.cause.params\` | the values in the text, as an object |
| \`msg.error.cause.failed\` | where several datapoints failed: each with \`stream\`, \`code\`, \`message\` |

No text and no parameter holds a key, token or password. ‹…› stands for a value.

消息的错误会送到所在流程的 Catch 节点；连接的错误会送到使用它的每个流程的 Catch 节点。代码永远不变，可以用 switch 节点比较。
\`msg.error.code\` 是代码，\`msg.error.message\` 是文字（Node-RED 运行时的语言），\`msg.error.cause.key\` 是代码加原因，\`msg.error.cause.params\` 是文字中的各个值，
\`msg.error.cause.failed\` 列出失败的各个数据点。文字和参数中从不包含密钥、token 或密码。‹…› 表示一个值。
`;

const keysOf = (code) => Object.keys(ERROR_TEXTS).filter((key) => key.split(".", 1)[0] === code);

function chineseText(key) {
  const [code, reason] = key.split(".");
  const text = reason === undefined ? CHINESE[code] : CHINESE[code]?.[reason];
  if (typeof text !== "string") throw new Error(`locales/zh-CN/shared.json has no text for ${key}`);
  return text;
}

const showValues = (text) => text.replace(/\{\{([\w-]+)\}\}/g, "‹$1›");

function describeCode(code, { en, zh }) {
  const texts = keysOf(code).flatMap((key) => [
    `- \`${key}\``,
    `  - ${showValues(ERROR_TEXTS[key])}`,
    `  - ${showValues(chineseText(key))}`,
  ]);
  return [`### ${code}`, "", en, "", zh, "", ...texts, ""];
}

function checkNotes() {
  const noted = FAMILIES.flatMap(({ codes }) => Object.keys(codes));
  const known = [...new Set(Object.keys(ERROR_TEXTS).map((key) => key.split(".", 1)[0]))];
  const missing = known.filter((code) => !noted.includes(code));
  const gone = noted.filter((code) => !known.includes(code));
  if (missing.length + gone.length === 0) return;
  throw new Error(
    `scripts/error-notes.mjs: no note for ${missing.join(", ") || "–"}; no such code: ${gone.join(", ") || "–"}`,
  );
}

function render() {
  checkNotes();
  const families = FAMILIES.flatMap(({ en, zh, codes }) => [
    `## ${en} · ${zh}`,
    "",
    ...Object.entries(codes).flatMap(([code, note]) => describeCode(code, note)),
  ]);
  return [INTRODUCTION, ...families].join("\n");
}

if (process.argv.includes("--print")) process.stdout.write(render());
else writeFileSync(path.join(ROOT, "docs/errors.md"), render());
