import { nothingMayBeSkipped } from "./needs";

/**
 * How many times as long as usual a test waits before it gives up. A limit ends a test that fails, it measures
 * nothing: in CI, where a machine does much else, what is slow has not failed.
 */
export const PATIENCE = nothingMayBeSkipped() ? 4 : 1;
