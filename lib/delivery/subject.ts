import type { Draft } from "./message";

/** What a message is about, for whoever hears of its outcome and has not the message: a topic, or streams. */
export interface Subject {
  /** Of a publish. */
  readonly topic?: string;
  /** Of datapoints: the streams (thing model: identifiers), each once, {@link STREAMS_MAX} at most. */
  readonly streams?: readonly string[];
  /** How many streams there are besides. */
  readonly moreStreams?: number;
}

const STREAMS_MAX = 20;

export function subjectOf(draft: Draft): Subject {
  return draft.kind === "publish" ? { topic: draft.publish.topic } : subjectOfPoints(draft.points);
}

export function subjectOfPoints(points: readonly { readonly stream: string }[]): Subject {
  const all = new Set(points.map(({ stream }) => stream));
  const streams = [...all].slice(0, STREAMS_MAX);
  return all.size > streams.length ? { streams, moreStreams: all.size - streams.length } : { streams };
}
