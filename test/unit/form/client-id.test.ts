import assert from "node:assert/strict";
import { splitClientId } from "../../../nodes/shared/form/client-id";

describe("splitClientId", () => {
  for (const [text, deviceName, suffix] of [
    ["gateway-1", "gateway-1", ""],
    ["gateway-1?network=0&sn=1", "gateway-1", "network=0&sn=1"],
    ["gateway-1?network=0&sn=a?b", "gateway-1", "network=0&sn=a?b"],
    ["gateway-1?", "gateway-1", ""],
    ["", "", ""],
  ] as const) {
    it(`takes “${text}” apart`, () => {
      assert.deepEqual(splitClientId(text), { deviceName, suffix });
    });
  }
});
