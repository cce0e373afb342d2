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
    [THING, "thing/event/post/reply", '{"id":"7","code":200}'],
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
