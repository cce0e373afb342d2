import assert from "node:assert/strict";
import type { JsonObject } from "../../../lib/protocol/json";
import type { Config } from "../../../nodes/onenet-desired/config";
import { type DesiredDevice, getDesired } from "../../../nodes/onenet-desired/desired-values";

const CONFIG: Config = {
  action: "get",
  identifiers: [],
  getsAfterLogin: true,
  apply: "each",
  deletesApplied: true,
  timeoutMs: 1000,
};

describe("desired values of a node that is closed", () => {
  /** @param lastsFor so many are applied before the node is closed */
  async function get(lastsFor: number) {
    const applied: JsonObject[] = [];
    const deleted: unknown[] = [];
    const device: DesiredDevice = {
      request: async (kind, params) => {
        if (kind === "desired-delete") deleted.push(params);
        return { a: { value: 1, version: 1 }, b: { value: 2, version: 7 } };
      },
      applyAsSet: async (values) => {
        applied.push(values);
        return { answer: { success: true }, taken: Object.keys(values) };
      },
    };
    await getDesired(device, ["a", "b"], CONFIG, () => applied.length >= lastsFor);
    return { applied, deleted };
  }

  it("are left to the node that takes its place", async () => {
    assert.deepEqual(await get(0), { applied: [], deleted: [] });
  });

  it("are deleted as far as they were applied", async () => {
    assert.deepEqual(await get(1), { applied: [{ a: 1 }], deleted: [{ a: { version: 1 } }] });
  });
});

describe("desired values that two gets bring at once", () => {
  /** A device whose flow answers when it is told to. */
  function slowDevice(values: () => JsonObject) {
    const applied: JsonObject[] = [];
    const answers: (() => void)[] = [];
    const device: DesiredDevice = {
      request: async () => values(),
      applyAsSet: (set) => {
        applied.push(set);
        return new Promise((resolve) => {
          answers.push(() => resolve({ answer: { success: true }, taken: Object.keys(set) }));
        });
      },
    };
    return { device, applied, answers };
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const [one, two] = [1, 2].map((version) => ({ a: { value: version, version } }));

  it("are shared between them", async () => {
    const { device, applied, answers } = slowDevice(() => ({ a: { value: 1 }, b: { value: 2 } }));
    const both = [getDesired(device, [], CONFIG), getDesired(device, [], CONFIG)];
    await turn();
    assert.deepEqual(applied, [{ a: 1 }, { b: 2 }]);
    for (const answer of answers) answer();
    assert.deepEqual(
      (await Promise.all(both)).map((got) => [Object.keys(got.values), got.applied]),
      [
        [["a", "b"], ["a"]],
        [["a", "b"], ["b"]],
      ],
    );
  });

  it("are another one's when its version is another", async () => {
    const versions = [one, two];
    const { device, applied, answers } = slowDevice(() => versions.shift() ?? {});
    const both = [getDesired(device, [], CONFIG), getDesired(device, [], CONFIG)];
    await turn();
    assert.deepEqual(applied, [{ a: 1 }, { a: 2 }]);
    for (const answer of answers) answer();
    await Promise.all(both);
  });

  it("are the second one's when the first was closed and nobody has answered it", async () => {
    const { device, applied, answers } = slowDevice(() => one ?? {});
    let isClosed = false;
    const first = getDesired(device, [], CONFIG, () => isClosed);
    await turn();
    isClosed = true;
    const second = getDesired(device, [], CONFIG);
    await turn();
    assert.equal(applied.length, 2);
    for (const answer of answers) answer();
    await Promise.all([first, second]);
  });
});
