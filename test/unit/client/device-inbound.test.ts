import assert from "node:assert/strict";
import type { PostOptions } from "../../../lib/client/device";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { commandHandler as handler } from "../../support/command-handler";
import {
  deviceProfile,
  type RawServer,
  startRawServer,
  type TestConnection,
  takeLogin,
  testConnection,
} from "../../support/connections";
import { PUBLISH, publishFrame } from "../../support/raw-mqtt";
import { STREAM, THING } from "../../support/simulated";

const ALL_KINDS = ["property-set", "property-get", "service", "topo-change", "ota", "custom"] as const;
const ACCEPTED: PostOptions = { qos: 1, completeWhen: "accepted" };
const point = (stream: string): Datapoint => ({ stream, value: 1 });

describe("Device at a platform that sends what it likes", () => {
  let server: RawServer;
  let test: TestConnection;

  beforeEach(async () => {
    server = await startRawServer((client) => takeLogin(client));
  });
  afterEach(async () => {
    await test.connection.close();
    await server.close();
  });

  /** A device that is online, and its platform's end of the link. */
  async function open(product: SimulatedProduct) {
    test = testConnection(deviceProfile(product, "lamp", server.port), { nextMessageId: () => 7 });
    await test.online();
    const client = await server.accepted.waitFor(() => true);
    const say = (suffix: string, payload: string) =>
      client.send(publishFrame(`$sys/${product.productId}/lamp/${suffix}`, payload));
    return { client, say };
  }

  const unreadable: readonly (readonly [suffix: string, payload: string, answered: boolean])[] = [
    ["thing/property/set", '{"id":"5","params":[1]}', true],
    ["thing/property/get", '{"id":"5","params":{"a":1}}', true],
    ["thing/property/set", '{"params":{}}', false],
    ["thing/property/set", "{", false],
    ["thing/property/get", "", false],
    ["thing/service/reboot/invoke", '{"id":"5","params":[1]}', true],
    ["thing/sub/property/set", '{"id":"5","params":{"productID":"P2","deviceName":"s","params":1}}', true],
    ["thing/sub/property/get", '{"id":"5","params":{"params":["a"]}}', true],
    ["thing/sub/service/invoke", '{"id":"5","params":{"productID":"P2","deviceName":"s"}}', true],
    ["thing/sub/topo/change", '{"id":"5","params":{}}', true],
    ["thing/sub/topo/change", '{"params":{}}', false],
  ];
  for (const [suffix, payload, answered] of unreadable) {
    it(`reports ${suffix} ${payload}${answered ? ", and answers that it failed" : ""}`, async () => {
      const { client, say } = await open(THING);
      say(suffix, payload);
      assert.equal((await test.failures.waitFor(() => true)).key, "ONENET_COMMAND_INVALID");
      if (!answered) return;
      const { body } = await client.frames.waitFor(({ type }) => type === PUBLISH);
      assert.match(body.toString(), new RegExp(`${suffix}_reply.*"id":"5","code":100`, "s"));
      assert.equal(test.failures.length, 1);
    });
  }

  const strays: readonly (readonly [product: SimulatedProduct, suffix: string, payload: string])[] = [
    [STREAM, "dp/post/json/accepted", '{"id":8}'],
    [STREAM, "dp/post/json/accepted", "{"],
    [STREAM, "dp/post/json/rejected", '{"id":-1,"err_code":98,"err_msg":"illegal data"}'],
    [STREAM, "cmd/response/unknown/accepted", ""],
    [STREAM, "cmd/response/unknown/rejected", '{"err_code":113}'],
    [THING, "thing/property/post/reply", '{"id":"8","code":200}'],
    [THING, "thing/property/post/reply", "no JSON"],
    [THING, "thing/event/post/reply", '{"id":"8","code":200}'],
    [THING, "thing/pack/post/reply", '{"id":"8","code":2306}'],
    [THING, "thing/property/desired/get/reply", '{"id":"7","code":200,"data":{}}'],
    [THING, "thing/sub/topo/get/reply", '{"id":"7"}'],
    [THING, "thing/nonsense", "{}"],
    [THING, "other", ""],
  ];
  for (const [product, suffix, payload] of strays) {
    it(`is not moved by ${suffix} ${payload}`, async () => {
      const { client, say } = await open(product);
      const own = test.connection.device?.post([point("a")], ACCEPTED);
      await client.frames.waitFor(({ type }) => type === PUBLISH);
      say(suffix, payload);
      if (product.kind === "data-stream") say("dp/post/json/accepted", '{"id":7}');
      else say("thing/property/post/reply", '{"id":"7","code":200}');
      assert.equal((await own)?.receipt?.state, "accepted");
      assert.deepEqual(test.failures.all, []);
    });
  }

  for (const word of ["event", "pack", "history"]) {
    it(`takes a ${word}/post/reply for the post of its id`, async () => {
      const { client, say } = await open(THING);
      const own = test.connection.device?.post([point("a")], ACCEPTED);
      await client.frames.waitFor(({ type }) => type === PUBLISH);
      say(`thing/${word}/post/reply`, '{"id":"7","code":200,"msg":"success"}');
      assert.equal((await own)?.receipt?.state, "accepted");
    });
  }

  const sub = '"productID":"P2","deviceName":"sub1"';
  const device = { productId: "P2", deviceName: "sub1" };
  const asked: readonly (readonly [suffix: string, params: string, got: object, reply: string])[] = [
    [
      "thing/service/reboot/invoke",
      '{"delay":1}',
      { kind: "service", identifier: "reboot", identifiers: ["reboot"], values: { delay: 1 } },
      "thing/service/reboot/invoke_reply",
    ],
    [
      "thing/sub/property/set",
      `{${sub},"params":{"a":{"value":1},"b":2}}`,
      { kind: "property-set", device, identifiers: ["a", "b"], values: { a: 1, b: 2 } },
      "thing/sub/property/set_reply",
    ],
    [
      "thing/sub/property/get",
      `{${sub},"params":["a"]}`,
      { kind: "property-get", device, identifiers: ["a"], values: {} },
      "thing/sub/property/get_reply",
    ],
    [
      "thing/sub/service/invoke",
      `{${sub},"identifier":"reboot","input":{"delay":1}}`,
      { kind: "service", device, identifier: "reboot", identifiers: ["reboot"], values: { delay: 1 } },
      "thing/sub/service/invoke_reply",
    ],
    [
      "thing/sub/topo/change",
      `{"subList":[{${sub}}]}`,
      { kind: "topo-change", values: { subList: [{ productID: "P2", deviceName: "sub1" }] } },
      "thing/sub/topo/change_reply",
    ],
  ];
  for (const [suffix, params, got, reply] of asked) {
    it(`hands ${suffix} out, and answers it`, async () => {
      const { client, say } = await open(THING);
      const { own, commands } = handler({ kinds: new Set(ALL_KINDS), devices: "all" });
      test.connection.device?.commands.register(own);
      say(suffix, `{"id":"5","version":"1.0","params":${params}}`);
      const command = await commands.waitFor(() => true);
      assert.deepEqual({ ...command, ...got }, command);
      void test.connection.device?.commands.answer(command, { success: true, body: {} });
      const { body } = await client.frames.waitFor(({ type }) => type === PUBLISH);
      assert.match(
        body.toString(),
        new RegExp(`lamp/${reply}\\W.*{"id":"5","code":200,"msg":"success"`, "s"),
      );
    });
  }

  it("answers gets with what the platform has accepted last", async () => {
    const { client, say } = await open(THING);
    const { device } = test.connection;
    const own = handler({ kinds: new Set(["property-get"]), answersGets: "last-values" }).own;
    device?.commands.register(own);
    const posted = device?.post([point("a")], ACCEPTED);
    await client.frames.waitFor(({ type }) => type === PUBLISH);
    say("thing/property/get", '{"id":"4","params":["a"]}');
    await client.frames.waitFor(({ body }) => body.includes("no value has been accepted yet"));
    say("thing/property/post/reply", '{"id":"7","code":200}');
    await posted;
    say("thing/property/get", '{"id":"5","params":["a","b"]}');
    await client.frames.waitFor(({ body }) =>
      body.includes('{"id":"5","code":200,"msg":"success","data":{"a":1}}'),
    );
  });

  it("tells who answered a command that the platform knows it not", async () => {
    const { client, say } = await open(STREAM);
    const { own, commands } = handler();
    test.connection.device?.commands.register(own);
    say("cmd/request/77", "on");
    const command = await commands.waitFor(() => true);
    const answer = test.connection.device?.commands.answer(command, { success: true });
    await client.frames.waitFor(({ type }) => type === PUBLISH);
    say("cmd/response/77/rejected", '{"err_code":113,"err_msg":"cmdid not found"}');
    await assert.rejects(Promise.resolve(answer), {
      key: "ONENET_ANSWER_REJECTED",
      params: { id: "77", platformCode: 113, platformMessage: "cmdid not found" },
    });
  });

  it("takes the id of a rejection for the message's own", async () => {
    const { client, say } = await open(STREAM);
    const own = test.connection.device?.post([point("a")], ACCEPTED);
    await client.frames.waitFor(({ type }) => type === PUBLISH);
    say("dp/post/json/rejected", '{"id":7,"err_code":98,"err_msg":"illegal data"}');
    assert.equal((await own)?.failed[0]?.error.params["platformCode"], 98);
  });
});
