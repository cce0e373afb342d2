import assert from "node:assert/strict";
import { topics } from "../../lib/protocol/topic";
import {
  type CaughtError,
  feedBadly,
  feedWell,
  give,
  outcomeOf,
  statusesOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import {
  brokerConnection,
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { type Mosquitto, startMosquitto } from "../support/mosquitto";
import { needs } from "../support/needs";
import { runProgram } from "../support/process";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { subscribe } from "../support/subscriber";
import { servesMqttThen, startTcpServer, type TcpServer } from "../support/tcp-server";

const THINGS = makeProduct("thing-model", "lamp", "fan");

describe("troubles of a link", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow | undefined;

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS] });
  });

  afterEach(async () => {
    sim.simulator.faults.clear();
    await flow?.unload();
    flow = undefined;
  });

  after(() => sim.stop());

  it("names another login that throws this one out, again and again", async function () {
    this.timeout(30_000);
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", sim.simulator, THINGS, "lamp", { platform: "private" }),
        datapointPublish("pub", "c", { stream: "s" }),
      ),
    );
    for (const payload of [1, 2]) {
      await feedWell(flow, "pub", { payload });
      sim.simulator.faults.evict();
    }
    const { error } = await waitForCaught(flow, "ONENET_KICKED", { source: "c" });
    assert.match(error.message, /another login/);
    await waitForLastStatus(flow, "pub", "status.kicked");
    const waiting = await give(flow, "pub", { payload: 3 });
    assert.equal((await outcomeOf(flow, "pub", waiting, 20_000)).error, undefined);
    await waitForLastStatus(flow, "pub", "connected");
  });

  it("refuses two connections of one device that contradict each other, and says in what", async () => {
    flow = await loadFlow(
      flowOf(
        deviceConnection("one", sim.simulator, THINGS, "fan"),
        deviceConnection("two", sim.simulator, THINGS, "fan", { keepAliveSeconds: "30", signMethod: "md5" }),
        datapointPublish("first", "one", { stream: "s" }),
        datapointPublish("second", "two", { stream: "s" }),
      ),
    );
    const { error } = await waitForCaught(flow, "ONENET_PROFILE_CONFLICT", { source: "two" });
    assert.match(String(error.cause?.params["differences"]), /keepAliveSeconds/);
    await waitForLastStatus(flow, "second", "status.conflict");
    await feedBadly(flow, "second", { payload: 1 }, "ONENET_PROFILE_CONFLICT");
    await feedWell(flow, "first", { payload: 1 });
    assert.equal(
      sim.events.filter((event) => event.event === "login" && event.deviceName === "fan").length,
      1,
    );
  });

  it("does not share a link without TLS with a connection that wants it", async () => {
    const { port } = sim.simulator;
    flow = await loadFlow(
      flowOf(
        deviceConnection("plain", { port }, THINGS, "fan"),
        deviceConnection("secret", { port }, THINGS, "fan", { transport: "mqtts", tlsTrust: "system-ca" }),
        datapointPublish("first", "plain", { stream: "s" }),
        datapointPublish("second", "secret", { stream: "s" }),
      ),
    );
    await waitForCaught(flow, "ONENET_PROFILE_CONFLICT", { source: "secret" });
    await feedBadly(flow, "second", { payload: 1 }, "ONENET_PROFILE_CONFLICT");
  });

  it("says that a server wants the other protocol version", async () => {
    flow = await loadFlow(
      flowOf(
        brokerConnection("c", sim.simulator, { protocolVersion: "5" }),
        mqttOut("out", "c", { topic: "t" }),
      ),
    );
    const { error } = await waitForCaught(flow, "ONENET_PROTOCOL_VERSION", { source: "c" });
    assert.match(error.message, /does not speak MQTT 5/);
    await waitForLastStatus(flow, "out", "status.protocol-version");
  });

  describe("garbage", () => {
    const BYTES: Readonly<Record<string, Buffer>> = {
      "type 0": Buffer.alloc(8),
      "an endless length": Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff),
      "a PUBLISH whose topic is longer than it": Buffer.of(0x30, 4, 0xff, 0xff, 0x61, 0x62),
      "a PUBLISH of QoS 3": Buffer.of(0x36, 5, 0, 1, 0x61, 0, 1),
      "a PUBLISH with wildcards": Buffer.of(0x30, 4, 0, 1, 0x23, 0x78),
      "a PUBLISH without a topic": Buffer.of(0x30, 3, 0, 0, 0x78),
      "a PUBLISH whose topic is no UTF-8": Buffer.of(0x30, 4, 0, 2, 0xff, 0xfe),
      "a PUBACK for nothing": Buffer.of(0x40, 2, 0x12, 0x34),
      "a PUBREC for nothing": Buffer.of(0x50, 2, 0x12, 0x34),
      "a SUBACK for nothing": Buffer.of(0x90, 3, 0x12, 0x34, 0),
      "a second CONNACK": Buffer.of(0x20, 2, 0, 5),
      "a CONNECT": Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61]),
      "a truncated packet": Buffer.of(0x30, 100, 0, 1),
      "random bytes": Buffer.from("c3f1a0b2998877665544332211ffeeddccbbaa", "hex"),
    };

    it("from a server takes no connection down but its own, and nothing else", async () => {
      const servers: TcpServer[] = [];
      for (const bytes of Object.values(BYTES)) servers.push(await startTcpServer(servesMqttThen(bytes)));
      const connections = servers.map(({ port }, i) =>
        brokerConnection(
          `c${i}`,
          { port },
          { platform: "private", productKind: "thing-model", ...identity(i) },
        ),
      );
      flow = await loadFlow(
        flowOf(
          ...connections,
          ...connections.map((_, i) =>
            datapointPublish(`pub${i}`, `c${i}`, { stream: "s", qos: "0", completeWhen: "sent" }),
          ),
          deviceConnection("good", sim.simulator, THINGS, "lamp"),
          datapointPublish("pub", "good", { stream: "s" }),
        ),
      );
      const running = flow;
      await Promise.all(
        connections.map((_, i) =>
          running.events.waitFor(
            (event) => event.event === "status" && event.node === `pub${i}` && isTold(event.status),
            { what: `status of ${Object.keys(BYTES)[i]}` },
          ),
        ),
      );
      await feedWell(flow, "pub", { payload: 1 });
      for (const [i, name] of Object.keys(BYTES).entries()) {
        const last = statusesOf(flow, `pub${i}`).at(-1);
        assert.ok(last && isTold(last), `${name}: ${JSON.stringify(last)}`);
      }
      for (const server of servers) await server.close();
    });

    /** Either it came through unharmed, or it says what is wrong; never a silent "connecting". */
    const isTold = ({ fill = "", text = "" }: { fill?: string; text?: string }) =>
      fill === "green" || (fill === "red" && text !== "");

    const identity = (i: number) => ({
      productId: THINGS.productId,
      deviceName: `d${i}`,
      credentials: { key: THINGS.devices[0]?.deviceKey ?? "" },
    });
  });

  describe("on a platform that sends what cannot be read", () => {
    let broker: Mosquitto;
    const device = { productId: THINGS.productId, deviceName: "lamp" };

    before(async function () {
      needs(this, "mosquitto", "mosquitto-clients");
      broker = await startMosquitto();
    });

    after(() => broker?.stop());

    async function publish(topic: string, payload: string): Promise<void> {
      const args = ["-h", broker.host, "-p", String(broker.port), "-t", topic, "-q", "1"].concat(
        payload === "" ? "-n" : "-s",
      );
      const { code, output } = await runProgram("mosquitto_pub", args, { input: payload });
      assert.equal(code, 0, output);
    }

    const UNREADABLE = [
      "",
      "no json",
      "null",
      "[]",
      "5",
      '{"id":"1"}',
      '{"id":"2","params":5}',
      '{"id":{},"params":{"a":1}}',
      `{"params":${"[".repeat(20_000)}`,
    ];

    it("reports it and goes on", async () => {
      flow = await loadFlow(
        flowOf(
          deviceConnection("c", broker, THINGS, "lamp", { platform: "private" }),
          commandSubscribe("sub", "c", { receiveGets: true, wires: [["answer"]] }),
          commandResponse("answer"),
        ),
      );
      await waitForLastStatus(flow, "sub", "connected");
      const replies = await subscribe(broker, `${topics.propertySet(device)}_reply`, "%p");
      for (const payload of UNREADABLE) {
        await publish(topics.propertySet(device), payload);
        await publish(topics.propertyGet(device), payload);
        await publish(topics.propertyPostReply(device), payload);
      }
      await publish(topics.propertyPostReply(device), '{"id":"99","code":"high","msg":[]}');
      await publish(topics.propertySet(device), '{"id":"7","version":"1.0","params":{"on":true}}');
      await replies.line('{"id":"7"');
      await replies.stop();
      const reported = flow.events.filter(
        (event) =>
          event.event === "send" &&
          event.node === "catcher" &&
          (event.msg["error"] as CaughtError).code === "ONENET_COMMAND_INVALID",
      );
      assert.equal(reported.length, 2 * UNREADABLE.length, "each set and each get that could not be read");
    });
  });
});
