import assert from "node:assert/strict";
import { codeOf, LOG_CODE_TEXTS, oneJsonCode } from "../../../lib/protocol/codes";
import { encodeAnswer, encodeRequest, parseAnswer, parseRequest } from "../../../lib/protocol/envelope";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import {
  encodePropertyGetReply,
  encodePropertyPost,
  encodePropertySetReply,
  parsePropertyGet,
  parsePropertyPost,
  parsePropertyPostReply,
  parsePropertySet,
} from "../../../lib/protocol/property";
import { GARBAGE, refuses, wire } from "./expect";

describe("OneJSON envelope", () => {
  it("writes requests and answers as docs 901 show them", () => {
    assert.equal(encodeRequest("9", { temp: 30.5 }), '{"id":"9","version":"1.0","params":{"temp":30.5}}');
    assert.equal(encodeRequest("1"), '{"id":"1","version":"1.0"}');
    assert.equal(encodeAnswer("1", 200, "success"), '{"id":"1","code":200,"msg":"success"}');
    assert.equal(encodeAnswer("1001", 200), '{"id":"1001","code":200}');
    assert.equal(
      encodeAnswer("1002", 200, "ok", { a: 1 }),
      '{"id":"1002","code":200,"msg":"ok","data":{"a":1}}',
    );
  });

  it("refuses what is over the limit", () => {
    const text = "x".repeat(MAX_PAYLOAD_BYTES);
    refuses(() => encodeRequest("1", text), "ONENET_PAYLOAD_TOO_LARGE");
    refuses(() => encodeAnswer("1", 200, "ok", text), "ONENET_PAYLOAD_TOO_LARGE");
  });

  const requests: readonly (readonly [what: string, body: unknown, id: string, params: unknown])[] = [
    ["the usual", { id: "9", version: "1.0", params: { a: 1 } }, "9", { a: 1 }],
    ["no version", { id: "9", params: [1] }, "9", [1]],
    ["a misspelt version", { id: "9", verson: "1.0", params: 1 }, "9", 1],
    ["a number as id", { id: 1700000000000, params: {} }, "1700000000000", {}],
    ["an id of letters", { id: "0007-a", params: {} }, "0007-a", {}],
    ["no params", { id: "9" }, "9", undefined],
  ];
  for (const [what, body, id, params] of requests) {
    it(`reads a request with ${what}`, () => assert.deepEqual(parseRequest(wire(body)), { id, params }));
  }

  for (const [what, payload] of GARBAGE) {
    it(`refuses ${what} as a request, and leaves it as an answer`, () => {
      refuses(() => parseRequest(payload, "t"), "ONENET_COMMAND_INVALID", { topic: "t" });
      assert.equal(parseAnswer(payload), undefined);
    });
  }

  for (const id of [undefined, null, "", 1.5, true, {}]) {
    it(`refuses a request with the id ${JSON.stringify(id)}, and leaves such an answer`, () => {
      refuses(() => parseRequest(wire({ id, params: {} })), "ONENET_COMMAND_INVALID");
      assert.equal(parseAnswer(wire({ id, code: 200 })), undefined);
    });
  }

  const answers: readonly (readonly [body: unknown, ReturnType<typeof parseAnswer>])[] = [
    [
      { id: "1", code: 200, msg: "success" },
      { id: "1", code: 200, message: "success" },
    ],
    [
      { id: 1, code: "200" },
      { id: "1", code: 200, message: "" },
    ],
    [
      { id: "1", code: 100, msg: 7, data: null },
      { id: "1", code: 100, message: "", data: null },
    ],
    [{ id: "1" }, undefined],
    [{ id: "1", code: "ok" }, undefined],
  ];
  for (const [body, expected] of answers) {
    it(`reads the answer ${JSON.stringify(body)}`, () => assert.deepEqual(parseAnswer(wire(body)), expected));
  }
});

