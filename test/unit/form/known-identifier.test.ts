import assert from "node:assert/strict";
import type { OneNetError } from "../../../lib/errors";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { checkKnownProperty } from "../../../nodes/shared/form/known-identifier";

describe("form: an identifier that the model does not know", () => {
  it("is told in short, however long it is", () => {
    const { model } = parseThingModel('{"properties":[]}');
    assert.throws(
      () => checkKnownProperty(model, "x".repeat(100_000)),
      ({ key, message }: OneNetError) => key === "ONENET_VALUE_INVALID.unknown" && message.length < 400,
    );
  });
});
