import assert from "node:assert/strict";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import type { SimulatorRules } from "../../lib/simulator/options";
import { feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  mqttOut,
  SINK,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { STATION_MODEL } from "../support/station";

type Message = Record<string, unknown>;

const WITH_MODEL = { modelSource: "pasted", model: STATION_MODEL, modelCheck: "coerce" };
const SERVICES = { receiveSets: false, receiveServices: true };

describe("commands of a thing model", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;
  let device: { productId: string; deviceName: string };

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  interface Setup {
    readonly connection?: Fields;
    readonly kind?: "thing-model" | "data-stream";
    readonly rules?: Partial<SimulatorRules>;
    /** A sub-device node `child` with this device name; "" for any of the product. */
    readonly subdevice?: string;
  }

  /** A device that is logged in, with these command subscribe nodes, a response and a publishing node. */
  async function start(subscribers: Readonly<Record<string, Fields>>, setup: Setup = {}): Promise<void> {
    const product = makeProduct(setup.kind ?? "thing-model", "dev", "sub");
    device = { productId: product.productId, deviceName: "dev" };
    sim = await startTestSimulator({ products: [product], rules: setup.rules ?? {} });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", sim.simulator, product, "dev", setup.connection ?? {}),
        ...(setup.subdevice === undefined
          ? []
          : [
              {
                ...device,
                id: "child",
                type: "onenet-subdevice",
                connection: "c",
                deviceName: setup.subdevice,
              },
            ]),
        ...Object.entries(subscribers).map(([id, fields]) => commandSubscribe(id, "c", fields)),
        commandResponse("answer"),
        commandResponse("refuse", { outcome: "failure", failureCode: "7", failureMessage: "not now" }),
        datapointPublish("pub", "c"),
        mqttOut("raw", "c", { topic: "" }),
      ),
    );
    await flow.waitForStatus(Object.keys(subscribers)[0] ?? "pub", "connected");
  }

  const cloud = () => sim.simulator.cloud;
  const set = (params: object) => cloud().setProperty({ ...device, params });
  const get = (...identifiers: string[]) => cloud().getProperty({ ...device, identifiers });
  const call = (identifier: string, params?: object) =>
    cloud().callService({ ...device, identifier, ...(params && { params }) });

  /** The `index`-th message that `id` sent, and at which output. */
  async function received(id: string, index = 0): Promise<{ msg: Message; command: Message; port: number }> {
    const sent = await flow.events.waitForCount(
      index + 1,
      (event) => event.event === "send" && event.node === id,
      { what: `message ${index} of ${id}` },
    );
    const event = sent[index];
    assert.ok(event?.event === "send");
    return { msg: event.msg, command: event.msg["command"] as Message, port: event.port };
  }

  function assertRefused(envelope: CloudEnvelope, reason: RegExp): void {
    assert.notEqual(envelope.code, 0);
    assert.match(envelope.msg, reason);
  }

  describe("services", () => {
    it("bring their inputs and take their outputs", async () => {
      await start({ sub: SERVICES });
      const asked = call("reboot", { delay: 5 });
      const { msg, command } = await received("sub");
      assert.deepEqual(msg["payload"], { delay: 5 });
      assert.deepEqual([command["kind"], command["identifier"]], ["service", "reboot"]);
      assert.match(String(msg["topic"]), /\/thing\/service\/reboot\/invoke$/);
      const sent = await feedWell(flow, "answer", { ...msg, payload: { uptime: 12 } });
      assert.equal((sent["onenet"] as Message)["state"], "acknowledged");
      assert.deepEqual(await asked, { ...(await asked), code: 0, data: { uptime: 12 } });
    });

    it("are answered with the flow's failure", async () => {
      await start({ sub: SERVICES });
      const asked = call("reboot", { delay: 5 });
      await feedWell(flow, "refuse", (await received("sub")).msg);
      assertRefused(await asked, /not now/);
    });

    it("go to the node that is for them, and nowhere where none is", async () => {
      await start({
        door: { ...SERVICES, identifiers: "open" },
        light: { ...SERVICES, identifiers: "blink", autoAnswer: true },
      });
      assert.equal((await call("blink", { times: 3 })).code, 0);
      assert.deepEqual((await received("light")).msg["payload"], { times: 3 });
      assertRefused(await call("sing"), /no handler for sing/);
      const asked = call("open");
      await feedWell(flow, "answer", { ...(await received("door")).msg, payload: {} });
      assert.equal((await asked).code, 0);
    });

    it("have inputs and outputs that the model knows, coerced where it says so", async () => {
      await start({ sub: SERVICES }, { connection: WITH_MODEL });
      const asked = call("reboot", { delay: "5" });
      const { msg, command } = await received("sub");
      assert.deepEqual(msg["payload"], { delay: 5 });
      const [change] = command["changed"] as Message[];
      assert.deepEqual([change?.["stream"], change?.["to"], change?.["rule"]], ["reboot", 5, "type"]);
      await feedBadly(flow, "answer", { ...msg, payload: { up: 1 } }, "ONENET_VALUE_INVALID");
      const sent = await feedWell(flow, "answer", { ...msg, payload: { uptime: "12" } });
      assert.equal(((sent["onenet"] as Message)["changed"] as Message[])[0]?.["to"], 12);
      assert.deepEqual((await asked).data, { uptime: 12 });
    });

    it("are refused, and told of, where an input does not fit", async () => {
      await start({ sub: SERVICES }, { connection: WITH_MODEL });
      assertRefused(await call("reboot", { delay: 61 }), /delay/);
      const { error, msg } = await waitForCaught(flow, "ONENET_VALUE_INVALID", { source: "sub" });
      assert.deepEqual([error.cause?.params["rule"], error.cause?.params["limit"]], ["max", "60"]);
      assert.equal((msg["command"] as Message)["identifier"], "reboot");
      await waitForLastStatus(flow, "sub", "status.");
      assertRefused(await call("rebot", {}), /rebot/);
    });

    it("without outputs are answered without, whatever the payload is; asynchronous ones have their own time", async () => {
      await start({ sub: { ...SERVICES, deadlineSeconds: "0.1" } }, { connection: WITH_MODEL });
      const done = sim.next("service");
      const asked = call("selfTest");
      const { msg, command } = await received("sub");
      assert.equal(Number(command["deadlineAt"]) - Number(command["receivedAt"]), 60_000);
      await feedWell(flow, "answer", { ...msg, payload: { still: "the input" } });
      assert.deepEqual([(await done).code, (await done).output], [200, {}]);
      assert.equal((await asked).code, 0);
      void call("reboot", { delay: 1 });
      assert.equal((await waitForCaught(flow, "ONENET_COMMAND_UNANSWERED")).error.source.id, "sub");
    });
  });

  describe("values that are set", () => {
    it("come to a Catch node as every flow can handle them, too", async () => {
      await start({ sub: { deadlineSeconds: "0.1" } });
      void set({ total: 9_007_199_254_740_993n });
      assert.deepEqual((await received("sub")).msg["payload"], { total: "9007199254740993" });
      const { msg } = await waitForCaught(flow, "ONENET_COMMAND_UNANSWERED", { source: "sub" });
      assert.match(JSON.stringify(msg), /"total":"9007199254740993"/);
    });

    it("are held against the model: coerced and told, or refused with the reason", async () => {
      await start({ sub: {} }, { connection: WITH_MODEL });
      const asked = set({ power: 1, level: 40 });
      const { msg, command } = await received("sub");
      assert.deepEqual(msg["payload"], { power: true, level: 40 });
      const changed = command["changed"] as Message[];
      assert.deepEqual(
        changed.map(({ stream, to }) => [stream, to]),
        [["power", true]],
      );
      await feedWell(flow, "answer", msg);
      assert.equal((await asked).code, 0);
      assertRefused(await set({ level: 101 }), /level/);
      assertRefused(await set({ temperature: 20 }), /temperature/);
      assertRefused(await set({ powr: true }), /power/);
      const rules: unknown[] = [];
      for (const event of flow.events.filter(
        ({ event: name, node }) => name === "send" && node === "catcher",
      )) {
        const error = (event as { msg: Message }).msg["error"] as { cause: { params: Message } };
        rules.push(error.cause.params["rule"]);
      }
      assert.deepEqual(rules, ["max", "read-only", "unknown"]);
    });

    it("may be of the platform's own, which need not stand in the model", async () => {
      await start({ sub: { autoAnswer: true, receiveServices: true } }, { connection: WITH_MODEL });
      assert.equal((await set({ $OneNET_LBS: { lon: 1 } })).code, 0);
      assert.equal((await call("$SyncGetFile", { fid: "1" })).code, 0);
      assert.deepEqual((await received("sub", 1)).msg["payload"], { fid: "1" });
    });

    it("are refused where strict, and pass where the check is off", async () => {
      await start({ sub: { autoAnswer: true } }, { connection: { ...WITH_MODEL, modelCheck: "strict" } });
      assertRefused(await set({ power: 1 }), /power/);
      await flow.unload();
      await sim.stop();
      await start({ sub: { autoAnswer: true } }, { connection: { ...WITH_MODEL, modelCheck: "off" } });
      assert.equal((await set({ power: 1, temperature: 1000 })).code, 0);
      assert.deepEqual((await received("sub")).msg["payload"], { power: 1, temperature: 1000 });
    });
  });

  describe("values that are read", () => {
    it("fit the model, or are refused and may be answered again", async () => {
      await start({ sub: { receiveSets: false, receiveGets: true } }, { connection: WITH_MODEL });
      const asked = get("temperature", "power");
      const { msg } = await received("sub");
      await feedBadly(flow, "answer", { ...msg, payload: { temperature: 900 } }, "ONENET_VALUE_INVALID");
      const sent = await feedWell(flow, "answer", { ...msg, payload: { temperature: "21.5", power: "on" } });
      assert.equal(((sent["onenet"] as Message)["changed"] as Message[]).length, 2);
      assert.deepEqual((await asked).data, { temperature: 21.5, power: true });
    });

    it("are the last that OneNET accepted, where the node answers", async () => {
      await start({ sub: { receiveSets: false, receiveGets: true, getAnswer: "last" } });
      assertRefused(await get("temperature"), /no value/);
      await feedWell(flow, "pub", { payload: { temperature: 20, level: 3 } });
      await feedWell(flow, "pub", { payload: { temperature: 21 } });
      assert.deepEqual((await get("temperature", "level", "power")).data, { temperature: 21, level: 3 });
      const { msg } = await received("sub", 1);
      assert.deepEqual(msg["payload"], ["temperature", "level", "power"], "the message comes all the same");
      await feedBadly(flow, "answer", { ...msg, payload: {} }, "ONENET_COMMAND_ANSWERED");
    });
  });

  describe("with an output for each identifier", () => {
    const wires = [[SINK], [SINK], [SINK], [SINK]];

    it("part a set, and are answered when each part is", async () => {
      await start({ sub: { outputMode: "each", identifiers: "power, level", wires } });
      const asked = set({ level: 3, power: true });
      const first = await received("sub");
      const second = await received("sub", 1);
      assert.deepEqual([first.port, first.msg["payload"]], [0, true]);
      assert.deepEqual([second.port, second.msg["payload"]], [1, 3]);
      assert.deepEqual(second.command["identifiers"], ["level"]);
      const answered = feedWell(flow, "answer", first.msg);
      await feedWell(flow, "answer", second.msg);
      await answered;
      assert.equal((await asked).code, 0);
    });

    it("hand nothing out when a part does not fit the model", async () => {
      const fields = { outputMode: "each", identifiers: "power, level", wires };
      await start({ sub: fields }, { connection: WITH_MODEL });
      assertRefused(await set({ power: true, level: 101 }), /level/);
      await waitForCaught(flow, "ONENET_VALUE_INVALID", { source: "sub" });
      const asked = set({ level: 100 });
      const { msg, port } = await received("sub");
      assert.deepEqual([port, msg["payload"]], [1, 100], "the first that left");
      await feedWell(flow, "answer", msg);
      assert.equal((await asked).code, 0);
    });

    it("may answer by itself; services and other kinds have their outputs", async () => {
      const fields = {
        outputMode: "each",
        identifiers: "power reboot",
        receiveServices: true,
        receiveOta: true,
        receiveTopology: true,
        autoAnswer: true,
        wires,
      };
      await start({ sub: fields });
      assert.equal((await set({ power: true })).code, 0);
      assert.equal((await call("reboot", { delay: 1 })).code, 0);
      assert.equal((await cloud().informOta({ ...device, params: { version: "2" } })).code, 0);
      assert.equal((await cloud().changeTopology({ ...device, subDevices: [] })).code, 0);
      const got = await Promise.all([0, 1, 2, 3].map((index) => received("sub", index)));
      assert.deepEqual(
        got.map(({ port, msg }) => [port, msg["payload"]]),
        [
          [0, true],
          [1, { delay: 1 }],
          [3, { version: "2" }],
          [2, []],
        ],
      );
      assertRefused(await set({ level: 1 }), /no handler for level/);
    });
  });

  describe("notices", () => {
    it("are answered at once, and the message comes", async () => {
      await start({ sub: { receiveOta: true, receiveTopology: true } });
      assert.equal((await cloud().informOta({ ...device, params: { target: "1.1" } })).code, 0);
      const notice = await received("sub");
      assert.deepEqual(notice.msg["payload"], { target: "1.1" });
      assert.equal(notice.command["kind"], "ota");
      const subDevices = [{ productId: device.productId, deviceName: "sub" }];
      assert.equal((await cloud().changeTopology({ ...device, subDevices })).code, 0);
      const change = await received("sub", 1);
      assert.deepEqual(change.msg["payload"], subDevices);
      assert.equal(change.command["kind"], "topo-change");
    });

    it("are answered by the flow where that is asked for, within OneNET's time", async () => {
      await start({ sub: { receiveOta: true, receiveTopology: true, answerNotices: false } });
      const asked = cloud().informOta({ ...device, params: {} });
      const { msg, command } = await received("sub");
      assert.equal(Number(command["deadlineAt"]) - Number(command["receivedAt"]), 18_000);
      await feedWell(flow, "refuse", msg);
      assertRefused(await asked, /not now/);
      const changing = cloud().changeTopology({ ...device, subDevices: [] });
      await feedWell(flow, "refuse", (await received("sub", 1)).msg);
      assertRefused(await changing, /not now/);
    });

    it("reach a device of a data-stream product, too", async () => {
      await start({ sub: { receiveOta: true } }, { kind: "data-stream" });
      assert.equal((await cloud().informOta({ ...device, params: [1] })).code, 0);
      assert.deepEqual((await received("sub")).msg["payload"], [1]);
    });
  });

  describe("of sub-devices", () => {
    const asked = () => ({ ...device, deviceName: "sub" });

    /** A gateway whose sub-device `sub` is known; the node takes the commands of this sub-device node. */
    async function startGateway(deviceName: string): Promise<void> {
      await start(
        { sub: { subdevice: "child", receiveGets: true, receiveServices: true, receiveOta: true } },
        {
          subdevice: deviceName,
        },
      );
      const subDevices = [asked()];
      await cloud().changeTopology({ ...device, subDevices });
    }

    for (const [deviceName, whom] of [
      ["sub", "the one chosen"],
      ["", "any of the product chosen"],
    ] as const) {
      it(`reach ${whom}, and say which`, async () => {
        await startGateway(deviceName);
        const setting = cloud().setProperty({ ...asked(), params: { power: true } });
        const first = await received("sub");
        assert.deepEqual([first.msg["payload"], first.command["device"]], [{ power: true }, asked()]);
        await feedWell(flow, "answer", first.msg);
        assert.equal((await setting).code, 0);
        const getting = cloud().getProperty({ ...asked(), identifiers: ["power"] });
        await feedWell(flow, "answer", { ...(await received("sub", 1)).msg, payload: { power: true } });
        assert.deepEqual((await getting).data, { power: true });
        const calling = cloud().callService({ ...asked(), identifier: "reboot" });
        const service = await received("sub", 2);
        assert.equal(service.command["identifier"], "reboot");
        await feedWell(flow, "answer", { ...service.msg, payload: { uptime: 1 } });
        assert.deepEqual((await calling).data, { uptime: 1 });
      });
    }

    it("are not the gateway's own, nor another's", async () => {
      await startGateway("other");
      assertRefused(await set({ power: true }), /no handler/);
      assertRefused(await cloud().setProperty({ ...asked(), params: { power: true } }), /no handler/);
    });
  });

  describe("raw data of a script product", () => {
    const replyOf = (data: unknown) => Buffer.from((data as { reply: string }).reply, "base64");

    for (const kind of ["thing-model", "data-stream"] as const) {
      it(`comes as bytes and is answered with bytes (${kind})`, async () => {
        await start({ sub: { receiveCustom: true } }, { kind });
        const asked = cloud().sendCustom({ ...device, body: Buffer.from([0x7b, 0, 0xff]) });
        const { msg, command } = await received("sub");
        assert.deepEqual(msg["payload"], Buffer.from([0x7b, 0, 0xff]));
        assert.equal(command["kind"], "custom");
        await feedWell(flow, "answer", { ...msg, payload: Buffer.from([1, 2]) });
        const { data } = await asked;
        assert.deepEqual(replyOf(data), Buffer.from([1, 2]));
        const again = cloud().sendCustom({ ...device, body: "again" });
        await feedWell(flow, "refuse", (await received("sub", 1)).msg);
        const { code, msg: why } = JSON.parse(replyOf((await again).data).toString());
        assert.deepEqual([code, why], [7, "not now"]);
      });

      it(`goes up through mqtt out (${kind})`, async () => {
        await start({ sub: { receiveCustom: true } }, { kind });
        const told = sim.next("reply", ({ topic }) => topic.endsWith("/custome/up_reply"));
        const topic = `$sys/${device.productId}/${device.deviceName}/custome/up`;
        await feedWell(flow, "raw", { topic, payload: Buffer.from('{"id":"77"}') });
        assert.equal((await told).messageId, "77", "the bytes as they were");
      });
    }
  });
});
