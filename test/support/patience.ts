import { nothingMayBeSkipped } from "./needs";

/**
 * How many times as long as usual a test waits before it gives up. A limit ends a test that fails, it measures
 * nothing: in CI, where a machine does much else, what is slow has not failed.
 */
const PATIENCE = nothingMayBeSkipped() ? 4 : 1;
/** The longest time of a timer; with a longer one it would be over at once. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** A limit of waiting, on the machine this is. */
export function patient(limitMs: number): number {
  return Math.min(limitMs * PATIENCE, FOR_EVER_MS);
}
