import assert from "node:assert/strict";
import { type CommandOutput, commandOutputs, outputMap } from "../../../nodes/shared/form/command-outputs";

const THING = { productKind: "thing-model", each: true, identifiers: [], unnamedKinds: [] } as const;
const all: CommandOutput = { of: "all" };
const of = (identifier: string): CommandOutput => ({ of: "identifier", identifier });

describe("form: outputs of a command subscribe node", () => {
  it("is one for everything where that is asked for, and on a data-stream product", () => {
    const one = { ...THING, each: false, identifiers: ["on"] };
    assert.deepEqual(commandOutputs(one), [all]);
    assert.deepEqual(commandOutputs({ ...one, each: true, productKind: "data-stream" }), [all]);
    assert.deepEqual(commandOutputs(THING), [all], "nothing is named yet");
  });

  it("is one for each identifier, once, and then for each kind without identifiers", () => {
    const choice = { ...THING, identifiers: ["on", "level", "on"], unnamedKinds: ["custom", "ota"] } as const;
    assert.deepEqual(commandOutputs(choice), [
      of("on"),
      of("level"),
      { of: "kind", kind: "ota" },
      { of: "kind", kind: "custom" },
    ]);
  });

  it("tells the editor where each old output went, so that wires follow", () => {
    const before = [of("a"), of("b"), of("c")];
    assert.equal(outputMap(before, before), "3");
    assert.equal(outputMap(before, [...before, of("d")]), "4");
    assert.deepEqual(JSON.parse(outputMap(before, [of("c"), of("x"), of("a")])), {
      0: 2,
      1: -1,
      2: 0,
      "new-1": 1,
    });
    assert.deepEqual(JSON.parse(outputMap(before, [of("a")])), { 0: 0, 1: -1, 2: -1 });
  });

  it("keeps the first wire of a node that becomes one output, or was one", () => {
    assert.deepEqual(JSON.parse(outputMap([of("a"), of("b")], [all])), { 0: 0, 1: -1 });
    assert.equal(outputMap([all], [of("a"), of("b")]), "2");
    assert.equal(outputMap([all], [of("a")]), "1");
    assert.equal(outputMap([all], [all]), "1");
  });
});
