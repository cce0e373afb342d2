import assert from "node:assert/strict";
import { OneNetError } from "../../../lib/errors";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { readModelFile } from "../../support/models";

type Json = Record<string, unknown>;
/** What a mutation leads to: the reason of the error or, after `note:`, of the note. */
type Mutation = readonly [
  what: string,
  change: (text: string) => string,
  outcome: string,
  path: string,
  detail?: Json,
];

/** Sets what stands at `path` (`properties.0.name`); undefined removes it. */
function put(path: string, value: unknown): (text: string) => string {
  return (text) => {
    const model: Json = JSON.parse(text);
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let at: Json = model;
    for (const key of keys) at = at[key] as Json;
    at[last] = value;
    return JSON.stringify(model);
  };
}

const replace = (what: string, by: string) => (text: string) => text.replace(what, by);
const int = (specs: unknown) => ({ type: "int32", specs });
const member = (dataType: unknown) => [{ identifier: "m", name: "m", dataType }];

/** On all-types.json; properties: i32 i64 f d e b s bits at st ai as ro free. */
const MUTATIONS: readonly Mutation[] = [
  ["nothing in it", () => "", "empty", "model"],
  ["only blanks and a byte order mark", () => "\uFEFF \r\n", "empty", "model"],
  ["cut in the middle", (text) => text.slice(0, 700), "json", "35:19", { got: '"\\""' }],
  ["a trailing comma", replace('"version": "1.0",', '"version": "1.0",,'), "json", "2:20", { got: '","' }],
  ["NaN that is no JSON", replace('"100"', "NaN"), "json", "17:18", { got: '"NaN"' }],
  ["a comment", replace("{", "{ // model"), "json", "1:3", { expected: '" }' }],
  ["two models", (text) => text + text, "json", "630:1", { expected: "EOF" }],
  ["a list of models", (text) => `[${text}]`, "type", "model", { expected: "object", got: "array" }],
  ["text in text", (text) => JSON.stringify(text), "type", "model", { expected: "object" }],
  ["another object", () => '{"a":1}', "missing", "properties", { expected: "array" }],
  ["an answer without data", () => '{"code":0,"msg":"succ"}', "missing", "properties"],
  ["an answer of failure", () => '{"code":10417,"msg":"no model"}', "answer", "model", { code: "10417" }],
  ["another answer of failure", () => '{"code":"10403","data":{}}', "answer", "model", { message: "" }],
  ["properties by name", put("properties", { a: 1 }), "type", "properties", { got: "object" }],
  ["events as text", put("events", "none"), "type", "events", { expected: "array", got: '"none"' }],
  ["services as true", put("services", true), "type", "services", { got: "true" }],
  ["a property of null", put("properties.3", null), "missing", "properties[3]", { expected: "object" }],
  ["an event of text", put("events.1", "e"), "type", "events[1]", { got: '"e"' }],
  ["no identifier", put("properties.0.identifier", undefined), "missing", "properties[0].identifier"],
  ["an empty identifier", put("services.0.identifier", ""), "missing", "services[0].identifier"],
  ["a number as identifier", put("events.0.identifier", 7), "type", "events[0].identifier", { got: "7" }],
  [
    "an identifier with a dash",
    put("properties.1.identifier", "a-b"),
    "identifier",
    "properties[1].identifier",
  ],
  ["a Chinese identifier", put("properties.1.identifier", "温度"), "identifier", "properties[1].identifier"],
  [
    "an identifier twice",
    put("properties.4.identifier", "f"),
    "duplicate",
    "properties[4].identifier",
    { got: "f" },
  ],
  [
    "an output twice",
    put("events.0.outputData.1.identifier", "i32"),
    "duplicate",
    "events[0].outputData[1].identifier",
  ],
  ["no data type", put("properties.2.dataType", undefined), "missing", "properties[2].dataType"],
  [
    "a data type of text",
    put("properties.2.dataType", "float"),
    "type",
    "properties[2].dataType",
    { expected: "object" },
  ],
  ["a data type without a type", put("properties.2.dataType", {}), "missing", "properties[2].dataType.type"],
  [
    "an unknown type",
    put("properties.2.dataType.type", "decimal"),
    "choice",
    "properties[2].dataType.type",
    { got: '"decimal"' },
  ],
  ["a number as type", put("properties.2.dataType.type", 4), "type", "properties[2].dataType.type"],
  [
    "specs of text",
    put("properties.2.dataType.specs", "0-9"),
    "type",
    "properties[2].dataType.specs",
    { expected: "object" },
  ],
  [
    "specs of a list",
    put("properties.4.dataType.specs", ["a", "b"]),
    "type",
    "properties[4].dataType.specs",
    { got: "array" },
  ],
  [
    "no specs",
    put("properties.0.dataType.specs", undefined),
    "note:specs-missing",
    "properties[0].dataType.specs",
    { type: "int32" },
  ],
  [
    "an enum without names",
    put("properties.4.dataType.specs", null),
    "note:specs-missing",
    "properties[4].dataType.specs",
  ],
  [
    "min above max",
    put("properties.0.dataType.specs.min", "101"),
    "range",
    "properties[0].dataType.specs.min",
    { min: "101", max: "100" },
  ],
  [
    "min above max by far",
    put("properties.1.dataType.specs", { min: "9223372036854775807", max: "9223372036854775806" }),
    "range",
    "properties[1].dataType.specs.min",
    { max: "9223372036854775806" },
  ],
  [
    "NaN as text",
    put("properties.2.dataType.specs.max", "NaN"),
    "number",
    "properties[2].dataType.specs.max",
    { got: '"NaN"' },
  ],
  [
    "a bound without end",
    put("properties.2.dataType.specs.max", "1e999"),
    "number",
    "properties[2].dataType.specs.max",
  ],
  [
    "a bound of true",
    put("properties.3.dataType.specs.min", true),
    "number",
    "properties[3].dataType.specs.min",
  ],
  [
    "a fraction as bound of an int32",
    put("properties.0.dataType.specs.min", "0.5"),
    "number",
    "properties[0].dataType.specs.min",
    { expected: "integer" },
  ],
  [
    "a step of 0",
    put("properties.2.dataType.specs.step", "0"),
    "note:ignored",
    "properties[2].dataType.specs.step",
    { expected: "number > 0", got: '"0"' },
  ],
  [
    "a step below 0",
    put("properties.2.dataType.specs.step", "-0.1"),
    "number",
    "properties[2].dataType.specs.step",
  ],
  [
    "a step that is none",
    put("properties.2.dataType.specs.step", "fine"),
    "number",
    "properties[2].dataType.specs.step",
    { got: '"fine"' },
  ],
  [
    "a unit that is none",
    put("properties.2.dataType.specs.unit", { u: 1 }),
    "note:ignored",
    "properties[2].dataType.specs.unit",
    { got: "object" },
  ],
  [
    "a word as an enum's value",
    put("properties.4.dataType.specs", { auto: "0" }),
    "label",
    "properties[4].dataType.specs.auto",
    { got: '"auto"' },
  ],
  [
    "a list as a label",
    put("properties.7.dataType.specs.0", []),
    "note:ignored",
    "properties[7].dataType.specs.0",
  ],
  [
    "a length of 0",
    put("properties.6.dataType.specs.length", "0"),
    "number",
    "properties[6].dataType.specs.length",
    { expected: "integer ≥ 1" },
  ],
  [
    "a length of text",
    put("properties.6.dataType.specs.length", "long"),
    "number",
    "properties[6].dataType.specs.length",
  ],
  [
    "struct members by name",
    put("properties.9.dataType.specs", { x: int({}) }),
    "type",
    "properties[9].dataType.specs",
    { expected: "array" },
  ],
  [
    "a struct without members",
    put("properties.9.dataType.specs", undefined),
    "missing",
    "properties[9].dataType.specs",
  ],
  [
    "a struct's member without identifier",
    put("properties.9.dataType.specs.1.identifier", null),
    "missing",
    "properties[9].dataType.specs[1].identifier",
  ],
  [
    "a struct in a struct",
    put("properties.9.dataType.specs", member({ type: "struct", specs: [] })),
    "note:nesting",
    "properties[9].dataType.specs[0].dataType",
    { type: "struct" },
  ],
  [
    "an array in a struct",
    put("properties.9.dataType.specs", member({ type: "array", specs: { size: 1, items: int({}) } })),
    "note:nesting",
    "properties[9].dataType.specs[0].dataType",
  ],
  [
    "an array of arrays",
    put("properties.10.dataType.specs", {
      size: 2,
      items: { type: "array", specs: { size: 2, items: int({}) } },
    }),
    "note:nesting",
    "properties[10].dataType.specs.items",
    { type: "array" },
  ],
  [
    "an array of bool",
    put("properties.10.dataType.specs.type", "bool"),
    "note:nesting",
    "properties[10].dataType.specs",
  ],
  [
    "an array of nothing",
    put("properties.10.dataType.specs", { length: 3 }),
    "missing",
    "properties[10].dataType.specs.type",
  ],
  [
    "an array of a length below 0",
    put("properties.10.dataType.specs.length", -1),
    "number",
    "properties[10].dataType.specs.length",
  ],
  [
    "an unknown access",
    put("properties.0.accessMode", "w"),
    "choice",
    "properties[0].accessMode",
    { got: '"w"' },
  ],
  [
    "no access",
    put("properties.0.accessMode", undefined),
    "note:assumed",
    "properties[0].accessMode",
    { assumed: "rw" },
  ],
  ["an unknown kind of event", put("events.0.eventType", "warning"), "choice", "events[0].eventType"],
  [
    "no kind of event",
    put("events.0.eventType", undefined),
    "note:assumed",
    "events[0].eventType",
    { assumed: "info" },
  ],
  ["an unknown kind of call", put("services.0.callType", "x"), "choice", "services[0].callType"],
  [
    "no kind of call",
    put("services.0.callType", ""),
    "note:assumed",
    "services[0].callType",
    { assumed: "sync" },
  ],
  ["outputs of text", put("events.0.outputData", "none"), "type", "events[0].outputData"],
  [
    "an input without a type",
    put("services.0.input.0", { identifier: "a" }),
    "missing",
    "services[0].input[0].dataType",
  ],
  [
    "a name that is none",
    put("properties.0.name", ["i32"]),
    "note:ignored",
    "properties[0].name",
    { got: "array" },
  ],
  ["required that is none", put("properties.0.required", 7), "note:ignored", "properties[0].required"],
  ["a profile that is none", put("profile.productId", {}), "note:ignored", "profile.productId"],
];

