import assert from "node:assert/strict";
import fc from "fast-check";
import type { Rejection } from "../../../lib/delivery/message";
import type { Pack, PackPart } from "../../../lib/delivery/pack";
import { newPack } from "../../../lib/delivery/pack";
import { namedIdentifier, splitRejected } from "../../../lib/delivery/splitter";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { packOf, postOf } from "../../support/messages";

const ILLEGAL = { code: 98, message: "illegal data" };

function streams(parts: readonly PackPart[]): string[] {
  return parts.flatMap(({ points }) => points.map(({ stream }) => stream));
}

function repack(parts: readonly PackPart[]): Pack {
  return newPack({ topic: "t", payload: "", qos: 1, retain: false }, parts, undefined);
}

/** Posts until nothing is left, against a platform that rejects a post with a guilty stream in it. */
function postAll(first: Pack, isGuilty: (stream: string) => boolean, reject: (guilty: string) => Rejection) {
  const failed: string[] = [];
  const accepted: string[] = [];
  let posts = 0;
  const queue = [first];
  for (let pack = queue.shift(); pack !== undefined; pack = queue.shift()) {
    posts += 1;
    const guilty = streams(pack.parts).find(isGuilty);
    if (guilty === undefined) {
      accepted.push(...streams(pack.parts));
      continue;
    }
    const split = splitRejected(pack, reject(guilty));
    failed.push(...streams(split.guilty));
    queue.unshift(...split.again.map(repack));
  }
  return { posts, failed, accepted };
}

