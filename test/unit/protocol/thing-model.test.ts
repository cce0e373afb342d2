import assert from "node:assert/strict";
import fc from "fast-check";
import { ERROR_TEXTS, fillText, OneNetError } from "../../../lib/errors";
import { MAX_MODEL_LENGTH } from "../../../lib/protocol/limits";
import { type DataType, describeType, type ThingModel } from "../../../lib/protocol/thing-model";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { loadModel, MODEL_FILES, readModelFile, typeOf } from "../../support/models";
import { refuses } from "./expect";

/** Types of all properties, as the form shows them. */
const typesOf = (model: ThingModel) =>
  Object.fromEntries([...model.properties].map(([name, { dataType }]) => [name, describeType(dataType)]));

describe("parseThingModel: files of every age", () => {
  it("has ten of them", () => assert.equal(MODEL_FILES.length, 10));

  const counts: Readonly<Record<string, readonly [properties: number, events: number, services: number]>> = {
    "2021-c-sdk.json": [6, 1, 1],
    "2022-java-sdk.json": [4, 1, 1],
    "2024-console.json": [4, 2, 1],
    "all-types.json": [14, 2, 1],
    "api-answer.json": [2, 1, 0],
    "gateway.json": [3, 1, 1],
    "hundred-points.json": [90, 5, 5],
    "import-arrays.json": [4, 0, 2],
    "number-bounds.json": [4, 0, 0],
    "windows-bom.json": [2, 0, 0],
  };
  for (const name of MODEL_FILES) {
    it(`reads ${name}`, () => {
      const { model, notes } = parseThingModel(readModelFile(name));
      assert.deepEqual([model.properties.size, model.events.size, model.services.size], counts[name]);
      const odd = notes.map(({ key, path }) => `${key} ${path}`);
      const expected =
        name === "all-types.json" ? ["ONENET_MODEL_NOTE.specs-missing properties[13].dataType.specs"] : [];
      assert.deepEqual(odd, expected);
    });
  }

  it("reads the C SDK's, which has no profile, and leaves the system's points out of the count", () => {
    const model = loadModel("2021-c-sdk.json");
    assert.equal(model.productId, undefined);
    assert.equal(model.version, "1.0");
    assert.equal(model.functionPoints, 6);
    assert.equal(model.properties.get("$OneNET_LBS")?.isSystem, true);
    assert.deepEqual(typesOf(model), {
      $OneNET_LBS:
        "array ≤ 10 [struct {cid: int32 0…2147483647, step 1; lac: int32 0…65535, step 1; networkType: int32 0…100, step 1}]",
      int32: "int32 0…100, step 1, 件",
      int64: "int64 -9223372036854775808…9223372036854775807, step 1",
      float: "float -40…125, step 0.1, 摄氏度 / °C",
      bool: "bool true 1, false 0",
      string: "string ≤ 64",
    });
  });

  it("reads inputData, outputData and an event's type like input, output and eventType", () => {
    const model = loadModel("2022-java-sdk.json");
    assert.equal(model.productId, "Jv12Cd34Ef");
    assert.equal(model.events.get("doorOpen")?.eventType, "info");
    const adjust = model.services.get("adjust");
    assert.equal(adjust?.callType, "async");
    assert.deepEqual([...(adjust?.inputs.keys() ?? [])], ["offset"]);
    assert.deepEqual([...(adjust?.outputs.keys() ?? [])], ["ok"]);
    assert.deepEqual(typesOf(model), {
      enum1: "enum 0 off, 1 low, 2 high",
      bitMap1: "bitMap 0 门, 1 窗, 2 水浸",
      date1: "date",
      struct1: "struct {lat: double -90…90, step 0.000001, °; lon: double -180…180, step 0.000001, °}",
    });
  });

  it("reads both shapes of an array, and the words sync and async", () => {
    const model = loadModel("import-arrays.json");
    assert.deepEqual(typesOf(model), {
      cells: "array ≤ 6 [float 0…5, step 0.001, V]",
      bins: "array ≤ 6 [struct {no: int32 1…6, step 1; full: bool true 满, false 未满}]",
      tags: "array ≤ 3 [string ≤ 16]",
      points: "array ≤ 3 [struct {x: double -1000…1000, step 0.01}]",
    });
    assert.deepEqual(
      [...model.services.values()].map(({ callType }) => callType),
      ["sync", "async"],
    );
  });

  it("reads the console's export with names, descriptions, access and what is required", () => {
    const { properties, events } = loadModel("2024-console.json");
    const { dataType, ...interval } = properties.get("interval") ?? {};
    assert.deepEqual(interval, {
      identifier: "interval",
      name: "上报间隔",
      description: "两次上报之间的秒数",
      isSystem: false,
      accessMode: "rw",
      required: false,
    });
    assert.deepEqual(dataType, { type: "int32", min: 5, max: 3600, step: 5, unit: "秒 / s" });
    assert.equal(properties.get("temperature")?.required, true);
    assert.equal(properties.get("temperature")?.accessMode, "r");
    assert.equal(events.get("overheat")?.eventType, "alert");
    assert.equal(events.get("fault")?.outputs.size, 0);
  });

  it("reads the API's answer, whose bool has 1 and 0", () => {
    const model = loadModel("api-answer.json");
    assert.deepEqual(typeOf(model, "switch"), { type: "bool", trueLabel: "开", falseLabel: "关" });
    assert.deepEqual(typeOf(model, "depth"), { type: "int32", min: -150, max: 0, unit: "m" });
  });

  it("reads bounds that are numbers, int64 exactly, and words of other cases and languages", () => {
    const model = loadModel("number-bounds.json");
    assert.equal(model.version, "1");
    assert.deepEqual(typesOf(model), {
      temp: "float -40…125, step 0.1, °C",
      counter: "int64 0…9223372036854775807, step 1",
      level: "double 0.5…1000, step 0.5",
      flags: "bitMap 0 a, 1 b",
    });
    assert.deepEqual(
      [...model.properties.values()].map(({ accessMode }) => accessMode),
      ["rw", "r", "r", "rw"],
    );
  });

  it("reads a long bound of a fraction's type as the number it is", () => {
    const specs = '{"min":-9007199254740993,"max":"9007199254740993"}';
    const text = `{"properties":[{"identifier":"a","accessMode":"r","dataType":{"type":"double","specs":${specs}}}]}`;
    const { model } = parseThingModel(text);
    assert.deepEqual(typeOf(model, "a"), { type: "double", min: -(2 ** 53), max: 2 ** 53 });
  });

  it("reads an array and a text without a length", () => {
    const read = (dataType: object) =>
      parseThingModel(JSON.stringify({ properties: [{ identifier: "a", accessMode: "r", dataType }] }));
    const array = read({ type: "array", specs: { items: { type: "date" } } });
    assert.deepEqual(typeOf(array.model, "a"), { type: "array", element: { type: "date" } });
    assert.deepEqual(typeOf(read({ type: "string", specs: {} }).model, "a"), { type: "string" });
  });

  it("counts a hundred function points, and notes one more", () => {
    const text = readModelFile("hundred-points.json");
    assert.equal(parseThingModel(text).model.functionPoints, 100);
    const more = JSON.parse(text);
    more.events.push({ identifier: "one_more", eventType: "info" });
    const { model, notes } = parseThingModel(JSON.stringify(more));
    assert.equal(model.functionPoints, 101);
    assert.deepEqual(notes, [
      { key: "ONENET_MODEL_NOTE.too-many", path: "model", params: { path: "model", count: 101, max: 100 } },
    ]);
  });
});

