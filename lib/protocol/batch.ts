/**
 * Many points in one message (批量上报): of several devices, properties and events mixed.
 *
 * ```
 * pack/post    ↑ {"id":"1","version":"1.0","params":[{"identity":{"productID":"P2","deviceName":"sub1"},
 *                  "properties":{"temp":{"value":1,"time":1524448722000}},"events":{"alarm":{"value":{"level":1}}}}]}
 * history/post ↑ the same, but each identifier has a list: "temp":[{"value":1,"time":…},{"value":2,"time":…}]
 * ```
 * `identity` is left out for the device that logged in.
 *
 * @see docs 901 (limits too: 10 devices, 100 identifiers each, 100 samples per identifier)
 */
import { OneNetError } from "../errors";
import { oneJsonCode, type PlatformCode } from "./codes";
import { countSamples, eachSamples, type Samples } from "./columns";
import type { Datapoint } from "./datapoint";
import type { Points } from "./dense-points";
import { deviceKey, encodeIdentity, readIdentity } from "./identity";
import { isJsonObject, type JsonValue } from "./json";
import { Commas, type JsonBytes } from "./json-bytes";
import { MAX_BATCH_DEVICES, MAX_BATCH_IDENTIFIERS, MAX_HISTORY_SAMPLES } from "./limits";
import { readSample, type SampleOwner } from "./sample";
import { encodeThingPost, standsTwice, THING_SAMPLE, writeSamples } from "./thing-post";
import type { DeviceIdentity } from "./topic-table";
import { FORMAT_ERROR, isRefused, readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

/**
 * Encodes the body of `thing/pack/post`, the devices in the order of their first point.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier
 *   of a device stands twice or a limit of the batch is exceeded
 */
export function encodePackPost(messageId: number, ...lists: readonly Points[]): Buffer {
  return encodeBatch(messageId, lists, (bytes, stream, list) => {
    if (countAll(list) > 1) throw standsTwice(stream);
    writeList(bytes, list);
  });
}

/**
 * Encodes the body of `thing/history/post`. The samples of an identifier keep their order.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if a limit of the
 *   batch is exceeded
 */
export function encodeHistoryPost(messageId: number, ...lists: readonly Points[]): Buffer {
  return encodeBatch(messageId, lists, (bytes, _stream, list) => {
    if (countAll(list) > MAX_HISTORY_SAMPLES) throw tooMany("samples of one identifier", MAX_HISTORY_SAMPLES);
    bytes.text("[");
    writeList(bytes, list);
    bytes.text("]");
  });
}

function countAll(list: readonly Samples[]): number {
  let count = 0;
  for (const samples of list) count += countSamples(samples);
  return count;
}

function writeList(bytes: JsonBytes, list: readonly Samples[]): void {
  const commas = new Commas();
  for (const samples of list) {
    commas.before(bytes);
    writeSamples(bytes, samples);
  }
}

/** The samples of one device, by identifier. */
interface Entry {
  readonly device: DeviceIdentity | undefined;
  readonly properties: Map<string, Samples[]>;
  readonly events: Map<string, Samples[]>;
}

/** Writes what an identifier has. */
type WriteSamples = (bytes: JsonBytes, stream: string, list: readonly Samples[]) => void;

function encodeBatch(messageId: number, lists: readonly Points[], write: WriteSamples): Buffer {
  const entries = new Map<string, Entry>();
  eachSamples(lists, THING_SAMPLE, (samples) => {
    const { properties, events } = entryOf(entries, samples);
    const ofKind = samples.event ? events : properties;
    const known = ofKind.get(samples.stream);
    if (known !== undefined) known.push(samples);
    else ofKind.set(samples.stream, [samples]);
    if (events.size + properties.size > MAX_BATCH_IDENTIFIERS)
      throw tooMany("identifiers of one device", MAX_BATCH_IDENTIFIERS);
  });
  if (entries.size === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  return encodeThingPost(messageId, (bytes) => {
    const commas = new Commas();
    bytes.text("[");
    for (const entry of entries.values()) {
      commas.before(bytes);
      writeEntry(bytes, entry, write);
    }
    bytes.text("]");
  });
}

function entryOf(entries: Map<string, Entry>, { device }: Samples): Entry {
  const key = device === undefined ? "" : deviceKey(device);
  const known = entries.get(key);
  if (known !== undefined) return known;
  if (entries.size >= MAX_BATCH_DEVICES) throw tooMany("devices in a batch", MAX_BATCH_DEVICES);
  const entry = { device, properties: new Map(), events: new Map() };
  entries.set(key, entry);
  return entry;
}

function writeEntry(bytes: JsonBytes, { device, properties, events }: Entry, write: WriteSamples): void {
  const commas = new Commas();
  bytes.text("{");
  if (device !== undefined) {
    commas.before(bytes);
    bytes.text(`"identity":${JSON.stringify(encodeIdentity(device))}`);
  }
  for (const [name, samples] of [
    ["properties", properties],
    ["events", events],
  ] as const) {
    if (samples.size === 0) continue;
    commas.before(bytes);
    bytes.name(name);
    writeNamed(bytes, samples, write);
  }
  bytes.text("}");
}

function writeNamed(
  bytes: JsonBytes,
  samples: ReadonlyMap<string, readonly Samples[]>,
  write: WriteSamples,
): void {
  const commas = new Commas();
  bytes.text("{");
  for (const [name, list] of samples) {
    commas.before(bytes);
    bytes.name(name);
    write(bytes, name, list);
  }
  bytes.text("}");
}

function tooMany(what: string, limit: number): OneNetError {
  return new OneNetError("ONENET_INTERNAL", { detail: `more than ${limit} ${what}` });
}

export interface BatchPost {
  /** `device` is there where the entry names one, be it the sender itself; an event's have `event: true`. */
  readonly points: readonly Datapoint[];
}

type Batch = UplinkRequest<BatchPost> | UplinkRefusal;

/**
 * Reads a device's `pack/post` as the platform does, as far as that needs no thing model and no topology. What it
 * says to too many devices or identifiers is unknown: 2402 here.
 *
 * @see device-mqtt.md §6.3: 2402, 2403, 2405, 2409, 2415
 */
export function parsePackPost(payload: Uint8Array): Batch {
  return readUplink(payload, (params) => readEntries(params, readOne));
}

/** Reads a device's `history/post`, likewise; too many samples are 2402, none of an identifier 2409. */
export function parseHistoryPost(payload: Uint8Array): Batch {
  return readUplink(payload, (params) => readEntries(params, readList));
}

/** Reads what an identifier has. */
type ReadSamples = (
  name: string,
  value: JsonValue,
  owner: SampleOwner,
) => readonly Datapoint[] | PlatformCode;

const readOne: ReadSamples = (name, value, owner) => {
  const point = readSample(name, value, owner);
  return isRefused(point) ? point : [point];
};

const readList: ReadSamples = (name, list, owner) => {
  if (!Array.isArray(list) || list.length > MAX_HISTORY_SAMPLES) return FORMAT_ERROR;
  if (list.length === 0) return oneJsonCode(2409, name);
  const points: Datapoint[] = [];
  for (const item of list) {
    const point = readSample(name, item, owner);
    if (isRefused(point)) return point;
    points.push(point);
  }
  return points;
};

function readEntries(params: JsonValue | undefined, read: ReadSamples): BatchPost | PlatformCode {
  if (!Array.isArray(params) || params.length > MAX_BATCH_DEVICES) return FORMAT_ERROR;
  const points: Datapoint[] = [];
  for (const item of params) {
    const found = readEntry(item, read);
    if (isRefused(found)) return found;
    points.push(...found);
  }
  return { points };
}

function readEntry(item: JsonValue, read: ReadSamples): readonly Datapoint[] | PlatformCode {
  if (!isJsonObject(item)) return FORMAT_ERROR;
  const { identity, properties = {}, events = {} } = item;
  const device = readIdentity(identity);
  if (identity !== undefined && device === undefined) return FORMAT_ERROR;
  if (!isJsonObject(properties) || !isJsonObject(events)) return FORMAT_ERROR;
  const owner = device === undefined ? {} : { device };
  const named = [
    ...Object.entries(properties).map(([name, value]) => ({ name, value, owner })),
    ...Object.entries(events).map(([name, value]) => ({
      name,
      value,
      owner: { ...owner, event: true as const },
    })),
  ];
  if (named.length > MAX_BATCH_IDENTIFIERS) return FORMAT_ERROR;
  const points: Datapoint[] = [];
  for (const { name, value, owner: whose } of named) {
    const found = read(name, value, whose);
    if (isRefused(found)) return found;
    points.push(...found);
  }
  return points;
}
