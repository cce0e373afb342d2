import assert from "node:assert/strict";
import { topics } from "../../../lib/protocol/topic";
import type { CloudEnvelope } from "../../../lib/simulator/cloud-envelope";
import { PUBLISH, publishFrame, type RawMqtt, readPublish } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const FAN = { productId: THING.productId, deviceName: "fan" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };

function summary({ code, msg, data }: CloudEnvelope): unknown[] {
  return [code, msg, data];
}

describe("simulator cloud application", () => {
  let test: TestSimulator;
  const start = async (rules = {}) => {
    test = await startTestSimulator({ rules });
  };
  afterEach(() => test.stop());

  /** A lamp that answers each request of the platform with what `answer` makes of it. */
  async function lampThat(
    answer: (request: { id: string; params: unknown }) => object | undefined,
  ): Promise<RawMqtt> {
    const client = await test.login(THING, "lamp");
    await client.subscribe([topics.thingFilter(LAMP), 0]);
    client.socket.on("data", () => undefined);
    void (async () => {
      for (let count = 1; ; count += 1) {
        const downs = await client.frames.waitForCount(count, ({ type }) => type === PUBLISH).catch(() => []);
        const down = downs[count - 1];
        if (!down) return;
        const { topic, payload } = readPublish(down);
        const reply = answer(JSON.parse(payload) as { id: string; params: unknown });
        if (reply) client.send(publishFrame(`${topic}_reply`, JSON.stringify(reply)));
      }
    })();
    return client;
  }

  describe("setProperty", () => {
    it("asks the device with bare values and brings its answer", async () => {
      await start();
      const asked = test.next.bind(test);
      const requested = asked("request");
      await lampThat(({ id, params }) => ({ id, code: 200, msg: JSON.stringify(params) }));
      const {
        code,
        msg,
        data,
        request_id: requestId,
      } = await test.simulator.cloud.setProperty({ ...LAMP, params: { on: true } });
      const { topic, messageId, payload } = await requested;
      assert.equal(topic, topics.propertySet(LAMP));
      assert.match(messageId, /^\d{1,13}$/);
      assert.equal(payload, `{"id":"${messageId}","version":"1.0","params":{"on":true}}`);
      assert.deepEqual([code, msg, data], [0, "succ", { id: messageId, code: 200, msg: '{"on":true}' }]);
      assert.match(requestId, /^[0-9a-f]{32}$/);
    });

    it("needs no msg in the answer", async () => {
      await start();
      await lampThat(({ id }) => ({ id, code: 200 }));
      const { data } = await test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
      assert.equal((data as { msg: string }).msg, "success");
    });

    for (const [name, answer, text] of [
      ["a failure with a text", { code: 100, msg: "stuck" }, "属性设置失败:stuck"],
      ["a failure without one", { code: 100 }, "属性设置失败:100"],
    ] as const) {
      it(`brings 10411 for ${name}`, async () => {
        await start();
        await lampThat(({ id }) => ({ id, ...answer }));
        const envelope = await test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
        assert.deepEqual(summary(envelope), [10411, text, null]);
      });
    }

    for (const [name, answer, log] of [
      ["silence", () => undefined, undefined],
      ["an id of the device's own", () => ({ id: "1", code: 200 }), 1028],
      ["an answer without an id", () => ({ code: 200 }), 1027],
      ["an answer without a code", ({ id }: { id: string }) => ({ id }), 1027],
    ] as const) {
      it(`times out on ${name}`, async () => {
        await start({ propertyTimeoutMs: 40 });
        await lampThat(answer);
        const refused = log && test.next("refused");
        const envelope = await test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
        assert.deepEqual(summary(envelope), [10411, "属性设置失败:设备响应超时", null]);
        if (refused) assert.deepEqual([(await refused).what, (await refused).code], ["answer", log]);
      });
    }

    it("logs 1023 for an answer after the time-out, 1028 for a second one", async () => {
      await start({ propertyTimeoutMs: 20 });
      const client = await lampThat(() => undefined);
      const requested = test.next("request");
      await test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
      const late = JSON.stringify({ id: (await requested).messageId, code: 200 });
      for (const code of [1023, 1028]) {
        const refused = test.next("refused");
        client.send(publishFrame(topics.propertySetReply(LAMP), late));
        assert.equal((await refused).code, code);
      }
    });

    it("keeps several at once apart, whatever the order of the answers", async () => {
      await start();
      const waiting: (() => void)[] = [];
      const client = await lampThat(({ id, params }) => {
        const { n } = params as { n: number };
        waiting.push(() =>
          client.send(
            publishFrame(topics.propertySetReply(LAMP), JSON.stringify({ id, code: 200, msg: `n${n}` })),
          ),
        );
        if (waiting.length === 3) for (const answer of waiting.reverse()) answer();
        return undefined;
      });
      const answers = await Promise.all(
        [1, 2, 3].map((n) => test.simulator.cloud.setProperty({ ...LAMP, params: { n } })),
      );
      assert.deepEqual(
        answers.map(({ data }) => (data as { msg: string }).msg),
        ["n1", "n2", "n3"],
      );
    });
  });

  describe("getProperty", () => {
    it("asks the device and brings its values", async () => {
      await start();
      const requested = test.next("request");
      await lampThat(({ id }) => ({ id, code: 200, msg: "success", data: { t: 39.5 } }));
      const envelope = await test.simulator.cloud.getProperty({ ...LAMP, identifiers: ["t"] });
      assert.deepEqual(summary(envelope), [0, "succ", { t: 39.5 }]);
      assert.equal(
        (await requested).payload,
        `{"id":"${(await requested).messageId}","version":"1.0","params":["t"]}`,
      );
    });

    it("brings 10411 for a failure and for silence, nothing for no data", async () => {
      await start({ propertyTimeoutMs: 40 });
      const answers = [{ code: 100, msg: "no" }, { code: 100 }, { code: 200 }, undefined];
      await lampThat(({ id }) => {
        const answer = answers.shift();
        return answer && { id, ...answer };
      });
      const ask = async () =>
        summary(await test.simulator.cloud.getProperty({ ...LAMP, identifiers: ["t"] }));
      assert.deepEqual(await ask(), [10411, "属性查询失败:no", null]);
      assert.deepEqual(await ask(), [10411, "属性查询失败:100", null]);
      assert.deepEqual(await ask(), [0, "succ", {}]);
      assert.deepEqual(await ask(), [10411, "属性查询失败:设备响应超时", null]);
    });
  });

  describe("sendCommand", () => {
    it("carries the bytes to the device and its answer back, accepted", async () => {
      await start();
      const client = await test.login(STREAM, "lamp");
      await client.subscribe([topics.commandFilter(STREAM_LAMP), 0]);
      const down = client.next(PUBLISH);
      const answer = test.simulator.cloud.sendCommand({
        ...STREAM_LAMP,
        body: "open 50%",
        timeoutSeconds: 5,
      });
      const { topic, payload } = readPublish(await down);
      assert.equal(payload, "open 50%");
      const commandId = topic.split("/").at(-1) ?? "";
      assert.equal(topic, topics.commandRequest(STREAM_LAMP, commandId));
      const accepted = client.next(PUBLISH);
      client.send(publishFrame(topics.commandResponse(STREAM_LAMP, commandId), Buffer.of(1, 2, 0xff)));
      assert.deepEqual(readPublish(await accepted), {
        topic: topics.commandResponseAccepted(STREAM_LAMP, commandId),
        payload: "",
      });
      assert.deepEqual(summary(await answer), [0, "succ", { cmd_uuid: commandId, cmd_resp: "AQL/" }]);
    });

    it("rejects a second answer (113), a late one (112), an unknown one (113), one too large (99)", async () => {
      await start();
      const client = await test.login(STREAM, "lamp");
      await client.subscribe([topics.commandFilter(STREAM_LAMP), 0]);
      const rejection = async (commandId: string, body: string) => {
        const got = readPublish(
          await client.ask(publishFrame(topics.commandResponse(STREAM_LAMP, commandId), body), PUBLISH),
        );
        return got.topic === topics.commandResponseRejected(STREAM_LAMP, commandId) ? got.payload : got.topic;
      };
      const command = async (timeoutSeconds?: number) => {
        const down = client.next(PUBLISH);
        const answer = test.simulator.cloud.sendCommand({
          ...STREAM_LAMP,
          body: "x",
          ...(timeoutSeconds ? { timeoutSeconds } : {}),
        });
        return {
          answer,
          id:
            readPublish(await down)
              .topic.split("/")
              .at(-1) ?? "",
        };
      };
      const first = await command();
      assert.equal(
        await rejection(first.id, "y".repeat(1025)),
        '{"err_code":99,"err_msg":"exceed max payload"}',
      );
      assert.equal(
        await rejection(first.id, "y".repeat(1024)),
        topics.commandResponseAccepted(STREAM_LAMP, first.id),
      );
      assert.equal((await first.answer).code, 0);
      assert.equal(await rejection(first.id, "y"), '{"err_code":113,"err_msg":"cmdid not found"}');
      const late = await command(0.02);
      assert.deepEqual(summary(await late.answer), [10500, "command timeout", null]);
      assert.equal(await rejection(late.id, "y"), '{"err_code":112,"err_msg":"command timeout"}');
      assert.equal(await rejection("nobody-asked", "y"), '{"err_code":113,"err_msg":"cmdid not found"}');
    });

    it("takes a body of 1 KB and no more", async () => {
      await start();
      const client = await test.login(STREAM, "lamp");
      await client.subscribe([topics.commandFilter(STREAM_LAMP), 0]);
      const send = (bytes: number) =>
        test.simulator.cloud.sendCommand({
          ...STREAM_LAMP,
          body: Buffer.alloc(bytes, 1),
          timeoutSeconds: 0.02,
        });
      assert.equal((await send(1024)).msg, "command timeout");
      assert.equal((await send(1025)).code, 10001);
    });

    it("forgets who was late after a thousand others", async () => {
      await start();
      const client = await test.login(STREAM, "lamp");
      await client.subscribe([topics.commandFilter(STREAM_LAMP), 0]);
      const send = () =>
        test.simulator.cloud.sendCommand({ ...STREAM_LAMP, body: "x", timeoutSeconds: 0.001 });
      const requested = test.next("request");
      await send();
      const { messageId } = await requested;
      await Promise.all(Array.from({ length: 1000 }, send));
      const refused = test.next("refused");
      client.send(publishFrame(topics.commandResponse(STREAM_LAMP, messageId), "y"));
      assert.equal((await refused).code, 113);
    });
  });

  describe("refuses with the platform's code", () => {
    const cases: readonly (readonly [
      string,
      (test: TestSimulator) => Promise<CloudEnvelope>,
      number,
      string,
    ])[] = [
      [
        "an unknown product",
        ({ simulator }) => simulator.cloud.device({ productId: "X", deviceName: "lamp" }),
        10408,
        "product not exist",
      ],
      [
        "an unknown device",
        ({ simulator }) => simulator.cloud.device({ ...LAMP, deviceName: "x" }),
        10410,
        "device not exist",
      ],
      [
        "a list of an unknown product",
        ({ simulator }) => simulator.cloud.devices({ productId: "X" }),
        10408,
        "product not exist",
      ],
      [
        "a set of a device that is offline",
        ({ simulator }) => simulator.cloud.setProperty({ ...FAN, params: { a: 1 } }),
        10421,
        "device not online",
      ],
      [
        "a get of one",
        ({ simulator }) => simulator.cloud.getProperty({ ...FAN, identifiers: ["a"] }),
        10421,
        "device not online",
      ],
      [
        "a command to one",
        ({ simulator }) => simulator.cloud.sendCommand({ ...FAN, body: "" }),
        10421,
        "device not online",
      ],
      [
        "a set on a data-stream product",
        ({ simulator }) => simulator.cloud.setProperty({ ...STREAM_LAMP, params: { a: 1 } }),
        10417,
        "product has no thing model",
      ],
      [
        "a get on one",
        ({ simulator }) => simulator.cloud.getProperty({ ...STREAM_LAMP, identifiers: ["a"] }),
        10417,
        "product has no thing model",
      ],
      [
        "properties of one",
        ({ simulator }) => simulator.cloud.currentProperties(STREAM_LAMP),
        10417,
        "product has no thing model",
      ],
      [
        "a set of a device that has not subscribed",
        ({ simulator }) => simulator.cloud.setProperty({ ...LAMP, params: { a: 1 } }),
        10500,
        "device not subscribed",
      ],
      [
        "a command on a thing-model product",
        ({ simulator }) => simulator.cloud.sendCommand({ ...LAMP, body: "x" }),
        10500,
        "device not subscribed",
      ],
      [
        "a set of nothing",
        ({ simulator }) => simulator.cloud.setProperty({ ...LAMP, params: {} }),
        10001,
        "parameter error: params must be an object",
      ],
      [
        "a set of a list",
        ({ simulator }) => simulator.cloud.setProperty({ ...LAMP, params: ["a"] }),
        10001,
        "parameter error: params must be an object",
      ],
      [
        "a get of nothing",
        ({ simulator }) => simulator.cloud.getProperty({ ...LAMP, identifiers: [] }),
        10001,
        "parameter error: params must be a list of identifiers",
      ],
      [
        "a get of numbers",
        ({ simulator }) => simulator.cloud.getProperty({ ...LAMP, identifiers: [1] }),
        10001,
        "parameter error: params must be a list of identifiers",
      ],
    ];
    for (const [name, run, code, msg] of cases) {
      it(name, async () => {
        await start();
        await test.login(THING, "lamp");
        assert.deepEqual(summary(await run(test)), [code, msg, null]);
      });
    }
  });

  it("shows a device before, while and after it is online, without its key", async () => {
    await start();
    const detail = async () => (await test.simulator.cloud.device(LAMP)).data as Record<string, unknown>;
    const before = await detail();
    assert.deepEqual([before["status"], before["activate_time"], before["last_time"]], [2, "", ""]);
    assert.deepEqual([before["pid"], before["name"], before["sec_key"]], [LAMP.productId, "lamp", ""]);
    assert.match(String(before["create_time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const client = await test.login(THING, "lamp");
    assert.equal((await detail())["status"], 1);
    const closed = test.next("closed");
    client.close();
    await closed;
    const after = await detail();
    assert.deepEqual([after["status"], after["did"]], [0, before["did"]]);
    assert.match(String(after["last_time"]), /Z$/);
  });

  it("shows the key if told so", async () => {
    await start({ revealDeviceKeys: true });
    const { data } = await test.simulator.cloud.device(LAMP);
    assert.equal((data as Record<string, unknown>)["sec_key"], THING.devices[0]?.deviceKey);
  });

  it("lists devices in pages and by name", async () => {
    await start();
    const list = async (more = {}) => {
      const { data } = await test.simulator.cloud.devices({ productId: THING.productId, ...more });
      const { list: items, ...page } = data as { list: { name: string }[]; offset: number };
      return [items.map(({ name }) => name), page];
    };
    assert.deepEqual(await list(), [["lamp", "fan"], { offset: 0, limit: 10, total: 2 }]);
    assert.deepEqual(await list({ offset: 1, limit: 1 }), [["fan"], { offset: 1, limit: 1, total: 2 }]);
    assert.deepEqual(await list({ deviceName: "lamp" }), [["lamp"], { offset: 0, limit: 10, total: 1 }]);
  });

  it("tells how each call ended", async () => {
    await start();
    const told = test.next("cloud");
    await test.simulator.cloud.setProperty({ ...FAN, params: { a: 1 } });
    const { at: _, ...event } = await told;
    assert.deepEqual(event, {
      event: "cloud",
      operation: "thingmodel/set-device-property",
      ...FAN,
      code: 10421,
      message: "device not online",
    });
  });

  it("ends what waits when it stops", async () => {
    await start();
    await lampThat(() => undefined);
    const requested = test.next("request");
    const answer = test.simulator.cloud.setProperty({ ...LAMP, params: { on: 1 } });
    await requested;
    await test.stop();
    assert.equal((await answer).code, 10411);
  });
});
