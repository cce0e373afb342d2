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