describe("encodePropertyPost", () => {
  it("writes values with times in milliseconds, or none", () => {
    const points = [
      { stream: "temp", value: 23.6, atMs: 1524448722123 },
      { stream: "sw", value: true },
    ];
    assert.equal(
      encodePropertyPost(1, points).toString(),
      '{"id":"1","version":"1.0","params":{"temp":{"value":23.6,"time":1524448722123},"sw":{"value":true}}}',
    );
  });

  it("refuses none, an identifier twice, and a bad id", () => {
    const point = { stream: "a", value: 1 };
    refuses(() => encodePropertyPost(1, []), "ONENET_DATAPOINT_INVALID.empty");
    refuses(() => encodePropertyPost(1, [point, point]), "ONENET_INTERNAL");
    refuses(() => encodePropertyPost(0, [point]), "ONENET_INTERNAL");
  });
});

describe("parsePropertyPostReply", () => {
  const cases: readonly (readonly [body: unknown, ReturnType<typeof parsePropertyPostReply>])[] = [
    [
      { id: "12", code: 200, msg: "success" },
      { messageId: 12, code: 200, message: "success" },
    ],
    [
      { id: 12, code: "2306" },
      { messageId: 12, code: 2306, message: "" },
    ],
    [
      { id: "x", code: 2405, msg: "msg id invalid" },
      { messageId: -1, code: 2405, message: "msg id invalid" },
    ],
    [
      { id: "3", code: 200, data: [] },
      { messageId: 3, code: 200, message: "", data: [] },
    ],
    [{ code: 200 }, undefined],
  ];
  for (const [body, expected] of cases) {
    it(`reads ${JSON.stringify(body)}`, () => assert.deepEqual(parsePropertyPostReply(wire(body)), expected));
  }
});

describe("parsePropertySet", () => {
  const cases: readonly (readonly [what: string, params: unknown, values: unknown])[] = [
    ["bare values", { a: 30.5, b: true, c: "x", d: null }, { a: 30.5, b: true, c: "x", d: null }],
    ["wrapped values", { a: { value: 1 }, b: { value: { c: 1 }, time: 1 } }, { a: 1, b: { c: 1 } }],
    ["a struct with a member called value", { a: { value: 1, unit: "m" } }, { a: { value: 1, unit: "m" } }],
    ["a struct without one", { a: { lat: 1 }, b: { time: 1 } }, { a: { lat: 1 }, b: { time: 1 } }],
    ["an array", { a: [{ value: 1 }] }, { a: [{ value: 1 }] }],
    ["nothing", {}, {}],
  ];
  for (const [what, params, values] of cases) {
    it(`reads ${what}`, () =>
      assert.deepEqual(parsePropertySet(wire({ id: "9", params })), { id: "9", values }));
  }

  for (const params of [undefined, null, [], 1, "a"]) {
    it(`refuses params ${JSON.stringify(params)}, keeping the id for an answer`, () => {
      const topic = "thing/property/set";
      refuses(() => parsePropertySet(wire({ id: 9, params })), "ONENET_COMMAND_INVALID", { topic, id: "9" });
    });
  }
});

describe("parsePropertyGet", () => {
  it("reads identifiers", () => {
    const get = { id: "9", version: "1.0", params: ["a", "b"] };
    assert.deepEqual(parsePropertyGet(wire(get)), { id: "9", identifiers: ["a", "b"] });
  });

  for (const params of [undefined, {}, "a", ["a", 1]]) {
    it(`refuses params ${JSON.stringify(params)}, keeping the id for an answer`, () => {
      const topic = "thing/property/get";
      refuses(() => parsePropertyGet(wire({ id: "9", params })), "ONENET_COMMAND_INVALID", {
        topic,
        id: "9",
      });
    });
  }
});

describe("a device's answers", () => {
  it("echo the id verbatim, with and without a message", () => {
    assert.equal(
      encodePropertySetReply("007", { code: 200, message: "success" }),
      '{"id":"007","code":200,"msg":"success"}',
    );
    assert.equal(encodePropertySetReply("9", { code: 100 }), '{"id":"9","code":100}');
  });

  it("hold bare values where a get succeeded", () => {
    assert.equal(
      encodePropertyGetReply("9", { code: 200, message: "success", values: { temp: 39.5 } }),
      '{"id":"9","code":200,"msg":"success","data":{"temp":39.5}}',
    );
    assert.equal(
      encodePropertyGetReply("9", { code: 100, message: "busy" }),
      '{"id":"9","code":100,"msg":"busy"}',
    );
  });
});

