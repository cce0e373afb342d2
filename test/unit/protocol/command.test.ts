import assert from "node:assert/strict";
import vm from "node:vm";
import {
  COMMAND_ERROR_TEXTS,
  encodeCommandRejection,
  encodeCommandResponse,
  parseCommandRejection,
  parseCommandRequest,
} from "../../../lib/protocol/command";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import { type ParsedTopic, parseTopic, topics } from "../../../lib/protocol/topic";
import { GARBAGE, refuses, wire } from "./expect";

const DEVICE = { productId: "Ab12Cd34Ef", deviceName: "dev-01" };
const read = (topic: string) => parseTopic(topic) as ParsedTopic;

describe("parseCommandRequest", () => {
  it("takes the id from the topic and the body as it is", () => {
    const body = Uint8Array.of(0xff, 0);
    const request = parseCommandRequest(read(topics.commandRequest(DEVICE, "5e3f-1")), body);
    assert.deepEqual(request, { commandId: "5e3f-1", body });
  });

  it("leaves every other topic", () => {
    assert.equal(parseCommandRequest(read(topics.commandResponse(DEVICE, "c")), wire("")), undefined);
  });
});

describe("encodeCommandResponse", () => {
  const cases: readonly (readonly [what: string, body: unknown, expected: string])[] = [
    ["nothing", undefined, ""],
    ["null", null, ""],
    ["text", "开", "开"],
    ["a number", 1.5, "1.5"],
    ["a boolean", false, "false"],
    ["an object", { code: 100, msg: "no" }, '{"code":100,"msg":"no"}'],
    ["an array", [1], "[1]"],
    ["a Buffer", Buffer.from("raw"), "raw"],
    ["a part of a larger array", new Uint8Array(Buffer.from("-raw-")).subarray(1, 4), "raw"],
    ["bytes of a function node", vm.runInNewContext("Uint8Array.of(114, 97, 119)"), "raw"],
    ["the largest body", "x".repeat(MAX_PAYLOAD_BYTES), "x".repeat(MAX_PAYLOAD_BYTES)],
  ];
  for (const [what, body, expected] of cases) {
    it(`writes ${what}`, () => assert.equal(encodeCommandResponse(body).toString(), expected));
  }

  it("shares no bytes with the message", () => {
    const body = Buffer.from("raw");
    const encoded = encodeCommandResponse(body);
    body.fill(0);
    assert.equal(encoded.toString(), "raw");
  });

  const circle: Record<string, unknown> = {};
  circle["me"] = circle;
  const refused: readonly (readonly [type: string, body: unknown])[] = [
    ["function", () => 1],
    ["symbol", Symbol("s")],
    ["BigInt 1", 1n],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["object", circle],
  ];
  for (const [type, body] of refused) {
    it(`refuses ${type}`, () =>
      refuses(() => encodeCommandResponse(body), "ONENET_PAYLOAD_INVALID", { type }));
  }

  it("refuses one byte more than the limit", () => {
    const body = Buffer.alloc(MAX_PAYLOAD_BYTES + 1);
    refuses(() => encodeCommandResponse(body), "ONENET_PAYLOAD_TOO_LARGE", { bytes: body.length });
  });
});

describe("parseCommandRejection", () => {
  const cases: readonly (readonly [body: unknown, code: number, message: string])[] = [
    [{ err_code: 113, err_msg: "cmdid not found" }, 113, "cmdid not found"],
    [{ err_code: "112" }, 112, "command timeout"],
    [{ err_code: 7 }, 7, ""],
    [{}, -1, ""],
  ];
  for (const [body, code, message] of cases) {
    it(`reads ${JSON.stringify(body)}`, () => {
      assert.deepEqual(parseCommandRejection(wire(body)), { code, message });
    });
  }

  for (const [what, payload] of GARBAGE) {
    it(`reads ${what} as a rejection without a reason`, () => {
      assert.deepEqual(parseCommandRejection(payload), { code: -1, message: "" });
    });
  }

  it("reads what the simulator writes", () => {
    for (const [code, message] of Object.entries(COMMAND_ERROR_TEXTS)) {
      assert.deepEqual(parseCommandRejection(wire(encodeCommandRejection(Number(code)))), {
        code: Number(code),
        message,
      });
    }
  });
});
