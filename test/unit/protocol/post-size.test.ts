import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHistoryPost, encodePackPost } from "../../../lib/protocol/batch";
import { type Datapoint, encodeDatapointPost } from "../../../lib/protocol/datapoint";
import { MAX_MESSAGE_ID, MAX_PAYLOAD_BYTES, MAX_TIME_MS, MIN_TIME_MS } from "../../../lib/protocol/limits";
import type { ProductKind } from "../../../lib/protocol/platform";
import { datapointBytes, fitsOnePost, postBytes, splitIntoPosts } from "../../../lib/protocol/post-size";
import { encodePropertyPost } from "../../../lib/protocol/property";
import { refuses } from "./expect";

const AT = 1_700_000_000_999;
const ENCODE = { "data-stream": encodeDatapointPost, "thing-model": encodePropertyPost } as const;
const KINDS: readonly ProductKind[] = ["data-stream", "thing-model"];

describe("splitIntoPosts", () => {
  const names = ["a", "b", "c"];
  const values = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "binary" }),
  );
  const points: fc.Arbitrary<Datapoint[]> = fc.array(
    fc.record(
      {
        stream: fc.constantFrom(...names),
        value: values,
        atMs: fc.integer({ min: MIN_TIME_MS, max: MAX_TIME_MS }),
      },
      { requiredKeys: ["stream", "value"] },
    ),
    { minLength: 1 },
  );

  it("estimates no point too small, in either encoding", () => {
    fc.assert(
      fc.property(points, ([point]) => {
        assert.ok(point);
        for (const kind of KINDS) {
          const alone = Buffer.byteLength(ENCODE[kind](MAX_MESSAGE_ID, [point]));
          assert.ok(alone <= datapointBytes(point) + 64);
        }
      }),
    );
  });

  it("loses no point and keeps the order of each stream; an identifier stands in a post once", () => {
    fc.assert(
      fc.property(points, (given) => {
        for (const kind of KINDS) {
          const posts = splitIntoPosts(given, kind);
          for (const name of names) {
            const ofName = (point: Datapoint) => point.stream === name;
            assert.deepEqual(posts.flat().filter(ofName), given.filter(ofName));
          }
          for (const post of posts) ENCODE[kind](1, post); // throws where one stands twice
        }
      }),
    );
  });

  it("puts what fits into one post, and one value of each identifier into each", () => {
    const given = ["a", "a", "a", "b", "b"].map((stream, value) => ({ stream, value }));
    assert.deepEqual(splitIntoPosts(given, "data-stream"), [given]);
    const streamsOf = splitIntoPosts(given, "thing-model").map((post) =>
      post.map(({ stream, value }) => stream + value),
    );
    assert.deepEqual(streamsOf, [["a0", "b3"], ["a1", "b4"], ["a2"]]);
    assert.deepEqual(splitIntoPosts([], "data-stream"), []);
  });

  it("fits every post below the limit, well filled", () => {
    const text = "温".repeat(1000);
    const given = Array.from({ length: 1000 }, (_, index) => ({
      stream: `s${index}`,
      value: text,
      atMs: AT,
    }));
    for (const kind of KINDS) {
      const posts = splitIntoPosts(given, kind);
      assert.equal(posts.flat().length, given.length);
      assert.equal(posts.length, Math.ceil((given.length * 3050) / MAX_PAYLOAD_BYTES));
      for (const post of posts)
        assert.ok(Buffer.byteLength(ENCODE[kind](MAX_MESSAGE_ID, post)) <= MAX_PAYLOAD_BYTES);
    }
  });

  it("leaves a point that fits nowhere alone, for its encoder to refuse", () => {
    const small: Datapoint = { stream: "a", value: 1 };
    const large: Datapoint = { stream: "b", value: "x".repeat(MAX_PAYLOAD_BYTES) };
    for (const kind of KINDS) {
      assert.deepEqual(splitIntoPosts([small, large, { ...small, stream: "c" }], kind), [
        [small, { ...small, stream: "c" }],
        [large],
      ]);
      refuses(() => ENCODE[kind](1, [large]), "ONENET_PAYLOAD_TOO_LARGE");
    }
  });
});

