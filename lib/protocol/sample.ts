/** One sample of a property or one occurrence of an event, as posts of a thing-model product hold it. */
import { oneJsonCode, type PlatformCode } from "./codes";
import { isJsonObject, type JsonValue } from "./json";
import { MAX_TIME_MS, MIN_TIME_MS } from "./limits";
import { FORMAT_ERROR, isRefused } from "./uplink";
import type { Datapoint } from "./value";

/** What all points of an object share. */
export type SampleOwner = Pick<Datapoint, "event" | "device">;

/** Reads `{"value":…,"time":…}`; an event's value is the object of its outputs. */
export function readSample(
  stream: string,
  wrapped: JsonValue,
  owner: SampleOwner = {},
): Datapoint | PlatformCode {
  if (wrapped === null) return oneJsonCode(2409, stream);
  if (!isJsonObject(wrapped)) return FORMAT_ERROR;
  const { value, time } = wrapped;
  if (value === undefined || value === null) return oneJsonCode(2409, stream);
  if (time !== undefined && !isTime(time)) return oneJsonCode(2415, stream);
  if (owner.event && !isJsonObject(value)) return FORMAT_ERROR;
  return time === undefined ? { stream, value, ...owner } : { stream, value, atMs: time, ...owner };
}

/** Reads `{identifier: sample, …}`. */
export function readSamples(
  params: JsonValue | undefined,
  owner?: SampleOwner,
): { readonly points: readonly Datapoint[] } | PlatformCode {
  if (!isJsonObject(params)) return FORMAT_ERROR;
  const points: Datapoint[] = [];
  for (const [stream, wrapped] of Object.entries(params)) {
    const point = readSample(stream, wrapped, owner);
    if (isRefused(point)) return point;
    points.push(point);
  }
  return { points };
}

function isTime(time: JsonValue): time is number {
  return typeof time === "number" && time >= MIN_TIME_MS && time <= MAX_TIME_MS;
}
