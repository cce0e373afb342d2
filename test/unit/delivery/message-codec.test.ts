import assert from "node:assert/strict";
import fc from "fast-check";
import type { DeliveryOptions, Draft } from "../../../lib/delivery/message";
import { decodeMessage, encodeMessage, readSubject } from "../../../lib/delivery/message-codec";
import { subjectOf } from "../../../lib/delivery/subject";
import { readDensePoints } from "../../../lib/protocol/dense-reader";
import { exactInteger, parseJson } from "../../../lib/protocol/json";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const optional: { requiredKeys: []; noNullPrototype: true } = { requiredKeys: [], noNullPrototype: true };

const properties = fc.record(
  {
    contentType: text,
    responseTopic: text,
    correlationData: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    userProperties: fc.dictionary(
      text.filter((name) => name !== "__proto__"),
      fc.oneof(text, fc.array(text, { maxLength: 3 })),
      { noNullPrototype: true },
    ),
    messageExpiryInterval: fc.nat(),
  },
  optional,
);

const publish = fc.record(
  {
    topic: text,
    payload: fc.oneof(
      text,
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    retain: fc.boolean(),
    properties,
  },
  { requiredKeys: ["topic", "payload", "qos", "retain"], noNullPrototype: true },
);

const point = fc.record(
  {
    stream: fc.stringMatching(/^\$?\w{1,12}$/),
    value: fc.oneof(
      // As it comes from the wire: whole numbers beyond 2^53 are bigints.
      fc.jsonValue({ noUnicodeString: false }).map((value) => parseJson(JSON.stringify(value))),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exactInteger),
    ),
    atMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    event: fc.constant(true as const),
    device: fc.record({ productId: text, deviceName: text }, { noNullPrototype: true }),
  },
  { requiredKeys: ["stream", "value"], noNullPrototype: true },
);

const draft: fc.Arbitrary<Draft> = fc.oneof(
  publish.map((each) => ({ kind: "publish" as const, publish: each })),
  fc.record(
    {
      kind: fc.constant("datapoints" as const),
      points: fc.array(point, { minLength: 1, maxLength: 6 }),
      qos: fc.constantFrom(0 as const, 1 as const),
    },
    { noNullPrototype: true, requiredKeys: ["kind", "points", "qos"] },
  ),
);

const options: fc.Arbitrary<DeliveryOptions> = fc.record(
  {
    completeWhen: fc.constantFrom("queued", "sent", "acknowledged", "accepted"),
    expiryMs: fc.nat(),
    priority: fc.constant("high" as const),
  },
  { requiredKeys: ["completeWhen"], noNullPrototype: true },
);

const message = fc.record(
  {
    draft,
    options,
    queuedAt: fc.nat({ max: 4_000_000_000_000 }),
    queuedAtMonotonicMs: fc.nat(),
    attempts: fc.nat(100),
    bytes: fc.nat(),
  },
  {
    noNullPrototype: true,
    requiredKeys: ["draft", "options", "queuedAt", "queuedAtMonotonicMs", "attempts", "bytes"],
  },
);

describe("message codec", () => {
  it("gives back every message as it was", () => {
    fc.assert(
      fc.property(message, (each) => {
        assert.deepEqual(decodeMessage(encodeMessage(each)), each);
      }),
      { numRuns: 500 },
    );
  });

  it("gives back a long list of datapoints one by one", () => {
    const items = Array.from({ length: 40 }, (_, n) => ({ stream: `s${n % 2}`, value: n / 10 }));
    const dense = readDensePoints(items, { kind: "data-stream", booleansAsNumbers: true }, 1_700_000_000_999);
    assert.ok(dense);
    const rest = {
      options: { completeWhen: "accepted" },
      queuedAt: 1,
      queuedAtMonotonicMs: 2,
      attempts: 0,
      bytes: 4,
    } as const;
    const stored = encodeMessage({ draft: { kind: "datapoints", points: dense, qos: 1 }, ...rest });
    const points = dense.toPoints();
    assert.equal(points.length, 40);
    assert.deepEqual(decodeMessage(stored), { draft: { kind: "datapoints", points, qos: 1 }, ...rest });
    assert.deepEqual(readSubject(stored), { streams: ["s0", "s1"] });
  });

  it("reads a record that lies within another buffer, and keeps a payload of its own", () => {
    const each = {
      draft: {
        kind: "publish",
        publish: { topic: "t", payload: Buffer.from([0, 255, 7]), qos: 2, retain: true },
      },
      options: { completeWhen: "sent" },
      queuedAt: 1,
      queuedAtMonotonicMs: 2,
      attempts: 3,
      bytes: 4,
    } as const;
    const record = encodeMessage(each);
    const around = Buffer.concat([Buffer.from("before"), record, Buffer.from("after")]);
    const view = new Uint8Array(around.buffer, around.byteOffset + 6, record.length);
    const read = decodeMessage(view);
    around.fill(0);
    assert.deepEqual(read, each);
  });

  it("reads datapoints as they were stored before there were events and sub-devices", () => {
    const header = '[[["temp",21.5,1700000000000],["state",{"on":true}]],13,1700000000001,2,0,99]';
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length, 0);
    const record = Buffer.concat([length, Buffer.from(header)]);
    const { draft } = decodeMessage(record);
    const points = [
      { stream: "temp", value: 21.5, atMs: 1_700_000_000_000 },
      { stream: "state", value: { on: true } },
    ];
    assert.deepEqual(draft, { kind: "datapoints", points, qos: 1 });
    assert.deepEqual(readSubject(record), { streams: ["temp", "state"] });
  });

  it("says of a record what it is about: streams, and whose", () => {
    const device = { productId: "P2", deviceName: "sub" };
    const points = [
      { stream: "temp", value: 1 },
      { stream: "temp", value: 1, device },
      { stream: "alarm", value: {}, device, event: true as const },
    ];
    const draft = { kind: "datapoints", points, qos: 1 } as const;
    const record = encodeMessage({
      draft,
      options: { completeWhen: "queued" },
      queuedAt: 1,
      queuedAtMonotonicMs: 2,
      attempts: 0,
      bytes: 4,
    });
    const subject = { streams: ["temp", "alarm"], devices: ["P2/sub"] };
    assert.deepEqual(readSubject(record), subject);
    assert.deepEqual(subjectOf(draft), subject);
    const many = Array.from({ length: 25 }, (_, index) => ({
      stream: `s${index}`,
      value: 1,
      device: { productId: "P2", deviceName: `d${index}` },
    }));
    const { moreStreams, moreDevices, devices } = subjectOf({ ...draft, points: many });
    assert.deepEqual([moreStreams, moreDevices, devices?.length], [5, 5, 20]);
  });

  it("throws at bytes that are no record", () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from("abc"),
      Buffer.from([255, 255, 0, 0, 1, 2]),
      Buffer.alloc(8),
    ]) {
      assert.throws(() => decodeMessage(bytes));
    }
  });

  it("throws at a record that was damaged in the middle, or reads some message", () => {
    const record = encodeMessage({
      draft: { kind: "datapoints", points: [{ stream: "a", value: 1 }], qos: 1 },
      options: { completeWhen: "accepted" },
      queuedAt: 1,
      queuedAtMonotonicMs: 2,
      attempts: 0,
      bytes: 4,
    });
    for (let end = 0; end < record.length; end += 1)
      assert.throws(() => decodeMessage(record.subarray(0, end)));
  });
});
