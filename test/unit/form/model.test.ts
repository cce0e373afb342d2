import assert from "node:assert/strict";
import type { ThingModel } from "../../../lib/protocol/thing-model";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { completeIdentifier, describeProperty } from "../../../nodes/shared/form/model-completion";
import { decodeModelFile, readModel } from "../../../nodes/shared/form/model-reading";
import { modelSections, rangeOf } from "../../../nodes/shared/form/model-table";
import { datapointPublishRules, eventPostRules } from "../../../nodes/shared/form/node-rules";
import { loadModel, MODEL_FILES } from "../../support/models";
import { stationModel } from "../../support/station-model";
import { BROKER_CHOSEN, DATA_STREAM_CHOSEN, judge, ONENET_CHOSEN } from "./fields";

const STATION: ThingModel = parseThingModel(stationModel()).model;

describe("form: a thing model as a table", () => {
  it("has a section for properties, events and services, with what is in them set in", () => {
    const sections = modelSections(STATION);
    assert.deepEqual(
      sections.map(({ kind, count }) => [kind, count]),
      [
        ["property", 6],
        ["event", 2],
        ["service", 1],
      ],
    );
    assert.deepEqual(
      sections.map(({ rows }) => rows.map(({ kind, identifier }) => `${kind} ${identifier}`).join(", ")),
      [
        "property temp, property count, property power, property mode, property label, property pos, member lat, member lng",
        "event overheat, output level, output source, event started",
        "service reboot, input delay",
      ],
    );
  });

  it("tells of each its type, range, step, unit and access", () => {
    const rows = modelSections(STATION).flatMap((section) => section.rows);
    const line = (wanted: string) => {
      const { type, range, step, unit, access } =
        rows.find(({ identifier }) => identifier === wanted) ?? rows[0] ?? {};
      return [type, range, step, unit, access];
    };
    assert.deepEqual(line("temp"), ["float", "-40…125", "0.1", "摄氏度 / °C", "r"]);
    assert.deepEqual(line("count"), ["int64", "0…9223372036854775807", "1", "", "r"]);
    assert.deepEqual(line("power"), ["bool", "true 开, false 关", "", "", "rw"]);
    assert.deepEqual(line("mode"), ["enum", "0 auto, 1 manual", "", "", "rw"]);
    assert.deepEqual(line("label"), ["string", "≤ 8", "", "", "rw"]);
    assert.deepEqual(line("pos"), ["struct", "", "", "", "r"]);
    assert.deepEqual(line("overheat"), ["", "", "", "", "alert"]);
    assert.deepEqual(line("reboot"), ["", "", "", "", "sync"]);
  });

  it("describes arrays by their elements", () => {
    const element = { type: "int32", min: 0, max: 9, step: 2, unit: "V" } as const;
    const array = { type: "array", maxLength: 10, element } as const;
    const property = { identifier: "a", name: "A", dataType: array };
    const model = { ...STATION, properties: new Map([["a", { ...property, accessMode: "r" } as never]]) };
    const [row] = modelSections(model)[0]?.rows ?? [];
    assert.deepEqual([row?.type, row?.range, row?.step, row?.unit], ["int32[10]", "0…9", "2", "V"]);
    assert.equal(rangeOf({ type: "bool", trueLabel: "", falseLabel: "" }), "");
    assert.equal(rangeOf({ type: "string" }), "");
    assert.equal(rangeOf({ type: "double", min: 1 }), "1…");
  });

  for (const file of MODEL_FILES) {
    it(`shows ${file} whole`, () => {
      const model = loadModel(file);
      const counts = modelSections(model).map(({ count }) => count);
      const all = model.properties.size + model.events.size + model.services.size;
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        all,
      );
    });
  }
});

