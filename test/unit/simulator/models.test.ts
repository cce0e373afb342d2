import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHistoryPost, encodePackPost } from "../../../lib/protocol/batch";
import type { PlatformCode } from "../../../lib/protocol/codes";
import { encodeEventPost } from "../../../lib/protocol/event";
import { isJsonObject, type JsonValue } from "../../../lib/protocol/json";
import { encodePropertyPost } from "../../../lib/protocol/property";
import type { ThingModel } from "../../../lib/protocol/thing-model";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { judgeEvent, judgeProperty } from "../../../lib/protocol/thing-value";
import { topics } from "../../../lib/protocol/topic";
import type { Datapoint } from "../../../lib/protocol/value";
import { loadModel, MODEL_FILES, readModelFile } from "../../support/models";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { RawThing } from "../../support/simulated-thing";
import { memberValues, valueFor } from "../../support/thing-values";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const ALWAYS = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
const ALL_TYPES = loadModel("all-types.json");

describe("simulator with a thing model", () => {
  let test: TestSimulator;
  let lamp: RawThing;
  const start = async (model: string | ThingModel, rules = {}) => {
    test = await startTestSimulator({ rules, products: [{ ...THING, model }, STREAM] });
    lamp = await RawThing.login(test, THING, "lamp");
  };
  afterEach(() => test.stop());

  const verdictOf = async (topic: string, payload: string | Buffer) => {
    const { code, msg } = await lamp.askRaw(topic, payload);
    return code === 200 ? undefined : { code, message: msg };
  };

  describe("judges as the model does", () => {
    const runs = { numRuns: 150 };

    it("a property, posted alone, packed, or as history", async function () {
      this.timeout(60_000);
      await start(ALL_TYPES);
      const posted = fc.oneof(
        ...[...ALL_TYPES.properties.values()].map(({ identifier, dataType }) =>
          valueFor(dataType).map((value) => ({ stream: identifier, value })),
        ),
      );
      const encoders: readonly (readonly [string, (points: readonly Datapoint[]) => Buffer])[] = [
        [topics.propertyPost(LAMP), (points) => encodePropertyPost(1, points)],
        [topics.packPost(LAMP), (points) => encodePackPost(1, points)],
        [topics.historyPost(LAMP), (points) => encodeHistoryPost(1, points)],
      ];
      const verdicts = new Set<string>();
      await fc.assert(
        fc.asyncProperty(posted, async (point) => {
          const expected = judgeProperty(ALL_TYPES, point.stream, point.value);
          verdicts.add(`${expected?.code}`);
          for (const [topic, encode] of encoders)
            assert.deepEqual(await verdictOf(topic, encode([point])), expected, topic);
        }),
        runs,
      );
      assert.ok(verdicts.has("undefined") && verdicts.size > 3, "both verdicts were tried");
    });

    it("an event, posted alone or packed", async function () {
      this.timeout(60_000);
      await start(ALL_TYPES);
      const posted = fc.oneof(
        ...[...ALL_TYPES.events.values()].map(({ identifier, outputs }) =>
          memberValues(outputs).map((value) => ({ stream: identifier, value })),
        ),
      );
      await fc.assert(
        fc.asyncProperty(posted, async ({ stream, value }) => {
          const point = { stream, value, event: true as const };
          const expected = judgeEvent(ALL_TYPES, stream, value);
          assert.deepEqual(await verdictOf(topics.eventPost(LAMP), encodeEventPost(1, [point])), expected);
          assert.deepEqual(await verdictOf(topics.packPost(LAMP), encodePackPost(1, [point])), expected);
        }),
        runs,
      );
    });

    it("a set, with the words of the cloud API", async function () {
      this.timeout(60_000);
      await start(ALL_TYPES);
      lamp.answerWith(() => ({ code: 200 }));
      const settable = [...ALL_TYPES.properties.values()].filter(({ accessMode }) => accessMode === "rw");
      const sets = fc.oneof(
        ...settable.map(({ identifier, dataType }) =>
          valueFor(dataType).map((value) => ({ identifier, value })),
        ),
      );
      await fc.assert(
        fc.asyncProperty(sets, async ({ identifier, value }) => {
          const fault = judgeProperty(ALL_TYPES, identifier, value);
          const params = { [identifier]: value };
          const { code, msg } = await test.simulator.cloud.setProperty({ ...LAMP, params });
          assert.equal(code, fault ? 10411 : 0);
          if (fault) assert.equal(msg, `属性设置失败:identifier: ${identifier}, error: ${words(fault)}`);
        }),
        { numRuns: 60 },
      );
    });
  });

  it("refuses the whole for one wrong identifier, and keeps nothing", async () => {
    await start(readModelFile("all-types.json"));
    const [first] = [...ALL_TYPES.properties.values()].filter(({ dataType }) => dataType.type === "bool");
    assert.ok(first);
    const points = [
      { stream: first.identifier, value: true },
      { stream: "unheardOf", value: 1 },
    ];
    const refusal = { code: 2306, message: "identifier not exist:identifier:unheardOf" };
    assert.deepEqual(await verdictOf(topics.propertyPost(LAMP), encodePropertyPost(1, points)), refusal);
    assert.deepEqual(await verdictOf(topics.packPost(LAMP), encodePackPost(1, points)), refusal);
    assert.deepEqual(await verdictOf(topics.historyPost(LAMP), encodeHistoryPost(1, points)), refusal);
    const asOne = [{ stream: first.identifier, value: 1 }];
    assert.equal((await verdictOf(topics.propertyPost(LAMP), encodePropertyPost(1, asOne)))?.code, 2271);
    const request = { ...LAMP, ...ALWAYS, identifier: first.identifier };
    assert.deepEqual(
      ((await test.simulator.cloud.propertyHistory(request)).data as { list: object[] }).list,
      [],
    );
  });

  it("lists every property with its name and type, what was never reported without a value", async () => {
    await start(ALL_TYPES);
    const [reported] = [...ALL_TYPES.properties.values()].filter(({ dataType }) => dataType.type === "bool");
    assert.ok(reported);
    const post = encodePropertyPost(1, [
      { stream: reported.identifier, value: false, atMs: 1_893_456_000_000 },
    ]);
    assert.equal(await verdictOf(topics.propertyPost(LAMP), post), undefined);
    const { data } = await test.simulator.cloud.currentProperties(LAMP);
    const list = data as Record<string, unknown>[];
    assert.deepEqual(
      list.map(({ identifier, name, data_type, access_mode }) => [identifier, name, data_type, access_mode]),
      [...ALL_TYPES.properties.values()].map(({ identifier, name, dataType, accessMode }) => [
        identifier,
        name,
        dataType.type,
        accessMode === "r" ? "只读" : "读写",
      ]),
    );
    for (const item of list) {
      const isReported: boolean = item["identifier"] === reported.identifier;
      assert.equal(item["value"], isReported ? "false" : undefined);
      assert.equal(item["time"], isReported ? 1_893_456_000_000 : undefined);
    }
  });

  for (const file of MODEL_FILES) {
    it(`shows the model of ${file} in a form that reads as the same`, async () => {
      await start(readModelFile(file));
      const { code, data } = await test.simulator.cloud.thingModel(THING);
      assert.equal(code, 0);
      const { productId: _id, version: _version, ...known } = loadModel(file);
      const { model, notes } = parseThingModel(JSON.stringify(data));
      assert.deepEqual(model, known);
      assert.deepEqual(
        notes.filter(({ key }) => !key.endsWith("too-many")),
        [],
      );
    });
  }

  it("has no model to show where none was given", async () => {
    test = await startTestSimulator();
    assert.equal((await test.simulator.cloud.thingModel(THING)).code, 10417);
    assert.equal((await test.simulator.cloud.thingModel(STREAM)).code, 10417);
    assert.equal((await test.simulator.cloud.thingModel({ productId: "X" })).code, 10408);
  });

  it("counts a text by characters or bytes, as the rule says", async () => {
    const model = JSON.stringify({
      properties: [
        {
          identifier: "s",
          name: "s",
          accessMode: "rw",
          dataType: { type: "string", specs: { length: "3" } },
        },
      ],
      events: [],
      services: [],
    });
    const post = encodePropertyPost(1, [{ stream: "s", value: "温度计" }]);
    await start(model);
    assert.equal(await verdictOf(topics.propertyPost(LAMP), post), undefined);
    await test.stop();
    await start(model, { textLength: "bytes" });
    assert.match((await verdictOf(topics.propertyPost(LAMP), post))?.message ?? "", /^string length error/);
  });

  it("keeps and shows whole numbers beyond 2^53 digit by digit", async () => {
    await start(ALL_TYPES);
    const wide = [...ALL_TYPES.properties.values()].find(
      ({ identifier, dataType }) =>
        dataType.type === "int64" &&
        judgeProperty(ALL_TYPES, identifier, 9_007_199_254_740_993n) === undefined,
    );
    assert.ok(wide, "the model has an int64 that is wide enough");
    const value: JsonValue = 9_007_199_254_740_993n;
    const post = encodePropertyPost(1, [{ stream: wide.identifier, value }]);
    assert.equal(await verdictOf(topics.propertyPost(LAMP), post), undefined);
    const { data } = await test.simulator.cloud.currentProperties(LAMP);
    const shown = (data as Record<string, unknown>[]).find(
      ({ identifier }) => identifier === wide.identifier,
    );
    assert.equal(shown?.["value"], "9007199254740993");
    assert.ok(!isJsonObject(shown["value"]));
  });

  describe("in the registry", () => {
    const model = readModelFile("2024-console.json");

    it("belongs to the product until the last that named it is gone", async () => {
      test = await startTestSimulator();
      const first = test.simulator.addProducts([{ ...THING, model }]);
      const second = test.simulator.addProducts([{ ...THING, model, devices: [] }]);
      first.remove();
      assert.equal((await test.simulator.cloud.thingModel(THING)).code, 0);
      second.remove();
      assert.equal((await test.simulator.cloud.thingModel(THING)).code, 10417);
      test.simulator.addProducts([{ ...THING, model: readModelFile("all-types.json") }]);
      assert.equal((await test.simulator.cloud.thingModel(THING)).code, 0, "another one may come then");
    });

    it("cannot be two", async () => {
      test = await startTestSimulator({ products: [{ ...THING, model }] });
      const other = { ...THING, model: readModelFile("all-types.json") };
      assert.throws(() => test.simulator.addProducts([other]), /another thing model/);
    });

    it("is refused if it is none, or on a data-stream product", async () => {
      test = await startTestSimulator();
      assert.throws(() => test.simulator.addProducts([{ ...THING, productId: "Other", model: "{" }]), {
        code: "ONENET_MODEL_INVALID",
      });
      assert.throws(() => test.simulator.addProducts([{ ...STREAM, productId: "Other", model }]), {
        code: "ONENET_SIMULATOR_CONFIG",
      });
    });
  });
});

function words({ message }: PlatformCode): string {
  return message.split(":")[0] ?? "";
}