describe("posts of sub-devices and events", () => {
  const device = (index: number) => ({ productId: "P234567890", deviceName: `d${index}` });
  const value = -Math.PI * 1e-100;

  it("hold ten devices each, and an identifier of each once; the order is kept", () => {
    const given = Array.from({ length: 60 }, (_, index) => ({
      stream: `s${index % 2}`,
      value: index,
      device: device(index % 25),
    }));
    const posts = splitIntoPosts(given, "thing-model");
    for (const post of posts) encodePackPost(1, post);
    assert.deepEqual(
      posts.map((post) => new Set(post.map((point) => point.device?.deviceName)).size),
      [10, 10, 10, 5],
    );
    const flat = posts.flat();
    for (let index = 0; index < 25; index += 1) {
      const of = (points: readonly Datapoint[]) =>
        points.filter((point) => point.device?.deviceName === `d${index}`);
      assert.deepEqual(
        of(flat).map((point) => point.value),
        of(given).map((point) => point.value),
      );
    }
  });

  it("are of one device, and of one kind, where packs are not wanted", () => {
    const own = { stream: "a", value: 1 };
    const event: Datapoint = { stream: "e", value: {}, event: true };
    const ofSub: Datapoint[] = [
      { ...own, device: device(1) },
      { ...event, device: device(1) },
    ];
    const other: Datapoint = { ...own, device: device(2) };
    const given = [own, event, ...ofSub, other];
    assert.deepEqual(splitIntoPosts(given, "thing-model"), [given]);
    assert.deepEqual(splitIntoPosts(given, "thing-model", false), [[own], [event], ofSub, [other]]);
    const fits = (pack: boolean) => fitsOnePost(given, postBytes(given), "thing-model", pack);
    assert.deepEqual([fits(true), fits(false)], [true, false]);
  });

  it("are estimated no smaller than they are, in every form", () => {
    const points = Array.from({ length: 20 }, (_, index) => ({
      stream: `s${index % 4}`,
      value,
      atMs: MAX_TIME_MS,
      ...(index % 8 < 4 && { device: device(index) }),
      ...(index % 3 === 0 && { event: true as const, value: { v: value } }),
    }));
    for (const [index, point] of points.entries()) {
      const some = points.slice(0, index + 1);
      const posts = splitIntoPosts(some, "thing-model");
      for (const post of posts)
        assert.ok(Buffer.byteLength(encodePackPost(MAX_MESSAGE_ID, post)) <= postBytes(post));
      const mixed = [{ stream: "own", value }, point];
      assert.ok(Buffer.byteLength(encodeHistoryPost(MAX_MESSAGE_ID, mixed)) <= postBytes(mixed));
      assert.ok(Buffer.byteLength(encodeHistoryPost(MAX_MESSAGE_ID, [point])) <= datapointBytes(point) + 64);
    }
  });
});

describe("fitsOnePost", () => {
  const fits = (points: readonly Datapoint[], kind: ProductKind) =>
    fitsOnePost(points, postBytes(points), kind);
  const point = (stream: string, value: Datapoint["value"] = 1): Datapoint => ({ stream, value });

  it("is what splitIntoPosts says, for points that can be sent at all", () => {
    const lists = [
      [],
      [point("a")],
      [point("a"), point("b", "text")],
      [point("a"), point("a", 2.5)],
      [point("a", "x".repeat(200_000)), point("b", "x".repeat(200_000))],
    ];
    for (const kind of KINDS) {
      for (const points of lists) {
        assert.equal(
          fits(points, kind),
          splitIntoPosts(points, kind).length === 1,
          `${points.length} of ${kind}`,
        );
      }
    }
  });

  it("leaves one that is too large to the encoder's own error", () => {
    assert.equal(fits([point("a", "x".repeat(MAX_PAYLOAD_BYTES))], "data-stream"), true);
  });
});