describe("form: reading a model", () => {
  it("reads a text once, as long as it is the same", () => {
    const text = stationModel();
    assert.equal(readModel(text), readModel(text));
    for (let i = 0; i < 20; i += 1) readModel(stationModel({ tempMax: 100 + i }));
    const again = readModel(text);
    assert.equal(again.kind === "model" && again.model.functionPoints, 9);
  });

  it("tells an empty text, and what is wrong with another", () => {
    assert.deepEqual(readModel(" \n"), { kind: "empty" });
    const reading = readModel('{"properties": [{}]}');
    assert.equal(reading.kind === "invalid" && reading.reason.key, "errors.ONENET_MODEL_INVALID.missing");
  });

  it("decodes UTF-8 with a byte order mark, and what Chinese Windows saves", () => {
    assert.equal(decodeModelFile(Buffer.from("\uFEFF温度")), "温度");
    assert.equal(decodeModelFile(new Uint8Array([0xce, 0xc2, 0xb6, 0xc8])), "温度");
  });
});

describe("form: completing identifiers", () => {
  const values = (typed: string) => completeIdentifier(STATION, "property", typed).map(({ value }) => value);

  it("offers what begins so, then what holds it, then what is called so", () => {
    assert.deepEqual(values(""), ["temp", "count", "power", "mode", "label", "pos"]);
    assert.deepEqual(values("PO"), ["power", "pos"]);
    assert.deepEqual(values("o"), ["count", "power", "mode", "pos"]);
    assert.deepEqual(values("温"), ["temp"]);
    assert.deepEqual(values("none"), []);
  });

  it("tells name, type, range and unit; of an event its type", () => {
    const [temp] = completeIdentifier(STATION, "property", "temp");
    assert.deepEqual(temp, { value: "temp", name: "温度", details: ["float", "-40…125", "摄氏度 / °C"] });
    assert.deepEqual(
      completeIdentifier(STATION, "event", "").map(({ value, details }) => [value, details]),
      [
        ["overheat", ["alert"]],
        ["started", ["info"]],
      ],
    );
    const property = STATION.properties.get("temp");
    assert.equal(property && describeProperty(property), "温度 · float · -40…125 · 摄氏度 / °C");
  });
});

describe("form: names that the model knows", () => {
  const chosen = { ...ONENET_CHOSEN, model: STATION };
  const stream = (name: string) =>
    judge(datapointPublishRules, "stream", { stream: name, streamType: "str" }, chosen);
  const event = (name: string) => judge(eventPostRules, "event", { event: name }, chosen);

  it("takes properties, and the platform's own", () => {
    for (const name of ["temp", "pos", "$OneNET_LBS", "", `\${NAME}`])
      assert.equal(stream(name), undefined, name);
    assert.equal(stream("overheat")?.key, "errors.ONENET_VALUE_INVALID.is-event");
    assert.equal(stream("reboot")?.key, "errors.ONENET_VALUE_INVALID.is-service");
    const unknown = stream("tmep");
    assert.equal(unknown?.key, "errors.ONENET_VALUE_INVALID.unknown");
    assert.match(String(unknown?.params?.["limit"]), /^temp\b/);
  });

  it("takes events, of a product that has them", () => {
    for (const name of ["overheat", "started", "$x", "", `\${NAME}`])
      assert.equal(event(name), undefined, name);
    assert.equal(event("temp")?.key, "errors.ONENET_VALUE_INVALID.is-property");
    assert.equal(event("overheet")?.key, "errors.ONENET_VALUE_INVALID.unknown-event");
    assert.equal(event("over heat")?.key, "errors.ONENET_DATAPOINT_INVALID.stream-name");
    const connection = (given: typeof ONENET_CHOSEN) =>
      judge(eventPostRules, "connection", { connection: "c" }, given)?.key;
    assert.equal(connection(ONENET_CHOSEN), undefined);
    assert.equal(connection(DATA_STREAM_CHOSEN), "reason.connection-data-stream");
    assert.equal(connection(BROKER_CHOSEN), "reason.connection-plain");
  });

  it("judges no name where there is no model", () => {
    const rules = { stream: "tmep", streamType: "str" };
    assert.equal(judge(datapointPublishRules, "stream", rules, ONENET_CHOSEN), undefined);
    assert.equal(judge(eventPostRules, "event", { event: "tmep" }, ONENET_CHOSEN), undefined);
  });
});
