/**
 * Takes the pictures of the READMEs from the real editor: `node scripts/take-pictures.mjs`, after a change of the
 * rule's example or of how nodes look. Needs a build, Chromium, and the simulator's usual ports.
 */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "./processes.mjs";

const require = createRequire(import.meta.url);
const { startNodeRed } = require(path.join(ROOT, "dist/test/support/node-red.js"));
const { readExamples } = require(path.join(ROOT, "dist/test/support/examples.js"));
const { CHROMIUM } = require(path.join(ROOT, "dist/test/support/needs.js"));

const EXAMPLE = "03 - Control/Rule-triggered control";
const LANGUAGES = ["en-US", "zh-CN"];
const MARGIN = 16;

/** The rectangle of the page in which the flow's nodes and groups stand. */
function findFlow(margin) {
  const shapes = [...document.querySelectorAll(".red-ui-flow-node-group, .red-ui-flow-group-body")];
  const boxes = shapes.map((shape) => shape.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left)) - margin;
  const top = Math.min(...boxes.map((box) => box.top)) - margin;
  const right = Math.max(...boxes.map((box) => box.right)) + margin;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) + margin;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

async function takePicture(browser, url, language) {
  const viewport = { width: 1700, height: 1000 };
  const context = await browser.newContext({ viewport, locale: language, deviceScaleFactor: 1.25 });
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector('.red-ui-palette-node[data-palette-type="onenet-simulator"]');
  await page.evaluate(() => {
    globalThis.RED.actions.invoke("core:toggle-palette");
    globalThis.RED.actions.invoke("core:toggle-sidebar");
  });
  await page.waitForSelector("text=cooling 制冷");
  await page.waitForFunction(() => !document.querySelector(".red-ui-notification"));
  const file = path.join(ROOT, `docs/images/rule.${language}.png`);
  await page.screenshot({ path: file, clip: await page.evaluate(findFlow, MARGIN) });
  await context.close();
  console.log(path.relative(ROOT, file));
}

const { nodes } = readExamples().find(({ name }) => name === EXAMPLE);
mkdirSync(path.join(ROOT, "docs/images"), { recursive: true });
const nodeRed = await startNodeRed({ flows: nodes });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
});
try {
  await nodeRed.waitForStatus("onenet-room-cooling", "cooling", { timeoutMs: 60_000 });
  for (const language of LANGUAGES) await takePicture(browser, nodeRed.url, language);
} finally {
  await browser.close();
  await nodeRed.stop();
}
