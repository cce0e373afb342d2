/** The bodies of a thing-model product's posts, written as bytes: a backlog's post holds ten thousand samples. */
import { OneNetError } from "../errors";
import { checkMessageId } from "./datapoint";
import { JsonBytes } from "./json-bytes";
import { MAX_PAYLOAD_BYTES } from "./limits";
import type { Datapoint } from "./value";

/** What every post is written into before it is copied: the next one finds the room. */
const scratch = new JsonBytes();
const VALUE = Buffer.from('{"value":');
const TIME = Buffer.from(',"time":');
const END = Buffer.from("}");
const COMMA = Buffer.from(",");

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

/** `"name":`, as most nodes send the same few for ever. */
const names = new Map<string, Buffer>();
const REMEMBERED_NAMES = 1000;

export function writeName(bytes: JsonBytes, name: string): void {
  let piece = names.get(name);
  if (piece === undefined) {
    piece = Buffer.from(`${JSON.stringify(name)}:`);
    if (names.size >= REMEMBERED_NAMES) names.clear();
    names.set(name, piece);
  }
  bytes.piece(piece);
}

/** `{"value":…}`, with `"time"` in ms where the point has one. */
export function writeSample(bytes: JsonBytes, { value, atMs }: Datapoint): void {
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
    lastTime ??= Buffer.from(`,"time":${atMs}}`);
    return bytes.piece(lastTime);
  }
  lastMs = atMs;
  lastTime = undefined;
  bytes.piece(TIME);
  bytes.integer(atMs);
  bytes.piece(END);
}

/** Whether a comma belongs before the next of several: not before the first. */
export class Commas {
  #isFirst = true;

  before(bytes: JsonBytes): void {
    if (!this.#isFirst) bytes.piece(COMMA);
    this.#isFirst = false;
  }
}

/**
 * Encodes `{"params":{identifier: sample, …}}`.
 *
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier stands twice
 */
export function encodeSamplesPost(messageId: number, points: readonly Datapoint[]): Buffer {
  if (points.length === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  const seen = new Set<string>();
  return encodeThingPost(messageId, (bytes) => {
    bytes.text("{");
    const commas = new Commas();
    for (const point of points) {
      if (seen.has(point.stream)) throw standsTwice(point.stream);
      seen.add(point.stream);
      commas.before(bytes);
      writeName(bytes, point.stream);
      writeSample(bytes, point);
    }
    bytes.piece(END);
  });
}

export function standsTwice(stream: string): OneNetError {
  return new OneNetError("ONENET_INTERNAL", { detail: `${stream} stands twice in a post` });
}
