import assert from "node:assert/strict";
import vm from "node:vm";
import fc from "fast-check";
import type { ErrorKey, ErrorParams } from "../../../lib/errors";
import {
  checkDatapoint,
  checkMessageId,
  type Datapoint,
  type DatapointRules,
  encodeDatapointPost,
  encodeDatapointReply,
  isStreamName,
  type JsonValue,
  parseDatapointPost,
  parseDatapointReply,
  readTimeMs,
} from "../../../lib/protocol/datapoint";
import { clip } from "../../../lib/protocol/json";
import { MAX_MESSAGE_ID, MAX_PAYLOAD_BYTES, MAX_TIME_MS, MIN_TIME_MS } from "../../../lib/protocol/limits";
import { encodePropertyPost, parsePropertyPost } from "../../../lib/protocol/property";
import { GARBAGE, refuses, wire } from "./expect";

const STREAM: DatapointRules = { kind: "data-stream", booleansAsNumbers: true };
const STREAM_AS_IS: DatapointRules = { kind: "data-stream", booleansAsNumbers: false };
const THING: DatapointRules = { kind: "thing-model", booleansAsNumbers: true };
const ALL = [STREAM, STREAM_AS_IS, THING];
const AT = 1_700_000_000_999;

/** `{k:{k:…1}}` with so many levels of objects. */
const nested = (levels: number): unknown => (levels === 0 ? 1 : { k: nested(levels - 1) });
const circle: Record<string, unknown> = {};
circle["me"] = { again: circle };

class Reading {
  readonly celsius = 20;
}