/** What came of a model: the error's reason, or the notes. */
function outcomesOf(text: string): readonly (readonly [outcome: string, path: unknown, params: object])[] {
  try {
    return parseThingModel(text).notes.map(({ key, path, params }) => [
      key.replace("ONENET_MODEL_NOTE.", "note:"),
      path,
      params,
    ]);
  } catch (thrown) {
    assert.ok(thrown instanceof OneNetError, String(thrown));
    assert.doesNotMatch(thrown.message, /\{\{\w+\}\}/);
    return [[thrown.key.replace("ONENET_MODEL_INVALID.", ""), thrown.params["path"], thrown.params]];
  }
}

describe("parseThingModel: mutations of a file", () => {
  const text = readModelFile("all-types.json");
  const usual = new Set(outcomesOf(text).map(([, path]) => path));

  it("has fifty of them at least", () => assert.ok(MUTATIONS.length >= 50));

  for (const [what, change, outcome, path, detail] of MUTATIONS) {
    it(`says of ${what}: ${outcome} at ${path}`, () => {
      const changed = change(text);
      assert.notEqual(changed, text);
      const [found, ...others] = outcomesOf(changed).filter(([, at]) => !usual.has(at));
      assert.ok(found !== undefined, "nothing was said");
      assert.deepEqual([found[0], found[1]], [outcome, path]);
      assert.deepEqual({ ...found[2], ...detail }, found[2]);
      for (const other of others) assert.match(other[0], /^note:/);
    });
  }
});
