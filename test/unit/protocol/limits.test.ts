import assert from "node:assert/strict";
import * as limits from "../../../lib/protocol/limits";

describe("limits", () => {
  it("take the stricter of two disagreeing pages as the default", () => {
    const { STRICT_LIMITS, LENIENT_LIMITS } = limits;
    for (const name of Object.keys(STRICT_LIMITS) as (keyof limits.RateLimits)[]) {
      assert.ok(STRICT_LIMITS[name] <= LENIENT_LIMITS[name], name);
    }
  });

  it("fit together", () => {
    const {
      COMMAND_DEADLINE_DEFAULT_MS,
      PROPERTY_SET_TIMEOUT_MS,
      LOGIN_SPACING_MIN_MS,
      LOGINS_PER_5_SECONDS,
    } = limits;
    assert.ok(COMMAND_DEADLINE_DEFAULT_MS < PROPERTY_SET_TIMEOUT_MS);
    assert.ok(Math.ceil(5000 / LOGIN_SPACING_MIN_MS) <= LOGINS_PER_5_SECONDS);
    assert.ok(String(limits.MAX_MESSAGE_ID).length <= limits.MAX_MESSAGE_ID_DIGITS);
  });
});
