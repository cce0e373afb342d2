import assert from "node:assert/strict";
import { encodeCustomReply } from "../../../lib/protocol/custom";
import { encodeOtaInformReply, parseOtaInform } from "../../../lib/protocol/ota";
import { encodeServiceReply, parseServiceInvoke } from "../../../lib/protocol/service";
import { GARBAGE, refuses, wire } from "./expect";

describe("services", () => {
  const cases: readonly (readonly [what: string, params: unknown, input: unknown])[] = [
    ["inputs", { in1: "on" }, { in1: "on" }],
    ["wrapped inputs as they are", { in1: { value: 1 } }, { in1: { value: 1 } }],
    ["nothing", {}, {}],
    ["no params", undefined, {}],
    ["null as params", null, {}],
  ];
  for (const [what, params, input] of cases) {
    it(`are invoked with ${what}`, () => {
      const read = parseServiceInvoke("reboot", wire({ id: 9, params }));
      assert.deepEqual(read, { id: "9", identifier: "reboot", input });
    });
  }

  it("are refused with params that are no object, keeping the id for an answer", () => {
    const topic = "thing/service/reboot/invoke";
    for (const params of [1, "a", [1]])
      refuses(() => parseServiceInvoke("reboot", wire({ id: 9, params })), "ONENET_COMMAND_INVALID", {
        topic,
        id: "9",
      });
  });

  it("are answered with their outputs, or a failure", () => {
    assert.equal(
      encodeServiceReply("9", { code: 200, message: "success", output: { out1: 1 } }),
      '{"id":"9","code":200,"msg":"success","data":{"out1":1}}',
    );
    assert.equal(
      encodeServiceReply("9", { code: 100, message: "busy" }),
      '{"id":"9","code":100,"msg":"busy"}',
    );
  });
});

describe("ota/inform", () => {
  it("hands its params on, whatever they are", () => {
    for (const params of [{ target: "1.1" }, [], "x", null, 0])
      assert.deepEqual(parseOtaInform(wire({ id: "9", version: "1.0", params })), { id: "9", params });
  });

  it("wants params, as the official SDK does", () => {
    refuses(() => parseOtaInform(wire({ id: "9" })), "ONENET_COMMAND_INVALID", {
      topic: "ota/inform",
      id: "9",
    });
  });

  it("is answered", () => {
    assert.equal(
      encodeOtaInformReply("9", { code: 200, message: "success" }),
      '{"id":"9","code":200,"msg":"success"}',
    );
    assert.equal(encodeOtaInformReply("9", { code: 100 }), '{"id":"9","code":100}');
  });
});

describe("custome/down_reply", () => {
  it("holds the bytes that are given, or the plain verdict", () => {
    const verdict = { code: 200, message: "success" };
    assert.deepEqual(encodeCustomReply("d1", Buffer.of(1, 2), verdict), Buffer.of(1, 2));
    assert.equal(encodeCustomReply("d1", "ok", verdict).toString(), "ok");
    assert.equal(
      encodeCustomReply("d1", undefined, verdict).toString(),
      '{"id":"d1","code":200,"msg":"success"}',
    );
    refuses(() => encodeCustomReply("d1", new Map(), verdict), "ONENET_PAYLOAD_INVALID");
  });
});

for (const [what, payload] of GARBAGE) {
  it(`a service and a notice refuse ${what}`, () => {
    refuses(() => parseServiceInvoke("reboot", payload), "ONENET_COMMAND_INVALID");
    refuses(() => parseOtaInform(payload), "ONENET_COMMAND_INVALID");
  });
}
