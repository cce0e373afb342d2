import assert from "node:assert/strict";
import { needs } from "../support/needs";
import { NODE_TYPES, PALETTE_TYPES } from "../support/node-red-version";
import { type EditorHost, type EditorPage, LANGUAGES, type Language, startEditor } from "./editor-page";
import { FLOWS } from "./flows";

/** A key that found no text, or a parameter that found no value. */
const UNRESOLVED =
  /(^|[\s:])(label|hint|option|describe|reason|section|placeholder|tab|button|unit|step|status|errors|summary|token|certificate|console|simulator|action|address|port|period)\.[\w.-]+|__\w+__|\{\{/;

/** A word of each form that only stands in this language. */
const WORDS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  "en-US": {
    datapoint: "Complete when",
    event: "Event",
    watch: "High mark",
    commands: "Answer within",
    gateway: "Answer a changed topology at once",
    answer: "Failure text",
    desired: "Delete what was applied",
    mqtt: "Topic",
    simulator: "Products and devices",
  },
  "zh-CN": {
    datapoint: "何时算完成",
    event: "事件",
    watch: "高水位",
    commands: "应答期限",
    gateway: "拓扑变化时立即应答",
    answer: "失败说明",
    desired: "执行后删除",
    mqtt: "主题",
    simulator: "产品与设备",
  },
  "zh-TW": {
    datapoint: "何時算完成",
    event: "事件",
    watch: "高水位",
    commands: "回應期限",
    gateway: "拓撲變更時立即回應",
    answer: "失敗說明",
    desired: "執行後刪除",
    mqtt: "主題",
    simulator: "產品與裝置",
  },
};
const CONNECTION_WORDS: Readonly<Record<Language, string>> = {
  "en-US": "Product kind",
  "zh-CN": "产品类型",
  "zh-TW": "產品類型",
};
const SUBDEVICE_WORDS: Readonly<Record<Language, string>> = {
  "en-US": "Add to the topology by itself",
  "zh-CN": "自动加入拓扑",
  "zh-TW": "自動加入拓撲",
};
const PALETTE: Readonly<Record<Language, string>> = {
  "en-US": "OneNET",
  "zh-CN": "OneNET 物联网",
  "zh-TW": "OneNET 物聯網",
};
const HELP: Readonly<Record<Language, RegExp>> = {
  "en-US": /[a-z]{4}/,
  "zh-CN": /[设连应发数]/,
  "zh-TW": /[裝連應發數]/,
};

function checkTexts(texts: readonly string[], where: string): void {
  const wrong = texts.filter((text) => UNRESOLVED.test(text));
  assert.deepEqual(wrong, [], `texts without a translation in ${where}`);
}

describe("editor: languages", function () {
  this.timeout(120_000);
  let host: EditorHost;

  before(async function () {
    needs(this, "chromium", "cjk-fonts");
    host = await startEditor(FLOWS);
  });
  after(() => host?.close());

  for (const language of LANGUAGES) {
    describe(language, () => {
      let editor: EditorPage;
      before(async () => {
        editor = await host.open(language);
      });
      afterEach(() => assert.deepEqual(editor.errors, []));

      it("has a palette category with every node in it", async () => {
        const category = editor.page.locator(".red-ui-palette-category", { hasText: PALETTE[language] });
        for (const type of PALETTE_TYPES) {
          const label = await category
            .locator(`[data-palette-type="${type}"]`)
            .getAttribute("data-palette-label");
          assert.ok(label && !/paletteLabel|^onenet-/.test(label), `${type} is called ${label}`);
        }
      });

      for (const [id, word] of Object.entries(WORDS[language])) {
        it(`opens the form of ${id} with all its texts`, async () => {
          await editor.edit(id);
          const texts = await editor.texts();
          await editor.picture(`${id}-${language}`);
          await editor.cancel();
          checkTexts(texts, `${id}, ${language}`);
          assert.ok(texts.includes(word), `${word} is not in ${texts.join(" | ")}`);
        });
      }

      for (const id of ["cloud", "thing", "stream", "broker"]) {
        it(`opens the form of the connection ${id} with all its texts`, async () => {
          await editor.editConnection(id);
          const texts = await editor.texts();
          await editor.picture(`connection-${id}-${language}`);
          await editor.cancel();
          checkTexts(texts, `${id}, ${language}`);
          assert.ok(texts.includes(CONNECTION_WORDS[language]));
        });
      }

      it("opens the form of a sub-device with all its texts", async () => {
        await editor.editConfig("onenet-subdevice", "sub");
        const texts = await editor.texts();
        await editor.picture(`subdevice-${language}`);
        await editor.cancel();
        checkTexts(texts, `sub, ${language}`);
        assert.ok(texts.includes(SUBDEVICE_WORDS[language]));
      });

      it("has help for every node", async () => {
        for (const type of NODE_TYPES) {
          const help = await editor.help(type);
          assert.match(help, HELP[language], type);
          assert.match(help, /<h3>/, type);
        }
      });
    });
  }
});
