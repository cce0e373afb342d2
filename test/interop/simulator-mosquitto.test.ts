import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type TopicKind, topicOf, topics } from "../../lib/protocol/topic";
import type { SimulatedProduct } from "../../lib/simulator/options";
import { needs } from "../support/needs";
import { runProgram } from "../support/process";
import { deviceToken, STREAM, startTestSimulator, type TestSimulator, THING } from "../support/simulated";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const FAN = { productId: THING.productId, deviceName: "fan" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };
const POST = '{"id":"77","version":"1.0","params":{"temp":{"value":23.5}}}';

describe("mosquitto's clients and the simulator", () => {
  let test: TestSimulator;
  before(async function () {
    needs(this, "mosquitto-clients");
    test = await startTestSimulator({ tlsPort: 0, rules: { propertyTimeoutMs: 20_000 } });
  });
  after(() => test?.stop());

  /** A device's login with everything spelt out. */
  function login(
    product: SimulatedProduct,
    token = deviceToken(product, "lamp"),
    port = test.simulator.port,
  ): string[] {
    return [
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "-V",
      "mqttv311",
      "-i",
      "lamp",
      "-u",
      product.productId,
      "-P",
      token,
    ];
  }

  for (const qos of ["0", "1"]) {
    it(`mosquitto_pub logs in with a token and posts at QoS ${qos}`, async () => {
      const told = test.next("publish");
      const { code, output } = await runProgram("mosquitto_pub", [
        ...login(THING),
        "-q",
        qos,
        "-t",
        topics.propertyPost(LAMP),
        "-m",
        POST,
      ]);
      assert.deepEqual([code, output], [0, ""]);
      const { values, qos: seen } = await told;
      assert.deepEqual([values, seen], [{ temp: 23.5 }, Number(qos)]);
    });
  }

  it("mosquitto_rr posts and receives the platform's reply", async () => {
    const request = [
      "-q",
      "1",
      "-t",
      topics.propertyPost(LAMP),
      "-e",
      topics.propertyPostReply(LAMP),
      "-m",
      POST,
    ];
    const { code, output } = await runProgram("mosquitto_rr", [...login(THING), ...request]);
    assert.deepEqual([code, output], [0, '{"id":"77","code":200,"msg":"success"}']);
  });

  it("mosquitto_rr speaks all that a thing-model device asks", async () => {
    await test.simulator.cloud.changeTopology({ ...LAMP, subDevices: [FAN] });
    await test.simulator.cloud.setDesired({ ...LAMP, params: { on: true } });
    const fan = { productID: FAN.productId, deviceName: FAN.deviceName };
    const sample = { value: 1, time: 1_893_456_000_000 };
    const asked: readonly (readonly [TopicKind, unknown, unknown?])[] = [
      ["event-post", { alarm: { value: { level: 2 } } }],
      ["pack-post", [{ properties: { t: sample } }, { identity: fan, properties: { t: sample } }]],
      ["history-post", [{ identity: fan, properties: { t: [sample, sample] } }]],
      ["desired-get", ["on"], { on: { value: true, version: 1 } }],
      ["desired-delete", { on: { version: 1 } }],
      ["sub-login", fan],
      ["topo-get", undefined, [fan]],
      ["sub-logout", fan],
      ["topo-delete", fan],
      ["topo-add", { ...fan, sasToken: deviceToken(THING, "fan", { method: "sha1" }) }],
      ["cmp-post", { network: 0, sn: "1" }],
    ];
    for (const [kind, params, data] of asked) {
      const topic = topicOf(LAMP, kind, {} as never);
      const body = JSON.stringify({ id: "7", version: "1.0", params });
      const { output } = await runProgram("mosquitto_rr", [
        ...login(THING),
        ...["-t", topic, "-e", `${topic}/reply`, "-m", body],
      ]);
      assert.deepEqual(
        JSON.parse(output),
        { id: "7", code: 200, msg: "success", ...(data ? { data } : {}) },
        kind,
      );
    }
  });

  it("mosquitto_rr posts datapoints and receives accepted or rejected", async () => {
    const ask = (body: string, topic: string) =>
      runProgram("mosquitto_rr", [
        ...login(STREAM),
        "-t",
        topics.datapointPost(STREAM_LAMP),
        "-e",
        topic,
        "-m",
        body,
      ]);
    const accepted = await ask('{"id":5,"dp":{"t":[{"v":1}]}}', topics.datapointAccepted(STREAM_LAMP));
    assert.equal(accepted.output, '{"id":5}');
    const rejected = await ask('{"id":6,"dp":{"t":[{"v":1,}]}}', topics.datapointRejected(STREAM_LAMP));
    assert.equal(rejected.output, '{"id":-1,"err_code":98,"err_msg":"illegal data"}');
  });

  it("mosquitto_sub hears a property set, mosquitto_pub answers it", async () => {
    const subscribed = test.next("subscribed");
    const heard = runProgram("mosquitto_sub", [
      ...login(THING),
      "-q",
      "1",
      "-t",
      topics.thingFilter(LAMP),
      "-C",
      "1",
      "-F",
      "%q %t %p",
    ]);
    await subscribed;
    const answer = test.simulator.cloud.setProperty({ ...LAMP, params: { on: true, level: 3 } });
    const { code, output } = await heard;
    const [, qos, topic, payload = ""] = /^(\d) (\S+) (.*)$/.exec(output) ?? [];
    assert.deepEqual([code, qos, topic], [0, "0", topics.propertySet(LAMP)]);
    const { id, params } = JSON.parse(payload) as { id: string; params: object };
    assert.deepEqual(params, { on: true, level: 3 });
    await runProgram("mosquitto_pub", [
      ...login(THING),
      "-t",
      topics.propertySetReply(LAMP),
      "-m",
      JSON.stringify({ id, code: 200 }),
    ]);
    const { code: cloudCode, data } = await answer;
    assert.deepEqual([cloudCode, data], [0, { id, code: 200, msg: "success" }]);
  });

  it("mosquitto_sub is refused the other kind's filter, and told so", async () => {
    const { output } = await runProgram("mosquitto_sub", [
      ...login(THING),
      "-t",
      topics.commandFilter(LAMP),
      "-W",
      "10",
    ]);
    assert.match(output, /All subscription requests were denied/);
  });

  it("mosquitto_pub is refused with a wrong token", async () => {
    const token = deviceToken(THING, "fan");
    const { code, output } = await runProgram("mosquitto_pub", [
      ...login(THING, token),
      "-t",
      topics.propertyPost(LAMP),
      "-m",
      POST,
    ]);
    assert.notEqual(code, 0);
    assert.match(output, /bad user ?name or password/i);
  });

  it("mosquitto_pub with a foreign topic, a will or retain is cut off", async () => {
    const post = ["-t", topics.propertyPost(LAMP), "-m", POST, "-q", "1"];
    for (const [reason, args] of [
      ["topic-refused", ["-t", "home/lamp", "-m", "1", "-q", "1"]],
      ["will", ["--will-topic", topics.propertyPost(LAMP), "--will-payload", POST, ...post]],
      ["retain", ["-r", ...post]],
    ] as const) {
      const closed = test.next("closed");
      // It would log in again for ever.
      const device = runProgram("timeout", ["5", "mosquitto_pub", ...login(THING), ...args]);
      assert.equal((await closed).reason, reason);
      assert.notEqual((await device).code, 0);
    }
  });

  it("mosquitto_pub posts over TLS, trusting the simulator's root", async () => {
    const folder = makeTempFolder("simulator-root");
    try {
      const root = path.join(folder, "root.pem");
      writeFileSync(root, test.simulator.rootCertificatePem ?? "");
      const told = test.next("publish");
      const args = login(THING, deviceToken(THING, "lamp"), test.simulator.tlsPort);
      const { code } = await runProgram("mosquitto_pub", [
        ...args,
        "--cafile",
        root,
        "-t",
        topics.propertyPost(LAMP),
        "-m",
        POST,
      ]);
      assert.equal(code, 0);
      assert.deepEqual((await told).values, { temp: 23.5 });
    } finally {
      removeTempFolder(folder);
    }
  });
});
