import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { needs } from "../support/needs";
import { stationModel } from "../support/station-model";
import { makeTempFolder } from "../support/temp-folder";
import { type EditorHost, type EditorPage, LANGUAGES, type Language, startEditor } from "./editor-page";
import { FLOWS } from "./flows";

const config = (name: string) => `#node-config-input-${name}`;
const field = (name: string) => `#node-input-${name}`;
const NOTE = "#onenet-connection-model-note";
const TABLE = "#onenet-connection-model-table";
const MENU = ".red-ui-autoComplete-container";

/** What the form says in each language. */
const WORDS: Readonly<
  Record<Language, Readonly<Record<"points" | "alert" | "column" | "step" | "wrong" | "foreign", RegExp>>>
> = {
  "en-US": {
    points: /9 of 100 function points/,
    alert: /过热 · alert\s+level\s+级别 · int32 0…9, step 1/,
    column: /Identifier\s+Name\s+Type\s+Range\s+Unit\s+Access/,
    step: /step 0\.1/,
    wrong: /properties\[0\]\.identifier is missing/,
    foreign: /belongs to product Zz99Zz99Zz/,
  },
  "zh-CN": {
    points: /功能点 9 \/ 100/,
    alert: /过热 · 告警\s+level\s+级别 · int32 0…9, 步长 1/,
    column: /标识符\s+名称\s+类型\s+取值范围\s+单位\s+读写/,
    step: /步长 0\.1/,
    wrong: /properties\[0\]\.identifier/,
    foreign: /属于产品 Zz99Zz99Zz/,
  },
  "zh-TW": {
    points: /功能點 9 \/ 100/,
    alert: /过热 · 警告\s+level\s+级别 · int32 0…9, 步長 1/,
    column: /識別碼\s+名稱\s+型別\s+取值範圍\s+單位\s+讀寫/,
    step: /步長 0\.1/,
    wrong: /properties\[0\]\.identifier/,
    foreign: /屬於產品 Zz99Zz99Zz/,
  },
};