describe("checkDatapoint: values", () => {
  const date = new Date(AT);
  const shared = { a: 1 };
  const taken: readonly (readonly [
    what: string,
    value: unknown,
    rules: readonly DatapointRules[],
    JsonValue,
  ])[] = [
    ["an integer", 1, ALL, 1],
    ["a float", 30.5, ALL, 30.5],
    ["the largest double", Number.MAX_VALUE, ALL, Number.MAX_VALUE],
    ["-0 as 0", -0, ALL, 0],
    ["a text", "温度", ALL, "温度"],
    ["an empty text", "", ALL, ""],
    ["true as 1", true, [STREAM], 1],
    ["false as 0", false, [STREAM], 0],
    ["true", true, [STREAM_AS_IS, THING], true],
    ["a boolean inside as it is", { on: true }, ALL, { on: true }],
    ["a BigInt", 10n, ALL, 10],
    ["a BigInt beyond 2^53", -(2n ** 63n), ALL, -(2n ** 63n)],
    ["an object", { lat: 1, lng: { deg: 2 } }, ALL, { lat: 1, lng: { deg: 2 } }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), ALL, { a: 1 }],
    ["an object of a class", new Reading(), ALL, { celsius: 20 }],
    ["an empty object", {}, ALL, {}],
    ["an array", [1, "a", [true]], ALL, [1, "a", [true]]],
    ["five levels", nested(5), ALL, nested(5) as JsonValue],
    ["the same object twice", [shared, { shared }], ALL, [{ a: 1 }, { shared: { a: 1 } }]],
    ["a Date as ISO text", { at: date }, [STREAM], { at: date.toISOString() }],
    ["a Date as milliseconds", { at: date }, [THING], { at: AT }],
    ["an object of a function node", vm.runInNewContext("({a:[1,{b:2}]})"), ALL, { a: [1, { b: 2 }] }],
    ["a Date of a function node", vm.runInNewContext(`new Date(${AT})`), [THING], AT],
    ["a key of 30 bytes", { ["k".repeat(30)]: 1 }, ALL, { ["k".repeat(30)]: 1 }],
    ["a key of 31 bytes on a thing model", { ["k".repeat(31)]: 1 }, [THING], { ["k".repeat(31)]: 1 }],
  ];
  for (const [what, value, rules, expected] of taken) {
    it(`takes ${what}`, () => {
      for (const rule of rules) {
        const point = checkDatapoint({ stream: "s", value }, rule);
        assert.deepEqual(point, { stream: "s", value: expected });
        assert.ok(!Object.is(point.value, -0));
      }
    });
  }

  it("keeps a key called __proto__ as a key", () => {
    const { value } = checkDatapoint({ stream: "s", value: JSON.parse('{"__proto__":{"a":1}}') }, STREAM);
    assert.equal(JSON.stringify(value), '{"__proto__":{"a":1}}');
  });

  it("shares nothing with the message", () => {
    const value = { list: [1, { deep: 2 }] };
    const point = checkDatapoint({ stream: "s", value }, STREAM);
    value.list.push(3);
    (value.list[1] as { deep: number }).deep = 9;
    assert.deepEqual(point.value, { list: [1, { deep: 2 }] });
  });

  const refused: readonly (readonly [what: string, value: unknown, reason: string, params?: ErrorParams])[] =
    [
      ["NaN", Number.NaN, "not-finite", { got: "NaN" }],
      ["Infinity", Number.POSITIVE_INFINITY, "not-finite", { got: "Infinity" }],
      ["-Infinity", Number.NEGATIVE_INFINITY, "not-finite", { got: "-Infinity" }],
      ["NaN inside", { a: [Number.NaN] }, "not-finite"],
      ["a BigInt of more than 64 bits", 2n ** 64n, "type", { got: "BigInt 18446744073709551616" }],
      ["undefined", undefined, "type", { got: "undefined" }],
      ["null", null, "type", { got: "null" }],
      ["null inside", { a: null }, "type", { got: "null" }],
      ["undefined inside", { a: undefined }, "type", { got: "undefined" }],
      ["a hole in an array", Array(1), "type", { got: "undefined" }],
      ["a function", () => 1, "type", { got: "function" }],
      ["a symbol", Symbol("s"), "type", { got: "symbol" }],
      ["a Buffer", Buffer.from("x"), "type", { got: "Buffer" }],
      ["a Uint8Array", new Uint8Array(1), "type", { got: "Buffer" }],
      ["a Buffer inside", { raw: Buffer.from("x") }, "type", { got: "Buffer" }],
      ["a Map", new Map(), "type", { got: "Map" }],
      ["a RegExp", /x/, "type", { got: "RegExp" }],
      ["an Error", new Error("x"), "type", { got: "Error" }],
      ["a boxed number", Object(1), "type", { got: "Number" }],
      ["an invalid Date", new Date(Number.NaN), "type", { got: "invalid Date" }],
      ["six levels", nested(6), "too-deep", { maxDepth: 5 }],
      ["six levels of arrays", [[[[[[1]]]]]], "too-deep"],
      ["a circle", circle, "circular"],
    ];
  for (const [what, value, reason, params] of refused) {
    it(`refuses ${what}`, () => {
      const key = `ONENET_DATAPOINT_INVALID.${reason}` as ErrorKey;
      for (const rules of ALL) {
        refuses(() => checkDatapoint({ stream: "s", value }, rules), key, { stream: "s", ...params });
      }
    });
  }

  it("refuses a key of 31 bytes on a data stream, and of 129 on a thing model", () => {
    const key = `${"温".repeat(10)}x`;
    refuses(
      () => checkDatapoint({ stream: "s", value: { [key]: 1 } }, STREAM),
      "ONENET_DATAPOINT_INVALID.key",
      {
        key,
        bytes: 31,
        maxBytes: 30,
      },
    );
    const value = { a: { ["k".repeat(129)]: 1 } };
    refuses(() => checkDatapoint({ stream: "s", value }, THING), "ONENET_DATAPOINT_INVALID.key", {
      bytes: 129,
    });
  });
});

