import type { Points } from "../protocol/dense-points";
import { deviceKey } from "../protocol/identity";
import type { PointName } from "../protocol/point-key";
import type { Draft } from "./message";

/** What a message is about, for whoever hears of its outcome and has not the message: a topic, or streams. */
export interface Subject {
  /** Of a publish. */
  readonly topic?: string;
  /** Of datapoints: the streams (thing model: identifiers), each once, {@link STREAMS_MAX} at most. */
  readonly streams?: readonly string[];
  /** How many streams there are besides. */
  readonly moreStreams?: number;
  /** The sub-devices they belong to, `productId/deviceName`, likewise; missing when all are of the own device. */
  readonly devices?: readonly string[];
  readonly moreDevices?: number;
}

const STREAMS_MAX = 20;

export function subjectOf(draft: Draft): Subject {
  return draft.kind === "publish" ? { topic: draft.publish.topic } : subjectOfPoints(draft.points);
}

export function subjectOfPoints(points: Points | readonly PointName[]): Subject {
  const names: readonly PointName[] = [...points];
  const [streams, moreStreams] = someOf(names.map(({ stream }) => stream));
  const [devices, moreDevices] = someOf(
    names.flatMap(({ device }) => (device === undefined ? [] : deviceKey(device))),
  );
  return {
    streams,
    ...(moreStreams > 0 && { moreStreams }),
    ...(devices.length > 0 && { devices }),
    ...(moreDevices > 0 && { moreDevices }),
  };
}

function someOf(names: readonly string[]): readonly [some: readonly string[], more: number] {
  const all = new Set(names);
  const some = [...all].slice(0, STREAMS_MAX);
  return [some, all.size - some.length];
}
