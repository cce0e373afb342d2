import assert from "node:assert/strict";
import type { CommandHandler } from "../../../lib/client/command";
import { desiredDeleteParams, readDesired } from "../../../lib/protocol/desired";
import { subDeviceToken, subLoginParams, topoParams } from "../../../lib/protocol/gateway";
import { hardwareParams, hardwareSuffix } from "../../../lib/protocol/hardware";
import { readIdentities } from "../../../lib/protocol/identity";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { commandHandler } from "../../support/command-handler";
import { deviceProfile, type TestConnection, testConnection } from "../../support/connections";
import { keyOf, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const SENSORS: SimulatedProduct = {
  productId: "Sens0rPr0d",
  kind: "thing-model",
  devices: ["s1", "s2"].map((deviceName) => ({
    deviceName,
    deviceKey: Buffer.from(deviceName.padEnd(32, ".")).toString("base64"),
  })),
};
const GATEWAY = { productId: THING.productId, deviceName: "lamp" };
const S1 = { productId: SENSORS.productId, deviceName: "s1" };
const KINDS: CommandHandler["kinds"] = new Set([
  "property-set",
  "property-get",
  "service",
  "topo-change",
  "ota",
  "custom",
]);

describe("Device and the simulator, of things", () => {
  let simulator: TestSimulator;
  let test: TestConnection;

  beforeEach(async () => {
    simulator = await startTestSimulator({ products: [THING, SENSORS] });
  });
  afterEach(async () => {
    await test.connection.close();
    await simulator.stop();
  });

  async function open(register?: Partial<CommandHandler>) {
    const clientIdSuffix = hardwareSuffix({ network: 0, sn: "F-1" });
    test = testConnection(deviceProfile(THING, "lamp", simulator.simulator.port, { clientIdSuffix }));
    const { device } = test.connection;
    assert.ok(device);
    const taken = commandHandler({ kinds: KINDS, devices: "all", ...register });
    if (register !== undefined) device.commands.register(taken.own);
    await test.online();
    return { device, cloud: simulator.simulator.cloud, commands: taken.commands };
  }

  const token = (key = keyOf(SENSORS, "s1")) => subDeviceToken(S1, key, Date.now() / 1000 + 3600, "sha1");

  it("fetch desired values and delete them by their version", async () => {
    const { device, cloud } = await open();
    for (const temp of [20, 30]) await cloud.setDesired({ ...GATEWAY, params: { temp, sw: true } });
    const fetched = readDesired(await device.request("desired-get", ["temp", "sw", "none"]));
    assert.deepEqual(fetched, { temp: { value: 30, version: 2 }, sw: { value: true, version: 2 } });
    await device.request("desired-delete", desiredDeleteParams({ temp: 1, sw: undefined }));
    const left = readDesired(await device.request("desired-get", ["temp", "sw"]));
    assert.deepEqual(left, { temp: { value: 30, version: 2 } });
  });

  it("add a sub-device that agrees, log it in and out, list it and let it go", async () => {
    const { device } = await open();
    const login = () => device.request("sub-login", subLoginParams(S1));
    await assert.rejects(login(), { code: "ONENET_REJECTED" });
    const wrong = device.request("topo-add", topoParams(S1, token(keyOf(SENSORS, "s2"))));
    await assert.rejects(wrong, { code: "ONENET_REJECTED" });
    await device.request("topo-add", topoParams(S1, token()));
    const confirmed = simulator.next("publish", ({ topic }) => topic.endsWith("topo/get/result"));
    assert.deepEqual(readIdentities(await device.request("topo-get", undefined)), [S1]);
    await confirmed;
    await login();
    const accepted = { qos: 1, completeWhen: "accepted" } as const;
    const { receipt } = await device.post([{ stream: "temp", value: 1, device: S1 }], accepted);
    assert.equal(receipt?.state, "accepted");
    await device.request("sub-logout", subLoginParams(S1));
    await device.request("topo-delete", topoParams(S1, token()));
    assert.deepEqual(await device.request("topo-get", undefined), []);
    await assert.rejects(login(), { code: "ONENET_REJECTED" });
  });

  it("tell of their hardware", async () => {
    const { device } = await open();
    const heard = simulator.next("publish", ({ topic }) => topic.endsWith("cmp/property/post"));
    await device.request("cmp-post", hardwareParams({ network: 1, imei: "86", iccid: "89" }));
    await heard;
  });

  describe("answer what is asked of", () => {
    it("a sub-device", async () => {
      const { device, cloud, commands } = await open({});
      await device.request("topo-add", topoParams(S1, token()));
      await device.request("sub-login", subLoginParams(S1));
      const answerNext = async (kind: string, body: unknown) => {
        const command = await commands.waitFor((each) => each.kind === kind);
        assert.deepEqual(command.device, S1);
        await device.commands.answer(command, { success: true, body });
        return command;
      };
      const set = cloud.setProperty({ ...S1, params: { temp: 3 } });
      assert.deepEqual((await answerNext("property-set", undefined)).values, { temp: 3 });
      assert.equal((await set).code, 0);
      const get = cloud.getProperty({ ...S1, identifiers: ["temp"] });
      await answerNext("property-get", { temp: 3.5 });
      assert.deepEqual([(await get).code, (await get).data], [0, { temp: 3.5 }]);
      const called = cloud.callService({ ...S1, identifier: "reboot", params: { delay: 1 } });
      assert.deepEqual((await answerNext("service", { done: true })).values, { delay: 1 });
      assert.equal((await called).code, 0);
      assert.match(JSON.stringify((await called).data), /"done":true/);
    });

    it("the device itself", async () => {
      const { device, cloud, commands } = await open({});
      const answerNext = async (kind: string, success: boolean, body?: unknown) => {
        const command = await commands.waitFor((each) => each.kind === kind);
        await device.commands.answer(command, { success, body });
        return command;
      };
      const called = cloud.callService({ ...GATEWAY, identifier: "reboot", params: { delay: 1 } });
      assert.deepEqual((await answerNext("service", true)).values, { delay: 1 });
      assert.equal((await called).code, 0);
      const informed = cloud.informOta({ ...GATEWAY, params: { target: "1.1" } });
      await answerNext("ota", false);
      assert.notEqual((await informed).code, 0);
      const changed = cloud.changeTopology({ ...GATEWAY, subDevices: [S1] });
      const { values } = await answerNext("topo-change", true);
      assert.deepEqual(values, { subList: [{ productID: S1.productId, deviceName: "s1" }] });
      assert.equal((await changed).code, 0);
      const sent = cloud.sendCustom({ ...GATEWAY, body: Buffer.of(1, 2) });
      assert.deepEqual((await answerNext("custom", true, Buffer.of(3))).body, Buffer.of(1, 2));
      assert.equal(Reflect.get(Object((await sent).data), "reply"), Buffer.of(3).toString("base64"));
    });
  });
});