describe("checkDatapoint: names", () => {
  const cases: readonly (readonly [name: string, dataStream: boolean, thingModel: boolean])[] = [
    ["temperature", true, true],
    ["T_1", true, true],
    ["1", true, true],
    ["$OneNET_LBS", true, true],
    ["__proto__", true, true],
    ["a.b", true, false],
    ["a".repeat(30), true, true],
    ["a".repeat(31), false, true],
    ["a".repeat(128), false, true],
    ["a".repeat(129), false, false],
    ["$", false, false],
    ["a$", false, false],
    ["a-b", false, false],
    ["a b", false, false],
    ["温度", false, false],
    ["a\n", false, false],
  ];
  for (const [stream, dataStream, thingModel] of cases) {
    it(`judges ${JSON.stringify(stream)}`, () => {
      for (const [rules, good] of [
        [STREAM, dataStream],
        [THING, thingModel],
      ] as const) {
        assert.equal(isStreamName(stream, rules.kind), good);
        const check = () => checkDatapoint({ stream, value: 1 }, rules);
        if (good) assert.deepEqual(check(), { stream, value: 1 });
        else refuses(check, "ONENET_DATAPOINT_INVALID.stream-name", { stream: clip(stream) });
      }
    });
  }

  it("stamps what has no time of its own", () => {
    assert.deepEqual(checkDatapoint({ stream: "a", value: 1 }, STREAM, AT), {
      stream: "a",
      value: 1,
      atMs: AT,
    });
    const at = AT - 1000;
    assert.deepEqual(checkDatapoint({ stream: "a", value: 1, at }, STREAM, AT), {
      stream: "a",
      value: 1,
      atMs: at,
    });
  });

  it("judges names the same, however many it has seen", () => {
    for (let index = 0; index < 2500; index += 1) {
      assert.equal(isStreamName(`s${index}`, "data-stream"), true);
      assert.equal(isStreamName(`s-${index}`, "data-stream"), false);
    }
    assert.equal(isStreamName("s0", "data-stream"), true);
    assert.equal(isStreamName("s0", "thing-model"), true);
  });

  for (const stream of [undefined, null, ""]) {
    it(`misses the name in ${stream}`, () => {
      refuses(() => checkDatapoint({ stream, value: 1 }, STREAM), "ONENET_DATAPOINT_INVALID.stream-missing");
    });
  }

  it("refuses a name that is no text", () => {
    refuses(() => checkDatapoint({ stream: 7, value: 1 }, STREAM), "ONENET_DATAPOINT_INVALID.stream-name", {
      stream: "7",
    });
  });
});

describe("checkDatapoint: times", () => {
  const taken: readonly (readonly [at: unknown, ms: number])[] = [
    [AT, AT],
    [AT + 0.9, AT],
    [new Date(AT), AT],
    [vm.runInNewContext(`new Date(${AT})`), AT],
    ["2023-11-14T22:13:20.999Z", AT],
    ["2023-11-15T06:13:20.999+08:00", AT],
    ["2023-11-15T06:13:20+0800", AT - 999],
    ["2023-11-14", Date.UTC(2023, 10, 14)],
    ["2023-11-14 22:13", new Date(2023, 10, 14, 22, 13).getTime()],
    [MIN_TIME_MS, MIN_TIME_MS],
    [MAX_TIME_MS, MAX_TIME_MS],
  ];
  for (const [at, ms] of taken) {
    it(`reads ${JSON.stringify(at)}`, () => {
      assert.equal(readTimeMs(at), ms);
      assert.deepEqual(checkDatapoint({ stream: "s", value: 1, at }, THING), {
        stream: "s",
        value: 1,
        atMs: ms,
      });
    });
  }

  const refused: readonly unknown[] = [
    null,
    "",
    "yesterday",
    "1700000000000",
    "2023-13-01",
    "Tue, 14 Nov 2023 22:13:20 GMT",
    1_700_000_000,
    1_700_000_000_000_000,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(Number.NaN),
    new Date(0),
    true,
    10n,
    {},
    [AT],
  ];
  for (const at of refused) {
    it(`refuses ${typeof at} ${String(at)}`, () => {
      assert.equal(readTimeMs(at), undefined);
      refuses(() => checkDatapoint({ stream: "s", value: 1, at }, STREAM), "ONENET_DATAPOINT_INVALID.time", {
        stream: "s",
      });
    });
  }
});