describe("parseThingModel: any input", () => {
  const spaces = " ".repeat(MAX_MODEL_LENGTH);

  it("takes as much as the limit allows, and no more", () => {
    const list = '{"events":[]';
    assert.equal(parseThingModel(`${list}${spaces.slice(list.length + 1)}}`).model.events.size, 0);
    refuses(() => parseThingModel(`${list}${spaces}}`), "ONENET_MODEL_INVALID.too-large", {
      path: "model",
      maxLength: MAX_MODEL_LENGTH,
    });
  });

  /** Either a model, or an error that says where and what; each note's text has no gap. */
  const survives = (text: string) => {
    try {
      for (const { key, path, params } of parseThingModel(text).notes) {
        assert.equal(params["path"], path);
        assert.doesNotMatch(fillText(ERROR_TEXTS[key], params), /\{\{\w+\}\}/);
      }
    } catch (thrown) {
      assert.ok(thrown instanceof OneNetError, String(thrown));
      assert.equal(thrown.code, "ONENET_MODEL_INVALID");
      assert.equal(typeof thrown.params["path"], "string");
      assert.doesNotMatch(thrown.message, /\{\{\w+\}\}/);
    }
  };

  it("never crashes, whatever the JSON", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), survives));
    fc.assert(fc.property(fc.string(), survives));
  });

  it("never crashes, whatever stands in a model's places", () => {
    const key = fc.constantFrom(
      ..."identifier name dataType type specs min max step unit length size items true 0 accessMode eventType callType input outputData functionType required desc".split(
        " ",
      ),
    );
    const leaf = fc.oneof(
      fc.constantFrom(
        "int32",
        "int64",
        "float",
        "enum",
        "bool",
        "string",
        "bitMap",
        "struct",
        "array",
        "date",
      ),
      fc.constantFrom("", "r", "rw", "s", "info", "1", "-1", "0.1", "NaN", null, true),
      fc.jsonValue({ maxDepth: 1 }),
      fc.bigInt().map(String),
    );
    const { part } = fc.letrec<{ part: unknown }>((tie) => ({
      part: fc.oneof(
        { depthSize: "medium" },
        leaf,
        fc.dictionary(key, tie("part"), { maxKeys: 6 }),
        fc.array(tie("part"), { maxLength: 3 }),
        fc.record({ type: leaf, specs: tie("part") }),
        fc.record({ identifier: fc.constantFrom("a", "b", "$c"), dataType: tie("part") }),
      ),
    }));
    const lists = fc.record(
      {
        properties: fc.array(part),
        events: fc.array(part),
        services: fc.array(part),
        profile: part,
        version: part,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(lists, (model) => survives(JSON.stringify(model))),
      { numRuns: 1000 },
    );
  });

  it("never crashes at nesting without end", () => {
    survives("[".repeat(100_000));
    survives(`{"properties":${"[".repeat(10_000)}9007199254740993${"]".repeat(10_000)}}`);
    const type = `{"type":"array","specs":{"size":1,"items":`;
    const deep = `{"properties":[{"identifier":"a","accessMode":"r","dataType":${type.repeat(500)}{"type":"date"}${"}}".repeat(500)}}]}`;
    refuses(() => parseThingModel(deep), "ONENET_MODEL_INVALID.depth", { maxDepth: 5 });
  });
});

