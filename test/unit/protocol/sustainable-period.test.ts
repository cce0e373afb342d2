import assert from "node:assert/strict";
import { sustainablePeriodSeconds } from "../../../lib/protocol/sustainable-period";

describe("sustainablePeriodSeconds", () => {
  const cases = [
    { devices: 1500, messagesPerSecond: 1, seconds: 150 },
    { devices: 1501, messagesPerSecond: 1, seconds: 151 },
    { devices: 1500, messagesPerSecond: 20, seconds: 7.5 },
    { devices: 1, messagesPerSecond: 1, seconds: 1 },
    { devices: 0, messagesPerSecond: 1, seconds: 0 },
    { devices: 1500, messagesPerSecond: 1, devicesPerPack: 1, seconds: 1500 },
    { devices: 1500, messagesPerSecond: undefined, seconds: 0 },
  ];
  for (const { seconds, ...load } of cases) {
    it(`is ${seconds} s for ${JSON.stringify(load)}`, () => {
      assert.equal(sustainablePeriodSeconds(load), seconds);
    });
  }
});