describe("encodeDatapointPost", () => {
  it("writes what docs 923 show", () => {
    const points: readonly Datapoint[] = [
      { stream: "temperature", value: 30.5, atMs: 1_552_289_676_000 },
      { stream: "loc", value: { lat: 1, lng: 2 } },
      { stream: "temperature", value: 31 },
    ];
    assert.equal(
      encodeDatapointPost(123, points).toString(),
      '{"id":123,"dp":{"temperature":[{"v":30.5,"t":1552289676},{"v":31}],"loc":[{"v":{"lat":1,"lng":2}}]}}',
    );
  });

  it("rounds times down to seconds and keeps the order within one", () => {
    const points = [999, 1, 500].map((ms) => ({ stream: "s", value: ms, atMs: 1_700_000_000_000 + ms }));
    assert.equal(
      encodeDatapointPost(1, points).toString(),
      '{"id":1,"dp":{"s":[{"v":999,"t":1700000000},{"v":1,"t":1700000000},{"v":500,"t":1700000000}]}}',
    );
  });

  it("keeps a stream called __proto__", () => {
    assert.equal(
      encodeDatapointPost(1, [{ stream: "__proto__", value: 1 }]).toString(),
      '{"id":1,"dp":{"__proto__":[{"v":1}]}}',
    );
  });

  it("refuses no points, and a post over the limit by one byte", () => {
    refuses(() => encodeDatapointPost(1, []), "ONENET_DATAPOINT_INVALID.empty");
    const frame = encodeDatapointPost(1, [{ stream: "s", value: "" }]).length;
    const largest: Datapoint = { stream: "s", value: "x".repeat(MAX_PAYLOAD_BYTES - frame) };
    assert.equal(encodeDatapointPost(1, [largest]).length, MAX_PAYLOAD_BYTES);
    refuses(() => encodeDatapointPost(10, [largest]), "ONENET_PAYLOAD_TOO_LARGE", {
      bytes: MAX_PAYLOAD_BYTES + 1,
    });
  });

  it("takes message ids from 1 to 2^31-1", () => {
    for (const id of [1, MAX_MESSAGE_ID]) assert.equal(checkMessageId(id), id);
    for (const id of [0, -1, 1.5, MAX_MESSAGE_ID + 1, Number.NaN]) {
      refuses(() => encodeDatapointPost(id, [{ stream: "s", value: 1 }]), "ONENET_INTERNAL");
    }
  });
});

describe("parseDatapointReply", () => {
  const cases: readonly (readonly [
    accepted: boolean,
    body: unknown,
    ReturnType<typeof parseDatapointReply>,
  ])[] = [
    [true, { id: 123 }, { messageId: 123 }],
    [true, { id: "123" }, { messageId: 123 }],
    [true, {}, undefined],
    [true, { id: "x" }, undefined],
    [
      false,
      { id: 123, err_code: 98, err_msg: "Illegal Data" },
      { messageId: 123, rejection: { code: 98, message: "Illegal Data" } },
    ],
    [false, { id: -1, err_code: "98" }, { messageId: -1, rejection: { code: 98, message: "" } }],
    [false, {}, { messageId: -1, rejection: { code: -1, message: "" } }],
  ];
  for (const [accepted, body, expected] of cases) {
    it(`reads ${JSON.stringify(body)} on ${accepted ? "accepted" : "rejected"}`, () => {
      assert.deepEqual(parseDatapointReply(accepted, wire(body)), expected);
    });
  }

  for (const [what, payload] of GARBAGE) {
    it(`leaves ${what}`, () => {
      assert.equal(parseDatapointReply(true, payload), undefined);
      assert.equal(parseDatapointReply(false, payload), undefined);
    });
  }

  it("reads what the simulator writes", () => {
    assert.equal(encodeDatapointReply({ messageId: 5 }), '{"id":5}');
    const rejected = { messageId: -1, rejection: { code: 98, message: "illegal data" } };
    assert.deepEqual(parseDatapointReply(false, wire(encodeDatapointReply(rejected))), rejected);
  });
});