describe("describeType", () => {
  const types: readonly (readonly [type: DataType, text: string])[] = [
    [{ type: "double" }, "double"],
    [{ type: "int32", min: 0 }, "int32 0…"],
    [{ type: "int32", max: 9, unit: "V" }, "int32 …9, V"],
    [{ type: "string" }, "string"],
    [{ type: "bool", trueLabel: "", falseLabel: "" }, "bool"],
    [{ type: "enum", labels: new Map([[1, ""]]) }, "enum 1"],
    [{ type: "struct", members: new Map() }, "struct {}"],
    [{ type: "array", element: { type: "date" } }, "array [date]"],
  ];
  for (const [type, text] of types) it(`says “${text}”`, () => assert.equal(describeType(type), text));

  it("tells steps in another language, inside of others too", () => {
    const dataType: DataType = { type: "float", min: 0, step: 0.5 };
    const parameter = { identifier: "x", name: "x", dataType };
    const element: DataType = { type: "struct", members: new Map([["x", parameter]]) };
    const text = describeType({ type: "array", element }, (step) => `步长 ${step}`);
    assert.equal(text, "array [struct {x: float 0…, 步长 0.5}]");
  });

  it("cuts what is too long for a line", () => {
    const labels = new Map(Array.from({ length: 100 }, (_, index) => [index, `label ${index}`]));
    assert.equal(describeType({ type: "enum", labels }).length, 200);
  });
});
