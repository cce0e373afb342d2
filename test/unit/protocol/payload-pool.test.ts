import assert from "node:assert/strict";
import { MAX_PAYLOAD_BYTES } from "../../../lib/protocol/limits";
import { giveBackPayload, lendPayload } from "../../../lib/protocol/payload-pool";

const LARGE = MAX_PAYLOAD_BYTES / 2;

describe("payload pool", () => {
  it("lends what was given back again, whatever the length", () => {
    const first = lendPayload(LARGE);
    giveBackPayload(first);
    const second = lendPayload(MAX_PAYLOAD_BYTES);
    assert.equal(second.buffer, first.buffer);
    assert.deepEqual([first.length, second.length], [LARGE, MAX_PAYLOAD_BYTES]);
  });

  it("lends nothing to two at once, though it be given back twice", () => {
    const first = lendPayload(LARGE);
    giveBackPayload(first);
    giveBackPayload(first);
    assert.notEqual(lendPayload(LARGE).buffer, lendPayload(LARGE).buffer);
  });

  it("takes nothing that it has not lent, and lends nothing small or too large", () => {
    const strangers = [Buffer.allocUnsafeSlow(LARGE), lendPayload(10), lendPayload(MAX_PAYLOAD_BYTES + 1)];
    for (const payload of [...strangers, "x".repeat(LARGE)]) giveBackPayload(payload);
    const lent = Array.from({ length: 20 }, () => lendPayload(LARGE).buffer);
    for (const { buffer } of strangers) assert.ok(!lent.includes(buffer));
  });

  it("keeps a few only", () => {
    const lent = Array.from({ length: 30 }, () => lendPayload(LARGE));
    for (const payload of lent) giveBackPayload(payload);
    const known = new Set(lent.map(({ buffer }) => buffer));
    const again = Array.from({ length: 30 }, () => lendPayload(LARGE));
    assert.equal(again.filter(({ buffer }) => known.has(buffer)).length, 8);
  });
});
