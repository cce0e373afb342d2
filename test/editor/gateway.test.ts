import assert from "node:assert/strict";
import { needs } from "../support/needs";
import { stationModel } from "../support/station-model";
import { type EditorHost, type EditorPage, startEditor } from "./editor-page";
import { FLOWS } from "./flows";

const KEY = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
const PERIOD = ".onenet-period";

describe("editor: gateway and sub-devices", function () {
  this.timeout(60_000);
  let host: EditorHost;
  let editor: EditorPage;

  before(async function () {
    needs(this, "chromium");
    host = await startEditor(FLOWS.filter(({ type }) => type !== "onenet-simulator"));
    editor = await host.open();
  });
  after(() => host?.close());
  afterEach(() => assert.deepEqual(editor.errors, []));

  const period = () => editor.page.locator(PERIOD).innerText();

  describe("a sub-device", () => {
    const field = (name: string) => `#node-config-input-${name}`;
    const reason = (name: string) => editor.reason(`node-config-input-${name}`);
    const fill = (name: string, value: string) => editor.page.fill(field(name), value);
    const open = () => editor.editConfig("onenet-subdevice", "sub");

    it("shows how often its devices can report at the connection's pace", async () => {
      await open();
      assert.match(await period(), /Sub-devices: 1,500,.*as fast as the link/s);
      await editor.page.selectOption(field("connection"), "cloud");
      assert.match(await period(), /Sub-devices: 1,500\. Messages: 1 a second at most.*once in 150 s/s);
      await fill("deviceCount", "20");
      assert.match(await period(), /Sub-devices: 20\..*once in 2 s/s);
      await fill("deviceCount", "");
      assert.equal(await period(), "");
      await fill("deviceName", "meter-1");
      assert.match(await period(), /once in 1 s/);
      await editor.cancel();
    });

    it("asks how many there are only where it stands for many", async () => {
      await open();
      assert.equal(await editor.isVisible(field("deviceCount")), true);
      await fill("deviceName", "meter-1");
      assert.equal(await editor.isVisible(field("deviceCount")), false);
      await fill("deviceName", "meter 1");
      assert.match(await reason("deviceName"), /“Device name” must be/);
      await editor.cancel();
    });

    it("refuses what cannot be a gateway", async () => {
      await open();
      await editor.page.selectOption(field("connection"), "stream");
      assert.match(await reason("connection"), /data-stream product/);
      await editor.page.selectOption(field("connection"), "broker");
      assert.match(await reason("connection"), /plain MQTT broker/);
      await editor.cancel();
    });

    it("wants a key that fits, and only for the topology", async () => {
      await open();
      await editor.tab("sub-topology");
      await fill("key", "");
      assert.equal(await reason("key"), "");
      await editor.page.check(field("autoTopology"));
      assert.match(await reason("key"), /“Key” is empty/);
      await fill("key", "no key");
      assert.match(await reason("key"), /not base64/);
      await fill("key", KEY);
      await editor.page.selectOption(field("keyKind"), "device-key");
      assert.match(await reason("keyKind"), /fits one device/);
      await editor.tab("sub-device");
      await fill("deviceName", "meter-1");
      await editor.tab("sub-topology");
      assert.equal(await reason("keyKind"), "");
      await editor.save();
      const { fields, problems } = await editor.node("sub");
      assert.deepEqual([fields["deviceName"], fields["autoTopology"]], ["meter-1", true]);
      assert.deepEqual(problems, []);
    });
  });

  describe("a node that works for a sub-device", () => {
    const field = (name: string) => `#node-input-${name}`;

    it("takes a pasted model, and completes its identifiers", async () => {
      await editor.editConfig("onenet-subdevice", "sub");
      await editor.tab("sub-model");
      await editor.page.selectOption("#node-config-input-modelSource", "pasted");
      await editor.page.fill("#node-config-input-model", "{");
      assert.match(await editor.reason("node-config-input-model"), /not a thing model/);
      await editor.page.fill("#node-config-input-model", stationModel());
      assert.equal(await editor.reason("node-config-input-model"), "");
      assert.match(await editor.page.locator("#onenet-subdevice-model-table").innerText(), /temp.*温度/s);
      await editor.save();
      await editor.edit("event");
      await editor.page.selectOption(field("subdevice"), "sub");
      await editor.page.fill(field("event"), "over");
      await editor.page.locator(field("event")).blur();
      assert.match(await editor.reason("node-input-event"), /over/);
      await editor.page.fill(field("event"), "overheat");
      assert.equal(await editor.reason("node-input-event"), "");
      assert.match(await editor.page.locator("#onenet-event-post-event").innerText(), /过热/);
      await editor.save();
      assert.equal((await editor.node("event")).fields["subdevice"], "sub");
    });

    it("refuses a sub-device of another connection", async () => {
      await editor.edit("datapoint");
      await editor.page.selectOption(field("subdevice"), "sub");
      assert.equal(await editor.reason("node-input-subdevice"), "");
      await editor.page.selectOption(field("connection"), "cloud");
      assert.match(await editor.reason("node-input-subdevice"), /of another connection/);
      await editor.page.selectOption(field("connection"), "stream");
      assert.equal(await editor.isVisible(field("subdevice")), false);
      await editor.cancel();
    });
  });

  describe("a gateway", () => {
    const field = (name: string) => `#node-input-${name}`;
    const reason = (name: string) => editor.reason(`node-input-${name}`);
    const open = () => editor.edit("gateway");

    it("counts the sub-devices of its connection", async () => {
      await open();
      assert.match(await period(), /Sub-devices: 1,/);
      await editor.page.selectOption(field("connection"), "cloud");
      assert.equal(await period(), "");
      await editor.cancel();
    });

    it("refuses a sub-device of another connection", async () => {
      await open();
      assert.equal(await reason("subdevice"), "");
      await editor.page.selectOption(field("connection"), "cloud");
      assert.match(await reason("subdevice"), /of another connection/);
      await editor.cancel();
    });

    it("asks for no sub-device where it lists them all", async () => {
      await open();
      assert.equal(await editor.isVisible(field("subdevice")), true);
      await editor.page.selectOption(field("action"), "get");
      assert.equal(await editor.isVisible(field("subdevice")), false);
      await editor.save();
      assert.equal((await editor.node("gateway")).fields["action"], "get");
    });
  });
});
