import assert from "node:assert/strict";
import { commandSubscribe, deviceConnection, flowOf, node } from "../support/flows";
import { needs } from "../support/needs";
import { STATION_MODEL } from "../support/station";
import { type EditorHost, type EditorPage, LANGUAGES, type Language, startEditor } from "./editor-page";
import { FLOWS, PRODUCT } from "./flows";

/** What the editor's own scripts hold, in the page. */
declare const RED: {
  nodes: {
    node(id: string): { outputs: number; _def: { outputLabels(this: unknown, index: number): string } };
  };
  view: { redraw(): void };
};

const field = (name: string) => `#node-input-${name}`;

const MODEL_CONNECTION = deviceConnection("station", { port: 9 }, PRODUCT, "pump", {
  modelSource: "pasted",
  model: STATION_MODEL,
  modelFile: "",
  modelCheck: "coerce",
  snapToStep: false,
});
const COMMANDS = FLOWS.find(({ id }) => id === "commands") ?? {};

/** The label of the last output in each language: of a kind, not of an identifier. */
const LAST_LABEL: Readonly<Record<Language, string>> = {
  "en-US": "upgrade notice (OTA)",
  "zh-CN": "升级通知（OTA）",
  "zh-TW": "升級通知（OTA）",
};

describe("editor: outputs of command subscribe, and desired values", function () {
  this.timeout(120_000);
  let host: EditorHost;

  before(async function () {
    needs(this, "chromium", "cjk-fonts");
    host = await startEditor(
      flowOf(
        MODEL_CONNECTION,
        commandSubscribe("sub", "station", { ...COMMANDS, id: "sub", connection: "station", wires: [["a"]] }),
        ...["a", "b", "c"].map((id, row) => node("debug", id, { x: 400, y: 100 + 60 * row, wires: [] })),
        node("onenet-desired", "desired", {
          connection: "station",
          action: "",
          identifiers: "",
          afterLogin: true,
          apply: "together",
          deleteApplied: true,
          timeoutSeconds: "30",
        }),
      ),
    );
  });
  after(() => host?.close());

  const labels = (editor: EditorPage) =>
    editor.page.evaluate(() => {
      const sub = RED.nodes.node("sub");
      return Array.from({ length: sub.outputs }, (_, index) => sub._def.outputLabels.call(sub, index));
    });
  const drawn = (editor: EditorPage) => editor.page.locator(".onenet-outputs code").allInnerTexts();

  for (const language of LANGUAGES) {
    it(`follow the list of identifiers, as the form draws them and the workspace has them (${language})`, async () => {
      const editor = await host.open(language);
      await editor.edit("sub");
      await editor.page.check(field("receiveServices"));
      await editor.page.check(field("receiveOta"));
      await editor.page.click("#onenet-command-model");
      assert.equal(
        await editor.page.inputValue(field("identifiers")),
        "power, level, total, reboot, selfTest",
        "what can be set, and the services",
      );
      await editor.page.selectOption(field("outputMode"), "each");
      const names = ["power", "level", "total", "reboot", "selfTest", LAST_LABEL[language]];
      assert.deepEqual(await drawn(editor), names);
      const lines = await editor.page.locator(".onenet-outputs li").allInnerTexts();
      assert.match(lines[1] ?? "", /亮度.*int32 0…100/);
      await editor.page.locator(".onenet-outputs").scrollIntoViewIfNeeded();
      await editor.picture(`outputs-${language}`);
      await editor.save();
      assert.deepEqual(await labels(editor), names);
      await editor.picture(`outputs-workspace-${language}`);
      assert.deepEqual(editor.errors, []);
    });
  }

  it("complete their identifiers from the model, one after the other", async () => {
    const editor = await host.open();
    await editor.edit("sub");
    await editor.page.locator(field("identifiers")).pressSequentially("power, lev");
    const menu = editor.page.locator(".red-ui-autoComplete-container");
    await editor.picture("outputs-completing");
    await menu.getByText("亮度").click();
    assert.equal(await editor.page.inputValue(field("identifiers")), "power, level");
    await editor.picture("outputs-completed");
    await editor.cancel();
    assert.deepEqual(editor.errors, []);
  });

  it("keep the wires of their identifiers when the list changes", async () => {
    const editor = await host.open();
    const choose = async (identifiers: string, mode = "each") => {
      await editor.edit("sub");
      await editor.page.selectOption(field("outputMode"), mode);
      await editor.page.fill(field("identifiers"), identifiers);
      await editor.save();
      await editor.deploy();
      const flows = await host.nodeRed.admin.flows();
      const saved = flows.find(({ id }) => id === "sub");
      return [saved?.["outputs"], saved?.["wires"]];
    };
    assert.deepEqual(await choose("power, level"), [2, [["a"], []]], "the first wire stays");
    assert.deepEqual(await choose("level, total, power"), [3, [[], [], ["a"]]]);
    assert.deepEqual(await choose("level, power"), [2, [[], ["a"]]]);
    assert.deepEqual(await choose("level"), [1, [[]]]);
    assert.deepEqual(editor.errors, []);
  });

  it("need names, and say so", async () => {
    const editor = await host.open();
    await editor.edit("sub");
    await editor.page.selectOption(field("outputMode"), "each");
    await editor.page.fill(field("identifiers"), "");
    assert.match(await editor.reason("node-input-outputMode"), /needs their names/);
    await editor.page.fill(field("identifiers"), "powr");
    assert.match(await editor.reason("node-input-identifiers"), /powr.*power/);
    await editor.cancel();
  });

  it("desired values: what is asked for follows what is done", async () => {
    const editor = await host.open();
    await editor.edit("desired");
    await editor.page.click("#onenet-desired-model");
    assert.equal(await editor.page.inputValue(field("identifiers")), "power, level, total");
    assert.equal(await editor.isVisible(field("deleteApplied")), true);
    await editor.picture("desired");
    await editor.page.selectOption(field("apply"), "no");
    assert.equal(await editor.isVisible(field("deleteApplied")), false);
    await editor.page.selectOption(field("action"), "delete");
    await editor.page.uncheck(field("afterLogin"));
    assert.equal(await editor.isVisible(field("apply")), false);
    await editor.cancel();
    assert.deepEqual(editor.errors, []);
  });
});
