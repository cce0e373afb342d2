import type { Datapoint } from "../protocol/datapoint";
import { DensePoints, type Layout } from "../protocol/dense-points";
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

/** @param isPast then it cannot be the newest; undefined: none is */
export function shareOut(parts: readonly PackPart[], isPast: IsPast | undefined): Shares {
  return (isPast === undefined ? shareOutRows(parts) : undefined) ?? shareOutSingly(parts, isPast);
}

/** Of dense messages with the same names one has the newest of all. @returns undefined where they are not so */
function shareOutRows(parts: readonly PackPart[]): Shares | undefined {
  let newest: PackPart | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  let layout: Layout | undefined;
  for (const part of parts) {
    const { points } = part;
    if (!(points instanceof DensePoints)) return undefined;
    layout ??= points.layout;
    if (points.layout !== layout) return undefined;
    const { atMs = 0 } = points;
    if (atMs < newestMs) continue;
    newest = part;
    newestMs = atMs;
  }
  if (newest === undefined) return undefined;
  const older = parts.filter((part) => part !== newest);
  return newest.message.overtakes
    ? { ahead: [newest], older, newest: [] }
    : { ahead: [], older, newest: [newest] };
}

function shareOutSingly(parts: readonly PackPart[], isPast: IsPast | undefined): Shares {
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
function newestOf(parts: readonly PackPart[], isPast: IsPast | undefined): ReadonlySet<number> {
  const newest = new Map<string, { readonly index: number; readonly atMs: number }>();
  let index = 0;
  for (const { message, points } of parts) {
    for (const point of points) {
      const key = pointKey(point);
      const atMs = point.atMs ?? 0;
      const known = newest.get(key);
      if (isPast?.(point, message) !== true && (known === undefined || atMs >= known.atMs))
        newest.set(key, { index, atMs });
      index += 1;
    }
  }
  return new Set([...newest.values()].map((each) => each.index));
}