describe("splitter", () => {
  it("reads the identifier that a rejection names, and none where there is none", () => {
    const named = (message: string) => namedIdentifier({ code: 2306, message });
    assert.equal(named("identifier not exist:identifier:temp"), "temp");
    assert.equal(named("float not conform step:identifier: $OneNET_LBS "), "$OneNET_LBS");
    assert.equal(named("illegal data"), undefined);
    assert.equal(named("identifier:a b"), undefined);
    assert.equal(named(""), undefined);
  });

  it("fails a single datapoint, whatever is said of it", () => {
    const pack = packOf("a");
    assert.deepEqual(splitRejected(pack, ILLEGAL), { guilty: pack.parts, again: [] });
    const other = { code: 2306, message: "identifier not exist:identifier:b" };
    assert.deepEqual(splitRejected(pack, other), { guilty: pack.parts, again: [] });
  });

  it("takes out the named identifier, and sends the rest in one", () => {
    const split = splitRejected(packOf("a", "b", "c"), { code: 2306, message: "x:identifier:b" });
    assert.deepEqual(streams(split.guilty), ["b"]);
    assert.deepEqual(split.again.map(streams), [["a", "c"]]);
  });

  it("halves when it names none of the post's", () => {
    const split = splitRejected(packOf("a", "b", "c"), { code: 2306, message: "x:identifier:elsewhere" });
    assert.deepEqual(split.again.map(streams), [["a", "b"], ["c"]]);
  });

  describe("when the name may mean several", () => {
    const of = (deviceName: string) => ({ device: { productId: "P2", deviceName } });
    const pack = (...points: Datapoint[]) =>
      repack(points.map((point) => ({ message: postOf([point]), points: [point] })));
    const values = (parts: readonly PackPart[]) =>
      parts.flatMap(({ points }) => points.map(({ value }) => value));
    const rejection = { code: 2254, message: "float not conform step:identifier:t" };
    const t = (value: number, more: Partial<Datapoint> = {}) => ({ stream: "t", value, ...more });
    const other = (value: number) => ({ stream: `o${value}`, value });

    it("the innocents go together, the suspects in halves", () => {
      const split = splitRejected(
        pack(t(1), other(2), t(3, of("a")), other(4), t(5, of("b")), other(6)),
        rejection,
      );
      assert.deepEqual(split, { guilty: [], again: split.again });
      assert.deepEqual(split.again.map(values), [[2, 4, 6], [1, 3], [5]]);
    });

    it("an identifier that one device has not is guilty in all its samples; of two devices, nobody knows", () => {
      const unknown = { code: 2306, message: "identifier not exist:identifier:t" };
      const one = splitRejected(pack(t(1, of("a")), other(2), t(3, of("a"))), unknown);
      assert.deepEqual(values(one.guilty), [1, 3]);
      assert.deepEqual(one.again.map(values), [[2]]);
      assert.deepEqual([one.unknown?.stream, one.unknown?.device], ["t", of("a").device]);
      const two = splitRejected(pack(t(1, of("a")), t(3, of("b"))), unknown);
      assert.deepEqual([two.guilty, two.unknown, two.again.map(values)], [[], undefined, [[1], [3]]]);
      const event = splitRejected(pack(t(1), t(3, { event: true })), unknown);
      assert.deepEqual([event.guilty, event.unknown], [[], undefined]);
      const alone = splitRejected(pack(t(1, of("b"))), unknown);
      assert.deepEqual([values(alone.guilty), alone.unknown?.device], [[1], of("b").device]);
    });

    it("the guilty are found in at most 2·⌈log₂ n⌉ posts, the first one and one of innocents", () => {
      const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }));
      const property = fc.property(sizes, fc.nat(), ([suspects, innocents], which) => {
        const points = [
          ...Array.from({ length: suspects }, (_, index) => t(index)),
          ...Array.from({ length: innocents }, (_, index) => other(1000 + index)),
        ].sort((a, b) => ((Number(a.value) * 7919) % 101) - ((Number(b.value) * 7919) % 101));
        const guilty = which % suspects;
        const queue = [pack(...points)];
        const failed: unknown[] = [];
        const accepted: unknown[] = [];
        let posts = 0;
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          posts += 1;
          if (!values(next.parts).includes(guilty)) accepted.push(...values(next.parts));
          else {
            const split = splitRejected(next, rejection);
            failed.push(...values(split.guilty));
            queue.unshift(...split.again.map(repack));
          }
        }
        assert.deepEqual(failed, [guilty]);
        assert.equal(accepted.length, suspects + innocents - 1);
        const limit = 2 * Math.ceil(Math.log2(suspects + innocents)) + 2;
        assert.ok(posts <= limit, `${posts} posts for one of ${suspects} + ${innocents}`);
      });
      fc.assert(property, { numRuns: 500 });
    });
  });

  describe("when the platform names no identifier, and some are of other devices", () => {
    const sample = (deviceName: string, value: number): Datapoint => ({
      stream: "t",
      value,
      ...(deviceName === "" ? {} : { device: { productId: "P2", deviceName } }),
    });
    const nameOf = ({ device }: Datapoint) => device?.deviceName ?? "";

    /** Posts ten devices' hundred samples each, one device's turn after the other's. */
    function postDevices(stray: string, rejection: Rejection) {
      const names = ["", ...Array.from({ length: 9 }, (_, index) => `d${index}`)];
      const points = Array.from({ length: 1000 }, (_, index) => sample(names[index % 10] ?? "", index));
      const queue = [repack(points.map((point) => ({ message: postOf([point]), points: [point] })))];
      const failed: Datapoint[] = [];
      let posts = 0;
      for (let pack = queue.shift(); pack !== undefined; pack = queue.shift()) {
        posts += 1;
        const sent = pack.parts.flatMap((part) => [...part.points]);
        if (!sent.some((point) => nameOf(point) === stray)) continue;
        const split = splitRejected(pack, rejection);
        failed.push(...split.guilty.flatMap((part) => [...part.points]));
        queue.unshift(...split.again.map(repack));
      }
      return { posts, failed };
    }

    it("a device that is not in the topology is found among ten, whatever it has to say", () => {
      for (const stray of ["d0", "d8"]) {
        const { posts, failed } = postDevices(stray, { code: 307, message: "invalid product id" });
        assert.deepEqual([...new Set(failed.map(nameOf))], [stray]);
        assert.deepEqual(
          failed.map(({ value }) => value),
          failed.map(({ value }) => value).sort((a, b) => Number(a) - Number(b)),
        );
        assert.equal(failed.length, 100);
        assert.ok(posts <= 9, `${posts} posts`);
      }
    });

    it("with any other code, or as the own device, its samples are tried one by one", () => {
      for (const [stray, code] of [
        ["d3", 98],
        ["", 307],
      ] as const) {
        const { posts, failed } = postDevices(stray, { code, message: "invalid product id" });
        assert.equal(failed.length, 100);
        assert.ok(posts > 100, `${posts} posts`);
      }
    });
  });

  it("halves through a message, and though the same datapoint stands in it twice", () => {
    const point = { stream: "a", value: 1 };
    const points = [point, point, point, point];
    const message = postOf(points);
    const split = splitRejected(repack([{ message, points }]), ILLEGAL);
    assert.deepEqual(
      split.again.map((parts) => parts.map((part) => part.points.length)),
      [[2], [2]],
    );
    assert.ok(split.again.flat().every((part) => part.message === message));
  });

  const guiltySet = fc
    .integer({ min: 1, max: 300 })
    .chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat(size - 1), { maxLength: size })));

  function checkAll(
    reject: (guilty: string) => Rejection,
    limitOf: (size: number, guilty: number) => number,
  ) {
    fc.assert(
      fc.property(guiltySet, ([size, guiltyIndexes]) => {
        const names = Array.from({ length: size }, (_, index) => `s${index}`);
        const guilty = new Set(guiltyIndexes.map((index) => `s${index}`));
        const { posts, failed, accepted } = postAll(packOf(...names), (name) => guilty.has(name), reject);
        assert.deepEqual(
          [...failed].sort(),
          names.filter((name) => guilty.has(name)).sort(),
          "the guilty, and they alone, fail",
        );
        assert.deepEqual([...accepted].sort(), names.filter((name) => !guilty.has(name)).sort());
        assert.ok(posts <= limitOf(size, guilty.size), `${posts} posts for ${guilty.size} of ${size}`);
      }),
      { numRuns: 200 },
    );
  }

  it("finds any guilty set in at most 2·⌈log₂ n⌉ posts for each, and the first one", () => {
    checkAll(
      () => ILLEGAL,
      (size, guilty) => 2 * Math.ceil(Math.log2(size)) * guilty + 1,
    );
  });

  it("needs one post for each guilty one that is named, and the first one", () => {
    checkAll(
      (guilty) => ({ code: 2306, message: `identifier not exist:identifier:${guilty}` }),
      (_size, guilty) => guilty + 1,
    );
  });
});