describe("parsePropertyPost", () => {
  const time = 1524448722123;

  it("reads what firmware in the field sends", () => {
    const points = [{ stream: "int32", value: 27 }];
    const params = { int32: { value: 27 } };
    assert.deepEqual(parsePropertyPost(wire({ id: "1", version: "1.0", params })), { id: "1", points });
    assert.deepEqual(parsePropertyPost(wire({ id: 5, params })), { id: "5", points });
    assert.deepEqual(parsePropertyPost(wire({ id: "123", verson: "1.0", params })), { id: "123", points });
    assert.deepEqual(parsePropertyPost(wire({ id: "1", params: { a: { value: [1, 2], time } } })), {
      id: "1",
      points: [{ stream: "a", value: [1, 2], atMs: time }],
    });
    assert.deepEqual(parsePropertyPost(wire({ id: "1", params: {} })), { id: "1", points: [] });
  });

  const refused: readonly (readonly [
    what: string,
    body: unknown,
    id: string,
    code: number,
    message: string,
  ])[] = [
    ["a trailing comma", '{"id":"1","params":{"a":{"value":1,}}}', "", 2402, "request format error"],
    ["no params", { id: "1" }, "1", 2402, "request format error"],
    ["a list as params", { id: "1", params: [] }, "1", 2402, "request format error"],
    ["flat params", { id: "1", params: { temp: 23 } }, "1", 2402, "request format error"],
    ["no id", { params: {} }, "", 2403, "required msg id"],
    ["null as id", { id: null, params: {} }, "", 2403, "required msg id"],
    ["an id of letters", { id: "abc", params: {} }, "abc", 2405, "msg id invalid"],
    ["an empty id", { id: "", params: {} }, "", 2405, "msg id invalid"],
    ["an id of 14 digits", { id: "12345678901234", params: {} }, "12345678901234", 2405, "msg id invalid"],
    ["a negative id", { id: -1, params: {} }, "-1", 2405, "msg id invalid"],
    ["null", { id: "1", params: { a: null } }, "1", 2409, "required value:identifier:a"],
    ["a null value", { id: "1", params: { a: { value: null } } }, "1", 2409, "required value:identifier:a"],
    ["no value", { id: "1", params: { a: { time } } }, "1", 2409, "required value:identifier:a"],
    [
      "seconds",
      { id: "1", params: { a: { value: 1, time: 1524448722 } } },
      "1",
      2415,
      "invalid time:identifier:a",
    ],
    [
      "a time as text",
      { id: "1", params: { a: { value: 1, time: `${time}` } } },
      "1",
      2415,
      "invalid time:identifier:a",
    ],
    [
      "microseconds",
      { id: "1", params: { a: { value: 1, time: time * 1000 } } },
      "1",
      2415,
      "invalid time:identifier:a",
    ],
    [
      "a good one and a bad one",
      { id: "1", params: { b: { value: 1 }, a: {} } },
      "1",
      2409,
      "required value:identifier:a",
    ],
  ];
  for (const [what, body, id, code, message] of refused) {
    it(`refuses ${what} with ${code}`, () =>
      assert.deepEqual(parsePropertyPost(wire(body)), { id, code, message }));
  }

  for (const [what, payload] of GARBAGE) {
    it(`refuses ${what} with 2402`, () => {
      assert.deepEqual(parsePropertyPost(payload), { id: "", code: 2402, message: "request format error" });
    });
  }
});

describe("platform codes", () => {
  it("come with their text, or with none", () => {
    assert.deepEqual(oneJsonCode(200), { code: 200, message: "success" });
    assert.deepEqual(oneJsonCode(2306, "temp"), {
      code: 2306,
      message: "identifier not exist:identifier:temp",
    });
    assert.deepEqual(codeOf(LOG_CODE_TEXTS, 1028), { code: 1028, message: "id not found" });
    assert.deepEqual(codeOf(LOG_CODE_TEXTS, 9), { code: 9, message: "" });
  });
});
