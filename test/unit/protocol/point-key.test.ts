import assert from "node:assert/strict";
import { pointKey } from "../../../lib/protocol/point-key";

describe("pointKey", () => {
  it("is another one for each property, event and device", () => {
    const device = { productId: "P2", deviceName: "sub1" };
    const names = [
      { stream: "temp" },
      { stream: "temp", event: true as const },
      { stream: "temp", device },
      { stream: "temp", device, event: true as const },
      { stream: "temp", device: { ...device, deviceName: "sub2" } },
    ];
    assert.deepEqual(names.map(pointKey), ["temp", "!temp", "P2/sub1/temp", "P2/sub1/!temp", "P2/sub2/temp"]);
  });
});
