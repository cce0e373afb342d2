import type { Datapoint } from "../protocol/datapoint";
import { pointKey } from "../protocol/point-key";
import type { IsPast } from "./overtaken";
import type { PackPart } from "./pack";

/** What is to go in which post, of datapoints that one post cannot hold. */
export interface Shares {
  /** The newest of each identifier, where its message has overtaken what waits longer. */
  readonly ahead: readonly PackPart[];
  /** What is not the newest. */
  readonly older: readonly PackPart[];
  /** The newest of each other identifier. */
  readonly newest: readonly PackPart[];
}

/** @param isPast then it cannot be the newest */
export function shareOut(parts: readonly PackPart[], isPast: IsPast): Shares {
  const newest = newestOf(parts, isPast);
  const shares: Record<keyof Shares, PackPart[]> = { ahead: [], older: [], newest: [] };
  let index = 0;
  for (const { message, points } of parts) {
    const own: Record<keyof Shares, Datapoint[]> = { ahead: [], older: [], newest: [] };
    for (const point of points) {
      const isNewest = newest.has(index);
      own[!isNewest ? "older" : message.overtakes ? "ahead" : "newest"].push(point);
      index += 1;
    }
    for (const share of ["ahead", "older", "newest"] as const)
      if (own[share].length > 0) shares[share].push({ message, points: own[share] });
  }
  return shares;
}

/** Which of all the datapoints, counted through the parts, are the newest of their identifiers: by time, then order. */
function newestOf(parts: readonly PackPart[], isPast: IsPast): ReadonlySet<number> {
  const newest = new Map<string, { readonly index: number; readonly atMs: number }>();
  let index = 0;
  for (const { message, points } of parts) {
    for (const point of points) {
      const key = pointKey(point);
      const atMs = point.atMs ?? 0;
      const known = newest.get(key);
      if (!isPast(point, message) && (known === undefined || atMs >= known.atMs))
        newest.set(key, { index, atMs });
      index += 1;
    }
  }
  return new Set([...newest.values()].map((each) => each.index));
}
