import { MAX_MESSAGE_ID } from "../protocol/limits";

/**
 * Hands out OneNET message ids, 1 to 2^31-1. The first one is random, so that a late reply to an id of an
 * earlier run settles nothing.
 *
 * @param random a number from 0 to under 1
 */
export function countMessageIds(random: () => number = Math.random): () => number {
  let last = Math.floor(random() * MAX_MESSAGE_ID);
  return () => {
    last = (last % MAX_MESSAGE_ID) + 1;
    return last;
  };
}