describe("editor: the thing model", function () {
  this.timeout(120_000);
  let host: EditorHost;
  let file: string;

  before(async function () {
    needs(this, "chromium", "cjk-fonts");
    file = path.join(makeTempFolder("model"), "model.json");
    writeFileSync(file, `\uFEFF${stationModel()}`);
    const withModel = FLOWS.filter(({ type }) => type !== "onenet-simulator").map((node) => {
      if (node.id === "thing") return { ...node, modelSource: "pasted", model: stationModel() };
      return node.id === "cloud" ? { ...node, modelSource: "file", modelFile: file } : node;
    });
    host = await startEditor(withModel);
  });
  after(() => host?.close());

  for (const language of LANGUAGES) {
    describe(language, () => {
      let editor: EditorPage;
      const words = WORDS[language];
      const text = (selector: string) => editor.page.locator(selector).innerText();

      before(async () => {
        editor = await host.open(language);
      });
      afterEach(() => assert.deepEqual(editor.errors, []));

      it("shows a model as a table, and how much of the platform's room it takes", async () => {
        await editor.editConnection("thing");
        await editor.tab("model");
        assert.match(await text(NOTE), words.points);
        const table = await text(TABLE);
        assert.match(table, words.column);
        assert.match(table, words.step);
        assert.match(table, /temp\s+温度\s+float\s+-40…125[\s\S]*摄氏度 \/ °C/);
        assert.match(table, /lat\s+纬度\s+double/);
        assert.match(table, /overheat\s+过热[\s\S]*level\s+级别\s+int32\s+0…9/);
        await editor.picture(`model-${language}`);
        await editor.cancel();
      });

      it("takes an uploaded file, says what is wrong with it, and whose it is", async () => {
        await editor.editConnection("cloud");
        await editor.tab("model");
        await editor.page.selectOption(config("modelSource"), "pasted");
        const upload = (name: string, content: string) =>
          editor.page.setInputFiles("#onenet-connection-model-upload", {
            name,
            mimeType: "application/json",
            buffer: Buffer.from(content),
          });
        await upload("bad.json", '{"properties": [{"name": "x"}]}');
        await editor.page.locator(`${NOTE} [data-tone="error"]`).waitFor();
        assert.match(await text(NOTE), words.wrong);
        assert.notEqual(await editor.reason("node-config-input-model"), "");
        await editor.picture(`model-wrong-${language}`);
        await upload("good.json", `\uFEFF${stationModel({ productId: "Zz99Zz99Zz", more: 92 })}`);
        await editor.page.locator(`${TABLE} table`).waitFor();
        assert.match(await text(NOTE), words.foreign);
        assert.equal(await editor.page.locator(`${NOTE} [data-tone="warning"]`).count(), 2);
        assert.equal(await editor.reason("node-config-input-model"), "");
        await editor.picture(`model-full-${language}`);
        await editor.cancel();
      });

      it("completes a property's identifier with its name, range and unit", async () => {
        await editor.edit("datapoint");
        const input = editor.page.locator(".red-ui-typedInput-input-wrap input").first();
        await input.fill("");
        await input.pressSequentially("te");
        await editor.page.locator(MENU).waitFor();
        assert.match(await text(MENU), /temp\s*温度[\s\S]*float · -40…125 · 摄氏度/);
        await editor.picture(`completion-${language}`);
        await editor.page.locator(`${MENU} .onenet-completion`).first().click();
        assert.equal(await editor.page.inputValue(field("stream")), "temp");
        assert.match(await text("#onenet-datapoint-publish-property"), /温度 · float · -40…125/);
        await editor.cancel();
      });

      it("completes an event's identifier, and shows what its payload must hold", async () => {
        await editor.edit("event");
        const shown = editor.page.locator("#onenet-event-post-event");
        assert.match(await shown.innerText(), words.alert);
        assert.match(await shown.innerText(), /level\s+级别 · int32 0…9[\s\S]*source\s+来源 · string ≤ 16/);
        await editor.page.fill(field("event"), "");
        await editor.page.locator(field("event")).pressSequentially("st");
        await editor.page.locator(`${MENU} .onenet-completion`).first().click();
        assert.equal(await editor.page.inputValue(field("event")), "started");
        assert.equal(await shown.locator("dt").count(), 0);
        await editor.page.fill(field("event"), "temp");
        assert.match(await editor.reason("node-input-event"), /temp/);
        await editor.cancel();
      });

      it("edits the table of report by exception", async () => {
        await editor.edit("datapoint");
        const add = editor.page.locator(".node-input-reports-container-row .red-ui-editableList-addButton");
        await add.click();
        await add.click();
        const rows = editor.page.locator("#onenet-datapoint-publish-reports .onenet-report-row");
        assert.equal(await rows.nth(0).locator("input").first().inputValue(), "*");
        const second = rows.nth(1);
        await second.locator("input").first().fill("tmep");
        assert.match(await text("#onenet-datapoint-publish-reports"), /tmep[\s\S]*temp/);
        await second.locator("input").first().fill("temp");
        await second.locator("select").selectOption("absolute");
        await second.locator("input").nth(1).fill("0.5");
        await second.locator("input").nth(2).fill("10");
        const heads = editor.page.locator(".onenet-report-head span");
        const heights = await heads.evaluateAll((all) =>
          all.map((head) => head.getBoundingClientRect().height),
        );
        assert.equal(new Set(heights).size, 1, "no head takes two lines");
        await editor.picture(`reports-${language}`);
        await editor.cancel();
      });
    });
  }

  it("marks a field as soon as it is wrong, and takes the mark away as soon as it is right", async () => {
    const editor = await host.open();
    await editor.editConnection("cloud");
    await editor.tab("model");
    await editor.page.selectOption(config("modelSource"), "pasted");
    const marked = editor.page.locator(`${config("model")}.input-error`);
    await marked.waitFor();
    await editor.page.fill(config("model"), stationModel());
    assert.equal(await marked.count(), 0);
    await editor.page.fill(config("model"), "{");
    assert.equal(await marked.count(), 1);
    assert.notEqual(await editor.reason("node-config-input-model"), "");
    await editor.cancel();
  });

  it("shows the model of a file as the runtime has read it", async () => {
    const editor = await host.open();
    await editor.editConnection("cloud");
    await editor.tab("model");
    await editor.page.locator(`${TABLE} table`).waitFor();
    assert.match(await editor.page.locator(TABLE).innerText(), /overheat/);
    await editor.cancel();
  });

  it("saves the table and the model, and validates names by the model", async () => {
    const editor = await host.open();
    await editor.edit("datapoint");
    await editor.page.locator(".node-input-reports-container-row .red-ui-editableList-addButton").click();
    await editor.page.locator(field("stream")).evaluate((input: HTMLInputElement) => {
      input.value = "tmep";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await editor.save();
    const { fields, problems } = await editor.node("datapoint");
    assert.deepEqual(fields["reportRules"], [
      { stream: "*", when: "change", deadband: "", atMostEverySeconds: "", atLeastEverySeconds: "" },
    ]);
    assert.ok(
      problems.some((problem) => /tmep.*temp/.test(problem)),
      problems.join(" | "),
    );
    assert.deepEqual(editor.errors, []);
  });
});
