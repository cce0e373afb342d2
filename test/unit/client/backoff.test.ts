import assert from "node:assert/strict";
import { loginPauseMs, retryDelayMs } from "../../../lib/client/backoff";
import type { ErrorCode } from "../../../lib/errors";

const LONGEST = 1 - Number.EPSILON;

function delays(code: ErrorCode, failingForMs = 0): number[] {
  return [1, 2, 3, 4, 5, 6, 7, 8, 100].map((timesInARow) =>
    retryDelayMs({ code, timesInARow, failingForMs }, LONGEST),
  );
}

describe("retryDelayMs", () => {
  const codes: readonly (readonly [code: ErrorCode, delays: readonly number[]])[] = [
    ["ONENET_UNREACHABLE", [400, 800, 800, 800, 800, 800, 800, 800, 800]],
    ["ONENET_LINK_LOST", [400, 800, 800, 800, 800, 800, 800, 800, 800]],
    ["ONENET_ACK_TIMEOUT", [400, 800, 800, 800, 800, 800, 800, 800, 800]],
    ["ONENET_KICKED", [4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000]],
    ["ONENET_TLS_FAILED", [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]],
    ["ONENET_SERVER_BUSY", [5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000, 60_000]],
    ["ONENET_AUTH_FAILED", [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]],
    ["ONENET_TOKEN_EXPIRED", [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]],
    ["ONENET_SUBSCRIBE_REFUSED", [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]],
    ["ONENET_TOKEN_INVALID", [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]],
    ["ONENET_INTERNAL", [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]],
    [
      "ONENET_PROTOCOL_VERSION",
      [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000, 300_000],
    ],
  ];
  for (const [code, expected] of codes) {
    it(`${code}: from ${expected[0]} to ${expected.at(-1)} ms`, () =>
      assert.deepEqual(delays(code), expected));
  }

  it("grows patient with what is unreachable for more than five minutes", () => {
    assert.deepEqual(delays("ONENET_UNREACHABLE", 300_000)[1], 800);
    assert.deepEqual(delays("ONENET_UNREACHABLE", 300_001).slice(0, 3), [2000, 4000, 5000]);
  });

  it("spreads over a quarter of the delay", () => {
    const failure = { code: "ONENET_AUTH_FAILED", timesInARow: 1, failingForMs: 0 } as const;
    assert.deepEqual(
      [0, 0.5, LONGEST].map((random) => retryDelayMs(failure, random)),
      [3750, 4375, 5000],
    );
  });
});

describe("loginPauseMs", () => {
  const cases: readonly (readonly [last: number | undefined, now: number, random: number, pause: number])[] =
    [
      [undefined, 0, 0, 0],
      [0, 0, 0, 2000],
      [1000, 1500, 0, 1500],
      [1000, 1500, LONGEST, 2000],
      [1000, 2999, 0, 1],
      [1000, 3000, 0, 0],
      [1000, 99_000, LONGEST, 0],
    ];
  for (const [last, now, random, pause] of cases) {
    it(`last login at ${last}, now ${now}, dice ${random.toFixed(1)} → ${pause} ms`, () =>
      assert.equal(loginPauseMs(last, now, random), pause));
  }
});