describe("parseDatapointPost", () => {
  it("reads points, with and without a time", () => {
    const post = { id: 7, dp: { a: [{ v: 1, t: 1_700_000_000 }, { v: true }], $b: [{ v: { c: [1] } }] } };
    assert.deepEqual(parseDatapointPost(wire(post)), {
      messageId: 7,
      points: [
        { stream: "a", value: 1, atMs: 1_700_000_000_000 },
        { stream: "a", value: true },
        { stream: "$b", value: { c: [1] } },
      ],
    });
  });

  const refused: readonly (readonly [what: string, body: unknown, messageId: number])[] = [
    ["no id", { dp: { a: [{ v: 1 }] } }, -1],
    ["id 0", { id: 0, dp: { a: [{ v: 1 }] } }, -1],
    ["an id above int32", { id: MAX_MESSAGE_ID + 1, dp: { a: [{ v: 1 }] } }, -1],
    ["no dp", { id: 1 }, 1],
    ["a list as dp", { id: 1, dp: [] }, 1],
    ["no stream", { id: 1, dp: {} }, 1],
    ["a bad stream name", { id: 1, dp: { "a-b": [{ v: 1 }] } }, 1],
    ["a stream that is no list", { id: 1, dp: { a: { v: 1 } } }, 1],
    ["a point that is no object", { id: 1, dp: { a: [1] } }, 1],
    ["a point without v", { id: 1, dp: { a: [{ t: 1 }] } }, 1],
    ["null", { id: 1, dp: { a: [{ v: null }] } }, 1],
    ["six levels", { id: 1, dp: { a: [{ v: nested(6) }] } }, 1],
    ["a key of 31 bytes", { id: 1, dp: { a: [{ v: { ["k".repeat(31)]: 1 } }] } }, 1],
    ["a time as text", { id: 1, dp: { a: [{ v: 1, t: "1700000000" }] } }, 1],
    ["a negative time", { id: 1, dp: { a: [{ v: 1, t: -1 }] } }, 1],
    ["a time without end", '{"id":1,"dp":{"a":[{"v":1,"t":1e999}]}}', 1],
    ["a good point and a bad one", { id: 1, dp: { a: [{ v: 1 }, {}] } }, 1],
    ["the trailing comma of the official sample", '{"id":123,"dp":{"a":[{"v":30,}]}}', -1],
  ];
  for (const [what, body, messageId] of refused) {
    it(`refuses ${what} with code 98`, () => {
      assert.deepEqual(parseDatapointPost(wire(body)), { messageId, code: 98, message: "illegal data" });
    });
  }

  for (const [what, payload] of GARBAGE) {
    it(`refuses ${what} with code 98`, () => {
      assert.deepEqual(parseDatapointPost(payload), { messageId: -1, code: 98, message: "illegal data" });
    });
  }
});

describe("what the encoders write, the platform's readers read", () => {
  const at = fc.integer({ min: MIN_TIME_MS, max: MAX_TIME_MS });
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.dictionary(fc.string({ maxLength: 7 }), fc.integer()),
  );
  const stream = fc.stringMatching(/^\$?[A-Za-z0-9_]{1,29}$/);

  it("of a data stream", () => {
    fc.assert(
      fc.property(stream, value, at, (name, given, ms) => {
        const point = checkDatapoint({ stream: name, value: given, at: ms }, STREAM_AS_IS);
        assert.deepEqual(parseDatapointPost(encodeDatapointPost(9, [point])), {
          messageId: 9,
          points: [{ ...point, atMs: Math.floor(ms / 1000) * 1000 }],
        });
      }),
    );
  });

  it("of a thing model", () => {
    fc.assert(
      fc.property(stream, value, at, (name, given, ms) => {
        const point = checkDatapoint({ stream: name, value: given, at: ms }, THING);
        const read = parsePropertyPost(encodePropertyPost(9, [point]));
        assert.deepEqual(read, { id: "9", points: [point] });
      }),
    );
  });
});
