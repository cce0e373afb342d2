import type { Datapoint } from "../protocol/datapoint";
import type { Rejection } from "./message";
import type { Pack, PackPart } from "./pack";

/** What is to be done about a rejected pack: these parts failed, those are sent again, each list a post of its own. */
export interface Split {
  readonly guilty: readonly PackPart[];
  readonly again: readonly (readonly PackPart[])[];
}

/**
 * Takes a rejected pack apart. The platform rejects a whole post for one bad datapoint. When it names the
 * identifier, that one is taken out and the rest goes again; otherwise the pack is halved, and its halves in turn,
 * until the guilty stand alone: at most 2·⌈log₂ n⌉ posts for one of n.
 *
 * @see device-mqtt §6.2 (one failing identifier rejects the packet), §6.3 (`…:identifier:X`)
 */
export function splitRejected(pack: Pack, rejection: Rejection): Split {
  const points = pack.parts.reduce((sum, part) => sum + part.points.length, 0);
  if (points <= 1) return { guilty: pack.parts, again: [] };
  const named = namedIdentifier(rejection);
  const guilty = named === undefined ? [] : pick(pack.parts, (point) => point.stream === named);
  if (named !== undefined && guilty.length > 0) {
    const rest = pick(pack.parts, (point) => point.stream !== named);
    return { guilty, again: rest.length === 0 ? [] : [rest] };
  }
  const half = Math.ceil(points / 2);
  return { guilty: [], again: [slice(pack.parts, 0, half), slice(pack.parts, half, points)] };
}

/** The identifier that a rejection names, as in `float not conform step:identifier:temp`. */
export function namedIdentifier({ message }: Rejection): string | undefined {
  return /identifier:\s*(\$?\w+)\s*$/.exec(message)?.[1];
}

/** The datapoints from `start` to before `end`, counted through all parts. */
function slice(parts: readonly PackPart[], start: number, end: number): PackPart[] {
  let index = 0;
  return pick(parts, () => {
    index += 1;
    return index > start && index <= end;
  });
}

function pick(parts: readonly PackPart[], isWanted: (point: Datapoint) => boolean): PackPart[] {
  return parts
    .map(({ message, points }) => ({ message, points: points.filter(isWanted) }))
    .filter(({ points }) => points.length > 0);
}
