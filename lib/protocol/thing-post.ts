/** The bodies of a thing-model product's posts, written as bytes: a backlog's post holds ten thousand samples. */
import { OneNetError } from "../errors";
import { countSamples, eachSamples, type SampleForm, type Samples, writeColumn } from "./columns";
import { checkMessageId } from "./datapoint";
import type { Points } from "./dense-points";
import { Commas, JsonBytes } from "./json-bytes";
import { MAX_PAYLOAD_BYTES } from "./limits";
import type { Datapoint } from "./value";

/** What every post is written into before it is copied: the next one finds the room. */
const scratch = new JsonBytes();
const TIME = Buffer.from(',"time":');
const END = Buffer.from("}");

/**
 * Encodes `{"id":"…","version":"1.0","params":…}`.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @param writeParams writes what stands behind `"params":`
 * @throws {OneNetError} ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL for another id
 */
export function encodeThingPost(messageId: number, writeParams: (bytes: JsonBytes) => void): Buffer {
  scratch.clear();
  scratch.text(`{"id":"${checkMessageId(messageId)}","version":"1.0","params":`);
  writeParams(scratch);
  scratch.piece(END);
  if (scratch.length <= MAX_PAYLOAD_BYTES) return scratch.toBuffer();
  throw new OneNetError("ONENET_PAYLOAD_TOO_LARGE", { bytes: scratch.length, maxBytes: MAX_PAYLOAD_BYTES });
}

/** As {@link writeSample} writes one. */
export const THING_SAMPLE: SampleForm = {
  before: '{"value":',
  after: (atMs) => (atMs === undefined ? "}" : `,"time":${atMs}}`),
};

const VALUE = Buffer.from(THING_SAMPLE.before);

/** Writes one sample or a column of them. */
export function writeSamples(bytes: JsonBytes, samples: Samples): void {
  if ("rows" in samples) writeColumn(bytes, samples);
  else writeSample(bytes, samples);
}

/** `{"value":…}`, with `"time"` in ms where the point has one. */
function writeSample(bytes: JsonBytes, { value, atMs }: Datapoint): void {
  bytes.piece(VALUE);
  bytes.value(value);
  if (atMs === undefined) bytes.piece(END);
  else writeTime(bytes, atMs);
}

let lastMs = Number.NaN;
let lastTime: Buffer | undefined;

/** The points of a message have one time, most often; the samples of a property have one each. */
function writeTime(bytes: JsonBytes, atMs: number): void {
  if (atMs === lastMs) {
    lastTime ??= Buffer.from(THING_SAMPLE.after(atMs));
    return bytes.piece(lastTime);
  }
  lastMs = atMs;
  lastTime = undefined;
  bytes.piece(TIME);
  bytes.integer(atMs);
  bytes.piece(END);
}

/**
 * Encodes `{"params":{identifier: sample, …}}`.
 *
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier stands twice
 */
export function encodeSamplesPost(messageId: number, lists: readonly Points[]): Buffer {
  const seen = new Set<string>();
  return encodeThingPost(messageId, (bytes) => {
    bytes.text("{");
    const commas = new Commas();
    eachSamples(lists, THING_SAMPLE, (samples) => {
      const { stream } = samples;
      if (seen.has(stream) || countSamples(samples) > 1) throw standsTwice(stream);
      seen.add(stream);
      commas.before(bytes);
      bytes.name(stream);
      writeSamples(bytes, samples);
    });
    if (seen.size === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
    bytes.piece(END);
  });
}

export function standsTwice(stream: string): OneNetError {
  return new OneNetError("ONENET_INTERNAL", { detail: `${stream} stands twice in a post` });
}
