import type { Datapoint } from "../protocol/datapoint";
import { deviceKey } from "../protocol/identity";
import { type PointName, pointKey } from "../protocol/point-key";
import type { UnknownName } from "./bad-streams";
import type { Rejection } from "./message";
import type { Pack, PackPart } from "./pack";

/** `identifier not exist`: the value was not the reason. @see device-mqtt §6.3 */
const UNKNOWN_IDENTIFIER_CODE = 2306;
/**
 * `invalid product id or device name`: no value was the reason. That the platform says it of a sub-device outside the
 * gateway's topology is a guess. @see device-mqtt §6.4
 */
const UNKNOWN_DEVICE_CODE = 307;

/** What is to be done about a rejected pack: these parts failed, those are sent again, each list a post of its own. */
export interface Split {
  readonly guilty: readonly PackPart[];
  readonly again: readonly (readonly PackPart[])[];
  /** What the platform does not know, whatever its value. */
  readonly unknown?: UnknownName;
}

/**
 * Takes a rejected pack apart. The platform rejects a whole post for one bad datapoint. When it names the identifier
 * and only one datapoint can be meant, that one is taken out and the rest goes again. When several can be meant (of
 * several devices, or samples of one property), the rest goes again too, and these are halved; without a name the pack
 * is; and the halves in turn, until the guilty stand alone: at most 2·⌈log₂ n⌉ posts for one of n, besides the rest's.
 * When it is a sub-device that the platform does not know, the devices are halved, and all of the last one's fail.
 *
 * @see device-mqtt §6.2 (one failing identifier rejects the packet), §6.3 (`…:identifier:X`)
 */
export function splitRejected(pack: Pack, rejection: Rejection): Split {
  const named = namedIdentifier(rejection);
  const suspects = pick(pack.parts, ({ stream }) => stream === named);
  const unknown = rejection.code === UNKNOWN_IDENTIFIER_CODE ? onlyName(suspects) : undefined;
  const found = unknown === undefined ? {} : { unknown };
  if (rejection.code === UNKNOWN_DEVICE_CODE) return splitByDevice(pack.parts);
  if (count(pack.parts) <= 1) return { guilty: pack.parts, again: [], ...found };
  if (suspects.length === 0) return { guilty: [], again: halve(pack.parts) };
  const innocents = pick(pack.parts, ({ stream }) => stream !== named);
  const others = innocents.length === 0 ? [] : [innocents];
  if (count(suspects) === 1 || unknown !== undefined) return { guilty: suspects, again: others, ...found };
  return { guilty: [], again: [...others, ...halve(suspects)] };
}

function splitByDevice(parts: readonly PackPart[]): Split {
  const nameOf = ({ device }: Datapoint) => device && deviceKey(device);
  const devices = new Map(
    parts.flatMap(({ points }) => points.map((point) => [nameOf(point), point.device])),
  );
  if (devices.size > 1) {
    const some = new Set([...devices.keys()].slice(0, Math.ceil(devices.size / 2)));
    const isOfSome = (point: Datapoint) => some.has(nameOf(point));
    return { guilty: [], again: [pick(parts, isOfSome), pick(parts, (point) => !isOfSome(point))] };
  }
  const [device] = devices.values();
  if (device !== undefined) return { guilty: parts, again: [], unknown: { device } };
  return count(parts) <= 1 ? { guilty: parts, again: [] } : { guilty: [], again: halve(parts) };
}

/** The one property, or event, of one device that they all are of. */
function onlyName(parts: readonly PackPart[]): PointName | undefined {
  const names = new Map(parts.flatMap(({ points }) => points.map((point) => [pointKey(point), point])));
  const [name] = names.values();
  return names.size === 1 ? name : undefined;
}

/** The identifier that a rejection names, as in `float not conform step:identifier:temp`. */
export function namedIdentifier({ message }: Rejection): string | undefined {
  return /identifier:\s*(\$?\w+)\s*$/.exec(message)?.[1];
}

/** Two lists of the same number of datapoints, or almost. */
export function halve(parts: readonly PackPart[]): readonly [PackPart[], PackPart[]] {
  const points = count(parts);
  const half = Math.ceil(points / 2);
  return [slice(parts, 0, half), slice(parts, half, points)];
}

function count(parts: readonly PackPart[]): number {
  return parts.reduce((sum, { points }) => sum + points.length, 0);
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
