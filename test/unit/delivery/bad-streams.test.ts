import assert from "node:assert/strict";
import { BadStreams } from "../../../lib/delivery/bad-streams";
import { ManualClock } from "../../support/manual-clock";

const REJECTION = { code: 2306, message: "identifier not exist:identifier:X" };

describe("bad streams", () => {
  it("remembers what was said for ten minutes", () => {
    const clock = new ManualClock();
    const bad = new BadStreams(clock);
    assert.equal(bad.find({ stream: "X" }), undefined);
    bad.add({ stream: "X" }, REJECTION);
    clock.advance(599_999);
    assert.deepEqual(bad.find({ stream: "X" }), REJECTION);
    assert.equal(bad.find({ stream: "Y" }), undefined);
    clock.advance(1);
    assert.equal(bad.find({ stream: "X" }), undefined);
  });

  it("begins the ten minutes again at each rejection", () => {
    const clock = new ManualClock();
    const bad = new BadStreams(clock);
    bad.add({ stream: "X" }, REJECTION);
    clock.advance(500_000);
    bad.add({ stream: "X" }, REJECTION);
    clock.advance(500_000);
    assert.deepEqual(bad.find({ stream: "X" }), REJECTION);
  });

  it("forgets the oldest beyond ten thousand", () => {
    const bad = new BadStreams(new ManualClock());
    for (let index = 0; index <= 10_000; index += 1) bad.add({ stream: `s${index}` }, REJECTION);
    assert.equal(bad.find({ stream: "s0" }), undefined);
    assert.deepEqual(bad.find({ stream: "s1" }), REJECTION);
    assert.deepEqual(bad.find({ stream: "s10000" }), REJECTION);
  });

  it("knows a name of one product from that of another, and an event from a property", () => {
    const bad = new BadStreams(new ManualClock());
    const device = { productId: "P2", deviceName: "one" };
    bad.add({ stream: "X", device }, REJECTION);
    bad.add({ stream: "Y", event: true }, REJECTION);
    assert.deepEqual(bad.find({ stream: "X", device }), REJECTION);
    const sister = { productId: "P2", deviceName: "two" };
    assert.deepEqual(bad.find({ stream: "X", device: sister }), REJECTION, "the same thing model");
    const others = [
      { stream: "X" },
      { stream: "X", device: { productId: "P3", deviceName: "one" } },
      { stream: "X", device, event: true as const },
      { stream: "Y" },
      { stream: "Y", device, event: true as const },
    ];
    for (const name of others) assert.equal(bad.find(name), undefined, JSON.stringify(name));
    assert.deepEqual(bad.find({ stream: "Y", event: true }), REJECTION);
  });

  it("knows a sub-device that is unknown, whatever it posts, until it is known", () => {
    const bad = new BadStreams(new ManualClock());
    const device = { productId: "P2", deviceName: "one" };
    const said = { code: 307, message: "invalid product id or device name" };
    bad.add({ device }, said);
    assert.deepEqual(bad.find({ stream: "X", device }), said);
    assert.deepEqual(bad.find({ stream: "Y", event: true, device }), said);
    assert.equal(bad.find({ stream: "X", device: { ...device, deviceName: "two" } }), undefined);
    assert.equal(bad.find({ stream: "X" }), undefined);
    bad.forget({ device });
    assert.equal(bad.find({ stream: "X", device }), undefined);
    assert.equal(bad.size, 0);
  });
});
