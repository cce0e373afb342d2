import assert from "node:assert/strict";
import { type ErrorKey, type ErrorParams, OneNetError } from "../../../lib/errors";

/** Asserts that `act` throws this error, with these parameters among its own, and every gap of its text filled. */
export function refuses(act: () => unknown, key: ErrorKey, params: ErrorParams = {}): void {
  assert.throws(act, (thrown) => {
    assert.ok(thrown instanceof OneNetError, String(thrown));
    assert.equal(thrown.key, key);
    assert.deepEqual({ ...thrown.params, ...params }, thrown.params);
    assert.doesNotMatch(thrown.message, /\{\{/);
    return true;
  });
}

/** A payload as it comes from the wire: text as it is, anything else as JSON. */
export function wire(body: unknown): Uint8Array {
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/** What is no JSON object, in the ways the wire has. */
export const GARBAGE: readonly (readonly [what: string, payload: Uint8Array])[] = [
  ["nothing", wire("")],
  ["no JSON", wire('{"id":1,}')],
  ["no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
  ["null", wire("null")],
  ["an array", wire([])],
  ["a number", wire(7)],
  ["a text", wire('"id"')],
];
