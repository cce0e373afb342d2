import assert from "node:assert/strict";
import path from "node:path";
import { parseThingModel } from "../../lib/protocol/thing-model-reader";
import { loadModel } from "../support/models";
import { needs } from "../support/needs";
import { PACKAGE_ROOT } from "../support/node-red-version";
import { type EditorHost, type EditorPage, startEditor } from "./editor-page";
import { FLOWS } from "./flows";

/** The editor's jQuery, for what runs in the page. */
declare const $: (selector: string) => { typedInput(method: string, value: string): void };

const field = (name: string) => `#node-input-${name}`;
const base64Key = /^[A-Za-z0-9+/]{43}=$/;

describe("editor: the nodes' forms", function () {
  this.timeout(60_000);
  let host: EditorHost;
  let editor: EditorPage;

  before(async function () {
    needs(this, "chromium");
    host = await startEditor(FLOWS);
    editor = await host.open();
  });
  after(() => host?.close());
  afterEach(() => assert.deepEqual(editor.errors, []));

  /** As the typedInput's menu and text field do it. */
  const setStream = (type: string, value: string) =>
    editor.page.evaluate(
      ([wanted, text]) => {
        const stream = $("#node-input-stream");
        stream.typedInput("type", wanted);
        stream.typedInput("value", text);
      },
      [type, value] as const,
    );
  const choose = (name: string, value: string) => editor.page.selectOption(field(name), value);
  const reason = (name: string) => editor.reason(`node-input-${name}`);

  describe("datapoint publish", () => {
    it("lights the steps of delivery up to the one chosen", async () => {
      await editor.edit("datapoint");
      const steps = (name: string) => editor.page.locator(`.onenet-step-${name}`).allInnerTexts();
      assert.deepEqual(await steps("now"), ["accepted"]);
      await choose("completeWhen", "sent");
      assert.deepEqual([await steps("before"), await steps("now")], [["queued"], ["sent"]]);
      await editor.cancel();
    });

    it("offers what the product kind knows, and refuses a plain broker", async () => {
      await editor.edit("datapoint");
      assert.equal(await editor.isVisible(field("booleansAsNumbers")), false);
      const label = editor.page.locator("label[for=node-input-stream]");
      assert.equal((await label.innerText()).trim(), "Property");
      await choose("connection", "stream");
      assert.equal(await editor.isVisible(field("booleansAsNumbers")), true);
      assert.equal((await label.innerText()).trim(), "Stream");
      await choose("connection", "broker");
      assert.match(await reason("connection"), /plain MQTT broker/);
      await editor.cancel();
    });

    it("judges a stream's name by the product kind", async () => {
      await editor.edit("datapoint");
      const typed = editor.page.locator(".red-ui-typedInput-container input").first();
      await typed.fill("a.b");
      await typed.blur();
      assert.match(await reason("stream"), /“a\.b” cannot be a stream name/);
      await choose("connection", "stream");
      assert.equal(await reason("stream"), "");
      await editor.cancel();
    });

    it("refuses an expression that is none", async () => {
      await editor.edit("datapoint");
      await setStream("jsonata", "payload.(");
      assert.match(await reason("stream"), /“Stream” cannot be evaluated/);
      await setStream("msg", "a..b");
      assert.match(await reason("stream"), /“Stream” cannot be evaluated/);
      await editor.cancel();
    });

    it("saves a stream that is found by JSONata", async () => {
      await editor.edit("datapoint");
      await setStream("jsonata", "payload.name");
      await editor.page.fill(field("expirySeconds"), "60");
      await editor.save();
      const { fields, problems } = await editor.node("datapoint");
      assert.deepEqual(
        [fields["stream"], fields["streamType"], fields["expirySeconds"]],
        ["payload.name", "jsonata", "60"],
      );
      assert.deepEqual(problems, []);
    });
  });

  describe("command subscribe and response", () => {
    it("shows rows by product kind, and refuses to receive nothing", async () => {
      await editor.edit("commands");
      assert.equal(await editor.isVisible(field("identifiers")), true);
      await editor.page.uncheck(field("receiveSets"));
      assert.match(await reason("receiveSets"), /receives nothing/);
      await choose("connection", "stream");
      assert.equal(await editor.isVisible(field("identifiers")), false);
      assert.equal(await editor.isVisible(field("failureBody")), true);
      await choose("failureAnswer", "silence");
      assert.equal(await editor.isVisible(field("failureBody")), false);
      await editor.cancel();
    });

    it("asks for a failure's code only where a failure is possible", async () => {
      await editor.edit("answer");
      assert.equal(await editor.isVisible(field("failureCode")), true);
      await choose("outcome", "success");
      assert.equal(await editor.isVisible(field("failureCode")), false);
      await editor.save();
      assert.equal((await editor.node("answer")).fields["outcome"], "success");
    });
  });

  describe("mqtt out", () => {
    it("offers QoS 2 and MQTT 5 properties on a broker that has them", async () => {
      await editor.edit("mqtt");
      assert.equal(await editor.isVisible(field("contentType")), true);
      assert.equal(await editor.page.locator(`${field("qos")} option[value="2"]`).isDisabled(), false);
      await editor.page.fill(field("userProperties"), "[1]");
      assert.match(await reason("userProperties"), /JSON object/);
      await editor.cancel();
    });

    it("refuses on OneNET what OneNET does not do, with the reason", async () => {
      await editor.edit("mqtt");
      await choose("connection", "cloud");
      assert.equal(await editor.isVisible(field("contentType")), false);
      assert.match(await reason("qos"), /supports at most QoS 1/);
      assert.match(await reason("topic"), /not a topic of this device/);
      const qos2 = editor.page.locator(`${field("qos")} option[value="2"]`);
      await choose("whenUnsupported", "lower");
      assert.equal(await reason("qos"), "");
      await choose("qos", "1");
      assert.equal(await qos2.isDisabled(), false);
      await choose("whenUnsupported", "refuse");
      assert.equal(await qos2.isDisabled(), true);
      await editor.page.check(field("sendAnyway"));
      assert.equal(await reason("topic"), "");
      await editor.cancel();
    });

    it("proposes the device's own topics", async () => {
      await editor.edit("mqtt");
      await choose("connection", "cloud");
      await editor.page.fill(field("topic"), "");
      await editor.page.locator(field("topic")).pressSequentially("event");
      const proposal = editor.page.getByText("$sys/Ab12Cd34Ef/gateway-1/thing/event/post");
      await proposal.click();
      assert.equal(
        await editor.page.inputValue(field("topic")),
        "$sys/Ab12Cd34Ef/gateway-1/thing/event/post",
      );
      await editor.cancel();
    });
  });

  describe("mqtt out on a device", () => {
    it("proposes the topic for raw data on products of both kinds, also by what it is for", async () => {
      for (const [connection, typed] of [
        ["cloud", "custome/u"],
        ["stream", "raw data for"],
      ] as const) {
        await editor.edit("mqtt");
        await choose("connection", connection);
        await editor.page.fill(field("topic"), "");
        await editor.page.locator(field("topic")).pressSequentially(typed);
        await editor.picture(`topics-${connection}`);
        await editor.page.locator(".red-ui-autoComplete-container").getByText("raw data for").click();
        assert.match(await editor.page.inputValue(field("topic")), /^\$sys\/\w+\/[\w-]+\/custome\/up$/);
        assert.equal(await reason("topic"), "");
        await editor.cancel();
      }
    });
  });

  describe("simulator", () => {
    it("begins with a product that works, and keeps keys out of the flow", async () => {
      await editor.edit("simulator");
      const key = editor.page.locator(".onenet-device input.onenet-key").first();
      assert.match(await key.inputValue(), base64Key);
      await editor.page.click(".onenet-add-device");
      assert.equal(
        await editor.page.locator(".onenet-device input[aria-label='Device name']").nth(1).inputValue(),
        "device-2",
      );
      const productId = await editor.page.locator("input[aria-label='Product ID']").inputValue();
      const deviceKey = await key.inputValue();
      await editor.save();
      await editor.deploy();
      const flows = await host.nodeRed.admin.flows();
      const saved = flows.find(({ id }) => id === "simulator");
      assert.deepEqual(saved?.["products"], [
        { productId, kind: "thing-model", devices: [{ deviceName: "device-1" }, { deviceName: "device-2" }] },
      ]);
      assert.equal(JSON.stringify(flows).includes(deviceKey), false);
      const credentials = await host.nodeRed.admin.json<{ keys: string }>(
        "credentials/onenet-simulator/simulator",
      );
      assert.equal(JSON.parse(credentials.keys)[`${productId}/device-1`], deviceKey);
    });

    it("fills in a connection from one of its devices", async () => {
      await editor.editConnection("stream");
      await editor.page.selectOption("#onenet-connection-simulated", "1");
      await editor.page.locator("#onenet-connection-simulated-note", { hasText: "Filled in" }).waitFor();
      assert.equal(await editor.page.inputValue("#node-config-input-deviceName"), "device-2");
      assert.equal(await editor.page.inputValue("#node-config-input-productKind"), "thing-model");
      assert.match(await editor.page.inputValue("#node-config-input-key"), base64Key);
      await editor.cancel();
    });

    it("marks what is wrong: equal names, ports and keys", async () => {
      await editor.edit("simulator");
      const names = editor.page.locator(".onenet-device input[aria-label='Device name']");
      await names.nth(1).fill("device-1");
      await names.nth(1).blur();
      assert.equal(await names.nth(0).getAttribute("aria-invalid"), "true");
      assert.match(
        await editor.page.locator("#onenet-simulator-products-reason").innerText(),
        /Correct what is marked/,
      );
      await editor.page.fill(field("port"), "18830");
      await editor.page.fill(field("httpPort"), "18830");
      assert.match(await reason("httpPort"), /must differ/);
      await editor.cancel();
    });

    it("takes a thing model, says what is in it and what is wrong with it, and saves it with the product", async () => {
      await editor.edit("simulator");
      const product = editor.page.locator(".onenet-product");
      const line = product.locator(".onenet-model-line");
      const area = product.locator(".onenet-model-text");
      assert.match(await line.innerText(), /none: any identifier/);
      await line.click();
      await area.fill("{");
      await area.blur();
      assert.equal(await area.getAttribute("aria-invalid"), "true");
      assert.match(
        await editor.page.locator("#onenet-simulator-products-reason").innerText(),
        /Correct what is/,
      );
      await product.locator("select").selectOption("data-stream");
      assert.equal(await line.isVisible(), false);
      await product.locator("select").selectOption("thing-model");
      await product
        .locator("input[type=file]")
        .setInputFiles(path.join(PACKAGE_ROOT, "test/fixtures/models/2024-console.json"));
      const { properties, events, services } = loadModel("2024-console.json");
      const counts = `Properties: ${properties.size}, events: ${events.size}, services: ${services.size}`;
      await product.locator(".onenet-model-line", { hasText: counts }).waitFor();
      const command = editor.page.locator("#onenet-simulator-address");
      await command.locator("summary").click();
      assert.match(await command.locator("pre").innerText(), /--model \S+\.json/);
      await editor.save();
      await editor.edit("simulator");
      assert.deepEqual(parseThingModel(await area.inputValue()).model, loadModel("2024-console.json"));
      await editor.cancel();
    });

    it("fills in a connection with the model by which it judges", async () => {
      await editor.editConnection("stream");
      await editor.page.selectOption("#onenet-connection-simulated", "0");
      await editor.page.locator("#onenet-connection-simulated-note", { hasText: "Filled in" }).waitFor();
      assert.equal(await editor.page.inputValue("#node-config-input-modelSource"), "pasted");
      const text = await editor.page.inputValue("#node-config-input-model");
      assert.deepEqual(parseThingModel(text).model, loadModel("2024-console.json"));
      await editor.cancel();
    });

    it("tells the address and the command that runs the same", async () => {
      await editor.edit("simulator");
      await editor.page.fill(field("port"), "18840");
      const place = editor.page.locator("#onenet-simulator-address");
      assert.match(await place.innerText(), /mqtt:\/\/127\.0\.0\.1:18840/);
      await place.locator("summary").click();
      assert.match(
        await place.locator("pre").innerText(),
        /npx onenet-simulator .*--port 18840[\s\S]*--device device-2=/,
      );
      await editor.page.fill(field("host"), "0.0.0.0");
      assert.match(
        await editor.page.locator("#onenet-simulator-host-note").innerText(),
        /127\.0\.0\.1 keeps/,
      );
      await editor.cancel();
    });
  });
});
