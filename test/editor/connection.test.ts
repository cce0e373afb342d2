import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { makeCertificates } from "../support/certificates";
import { needs } from "../support/needs";
import { type EditorHost, type EditorPage, startEditor } from "./editor-page";
import { FLOWS } from "./flows";

const KEY = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
const OTHER_KEY = Buffer.alloc(32, "other").toString("base64");
const EXPIRED =
  "version=2018-10-31&res=products%2FAb12Cd34Ef%2Fdevices%2Fgateway-2&et=1596067735&method=md5&sign=KjQ3tFpNOHv6Cm2rLjDV%2FA%3D%3D";
const field = (name: string) => `#node-config-input-${name}`;
const SUMMARY = "#onenet-connection-summary";

describe("editor: the connection's form", function () {
  this.timeout(60_000);
  let host: EditorHost;
  let editor: EditorPage;

  before(async function () {
    needs(this, "chromium");
    // a simulator without a product would have Node-RED ask before each deploy
    host = await startEditor(FLOWS.filter(({ type }) => type !== "onenet-simulator"));
    editor = await host.open();
  });
  after(() => host?.close());
  afterEach(() => assert.deepEqual(editor.errors, []));

  const summary = () => editor.page.locator(SUMMARY).innerText();
  const choose = (name: string, value: string) => editor.page.selectOption(field(name), value);

  it("shows the address that follows from the settings, as they change", async () => {
    await editor.editConnection("cloud");
    assert.match(await summary(), /mqtt:\/\/Ab12Cd34Ef\.mqtts\.acc\.cmcconenet\.cn:1883 as gateway-1/);
    await editor.page.fill(field("productId"), "Zz99");
    assert.match(await summary(), /mqtt:\/\/Zz99\.mqtts\.acc/);
    await choose("transport", "mqtts");
    assert.match(await summary(), /mqtts:\/\/Zz99\.mqttstls\.acc\.cmcconenet\.cn:8883.*TLS/s);
    await editor.page.fill(field("productId"), `\${PRODUCT}`);
    assert.match(await summary(), /run time/);
    await editor.page.fill(field("productId"), "");
    assert.match(await summary(), /Product ID/);
    await editor.cancel();
  });

  it("asks for what the platform needs and nothing else", async () => {
    await editor.editConnection("cloud");
    assert.equal(await editor.isVisible(field("productId")), true);
    assert.equal(await editor.isVisible(field("user")), false);
    await choose("platform", "mqtt");
    assert.equal(await editor.isVisible(field("productId")), false);
    assert.equal(await editor.isVisible(field("user")), true);
    assert.equal(await editor.isVisible(field("path")), false);
    await choose("transport", "wss");
    assert.equal(await editor.isVisible(field("path")), true);
    const tabs = "#onenet-connection-tabs li.red-ui-tab > a";
    assert.deepEqual(await editor.page.locator(tabs).allInnerTexts(), [
      "Broker",
      "Security",
      "Delivery",
      "MQTT",
      "Will & birth",
    ]);
    await choose("platform", "simulator");
    assert.deepEqual(await editor.page.locator(tabs).allInnerTexts(), [
      "Device",
      "Thing model",
      "Security",
      "Delivery",
      "MQTT",
    ]);
    assert.deepEqual(
      await editor.page
        .locator(`${field("transport")} option`)
        .evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value)),
      ["mqtt", "mqtts"],
    );
    await editor.cancel();
  });

  it("refuses a known misspelling with a reason, and corrects it at a click", async () => {
    await editor.editConnection("cloud");
    await choose("hostChoice", "own");
    await editor.page.fill(field("host"), "mqtt.heclouds.com");
    assert.match(await editor.reason("node-config-input-host"), /known misspelling/);
    await editor.page.click(".onenet-fix button");
    assert.equal(await editor.page.inputValue(field("host")), "mqtts.heclouds.com");
    assert.equal(await editor.reason("node-config-input-host"), "");
    await editor.page.fill(field("host"), "mqtt://10.0.0.7:1883/x");
    await editor.page.click(".onenet-fix button");
    assert.equal(await editor.page.inputValue(field("host")), "10.0.0.7");
    await editor.cancel();
  });

  it("says what a pasted token says: for whom, until when, and that it has expired", async () => {
    await editor.editConnection("cloud");
    await editor.page.fill(field("key"), EXPIRED);
    const note = editor.page.locator("#onenet-connection-key-note");
    assert.match(await note.innerText(), /looks like a ready-made token/);
    await note.locator("button").click();
    assert.equal(await editor.page.inputValue(field("keyKind")), "token");
    assert.match(
      await note.innerText(),
      /products\/Ab12Cd34Ef\/devices\/gateway-2[\s\S]*2020[\s\S]*md5[\s\S]*expired[\s\S]*another device/,
    );
    await editor.cancel();
  });

  it("compares the root certificate's fingerprint with OneNET's, and takes any root elsewhere", async () => {
    const { ca } = await makeCertificates();
    await editor.editConnection("cloud");
    await choose("transport", "mqtts");
    await editor.tab("security");
    await editor.page.setInputFiles("#onenet-connection-root-file", {
      name: "root.crt",
      mimeType: "application/x-x509-ca-cert",
      buffer: new X509Certificate(ca.cert).raw,
    });
    const note = editor.page.locator("#onenet-connection-root-note");
    await note.locator("code").first().waitFor();
    assert.match(await note.innerText(), new RegExp(`${ca.fingerprintSha256}[\\s\\S]*7D:E9:BC`));
    assert.match(await editor.reason("node-config-input-rootCertificate"), /not OneNET's root/);
    await choose("platform", "private");
    assert.equal(await editor.reason("node-config-input-rootCertificate"), "");
    await editor.cancel();
  });

  it("fills in what is pasted from the console, and does not leave the key on the screen", async () => {
    await editor.editConnection("cloud");
    await editor.page.click("#onenet-connection-console-open");
    await editor.page.fill(
      "#onenet-connection-console-text",
      `产品ID：Pp12Cd34Ef\n设备名称：press-3\n设备密钥：${OTHER_KEY}`,
    );
    assert.equal(await editor.page.inputValue(field("productId")), "Pp12Cd34Ef");
    assert.equal(await editor.page.inputValue(field("deviceName")), "press-3");
    assert.equal(await editor.page.inputValue(field("key")), OTHER_KEY);
    assert.equal(await editor.page.inputValue("#onenet-connection-console-text"), "");
    assert.equal(await editor.isVisible("#onenet-connection-console-text"), false);
    await editor.cancel();
  });

  it("takes a client id apart that was pasted for the device's name", async () => {
    await editor.editConnection("cloud");
    await editor.page.fill(field("deviceName"), "press-3?network=0&sn=F-1");
    assert.equal(await editor.page.inputValue(field("deviceName")), "press-3");
    const now = (name: string) => editor.page.inputValue(field(name));
    assert.deepEqual(
      [await now("hardwareReport"), await now("hardwareNetwork"), await now("hardwareSn")],
      ["login", "0", "F-1"],
    );
    assert.match(await summary(), /as press-3\?network=0&sn=F-1/);
    await editor.page.fill(field("deviceName"), "press-3?place=9");
    assert.deepEqual([await now("hardwareReport"), await now("clientIdSuffix")], ["own", "place=9"]);
    assert.match(await summary(), /as press-3\?place=9/);
    await editor.cancel();
  });

  it("gives reasons for numbers, and marks their tab", async () => {
    await editor.editConnection("cloud");
    await editor.tab("mqtt");
    await editor.page.fill(field("keepAliveSeconds"), "5");
    assert.equal(
      await editor.reason("node-config-input-keepAliveSeconds"),
      "“Keep alive” must be a whole number from 10 to 1800.",
    );
    assert.equal(await editor.page.getAttribute(field("keepAliveSeconds"), "aria-invalid"), "true");
    assert.equal(await editor.page.locator('.onenet-tab-wrong a[href="#mqtt"]').count(), 1);
    await editor.page.fill(field("keepAliveSeconds"), `\${KEEP_ALIVE}`);
    assert.equal(await editor.reason("node-config-input-keepAliveSeconds"), "");
    await editor.cancel();
  });

  it("asks for what a report of SIM and hardware needs", async () => {
    await editor.editConnection("cloud");
    await editor.tab("mqtt");
    const shown = async () => {
      const names = ["Network", "Sn", "Mac", "Imei", "Card"].map((name) => field(`hardware${name}`));
      const visible = await Promise.all(
        [...names, field("clientIdSuffix")].map((name) => editor.isVisible(name)),
      );
      return visible.map(Number).join("");
    };
    assert.equal(await shown(), "000000");
    await choose("hardwareReport", "own");
    assert.equal(await shown(), "000001");
    await editor.page.fill(field("clientIdSuffix"), "network=0");
    await choose("hardwareReport", "login");
    assert.equal(await shown(), "111000");
    await choose("hardwareNetwork", "2");
    assert.equal(await shown(), "100110");
    await choose("hardwareReport", "message");
    assert.equal(await shown(), "100111", "what is still held stays in sight");
    await choose("hardwareReport", "none");
    assert.equal(await shown(), "000000");
    await choose("hardwareReport", "message");
    assert.equal(await shown(), "100110", "nothing was kept behind it");
    await editor.page.fill(field("hardwareImei"), "86 0");
    assert.match(await editor.reason("node-config-input-hardwareImei"), /“IMEI” must be/);
    await editor.cancel();
  });

  it("shows a client id's text of an older flow as the choice it is", async () => {
    await editor.editConnection("stream");
    await editor.tab("mqtt");
    assert.equal(await editor.page.inputValue(field("hardwareReport")), "own");
    assert.equal(await editor.page.inputValue(field("clientIdSuffix")), "network=0&sn=1");
    assert.equal(await editor.page.locator(".onenet-tab-wrong").count(), 0);
    await editor.cancel();
  });

  it("moves between tabs with the keyboard", async () => {
    await editor.editConnection("cloud");
    await editor.page.focus('#onenet-connection-tabs a[href="#device"]');
    await editor.page.keyboard.press("ArrowRight");
    assert.equal(await editor.isVisible('[data-tab="model"]'), true);
    await editor.page.keyboard.press("End");
    assert.equal(await editor.isVisible('[data-tab="mqtt"]'), true);
    assert.equal(
      await editor.page.getAttribute('#onenet-connection-tabs a[href="#mqtt"]', "aria-selected"),
      "true",
    );
    await editor.cancel();
  });

  it("never shows a stored key, and keeps it when it is not touched", async () => {
    await editor.editConnection("cloud");
    assert.equal(await editor.page.inputValue(field("key")), "__PWRD__");
    assert.equal(await editor.page.locator('[data-reveals="node-config-input-key"]').isDisabled(), true);
    assert.equal(await editor.page.locator(".onenet-tab-wrong").count(), 0);
    await editor.cancel();
  });

  it("saves what was entered, the key apart from the flow", async () => {
    await editor.editConnection("thing");
    await editor.page.fill(field("name"), "renamed");
    await editor.page.fill(field("deviceName"), "pump-2");
    await editor.page.fill(field("key"), KEY);
    await editor.tab("delivery");
    await editor.page.fill(field("ackAttempts"), "5");
    await choose("queueWhenFull", "drop-oldest");
    await editor.save();
    await editor.deploy();
    const flows = await host.nodeRed.admin.flows();
    const saved = flows.find(({ id }) => id === "thing");
    const expected = {
      name: "renamed",
      deviceName: "pump-2",
      ackAttempts: "5",
      queueWhenFull: "drop-oldest",
      hostChoice: "own",
      transport: "mqtt",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(saved?.[name], value, name);
    assert.equal(JSON.stringify(flows).includes(KEY), false);
    assert.deepEqual((await editor.node("thing")).problems, []);
  });

  it("says of each store what it promises, and what empty fields mean with it", async () => {
    await editor.editConnection("cloud");
    await editor.tab("delivery");
    const placeholder = (name: string) => editor.page.getAttribute(field(name), "placeholder");
    assert.equal(await editor.page.inputValue(field("store")), "memory");
    assert.equal(await editor.isVisible(field("waitingSendersMax")), false);
    const usual = ["queueMaxMessages", "queueMaxMiB", "messagesPerSecond"];
    assert.deepEqual(await Promise.all(usual.map(placeholder)), ["10,000", "16", "1"]);
    await choose("store", "disk-always");
    await editor.page.getByText("A message is queued only once the disk has it").waitFor();
    await editor.page.getByText("Needs Node.js 22.13 or later").waitFor();
    assert.equal(await editor.isVisible(field("waitingSendersMax")), true);
    assert.deepEqual(await Promise.all(usual.map(placeholder)), ["1,000,000", "1,024", "1"]);
    await editor.picture("connection-delivery");
    await choose("platform", "mqtt");
    assert.equal(await editor.isVisible(field("sendOrder")), false);
    assert.equal(await placeholder("messagesPerSecond"), "not limited");
    await editor.cancel();
  });

  it("tells Node-RED what is wrong, in words", async () => {
    await editor.editConnection("broker");
    await editor.page.fill(field("host"), "");
    await editor.page.fill(field("port"), "70000");
    await editor.save();
    const { problems } = await editor.node("broker");
    assert.deepEqual(problems, ["“Host name” is empty.", "“Port” must be a whole number from 1 to 65535."]);
    await editor.editConnection("broker");
    assert.equal(await editor.reason("node-config-input-host"), "“Host name” is empty.", "opened again");
    await editor.cancel();
  });

  it("does not reproach a new connection with its empty fields", async () => {
    await editor.editConnection("_ADD_");
    assert.equal(await editor.reason("node-config-input-productId"), "");
    await editor.page.fill(field("productId"), "a");
    await editor.page.fill(field("productId"), "");
    assert.equal(await editor.reason("node-config-input-productId"), "“Product ID” is empty.");
    await editor.cancel();
  });
});
