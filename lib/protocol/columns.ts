/** Dense messages side by side: written name by name, as every form of post has it. */
import { DensePoints, type Points } from "./dense-points";
import type { JsonBytes } from "./json-bytes";
import type { Datapoint } from "./value";

/** How a sample is written: `{"value":1,"time":1700000000000}`. */
export interface SampleForm {
  /** What stands before the value. */
  readonly before: string;
  /** What stands behind it. */
  after(atMs: number | undefined): string;
}

/** What all columns of some messages share. */
export interface Rows {
  readonly messages: readonly DensePoints[];
  /** What stands between a message's value and the next sample. */
  readonly between: readonly Uint8Array[];
  readonly form: Form;
}

interface Form {
  readonly before: Uint8Array;
  /** Bytes at the end of what stands between two samples that do not belong to the first. */
  readonly nextBytes: number;
}

/** The samples of one stream in messages of one layout, message by message. */
export interface Column {
  readonly stream: string;
  readonly places: readonly number[];
  readonly rows: Rows;
  readonly event?: undefined;
  readonly device?: undefined;
}

/** One sample, or many of one stream. */
export type Samples = Datapoint | Column;

export function countSamples(samples: Samples): number {
  return "rows" in samples ? samples.rows.messages.length * samples.places.length : 1;
}

/** All samples, in the order of the lists; neighbours of one layout are taken together. */
export function eachSamples(
  lists: readonly Points[],
  form: SampleForm,
  take: (samples: Samples) => void,
): void {
  for (let index = 0; index < lists.length; ) {
    const points = lists[index];
    if (points instanceof DensePoints) {
      const messages = neighbours(lists, index, points);
      const rows = rowsOf(messages, form);
      for (const { stream, places } of points.layout.streams) take({ stream, places, rows });
      index += messages.length;
    } else {
      if (points !== undefined) for (const point of points) take(point);
      index += 1;
    }
  }
}

function neighbours(lists: readonly Points[], start: number, first: DensePoints): DensePoints[] {
  const messages = [first];
  for (let index = start + 1; index < lists.length; index += 1) {
    const next = lists[index];
    if (!(next instanceof DensePoints) || next.layout !== first.layout) break;
    messages.push(next);
  }
  return messages;
}

function rowsOf(messages: readonly DensePoints[], form: SampleForm): Rows {
  const next = `,${form.before}`;
  let lastMs: number | undefined;
  let last: Uint8Array | undefined;
  const between = messages.map(({ atMs }) => {
    if (last === undefined || atMs !== lastMs) last = Buffer.from(form.after(atMs) + next);
    lastMs = atMs;
    return last;
  });
  return { messages, between, form: { before: Buffer.from(form.before), nextBytes: next.length } };
}

/** Writes the samples of a column, with commas between them. */
export function writeColumn(bytes: JsonBytes, { places, rows }: Column): void {
  const { messages, between, form } = rows;
  bytes.piece(form.before);
  bytes.column(messages, places, between);
  bytes.drop(form.nextBytes);
}
