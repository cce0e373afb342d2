import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { topics } from "../../../lib/protocol/topic";
import type { SimulatorOptions } from "../../../lib/simulator/options";
import { PUBACK, PUBLISH, publishFrame, readPublish } from "../../support/raw-mqtt";
import {
  deviceToken,
  productToken,
  STREAM,
  startTestSimulator,
  type TestSimulator,
  THING,
  USER,
} from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const STREAM_LAMP = { productId: STREAM.productId, deviceName: "lamp" };
const LAMP_QUERY = `product_id=${THING.productId}&device_name=lamp`;
const DETAIL = `/device/detail?${LAMP_QUERY}`;
const JSON_TYPE = { "content-type": "application/json" };

interface Answer {
  readonly status: number | undefined;
  readonly body: {
    readonly code: number;
    readonly msg: string;
    readonly request_id: string;
    readonly data?: unknown;
  };
}

describe("simulator cloud API", () => {
  let test: TestSimulator;
  const start = async (options: SimulatorOptions = {}) => {
    test = await startTestSimulator({ httpPort: 0, ...options });
  };
  afterEach(() => test.stop());

  async function call(path: string, options: RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
    const outgoing = request({
      host: "127.0.0.1",
      port: test.simulator.httpPort,
      path,
      agent: false,
      ...options,
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    assert.match(response.headers["content-type"] ?? "", /^application\/json/);
    return {
      status: response.statusCode,
      body: JSON.parse(Buffer.concat(chunks).toString()) as Answer["body"],
    };
  }

  function get(path: string, token = productToken(THING)): Promise<Answer> {
    return call(path, { headers: { authorization: token } });
  }

  function post(path: string, body: unknown, token = productToken(THING)): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return call(path, { method: "POST", headers: { authorization: token, ...JSON_TYPE } }, text);
  }

  describe("opens to", () => {
    const tokens: readonly (readonly [string, () => string])[] = [
      ["a product's token", () => productToken(THING)],
      ["one of 2018-10-31", () => productToken(THING, { version: "2018-10-31" })],
      ["the device's own MQTT token", () => deviceToken(THING, "lamp")],
      ["a device token under the product key", () => deviceToken(THING, "lamp", { key: THING.productKey })],
      [
        "the account's token",
        () => productToken(THING, { res: `userid/${USER.userId}`, key: USER.accessKey, method: "sha1" }),
      ],
    ];
    for (const [name, token] of tokens) {
      it(name, async () => {
        await start({ user: USER });
        const { status, body } = await get(DETAIL, token());
        assert.equal(status, 200);
        assert.deepEqual([body.code, body.msg, (body.data as { name: string }).name], [0, "succ", "lamp"]);
      });
    }
  });

  describe("answers 10403 with HTTP 200 to", () => {
    const strict = { rules: { tokenVersions: "strict", deviceResource: "strict" } } as const;
    const cases: readonly (readonly [string, () => string, string, SimulatorOptions?])[] = [
      ["no token", () => "", "authorization cannot be empty"],
      ["no token at all", () => "Bearer abc", "authorization format error"],
      ["an expired one", () => productToken(THING, { expiresAtSeconds: 1_600_000_000 }), "token expired"],
      ["a wrong key", () => productToken(THING, { key: STREAM.productKey }), "sign not match"],
      ["a wrong device key", () => deviceToken(THING, "lamp", { key: STREAM.productKey }), "sign not match"],
      ["another product", () => productToken(STREAM), "permission denied"],
      ["another device", () => deviceToken(THING, "fan"), "permission denied"],
      ["an unknown product", () => productToken(THING, { res: "products/X" }), "sign not match"],
      [
        "an unknown device",
        () => deviceToken(THING, "lamp", { res: `products/${THING.productId}/devices/x` }),
        "sign not match",
      ],
      [
        "an account nobody made",
        () => productToken(THING, { res: `userid/${USER.userId}`, key: USER.accessKey }),
        "sign not match",
      ],
      [
        "the wrong account key",
        () => productToken(THING, { res: `userid/${USER.userId}` }),
        "sign not match",
        { user: USER },
      ],
      ["an unknown version", () => productToken(THING, { version: "2020-05-29" }), "version not supported"],
      [
        "2018-10-31 in strict mode",
        () => productToken(THING, { version: "2018-10-31" }),
        "version not supported",
        strict,
      ],
      [
        "a device token under the product key in strict mode",
        () => deviceToken(THING, "lamp", { version: "2022-05-01", key: THING.productKey }),
        "sign not match",
        strict,
      ],
    ];
    for (const [name, token, reason, options] of cases) {
      it(name, async () => {
        await start(options);
        const refused = test.next("refused");
        const { status, body } = await get(DETAIL, token());
        assert.deepEqual(
          [status, body.code, body.msg, body.data],
          [200, 10403, `authentication failed:${reason}`, null],
        );
        const { what, code, message } = await refused;
        assert.deepEqual([what, code, message], ["cloud", 10403, `device/detail: ${reason}`]);
      });
    }

    it("a product whose key is not known", async () => {
      const { productKey, ...product } = THING;
      await start({ products: [product] });
      assert.equal((await get(DETAIL, productToken(THING, { key: productKey }))).body.code, 10403);
    });

    it("a device's token for the list of its product", async () => {
      await start();
      const { body } = await get(`/device/list?product_id=${THING.productId}`, deviceToken(THING, "lamp"));
      assert.equal(body.code, 10403);
      const own = await get(
        `/device/list?product_id=${THING.productId}&device_name=lamp`,
        deviceToken(THING, "lamp"),
      );
      assert.equal((own.body.data as { total: number }).total, 1);
    });
  });

  describe("keeps web pages out", () => {
    beforeEach(() => start());
    const own = () => `127.0.0.1:${test.simulator.httpPort}`;
    const authorization = productToken(THING);

    for (const host of ["evil.example", "127.0.0.1", "127.0.0.1:1"]) {
      it(`refuses the host “${host}”`, async () => {
        const { status, body } = await call(DETAIL, { headers: { authorization, host } });
        assert.deepEqual([status, body.code], [403, 10001]);
      });
    }

    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"]) {
      it(`refuses the origin ${origin}`, async () => {
        assert.equal((await call(DETAIL, { headers: { authorization, origin } })).status, 403);
      });
    }

    it("takes its own host by each name, and its own origin", async () => {
      const port = test.simulator.httpPort;
      for (const host of [own(), `localhost:${port}`, `[::1]:${port}`]) {
        const { status } = await call(DETAIL, {
          headers: { authorization, host, origin: `http://${own()}` },
        });
        assert.equal(status, 200);
      }
    });

    for (const type of [undefined, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
      it(`refuses a POST of ${type ?? "no type"}`, async () => {
        const headers = { authorization, ...(type ? { "content-type": type } : {}) };
        const options = { method: "POST", headers };
        assert.equal((await call("/thingmodel/set-device-property", options, "{}")).status, 415);
      });
    }

    it("takes JSON with a charset", async () => {
      const headers = { authorization, "content-type": "Application/JSON; charset=utf-8" };
      const { status, body } = await call(
        "/thingmodel/set-device-property",
        { method: "POST", headers },
        "{}",
      );
      assert.deepEqual([status, body.code], [200, 10001]);
    });

    it("knows no other path and method", async () => {
      assert.equal((await get("/thingmodel/invoke-thing-service")).status, 404);
      assert.equal((await get("/")).status, 404);
      assert.equal((await get("/thingmodel/set-device-property")).status, 405);
      assert.equal((await post(DETAIL, {})).status, 405);
    });

    it("refuses a body above 1 MiB and lives on", async () => {
      const { status, body } = await post("/thingmodel/set-device-property", "x".repeat(1_048_577));
      assert.deepEqual([status, body.code], [413, 10001]);
      assert.equal((await get(DETAIL)).status, 200);
    });

    it("listens on loopback whatever the MQTT host is", async () => {
      await test.stop();
      await start({ host: "0.0.0.0" });
      assert.equal(test.simulator.host, "0.0.0.0");
      assert.equal((await get(DETAIL)).status, 200);
    });
  });

  describe("answers 10001 to", () => {
    const cases: readonly (readonly [string, () => Promise<Answer>])[] = [
      ["a query without a device", () => get(`/device/detail?product_id=${THING.productId}`)],
      ["a list without a product", () => get("/device/list")],
      ["a list with a limit of 0", () => get(`/device/list?product_id=${THING.productId}&limit=0`)],
      ["a list with a limit of 101", () => get(`/device/list?product_id=${THING.productId}&limit=101`)],
      ["a list with an offset of -1", () => get(`/device/list?product_id=${THING.productId}&offset=-1`)],
      ["a body that is no JSON", () => post("/thingmodel/set-device-property", "{")],
      ["a body that is a list", () => post("/thingmodel/set-device-property", "[]")],
      ["a command that waits 4 s", () => post(`/datapoint/synccmds?${LAMP_QUERY}&timeout=4`, "x")],
      ["a command that waits 31 s", () => post(`/datapoint/synccmds?${LAMP_QUERY}&timeout=31`, "x")],
      ["a command that waits a while", () => post(`/datapoint/synccmds?${LAMP_QUERY}&timeout=soon`, "x")],
    ];
    for (const [name, run] of cases) {
      it(name, async () => {
        await start();
        const { status, body } = await run();
        assert.deepEqual([status, body.code], [200, 10001]);
      });
    }
  });

  it("sets and gets a property through the device", async () => {
    await start();
    const device = await test.login(THING, "lamp");
    await device.subscribe([topics.thingFilter(LAMP), 0]);
    const answerNext = async (more: object) => {
      const { topic, payload } = readPublish(await device.next(PUBLISH));
      const { id, params } = JSON.parse(payload) as { id: string; params: unknown };
      device.send(publishFrame(`${topic}_reply`, JSON.stringify({ id, code: 200, ...more })));
      return { id, params };
    };
    const about = { product_id: THING.productId, device_name: "lamp" };
    const set = answerNext({ msg: "success" });
    const setAnswer = await post("/thingmodel/set-device-property", {
      ...about,
      params: { switch: true, level: 3 },
    });
    const { id, params } = await set;
    assert.deepEqual(params, { switch: true, level: 3 });
    assert.deepEqual([setAnswer.body.code, setAnswer.body.data], [0, { id, code: 200, msg: "success" }]);
    const asked = answerNext({ data: { level: 3 } });
    const getAnswer = await post("/thingmodel/query-device-property-detail", { ...about, params: ["level"] });
    assert.deepEqual((await asked).params, ["level"]);
    assert.deepEqual([getAnswer.body.code, getAnswer.body.data], [0, { level: 3 }]);
  });

  it("lists the last properties and datapoints", async () => {
    await start();
    const device = await test.login(THING, "lamp");
    const post1 = '{"id":"1","params":{"t":{"value":1,"time":1893456000123}}}';
    await device.ask(publishFrame(topics.propertyPost(LAMP), post1, { qos: 1 }), PUBACK);
    const properties = await get(`/thingmodel/query-device-property?${LAMP_QUERY}`);
    assert.deepEqual(properties.body.data, [
      {
        identifier: "t",
        name: "t",
        data_type: "int64",
        access_mode: "读写",
        value: "1",
        time: 1893456000123,
        description: "",
      },
    ]);
    const other = await test.login(STREAM, "lamp");
    const dp = '{"id":1,"dp":{"a":[{"v":1}],"b":[{"v":2}],"c":[{"v":3}]}}';
    await other.ask(publishFrame(topics.datapointPost(STREAM_LAMP), dp, { qos: 1 }), PUBACK);
    const query = `product_id=${STREAM.productId}&device_name=lamp`;
    const names = async (more: string) => {
      const { body } = await get(`/datapoint/current-datapoints?${query}${more}`, productToken(STREAM));
      return (body.data as { devices: { datastreams: { id: string }[] }[] }).devices[0]?.datastreams.map(
        ({ id }) => id,
      );
    };
    assert.deepEqual(await names(""), ["a", "b", "c"]);
    assert.deepEqual(await names("&datastream_ids=c,a"), ["a", "c"]);
  });

  it("sends a command of any text and brings the answer in base64", async () => {
    await start();
    const device = await test.login(STREAM, "lamp");
    await device.subscribe([topics.commandFilter(STREAM_LAMP), 0]);
    for (const more of ["", "&timeout=5", "&timeout=30"]) {
      const down = device.frames.waitForNext(
        (got) => got.type === PUBLISH && readPublish(got).topic.includes("/cmd/request/"),
      );
      const answer = post(
        `/datapoint/synccmds?product_id=${STREAM.productId}&device_name=lamp${more}`,
        "open the door",
        productToken(STREAM),
      );
      const { topic, payload } = readPublish(await down);
      assert.equal(payload, "open the door");
      device.send(publishFrame(topic.replace("request", "response"), "done"));
      const { code, data } = (await answer).body;
      assert.deepEqual(
        [code, data],
        [0, { cmd_uuid: topic.split("/").at(-1), cmd_resp: Buffer.from("done").toString("base64") }],
      );
    }
  });

  it("lists devices in pages", async () => {
    await start();
    const { body } = await get(`/device/list?product_id=${THING.productId}&offset=1&limit=5`);
    const { list, ...page } = body.data as { list: { name: string }[] };
    assert.deepEqual([page, list.map(({ name }) => name)], [{ offset: 1, limit: 5, total: 2 }, ["fan"]]);
  });

  it("ends calls that wait when it stops", async () => {
    await start();
    const device = await test.login(THING, "lamp");
    await device.subscribe([topics.thingFilter(LAMP), 0]);
    const requested = test.next("request");
    const waiting = post("/thingmodel/set-device-property", {
      product_id: THING.productId,
      device_name: "lamp",
      params: { a: 1 },
    });
    const ended = waiting.then(
      () => "answered",
      () => "cut",
    );
    await requested;
    await test.stop();
    assert.ok(["answered", "cut"].includes(await ended));
  });
});
